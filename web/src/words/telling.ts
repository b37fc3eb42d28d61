// The English words of Settings, of the answer page and of "Nobody will be told".
import { spoken } from '../language.ts';
import type { Cause } from '../api/shapes.ts';
import type { Told, Walk, WalkStage } from '../api/telling.ts';
import { clock, since, span, stageSeconds } from '../rules/times.ts';
import type { DeviceState, Refusal } from '../state/device.svelte.ts';
import { words } from './core.ts';

/** From Monday on. */
export type Week = [string, string, string, string, string, string, string];

const causes: Record<Cause, string> = {
  press: 'The doorbell',
  person: 'A person',
  loitering: 'Somebody stays',
  trigger: 'Motion, told by another device',
  motion: 'Any motion (many alerts)',
  saved: 'Kept clips',
};

const states: Record<Exclude<DeviceState, 'unknown' | 'on' | 'off'>, string> = {
  insecure:
    'Notifications need the secure address, the one with https. Live, Alerts and Download work without.',
  'home-screen':
    'On iPhone and iPad, add Doorstep to the home screen first: Share, then Add to Home Screen. Then open it there.',
  unsupported: 'This browser cannot show notifications. Try Chrome, Edge, Firefox or Safari.',
  denied:
    'This browser blocks notifications from Doorstep. Allow them in its settings for this page, then come back.',
  lost: 'Doorstep can no longer reach this device. Turn notifications on again.',
};

const refusals: Record<Extract<Refusal, string>, string> = {
  dismissed: 'The browser asked, and got no answer. Turn it on again, then choose Allow.',
  denied: states.denied,
  timeout:
    "The browser's push service did not answer. Is this device online? Some browsers and work networks block it.",
  'push-service': "The browser's push service refused. Try again in a minute, or try another browser.",
  worker: 'The browser did not accept a part of Doorstep. Reload this page, then try again.',
};

export const tellingWords = spoken('telling', {
  title: 'Settings',
  lead: 'Who is told, how, and when.',
  save: 'Save',
  saving: 'Saving…',
  saved: 'Saved.',
  failed: 'Not saved.',

  device: {
    title: 'This device',
    on: 'This device is told.',
    off: 'This device is not told.',
    turnOn: 'Turn on notifications',
    turningOn: 'Turning on…',
    turnOff: 'Turn off',
    turningOff: 'Turning off…',
    test: 'Send a test alert',
    sent: 'Sent. It comes up in a few seconds.',
    state: (state: DeviceState) => (state in states ? states[state as keyof typeof states] : ''),
    refusal: (why: Refusal) => (typeof why === 'string' ? refusals[why] : words.faults[why.kind]),
  },

  devices: {
    title: 'Your devices',
    here: 'this one',
    told: (at: Date | null, now: Date) =>
      at === null ? 'Has never shown an alert.' : `Showed an alert ${since(at, now)}.`,
    own: 'Wishes of its own',
    forget: 'Remove',
    forgetOf: (name: string) => `Remove ${name}`,
    none: 'No device is told yet.',
  },

  wishes: {
    title: 'What to tell me',
    causes: 'Tell me about',
    cause: (cause: Cause) => causes[cause],
    order: ['press', 'person', 'loitering', 'trigger', 'motion'] as const,
    troubles: 'Trouble with Doorstep itself',
    cameras: 'From',
    allCameras: 'All cameras, later ones, too',
    quiet: 'Quiet hours',
    quietLead: (timezone: string) => `The doorbell still rings. By the clock of ${timezone}.`,
    notAlerted: 'off in the config',
    begins: 'From',
    ends: 'To',
    days: 'On the evenings of',
    day: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as Week,
    longDay: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as Week,
    noDay: 'Choose a day, or remove these hours.',
    add: 'Add quiet hours',
    remove: 'Remove',
    removeOf: (from: string, to: string) => `Remove quiet hours ${from} to ${to}`,
    asEverywhere: 'As on my other devices',
  },

  snooze: {
    title: 'Snooze',
    off: 'Nothing is snoozed.',
    on: (until: Date, now: Date) => `Quiet until ${since(until, now)}. The doorbell still rings.`,
    hours: (hours: number) => (hours === 1 ? '1 hour' : `${hours} hours`),
    ofAll: (until: Date, now: Date) => `The owner has made the whole house quiet until ${since(until, now)}.`,
    end: 'End snooze',
  },

  detection: {
    title: 'Who is looked at',
    lead: 'While Doorstep does not look at a camera, nobody is told of persons or motion there. The doorbell, the live picture and continuous recording go on.',
    on: 'Doorstep looks at this camera.',
    off: 'Doorstep does not look at this camera.',
    turnOff: 'Stop looking',
    turnOn: 'Look again',
    switchOf: (isOn: boolean, camera: string) => `${isOn ? 'Stop looking' : 'Look again'}: ${camera}`,
  },

  louder: {
    title: 'A louder way for the doorbell',
    lead: 'You may miss a notification at night. Pushover (emergency), ntfy, Telegram, Signal, Gotify and about a hundred other services can be louder; Doorstep reaches them by Apprise.',
    where: 'Write it into the config file, with the address as the Apprise documentation gives it:',
    example:
      '[[notify.apprise]]\n' +
      'name = "loud"\n' +
      'url = "pover://USER@TOKEN"\n' +
      'causes = ["press"]\n' +
      'person = "Ann"  # else it is for the house',
    then: 'ntfy is "ntfys://HOST/TOPIC", Telegram "tgram://TOKEN/CHAT". Restart Doorstep, then send a test alert from here. With turn = "unanswered" it is told only if nobody reacts within 30 s.',
  },

  channels: {
    title: 'Channels of the house',
    lead: 'A channel is proven once something has come through it.',
    none: 'No channel is set up. Turn on notifications above, or add a way below.',
    proven: (at: Date | null, now: Date) =>
      at === null ? 'Not proven yet' : `Last came through ${since(at, now)}`,
    turn: (turn: string) =>
      turn === 'undelivered'
        ? 'Only if nothing else gets through'
        : turn === 'unanswered'
          ? 'Only if nobody reacts'
          : '',
    testOf: (name: string) => `Send a test alert by ${name}`,
    test: 'Send a test alert',
    sent: 'Sent. Look whether it came.',
  },

  walk: {
    title: 'Test my doorstep',
    lead: 'A made-up visitor walks past a camera, through every step, up to your phone. Real visitors are told as ever.',
    camera: 'Camera',
    start: 'Test my doorstep',
    again: 'Test again',
    running: 'The visitor is on the way…',
    lost: 'The report was lost. Test again.',
    verdict: ({ state, summary }: Walk) =>
      summary === '' ? (state === 'passed' ? 'Everything works.' : 'Something did not work.') : summary,
    state: ({ stage, state, ms }: WalkStage) =>
      state === 'reached' && ms !== null
        ? stageSeconds(ms)
        : isSpared({ stage, state })
          ? deliveryStates.spared
          : walkStates[state],
    why: (one: WalkStage) => (isSpared(one) ? notTold(one.words) : one.words),
    stage: (stage: string) =>
      stageNames[stage] ?? stage.charAt(0).toUpperCase() + stage.slice(1).replaceAll(/[-_]/g, ' '),
  },

  nobody: {
    remedy: 'Set up notifications',
  },

  answer: {
    ago: (at: Date, now: Date) => `${clock(at)}, ${span(now.getTime() - at.getTime())} ago`,
    notYet: 'Doorstep is still writing this down.',
    gone: 'This alert is no longer here.',
    clip: 'What happened',
    open: 'Open the alert',
    live: 'Live',
    snooze: 'Snooze 1 h',
  },

  deliveries: {
    title: 'Who was told',
    none: 'Nobody was told.',
    notStored: 'This is not stored: after a restart Doorstep will not know it.',
    outcome: (told: Told) => (told.state === 'spared' ? notTold(told.outcome) : told.outcome),
    state: (told: Told) => {
      const after = (at: string) => stageSeconds(Date.parse(at) - Date.parse(told.raised_at));
      if (told.opened_at !== null) return `Opened after ${after(told.opened_at)}`;
      if (told.shown_at !== null) return `Shown after ${after(told.shown_at)}`;
      if (told.accepted_at !== null) return `Accepted after ${after(told.accepted_at)}`;
      return deliveryStates[told.state];
    },
  },
});

/** A message that was not sent because its recipient wants it so. */
const isSpared = ({ stage, state }: Pick<WalkStage, 'stage' | 'state'>): boolean =>
  stage === 'sent' && state === 'skipped';

/** "Not told: quiet hours", of what Doorstep says in a word or a sentence. */
const notTold = (why: string): string =>
  why === '' || why.startsWith('Not t') ? why : `${deliveryStates.spared}: ${why}`;

const walkStates: Record<WalkStage['state'], string> = {
  waiting: 'Waiting',
  reached: 'Reached',
  failed: 'Failed',
  skipped: 'Skipped',
};

const stageNames: Partial<Record<string, string>> = {
  captured: 'Visitor sent',
  buffered: 'Film kept',
  moved: 'Motion seen',
  seen: 'Person seen',
  decided: 'Decided to tell you',
  recorded: 'Clip made',
  stored: 'Clip stored',
  sent: 'Message sent',
  accepted: 'Message accepted',
  acknowledged: 'Shown',
};

const deliveryStates: Record<Told['state'], string> = {
  due: 'On the way',
  accepted: 'Accepted',
  failed: 'Not delivered',
  spared: 'Not told',
};
