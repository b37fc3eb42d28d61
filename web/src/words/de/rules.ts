// The German words of Alerts and recording.
import type { Cause } from '../../api/shapes.ts';
import type { Dictionary } from './dictionary.ts';

type Told = Exclude<Cause, 'saved'>;

const causes: Record<Told, string> = {
  press: 'Es klingelt',
  person: 'Ein Mensch ist zu sehen',
  loitering: 'Jemand bleibt stehen',
  trigger: 'Ein anderes Gerät meldet Bewegung',
  motion: 'Irgendetwas bewegt sich (viele)',
};

const fields = {
  'events.loitering_after': 'Jemand bleibt stehen, wenn er so lange zu sehen ist',
  'events.pre_roll': 'Video, bevor jemand kommt',
  'events.post_roll': 'Video, nachdem jemand zuletzt zu sehen war',
  'events.close_after': 'Ein Ereignis endet, wenn niemand zu sehen ist für',
};
const fieldOf: Partial<Record<string, string>> = fields;

export const rules: Dictionary['rules'] = {
  order: ['press', 'person', 'loitering', 'trigger', 'motion'],
  cause: (cause) => causes[cause],
  what: {
    title: 'Was zählt',
    lead: 'Was als Ereignis aufgehoben wird, und was gemeldet wird.',
    cause: 'Was',
    record: 'Aufnehmen',
    tell: 'Melden',
  },
  loiters: fields['events.loitering_after'],
  telling: { title: 'Meldungen' },
  cooldown: 'Zeit zwischen zwei Meldungen einer Kamera',
  clips: { title: 'Clips' },
  preRoll: fields['events.pre_roll'],
  postRoll: fields['events.post_roll'],
  closeAfter: fields['events.close_after'],
  always: {
    title: 'Was jede Kamera aufnimmt',
    events: 'Nur wenn etwas geschieht',
    always: 'Immer',
    none: 'Es gibt noch keine Kamera.',
  },
  keeping: { title: 'Wie lange es aufgehoben wird' },
  days: 'Tage',
  daysHint: 'Ältere Aufnahmen werden gelöscht.',
  gigabytes: 'Gigabyte höchstens',
  gigabytesHint: 'Ist alles zusammen mehr, gehen die ältesten zuerst.',
  alwaysDays: 'Tage für das, was aufgenommen wurde, während nichts geschah',
  looking: { title: 'Wie oft Doorstep hinsieht' },
  looks: 'Blicke pro Sekunde, solange sich etwas bewegt',
  looksHint: 'Mehr Blicke brauchen mehr Rechenleistung.',
  atLeast: 'Zeit zwischen zwei Blicken, solange sich nichts bewegt',
  seconds: 'Sekunden',
  unlimited: 'unbegrenzt',

  field: (path) => fieldOf[path] ?? '',
  review: 'Was sich ändert',
  reviewing: 'Wird angesehen…',
  nothing: 'Noch ist nichts geändert.',
  save: 'Sichern',
  saving: 'Wird gesichert…',
  saved: 'Gesichert. Es gilt ab jetzt.',
  savedWaits: 'Gesichert. Ein Teil gilt erst nach einem Neustart.',
  notUsed: 'Gesichert, aber nicht verwendet:',
  keepEditing: 'Weiter bearbeiten',
  forget: 'Meine Änderungen verwerfen',
  failed: 'Nicht gespeichert.',
  refused: 'So lässt es sich noch nicht sichern:',
  waits: (tables) => `Gilt nach einem Neustart: ${tables.join(', ')}`,
  atOnce: 'Gilt sofort.',
  briefly: 'Kameras beginnen dafür vielleicht neu, das dauert etwa eine Sekunde.',
  gone: 'Entfällt:',
  come: 'Neu:',
  diff: 'Was sich in der Datei ändert',
  meanwhile: 'Deine Änderungen sind noch da. Sieh dir an, was sich jetzt ändert, und sichere dann.',
  noFile: (path) => `Die Einstellungen liegen in ${path}.`,
  wrong: (what) =>
    what.startsWith('must not be more than close_after')
      ? 'Darf nicht mehr sein als „Ein Ereignis endet, wenn niemand zu sehen ist für“.'
      : what.startsWith('must be less than stationary_after')
        ? 'Muss kürzer sein, sonst gilt vorher als Ding, wer stehen bleibt.'
        : what.startsWith('must be a number')
          ? 'Muss eine Zahl sein.'
          : what,
  faulty: 'In der Datei stimmt schon etwas nicht:',
  loading: 'Wird geladen…',
  again: 'Noch einmal versuchen',

  advanced: {
    title: 'Erweitert',
    lead: 'Jede weitere Einstellung, wie sie in der Konfigurationsdatei steht',
    back: 'Meldungen und Aufnahme',
  },
  advancedLead:
    'Das sind die englischen Wörter der Konfigurationsdatei. Kameras und Wege haben eigene Seiten.',
  byDefault: (value) => `Ohne Angabe: ${value === '' ? 'leer' : value}`,
  unset: 'nichts',
  after: 'Nach einem Neustart',
  now: 'Sofort',
  reset: 'Zurück zur Vorgabe',
  resetOf: (key) => `${key}: zurück zur Vorgabe`,
  on: 'An',
  off: 'Aus',
  oneALine: 'Jedes in einer Zeile',
  hidden: 'Ein Geheimnis ist gesetzt. Tippe ein anderes ein, um es zu ersetzen.',
  range: (least, most) =>
    least !== null && most !== null
      ? `${least} bis ${most}`
      : least !== null
        ? `mindestens ${least}`
        : most !== null
          ? `höchstens ${most}`
          : '',

  versions: { title: 'Frühere Einstellungen', lead: 'Die letzten zehn, um zurückzukehren' },
  versionsEmpty: 'Noch wurde nichts geändert.',
  current: 'Jetzt',
  atFirst: 'Wie es am Anfang war',
  byHand: 'Außerhalb von Doorstep bearbeitet',
  by: (who) => `von ${who}`,
  goBack: 'Hierher zurück',
  goBackNow: 'Zurückkehren',
  wentBack: 'Erledigt. Was bis eben galt, steht weiter oben in der Liste.',
  sameAsNow: 'Es ist dasselbe wie jetzt.',

  restart: {
    title: 'Ein Neustart ist nötig',
    what: (tables) => `Änderungen von ${tables.join(', ')} warten darauf.`,
    costs: (seconds) =>
      `Livebild, Aufnahme und Meldungen stehen für etwa ${seconds} Sekunden still. Laufende Aufnahmen werden vorher beendet.`,
    now: 'Jetzt neu starten',
    going: 'Startet neu… diese Seite wartet.',
    back: 'Doorstep ist wieder da.',
    slow: 'Doorstep ist noch nicht wieder da. Sieh nach dem Gerät, wenn das anhält.',
  },
};
