// The German words of Notifications, of the answer page and of "Nobody will be told".
import type { Cause } from '../../api/shapes.ts';
import type { Told, WalkStage } from '../../api/telling.ts';
import { clock, clockOf, since, span, stageSeconds } from '../../rules/times.ts';
import type { DeviceState, Refusal } from '../../state/device.svelte.ts';
import { core } from './core.ts';
import type { Dictionary } from './dictionary.ts';

const causes: Record<Cause, string> = {
  press: 'Die Klingel',
  person: 'Eine Person',
  loitering: 'Jemand bleibt stehen',
  trigger: 'Bewegung, von einem anderen Gerät gemeldet',
  motion: 'Jede Bewegung (viele Meldungen)',
  saved: 'Behaltene Clips',
};

const states: Record<Exclude<DeviceState, 'unknown' | 'on' | 'off'>, string> = {
  insecure:
    'Mitteilungen brauchen die sichere Adresse, die mit https. Live, Meldungen und Herunterladen gehen auch ohne.',
  'home-screen':
    'Auf iPhone und iPad füge Doorstep zuerst zum Home-Bildschirm hinzu: Teilen, dann „Zum Home-Bildschirm“. Öffne es dann dort.',
  unsupported: 'Dieser Browser kann keine Mitteilungen zeigen. Versuch Chrome, Edge, Firefox oder Safari.',
  denied:
    'Dieser Browser blockiert Mitteilungen von Doorstep. Erlaube sie in seinen Einstellungen für diese Seite und komm dann zurück.',
  lost: 'Doorstep erreicht dieses Gerät nicht mehr. Schalte die Mitteilungen wieder ein.',
};

const refusals: Record<Extract<Refusal, string>, string> = {
  dismissed:
    'Der Browser hat gefragt und keine Antwort bekommen. Schalte sie noch einmal ein und wähle Zulassen.',
  denied: states.denied,
  timeout:
    'Der Mitteilungsdienst des Browsers hat nicht geantwortet. Ist dieses Gerät online? Manche Browser und Firmennetze blockieren ihn.',
  'push-service':
    'Der Mitteilungsdienst des Browsers hat abgelehnt. Versuch es in einer Minute noch einmal, oder mit einem anderen Browser.',
  worker:
    'Der Browser hat einen Teil von Doorstep nicht angenommen. Lade die Seite neu und versuch es noch einmal.',
};

export const telling: Dictionary['telling'] = {
  title: 'Einstellungen',
  lead: 'Wer Bescheid bekommt, wie und wann.',
  save: 'Sichern',
  saving: 'Sichere…',
  saved: 'Gesichert.',
  failed: 'Nicht gesichert.',

  device: {
    title: 'Dieses Gerät',
    on: 'Dieses Gerät bekommt Bescheid.',
    off: 'Dieses Gerät bekommt keinen Bescheid.',
    turnOn: 'Mitteilungen einschalten',
    turningOn: 'Schalte ein…',
    turnOff: 'Ausschalten',
    turningOff: 'Schalte aus…',
    test: 'Testmeldung senden',
    sent: 'Gesendet. Sie erscheint in ein paar Sekunden.',
    state: (state) => (state in states ? states[state as keyof typeof states] : ''),
    refusal: (why) => (typeof why === 'string' ? refusals[why] : core.faults[why.kind]),
  },

  devices: {
    title: 'Deine Geräte',
    here: 'dieses',
    told: (at, now) =>
      at === null
        ? 'Hat noch nie eine Meldung gezeigt.'
        : `Hat zuletzt eine Meldung gezeigt: ${since(at, now)}.`,
    own: 'Eigene Wünsche',
    forget: 'Entfernen',
    forgetOf: (name) => `${name} entfernen`,
    none: 'Noch bekommt kein Gerät Bescheid.',
  },

  wishes: {
    title: 'Was ich erfahren will',
    causes: 'Sag mir Bescheid über',
    cause: (cause) => causes[cause],
    order: ['press', 'person', 'loitering', 'trigger', 'motion'],
    troubles: 'Probleme mit Doorstep selbst',
    cameras: 'Von',
    allCameras: 'Allen Kameras, auch späteren',
    quiet: 'Ruhezeiten',
    quietLead: (timezone) => `Die Klingel klingelt trotzdem. Nach der Uhr von ${timezone}.`,
    notAlerted: 'in der Konfiguration aus',
    begins: 'Von',
    ends: 'Bis',
    days: 'An den Abenden von',
    day: ['Mo', 'Di', 'Mi', 'Do', 'Fr', 'Sa', 'So'],
    longDay: ['Montag', 'Dienstag', 'Mittwoch', 'Donnerstag', 'Freitag', 'Samstag', 'Sonntag'],
    noDay: 'Wähle einen Tag, oder entferne diese Zeit.',
    add: 'Ruhezeit hinzufügen',
    remove: 'Entfernen',
    removeOf: (from, to) => `Ruhezeit ${clockOf(from)} bis ${clockOf(to)} entfernen`,
    asEverywhere: 'Wie auf meinen anderen Geräten',
  },

  snooze: {
    title: 'Pause',
    off: 'Nichts ist pausiert.',
    on: (until, now) => `Ruhe bis ${since(until, now)}. Die Klingel klingelt trotzdem.`,
    hours: (hours) => (hours === 1 ? '1 Stunde' : `${hours} Stunden`),
    ofAll: (until, now) => `Der Eigentümer hat das ganze Haus bis ${since(until, now)} auf Ruhe gestellt.`,
    end: 'Pause beenden',
  },

  detection: {
    title: 'Wo Doorstep hinsieht',
    lead: 'Solange Doorstep sich eine Kamera nicht ansieht, erfährt dort niemand von Personen oder Bewegung. Klingel, Livebild und Daueraufnahme gehen weiter.',
    on: 'Doorstep sieht sich diese Kamera an.',
    off: 'Doorstep sieht sich diese Kamera nicht an.',
    turnOff: 'Nicht mehr hinsehen',
    turnOn: 'Wieder hinsehen',
    switchOf: (isOn, camera) => `${isOn ? 'Nicht mehr hinsehen' : 'Wieder hinsehen'}: ${camera}`,
  },

  louder: {
    title: 'Ein lauterer Weg für die Klingel',
    lead: 'Nachts überhörst du eine Mitteilung vielleicht. Pushover (Notfall), ntfy, Telegram, Signal, Gotify und etwa hundert andere Dienste können lauter sein; Doorstep erreicht sie über Apprise.',
    where: 'Schreib es in die Konfiguration, mit der Adresse, wie die Apprise-Dokumentation sie angibt:',
    example:
      '[[notify.apprise]]\n' +
      'name = "laut"\n' +
      'url = "pover://USER@TOKEN"\n' +
      'causes = ["press"]\n' +
      'person = "Ann"  # sonst ist es für das Haus',
    then: 'ntfy ist "ntfys://HOST/THEMA", Telegram "tgram://TOKEN/CHAT". Starte Doorstep neu und sende dann von hier eine Testmeldung. Mit turn = "unanswered" wird der Weg nur benutzt, wenn 30 s lang niemand reagiert.',
  },

  channels: {
    title: 'Kanäle des Hauses',
    lead: 'Ein Kanal ist erprobt, sobald etwas über ihn angekommen ist.',
    none: 'Es ist kein Kanal eingerichtet. Schalte oben die Mitteilungen ein, oder füge unten einen Weg hinzu.',
    proven: (at, now) => (at === null ? 'Noch nicht erprobt' : `Zuletzt angekommen: ${since(at, now)}`),
    turn: (turn) =>
      turn === 'undelivered'
        ? 'Nur wenn sonst nichts durchkommt'
        : turn === 'unanswered'
          ? 'Nur wenn niemand reagiert'
          : '',
    testOf: (name) => `Testmeldung über ${name} senden`,
    test: 'Testmeldung senden',
    sent: 'Gesendet. Sieh nach, ob sie angekommen ist.',
  },

  walk: {
    title: 'Teste meine Tür',
    lead: 'Ein erfundener Besucher geht an einer Kamera vorbei, durch jeden Schritt, bis auf dein Handy. Echte Besucher werden gemeldet wie immer.',
    camera: 'Kamera',
    start: 'Teste meine Tür',
    again: 'Noch einmal testen',
    running: 'Der Besucher ist unterwegs…',
    lost: 'Der Bericht ging verloren. Teste noch einmal.',
    verdict: ({ state, stages }) => {
      const step = stages.find((one) => one.state === 'failed')?.stage ?? '';
      if (state === 'passed') return 'Alles geht.';
      return step === '' ? 'Etwas ging nicht.' : `Etwas ging nicht bei „${stageNames[step] ?? step}“.`;
    },
    state: ({ stage, state, ms }) =>
      state === 'reached' && ms !== null
        ? stageSeconds(ms)
        : isSpared({ stage, state })
          ? deliveryStates.spared
          : walkStates[state],
    why: (one) => (isSpared(one) ? notTold(one.words) : one.words),
    stage: (stage) =>
      stageNames[stage] ?? stage.charAt(0).toUpperCase() + stage.slice(1).replaceAll(/[-_]/g, ' '),
  },

  nobody: {
    remedy: 'Mitteilungen einrichten',
  },

  answer: {
    ago: (at, now) => `${clock(at)}, vor ${span(now.getTime() - at.getTime()).replace(/Tage$/, 'Tagen')}`,
    notYet: 'Doorstep schreibt das gerade noch auf.',
    gone: 'Diese Meldung gibt es nicht mehr.',
    clip: 'Was passiert ist',
    open: 'Meldung öffnen',
    live: 'Live',
    snooze: '1 Std. Ruhe',
  },

  deliveries: {
    title: 'Wer Bescheid bekam',
    none: 'Niemand bekam Bescheid.',
    notStored: 'Das ist nicht gespeichert: Nach einem Neustart weiß Doorstep es nicht mehr.',
    outcome: (told) => (told.state === 'spared' ? notTold(told.outcome) : told.outcome),
    state: (told) => {
      const after = (at: string) => stageSeconds(Date.parse(at) - Date.parse(told.raised_at));
      if (told.opened_at !== null) return `Geöffnet nach ${after(told.opened_at)}`;
      if (told.shown_at !== null) return `Gezeigt nach ${after(told.shown_at)}`;
      if (told.accepted_at !== null) return `Angenommen nach ${after(told.accepted_at)}`;
      return deliveryStates[told.state];
    },
  },
};

/** A message that was not sent because its recipient wants it so. */
const isSpared = ({ stage, state }: Pick<WalkStage, 'stage' | 'state'>): boolean =>
  stage === 'sent' && state === 'skipped';

/** Doorstep says why in English; the word before it is ours. */
const notTold = (reason: string): string => (reason === '' ? reason : `${deliveryStates.spared}: ${reason}`);

const walkStates: Record<WalkStage['state'], string> = {
  waiting: 'Wartet',
  reached: 'Erreicht',
  failed: 'Fehlgeschlagen',
  skipped: 'Übersprungen',
};

const stageNames: Partial<Record<string, string>> = {
  captured: 'Besucher geschickt',
  buffered: 'Film behalten',
  moved: 'Bewegung gesehen',
  seen: 'Person gesehen',
  decided: 'Entschieden, Bescheid zu geben',
  recorded: 'Clip erstellt',
  stored: 'Clip gespeichert',
  sent: 'Nachricht gesendet',
  accepted: 'Nachricht angenommen',
  acknowledged: 'Gezeigt',
};

const deliveryStates: Record<Told['state'], string> = {
  due: 'Unterwegs',
  accepted: 'Angenommen',
  failed: 'Nicht zugestellt',
  spared: 'Nicht gemeldet',
};
