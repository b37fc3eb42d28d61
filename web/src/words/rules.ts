// The English words of Alerts and recording, of everything under Advanced, and of earlier versions of the settings.
import { spoken } from '../language.ts';
import type { Cause } from '../api/shapes.ts';

type Told = Exclude<Cause, 'saved'>;

const causes: Record<Told, string> = {
  press: 'The doorbell rings',
  person: 'A person is seen',
  loitering: 'Somebody stays',
  trigger: 'Another device says there is motion',
  motion: 'Anything moves (many)',
};

const fields = {
  'events.loitering_after': 'Somebody stays when seen for so long',
  'events.pre_roll': 'Video before somebody comes',
  'events.post_roll': 'Video after the last sight',
  'events.close_after': 'An event ends when nobody is seen for',
};

const fieldOf: Partial<Record<string, string>> = fields;

export const rulesWords = spoken('rules', {
  order: ['press', 'person', 'loitering', 'trigger', 'motion'] as Told[],
  cause: (cause: Told): string => causes[cause],
  what: {
    title: 'What counts',
    lead: 'What is kept as an event, and what people are told of.',
    cause: 'What',
    record: 'Record',
    tell: 'Tell',
  },
  loiters: fields['events.loitering_after'],
  telling: { title: 'Alerts' },
  cooldown: 'Time between two alerts of one camera',
  clips: { title: 'Clips' },
  preRoll: fields['events.pre_roll'],
  postRoll: fields['events.post_roll'],
  closeAfter: fields['events.close_after'],
  always: {
    title: 'What each camera records',
    events: 'Only when something happens',
    always: 'Always',
    none: 'There is no camera yet.',
  },
  keeping: { title: 'How long it is kept' },
  days: 'Days',
  daysHint: 'Recordings older than this go.',
  gigabytes: 'Gigabytes at most',
  gigabytesHint: 'When all together exceed this, the oldest go first.',
  alwaysDays: 'Days of what was recorded while nothing happened',
  looking: { title: 'How often Doorstep looks' },
  looks: 'Looks a second while something moves',
  looksHint: 'More looks need more of the machine.',
  atLeast: 'Time between looks while nothing moves',
  seconds: 'seconds',
  unlimited: 'no limit',

  /** What a fault is of; empty where this page has no field for it. */
  field: (path: string): string => fieldOf[path] ?? '',
  review: 'What changes',
  reviewing: 'Looking…',
  nothing: 'Nothing is changed yet.',
  save: 'Save',
  saving: 'Saving…',
  saved: 'Saved. It is used from now on.',
  savedWaits: 'Saved. Some of it is used after a restart.',
  notUsed: 'Saved, but not used:',
  keepEditing: 'Keep editing',
  forget: 'Forget my changes',
  failed: 'Not saved.',
  refused: 'This cannot be saved yet:',
  waits: (tables: string[]): string => `Used after a restart: ${tables.join(', ')}`,
  atOnce: 'Used at once.',
  briefly: 'Cameras may begin anew for that, which takes about a second.',
  gone: 'Goes:',
  come: 'New:',
  diff: 'What changes in the file',
  meanwhile: 'Your changes are still here. Look at what changes now, then save.',
  noFile: (path: string): string => `The settings are in ${path}.`,
  /** A fault of the settings, with the fields called as on this page. */
  wrong: (what: string): string =>
    what.startsWith('must not be more than close_after')
      ? 'Must not be more than “An event ends when nobody is seen for”.'
      : what.startsWith('must be less than stationary_after')
        ? 'Must be shorter, or who stays is taken for a thing before that.'
        : what.startsWith('must be a number')
          ? 'Must be a number.'
          : what,
  faulty: 'Something in the file is wrong already:',
  loading: 'Loading…',
  again: 'Try again',

  advanced: {
    title: 'Advanced',
    lead: 'Every other setting, as the config file has it',
    back: 'Alerts and recording',
  },
  advancedLead: 'These are the words of the config file. Cameras and channels have pages of their own.',
  byDefault: (value: string): string => `Without a word: ${value === '' ? 'empty' : value}`,
  unset: 'nothing',
  after: 'After a restart',
  now: 'At once',
  reset: 'Back to the default',
  resetOf: (key: string): string => `${key}: back to the default`,
  on: 'On',
  off: 'Off',
  oneALine: 'One a line',
  hidden: 'A secret is set. Type another one to replace it.',
  range: (least: number | null, most: number | null): string =>
    least !== null && most !== null
      ? `${least} to ${most}`
      : least !== null
        ? `${least} or more`
        : most !== null
          ? `${most} or less`
          : '',

  versions: { title: 'Earlier settings', lead: 'The last ten, to go back to' },
  versionsEmpty: 'Nothing was changed yet.',
  current: 'Now',
  atFirst: 'As it was at first',
  byHand: 'Edited outside of Doorstep',
  by: (who: string): string => `by ${who}`,
  goBack: 'Go back to this',
  goBackNow: 'Go back',
  wentBack: 'Done. What was until now is kept above.',
  sameAsNow: 'It is the same as now.',

  restart: {
    title: 'A restart is needed',
    what: (tables: string[]): string => `Changes of ${tables.join(', ')} wait for it.`,
    costs: (seconds: number): string =>
      `Live pictures, recording and alerts stop for about ${seconds} seconds. Running recordings are finished first.`,
    now: 'Restart now',
    going: 'Restarting… this page waits.',
    back: 'Doorstep is back.',
    slow: 'Doorstep is not back yet. Look at the machine if this lasts.',
  },
});
