// The German words of one alert that is open, and of the keys.
import type { DoorEvent, Stage } from '../../api/shapes.ts';
import type { Speed } from '../../rules/ledger.ts';
import { clockWithSeconds, dollars, stageSeconds, tenths } from '../../rules/times.ts';
import type { Dictionary } from './dictionary.ts';

const stages: Record<Stage, string> = {
  captured: 'Bild aufgenommen',
  seen: 'Gesehen',
  decided: 'Entschieden, es dir zu sagen',
  sent: 'Nachricht gesendet',
  accepted: 'Nachricht angenommen',
  acknowledged: 'Auf deinem Handy gezeigt',
};

export const alert: Dictionary['alert'] = {
  stages,
  backwards: 'Der Anfang liegt nach dem Ende. Vertausche beide, um Meldungen zu sehen.',
  deleted: 'Meldung gelöscht.',
  undone: 'Die Meldung ist wieder da.',
  undoFailed: 'Die Meldung konnte nicht zurückgeholt werden.',
  deleteFailed: 'Die Meldung konnte nicht gelöscht werden.',
  noMatch: 'Keine Meldung passt zu diesen Filtern.',
  alert: {
    title: (cause, camera) => `${cause}, ${camera}`,
    seen: (from, to) =>
      clockWithSeconds(from) === clockWithSeconds(to)
        ? `Gesehen um ${clockWithSeconds(from)}`
        : `Gesehen von ${clockWithSeconds(from)} bis ${clockWithSeconds(to)}`,
    seenSince: (from) => `Gerade jetzt, zu sehen seit ${clockWithSeconds(from)}`,
    previous: 'Vorige',
    next: 'Nächste',
    save: 'Sichern',
    inTimeline: 'Im Verlauf öffnen',
    saved: (from, to) => `Behalten von ${clockWithSeconds(from)} bis ${clockWithSeconds(to)}`,
    saving: 'Clip sichern',
    share: 'Teilen',
    remove: 'Löschen',
    clipOf: (title) => `Clip: ${title}`,
    noClip: 'Es wurde kein Clip aufgenommen.',
    noClipYet: 'Der Clip beginnt gleich.',
    clipFailed:
      'Dieser Clip ließ sich nicht abspielen. Versuch es noch einmal, oder sichere ihn und öffne ihn in einem anderen Player.',
    gone: 'Diese Meldung gibt es nicht mehr.',
    where: whereWords,
    loading: 'Lädt die Meldung…',
    speed: speedWords,
    preRoll: (seconds) => `Der Clip beginnt ${tenths(seconds)} s vorher.`,
    cost: (usd) => `Diese Meldung hat ${dollars(usd)} gekostet.`,
    asked: 'Dein entfernter Detektor, letzte Antwort',
    stage: 'Schritt',
    at: 'Zeit',
    after: 'Nach',
  },

  list: {
    cause: 'Was',
    allCauses: 'Alles',
    trigger: 'Bewegung, gemeldet',
    select: 'Auswählen',
    selected: (count) => `${count} ausgewählt`,
    none: 'Tippe die Meldungen an, die du löschen willst.',
    all: 'Alle gezeigten auswählen',
    remove: 'Löschen',
    cancel: 'Abbrechen',
    deleted: (count) => (count === 1 ? 'Meldung gelöscht.' : `${count} Meldungen gelöscht.`),
    undone: (count) => (count === 1 ? 'Meldung ist wieder da.' : `${count} Meldungen sind wieder da.`),
    notDeleted: (count) =>
      count === 1 ? '1 Meldung ließ sich nicht löschen.' : `${count} Meldungen ließen sich nicht löschen.`,
    notUndone: (count) =>
      count === 1
        ? '1 Meldung ließ sich nicht zurückholen.'
        : `${count} Meldungen ließen sich nicht zurückholen.`,
  },

  keys: {
    title: 'Tastenkürzel',
    on: 'Tastenkürzel verwenden',
    rows: [
      ['Pfeile', 'Zwischen Meldungen wechseln'],
      ['Enter', 'Meldung öffnen'],
      ['J', 'Nächste Meldung'],
      ['K', 'Vorige Meldung'],
      ['D', 'Clip sichern'],
      ['X', 'Meldung auswählen'],
      ['Entf', 'Meldung löschen'],
      ['?', 'Diese Liste zeigen'],
      ['Esc', 'Schließen'],
    ],
  },
};

function whereWords(event: DoorEvent): string {
  if (event.clip?.where === 'off-site') return 'Das Video liegt nur außer Haus und wird von dort abgespielt.';
  if (event.clip?.where === 'gone') return 'Das Video wurde gelöscht.';
  const state = event.off_site?.state;
  return state === 'done'
    ? 'Eine Kopie liegt außer Haus.'
    : state === 'waiting'
      ? 'Eine Kopie ist auf dem Weg außer Haus.'
      : '';
}

function speedWords(speed: Speed): string {
  const parts: string[] = [];
  if (speed.seen !== null) parts.push(`gesehen ${stageSeconds(speed.seen)}`);
  if (speed.told !== null) parts.push(`gemeldet ${stageSeconds(speed.told)}`);
  return parts.join(', ');
}
