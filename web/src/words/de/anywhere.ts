// The German words of "From anywhere": the hub.
import type { HubWhy } from '../../api/hub.ts';
import type { HubRemedy } from '../../rules/hub.ts';
import { decimal, since, size } from '../../rules/times.ts';
import type { Dictionary } from './dictionary.ts';

const remedies: Record<HubRemedy, string> = {
  code: 'Auf dem Hub druckt sudo doorstep-hub pair einen neuen Code. Füg ihn hier ein:',
  ssh: 'Auf diesem Gerät: sudo apt install openssh-client. Dann kommt es von selbst wieder.',
  internet: 'Prüfe das Internet zu Hause, und wohin der Name des Hubs führt. Es kommt von selbst wieder.',
  hub: 'Sieh nach, ob die Maschine läuft. Dort sagt sudo doorstep-hub status mehr. Es kommt von selbst wieder.',
};

const whys: Record<Exclude<HubWhy, 'unknown' | ''>, string> = {
  revoked:
    'Der Hub kennt dieses Haus nicht mehr: sein Schlüssel wurde dort widerrufen, oder der Hub ist neu.',
  'host-key': 'Wer antwortet, ist nicht der Hub von früher: sein Schlüssel ist ein anderer.',
  'key-lost': 'Der eigene Schlüssel für den Hub fehlt oder ist beschädigt.',
  'no-ssh': 'Das Programm ssh ist auf diesem Gerät nicht installiert.',
  name: 'Der Name des Hubs wird nicht gefunden: kein Internet, oder den Namen gibt es nicht mehr.',
  'no-route': 'Dieses Gerät hat gerade kein Internet.',
  'not-listening': 'Die Maschine läuft, aber der Hub darauf nicht.',
  'timed-out': 'Der Hub antwortet nicht.',
  'not-a-hub':
    'Was antwortet, ist kein Hub, oder nimmt niemanden an: vielleicht will das Netz eine Anmeldung.',
  'hub-fails': 'Der Hub nahm die Verbindung an, aber sein Programm scheiterte.',
  'port-taken': 'Der Hub hält noch die frühere Verbindung dieses Hauses.',
  silent: 'Über die Verbindung kommt nichts mehr.',
  closed: 'Der Hub hat die Verbindung beendet.',
};

export const anywhere: Dictionary['anywhere'] = {
  lead: 'Das Handy im Zug sieht die Tür, mit echtem Zertifikat. Zu Hause wird kein Port geöffnet, und kein Konto ist nötig.',
  what: 'Was ein Hub ist',
  whatLead:
    'Eine kleine öffentliche Maschine von dir, etwa ein gemieteter Server mit Debian. Doorstep zu Hause ruft sie an und hält die Leitung; dein Handy öffnet ihre Adresse. Sie reicht weiter, was gefragt wird, und behält kein Video und keine Meldung. Dafür endet die Verschlüsselung der Seite bei ihr: nimm also eine Maschine, der du traust.',
  set: 'Einrichten',
  steps: [
    'Miete eine kleine Maschine mit Debian 12 oder 13, und lass einen Namen zu ihr führen, etwa door.example.org.',
    'Bring die Datei doorstep-hub dorthin („doorstep hub init door.example.org“ auf diesem Gerät sagt, wie). Dann dort, mit deinem Namen:',
    'Am Ende steht ein Code, der eine Stunde gilt. Füg ihn hier ein:',
  ],
  commandName: 'Der Befehl für den Hub',
  command: 'sudo python3 doorstep-hub init door.example.org',
  code: 'Code des Hubs',
  codeHint: 'Er beginnt mit dh1-.',
  noCode: 'Das ist kein Code eines Hubs: so einer beginnt mit dh1-.',
  join: 'Dem Hub beitreten',
  joining: 'Verbinde: der Hub wird angerufen und gefragt. Das dauert bis zu einer halben Minute.',
  joined: (host) => `Verbunden. Deine Tür ist unter ${host}.`,
  guide: 'Alles dazu steht in docs/guide/from-anywhere.md.',

  now: 'Wie es gerade ist',
  open: 'Deine Tür ist von überall erreichbar.',
  asking: 'Der Hub ist verbunden. Er hat noch nicht nachgesehen, ob deine Tür von außen erreichbar ist.',
  connecting: (at, now) =>
    at === null ? 'Verbinde mit dem Hub…' : `Verbinde mit dem Hub seit ${since(at, now)}.`,
  down: (at, now) =>
    at === null
      ? 'Deine Tür ist von außen nicht erreichbar.'
      : `Deine Tür ist von außen nicht erreichbar seit ${since(at, now)}.`,
  unreached: 'Der Hub ist verbunden, aber deine Tür ist von außen nicht erreichbar.',
  hubSays: (why) => `Der Hub sagt: ${why}`,
  unused: 'Der Hub wird nicht benutzt: in der Konfigurationsdatei steht enabled = false in [hub].',
  untouched:
    'Zu Hause geht alles weiter: Live, Aufnahme und Gong. Meldungen gehen hinaus, wo das Internet sie lässt.',
  why: (why, sentence) => (why === '' || why === 'unknown' ? sentence : whys[why]),
  remedies,
  unreachedRemedy:
    'Auf dem Hub sagt sudo doorstep-hub status, was zu tun ist. Die Ports 80 und 443 müssen dort offen sein.',

  facts: {
    address: 'Adresse',
    since: 'Verbunden seit',
    reached: 'Von außen erreichbar',
    reachedYes: 'ja, der Hub sieht zweimal in der Minute nach',
    reachedNo: 'nein',
    trip: 'Zum Hub und zurück',
    certificate: 'Zertifikat',
    bytes: 'Diesen Monat über den Hub',
    unknown: 'noch nicht gesagt',
  },
  since: (at, now) => since(at, now),
  trip: (milliseconds) => `${decimal(milliseconds, { maximumFractionDigits: 0 })} ms`,
  certificate: (days) =>
    days < 0
      ? 'abgelaufen: Browser weisen es ab'
      : days === 0
        ? 'endet heute'
        : days === 1
          ? 'endet in 1 Tag'
          : `erneuert sich selbst, noch ${days} Tage`,
  certificateSoon: (days) =>
    `wurde nicht erneuert: ${days < 0 ? 'abgelaufen' : days === 0 ? 'endet heute' : days === 1 ? 'noch 1 Tag' : `noch ${days} Tage`}. Auf dem Hub: sudo doorstep-hub certificates`,
  bytes: (bytes) => size(bytes),
  phones: 'Ein Handy hereinlassen',

  restart: (address) => `Links in Meldungen beginnen mit ${address}, sobald Doorstep neu gestartet ist.`,
  restartNow: 'Doorstep neu starten',
  restarting: 'Doorstep startet in ein paar Sekunden neu.',

  leave: 'Den Hub verlassen',
  leaveTitle: 'Den Hub verlassen?',
  leaveLead:
    'Deine Tür ist dann nur zu Hause erreichbar, und verschickte Links führen nirgendwohin. Der Hub behält seinen Eintrag über dieses Haus, bis du ihn dort beendest.',
  leaveHere: 'Du bist über den Hub hier: diese Seite endet mit ihm.',
  left: 'Du hast den Hub verlassen. Deine Tür ist nur zu Hause erreichbar.',
  leftLead: 'Der Hub kennt dieses Haus noch, kommt aber nicht herein. Um auch das zu beenden, dort:',
  leftName: 'Der Befehl, der es auf dem Hub beendet',
  leftCommand: (box) => `sudo doorstep-hub revoke ${box}`,
};
