// The German words of "Who watched what".
import type { Dictionary } from './dictionary.ts';
import { endedOf, entryOf, triesOf, whomOf } from '../../rules/auditabout.ts';
import { hours, seenSpan } from '../../rules/auditspan.ts';
import { span } from '../../rules/times.ts';

const entries: Partial<Record<string, string>> = {
  password: 'mit dem Passwort',
  passkey: 'mit einem Passkey',
  pairing: 'mit einem Code',
  setup: 'bei der Einrichtung',
  reset: 'über einen Link',
};

function signedIn(who: string, about: string): string {
  const { how, device } = entryOf(about);
  return [`${who} hat sich ${entries[how] ?? how} angemeldet`.replace('  ', ' '), device]
    .filter(Boolean)
    .join(', ');
}

function failed(who: string, about: string): string {
  const { how, tries } = triesOf(about);
  const often = tries === 1 ? '' : `${tries} Versuche`;
  return [`${who} kam ${entries[how] ?? how} nicht herein`.replace('  ', ' '), often]
    .filter(Boolean)
    .join(', ');
}

function signedOut(who: string, about: string): string {
  const { device, whose } = endedOf(about);
  return whose === '' ? `${who} hat ${device} abgemeldet` : `${who} hat ${device} von ${whose} abgemeldet`;
}

const verbs: Partial<Record<string, (who: string, camera: string, about: string) => string>> = {
  watched: (who, camera) => `${who} hat ${camera} angesehen`,
  'watched a recording': (who, camera) => `${who} hat Aufnahmen von ${camera} angesehen`,
  'saved a clip': (who, camera) => `${who} hat einen Clip von ${camera} gesichert`,
  'shared an event by a link': (who, camera) =>
    `${who} hat einen Link zu einer Meldung von ${camera} erzeugt`,
  'opened an event by a link': (who, camera) =>
    `${who} hat einen Link zu einer Meldung von ${camera} geöffnet`,
  'ended a link to an event': (who, camera) => `${who} hat einen Link zu einer Meldung von ${camera} beendet`,
  'switched detection on': (who, camera) => `${who} hat die Erkennung bei ${camera} eingeschaltet`,
  'switched detection off': (who, camera) => `${who} hat die Erkennung bei ${camera} ausgeschaltet`,
  'snoozed the house': (who) => `${who} hat die Mitteilungen für alle pausiert`,
  'ended the snooze of the house': (who) => `${who} hat die Pause für alle beendet`,
  'made a backup': (who) => `${who} hat eine Sicherung geholt`,
  'changed the settings': (who, _, about) =>
    `${who} hat die Einstellungen geändert: ${about.replace('back to the settings of', 'zurück auf den Stand vom')}`,
  'restarted Doorstep': (who) => `${who} hat Doorstep neu gestartet`,
  'joined a hub': (who, _, about) => `${who} hat das Haus mit dem Hub ${about} verbunden`,
  'left the hub': (who, _, about) => `${who} hat den Hub ${about} verlassen`,
  'signed in': (who, _, about) => signedIn(who, about),
  'signed out': (who) => `${who} hat sich abgemeldet`,
  'failed to sign in': (who, _, about) => failed(who, about),
  'ended a sign-in': (who, _, about) => signedOut(who, about),
  'ended all other sign-ins': (who, _, about) =>
    about === ''
      ? `${who} hat sich überall sonst abgemeldet`
      : `${who} hat ${whomOf(about)} überall abgemeldet`,
  'changed the password': (who) => `${who} hat das Passwort geändert`,
  'made a reset link': (who, _, about) => `${who} hat einen Link für ${about} erzeugt`,
  'set a password by a link': (who) => `${who} hat über einen Link ein Passwort gesetzt`,
  'added a person': (who, _, about) => `${who} hat ${about} hinzugefügt`,
  'changed a person': (who, _, about) => `${who} hat geändert, was ${about} darf`,
  'removed a person': (who, _, about) => `${who} hat ${about} entfernt`,
  'showed a code for a phone': (who, _, about) =>
    about === ''
      ? `${who} hat einen Code für ein Handy gezeigt`
      : `${who} hat einen Code für das Handy von ${whomOf(about)} gezeigt`,
  'added a passkey': (who) => `${who} hat einen Passkey hinzugefügt`,
  'removed a passkey': (who) => `${who} hat einen Passkey entfernt`,
  'made a token': (who, _, about) => `${who} hat den Token ${about} erzeugt`,
  'revoked a token': (who, _, about) => `${who} hat den Token ${about} widerrufen`,
};

const ways: Partial<Record<string, string>> = {
  mse: 'im Browser',
  webrtc: 'im Browser, geringste Verzögerung',
  hls: 'über HLS',
  mjpeg: 'im Browser, geringe Qualität',
  rtmp: 'über RTMP',
};

export const activity: Dictionary['activity'] = {
  lead: 'Wird neunzig Tage lang aufgehoben.',
  filters: 'Was gezeigt wird',
  who: 'Wer',
  everybody: 'Alle',
  camera: 'Kamera',
  allCameras: 'Alle Kameras',
  what: 'Was',
  kinds: {
    all: 'Alles',
    watched: 'Ansehen',
    links: 'Links zu Clips',
    people: 'Anmelden und Personen',
    house: 'Das Haus',
  },
  none: 'Noch hat niemand etwas getan.',
  noMatch: 'Nichts passt dazu.',
  clear: 'Alles zeigen',
  more: 'Mehr laden',
  sentence: (entry, who, camera) => {
    const known = verbs[entry.verb];
    if (known !== undefined) return known(who, camera, entry.way);
    return [`${who}: ${entry.verb}`, entry.camera === null ? '' : camera, entry.way]
      .filter(Boolean)
      .join(', ');
  },
  somebody: 'Jemand',
  facts: (entry, now) =>
    [
      hours(entry, now),
      entry.verb === 'watched' && entry.seconds !== null ? span(entry.seconds * 1000) : '',
      entry.verb === 'watched' ? (ways[entry.way] ?? entry.way) : '',
      seenSpan(entry) === '' ? '' : `Aufnahmen von ${seenSpan(entry)}`,
      entry.address === '' ? '' : entry.address === 'local' ? 'auf diesem Gerät' : `von ${entry.address}`,
    ]
      .filter(Boolean)
      .join(', '),
};
