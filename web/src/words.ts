// The English words of the pages, in one typed dictionary; those of "Why this alert?" and "Who looks" are in whywords.ts
// and whowords.ts, which are loaded later.  Markup and decisions live elsewhere.
import type { FaultKind } from './api/fault.ts';
import type { CameraState, Cause, Heading, Role, Stage } from './api/shapes.ts';
import type { Verdict } from './rules/freshness.ts';
import type { Speed } from './rules/ledger.ts';
import { clock, clockWithSeconds, day, isSameDay, money, since, span, stageSeconds } from './rules/times.ts';

const causes: Record<Cause, string> = {
  person: 'Person',
  press: 'Doorbell',
  trigger: 'Motion',
  motion: 'Motion',
  loitering: 'Somebody stayed',
};

const stages: Record<Stage, string> = {
  captured: 'Picture taken',
  seen: 'Seen',
  decided: 'Decided to tell you',
  sent: 'Message sent',
  accepted: 'Message accepted',
  acknowledged: 'Shown on your phone',
};

const faults: Record<FaultKind, string> = {
  'signed-out': 'Your session has ended. Sign in to carry on.',
  forbidden: 'Your account may not do this. Ask the owner.',
  gone: 'This is no longer here.',
  refused: 'Doorstep did not accept this.',
  wait: 'Too many tries. Wait a moment, then try again.',
  broken: 'Doorstep had a fault of its own. Try again.',
  unreachable: "Can't reach Doorstep. Are you on your home network or VPN?",
};

const roles: Record<Role, string> = { owner: 'Owner', family: 'Family', guest: 'Guest' };

const cameraStates: Record<CameraState, string> = {
  live: 'Live',
  connecting: 'Connecting…',
  stalled: 'Offline',
  refused: 'Refused',
  faulted: 'Fault',
  off: 'Off',
};

export const words = {
  product: 'Doorstep',
  title: (page: string) => `${page} · Doorstep`,
  loading: 'Loading…',
  details: 'Details',
  close: 'Close',
  tryAgain: 'Try again',
  updated: 'Doorstep was updated.',
  reload: 'Reload',
  skip: 'Skip to content',
  mainMenu: 'Main',
  tabs: { live: 'Live', alerts: 'Alerts', status: 'Status' },
  signOut: 'Sign out',
  causes,
  /** "Doorbell, Person": each word once. */
  causesOf: (of: Cause[]) => [...new Set(of.map((cause) => causes[cause]))].join(', '),
  stages,
  faults,
  roles,

  connection: {
    offline: 'You are offline.',
    unreachable: faults.unreachable,
  },

  login: {
    title: 'Sign in',
    name: 'Name',
    password: 'Password',
    show: 'Show password',
    hide: 'Hide password',
    submit: 'Sign in',
    busy: 'Signing in…',
    wrong: 'That name and password do not match.',
    wait: (seconds: number | null) =>
      seconds === null ? faults.wait : `Too many tries. Try again in ${span(seconds * 1000)}.`,
    ended: faults['signed-out'],
    signedOut: 'You are signed out.',
    notSetUp: 'This Doorstep is new. Open the set-up address that it printed when it started, or',
    toSetUp: 'enter the set-up code',
  },

  setup: {
    title: 'Set up Doorstep',
    lead: 'Choose the name and password that you will sign in with. You will be the owner.',
    code: 'Set-up code',
    codeHint: 'Doorstep printed it when it started. It works once, for ten minutes.',
    name: 'Your name',
    password: 'Password',
    passwordHint: '12 characters or more. Three or four random words are easy to remember.',
    short: (missing: number) =>
      missing === 1 ? '1 more character, please.' : `${missing} more characters, please.`,
    longEnough: 'Long enough.',
    submit: 'Set up',
    busy: 'Setting up…',
    closed: 'Doorstep is already set up.',
    toLogin: 'Sign in',
    staleCode: 'That set-up code is wrong, used up or too old. Restart Doorstep to get a new one.',
  },

  live: {
    title: 'Live',
    pictureAlt: (camera: string) => `Picture from ${camera}`,
    noPictureYet: 'No picture yet',
    cameras: 'Cameras',
    pause: 'Pause',
    resume: 'Resume',
    savePicture: 'Save picture',
    recording: 'Recording',
    notRecording: 'Not recording',
    lastAlert: 'Last alert',
    latest: 'Latest alerts',
    allAlerts: 'All alerts',
    noCameras: 'No camera is set up yet. Add one to the config file, then reload or restart Doorstep.',
    cameraGone: 'This camera is no longer here.',
    toFirstCamera: 'Show the other cameras',
    watching: (lookAge: number | null) =>
      lookAge === null ? 'Watching, no look yet' : `Watching, last look ${span(lookAge)} ago`,
    overdue: (lookAge: number) => `Watching is behind: last look ${span(lookAge)} ago`,
    notWatching: 'Not watching',
    remote: 'Looked at by your remote detector',
    verdict: liveVerdict,
  },

  alerts: {
    title: 'Alerts',
    filter: 'Filter',
    filterOn: 'Filter (on)',
    camera: 'Camera',
    allCameras: 'All cameras',
    fromDay: 'From day',
    fromTime: 'From time',
    toDay: 'To day',
    toTime: 'To time',
    today: 'Today',
    yesterday: 'Yesterday',
    week: 'Last 7 days',
    backwards: 'The start is after the end. Swap them to see alerts.',
    clear: 'Clear filters',
    none: 'No alerts yet. Walk past the door to test it.',
    noMatch: 'No alerts match these filters.',
    more: 'Load more',
    loadingMore: 'Loading more…',
    moreLoaded: (count: number) => `${count} alerts shown.`,
    isNew: 'New',
    now: 'Happening now',
    dayHeading: (at: Date, now: Date) => {
      if (isSameDay(at, now)) return 'Today';
      const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
      return isSameDay(at, yesterday) ? 'Yesterday' : day(at, now);
    },
    noThumbnail: 'No picture',
    /** "Front door · porch, arriving" */
    place: (camera: string, zone: string, heading: Heading | null) => {
      const rest = [zone, heading ?? ''].filter((word) => word !== '').join(', ');
      return rest === '' ? camera : `${camera} · ${rest}`;
    },
    deleted: 'Alert deleted.',
    undo: 'Undo',
    undone: 'Alert is back.',
    undoFailed: 'Could not bring the alert back.',
    deleteFailed: 'Could not delete the alert.',
    keys: 'Keyboard shortcuts',
  },

  alert: {
    title: (cause: string, camera: string) => `${cause}, ${camera}`,
    seen: (from: Date, to: Date) =>
      clockWithSeconds(from) === clockWithSeconds(to)
        ? `Seen at ${clockWithSeconds(from)}`
        : `Seen from ${clockWithSeconds(from)} to ${clockWithSeconds(to)}`,
    seenSince: (from: Date) => `Happening now, seen since ${clockWithSeconds(from)}`,
    previous: 'Previous',
    next: 'Next',
    save: 'Save',
    remove: 'Delete',
    clipOf: (title: string) => `Clip: ${title}`,
    noClip: 'No clip was recorded.',
    noClipYet: 'The clip begins in a moment.',
    clipFailed: 'This clip could not be played. Try again, or save it and open it in another player.',
    gone: 'This alert is no longer here.',
    loading: 'Loading the alert…',
    speed: speedWords,
    preRoll: (seconds: number) => `The clip starts ${seconds.toFixed(1)} s before.`,
    cost: (usd: number) => `This alert cost ${money(usd)}.`,
    asked: 'Your remote detector, last answer',
    stage: 'Step',
    at: 'Time',
    after: 'After',
  },

  status: {
    title: 'Status',
    seeing: 'Doorstep is watching.',
    blind: 'Doorstep does not see everything.',
    noProblems: 'No problems.',
    problems: 'Problems',
    since: (at: Date, now: Date) => `Since ${since(at, now)}`,
    cameras: 'Cameras',
    camera: (state: CameraState, at: Date, now: Date) =>
      state === 'connecting' ? cameraStates.connecting : `${cameraStates[state]} since ${since(at, now)}`,
    storage: 'Storage',
    used: (used: string, limit: string | null) =>
      limit === null ? `${used} used` : `${used} of ${limit} used`,
    daysLeft: (days: number | null) => {
      if (days === null) return 'Not enough recorded yet to say how long it lasts.';
      if (days < 1) return 'Full in less than a day, then the oldest recordings go first.';
      if (days > 366) return 'Room for more than a year, then the oldest recordings go first.';
      const whole = Math.floor(days);
      return `Room for about ${whole} more ${whole === 1 ? 'day' : 'days'}, then the oldest recordings go first.`;
    },
    written: (amount: string) => `Recording writes ${amount} a day.`,
    nearlyFull: (percent: number) => `Storage is ${percent} % full. Oldest recordings go first.`,
    account: 'You',
    signedInAs: (name: string, role: Role) => `Signed in as ${name} (${roles[role]})`,
    version: (version: string) => `Doorstep ${version}`,
  },

  lost: { title: 'Nothing here', lead: 'This page is not part of Doorstep.', home: 'Go to Live' },

  keys: {
    title: 'Keyboard shortcuts',
    on: 'Use keyboard shortcuts',
    rows: [
      ['Arrows', 'Move between alerts'],
      ['Enter', 'Open the alert'],
      ['J', 'Next alert'],
      ['K', 'Previous alert'],
      ['D', 'Save the clip'],
      ['Delete', 'Delete the alert'],
      ['?', 'Show this list'],
      ['Esc', 'Close'],
    ] as const,
  },
} as const;

function liveVerdict(
  verdict: Verdict,
  about: { takenAt: Date | null; since: Date | null; now: Date },
): string {
  const picture = about.takenAt === null ? '' : ` Picture from ${momentOf(about.takenAt, about.now)}.`;
  const sinceThen = about.since === null ? '' : ` since ${since(about.since, about.now)}`;
  switch (verdict.kind) {
    case 'live':
      return 'Live';
    case 'behind':
      return `${span(Math.round(verdict.milliseconds / 1000) * 1000)} behind`;
    case 'connecting':
      return 'Connecting…';
    case 'reconnecting':
      return about.takenAt === null
        ? 'Reconnecting…'
        : `Reconnecting… picture from ${momentOf(about.takenAt, about.now)}`;
    case 'no-picture':
      return `No live picture. Still trying.${picture}`;
    case 'paused':
      return `Paused.${picture}`;
    case 'offline':
      return `You are offline.${picture}`;
    case 'unreachable':
      return `Can't reach Doorstep.${picture}`;
    case 'camera':
      return `${cameraTrouble[verdict.state].what}${sinceThen}. ${cameraTrouble[verdict.state].remedy}`.trim();
  }
}

const cameraTrouble = {
  stalled: { what: 'Camera offline', remedy: 'Check its power and Wi-Fi.' },
  refused: { what: 'Camera refuses Doorstep', remedy: 'Check its address, user name and password.' },
  faulted: { what: 'Camera has a fault', remedy: 'It is tried again every five minutes. Restart it.' },
  off: { what: 'Camera off', remedy: '' },
} as const;

/** "14:02:10" today, with the day otherwise. */
function momentOf(at: Date, now: Date): string {
  return isSameDay(at, now) ? clockWithSeconds(at) : `${day(at, now)}, ${clock(at)}`;
}

function speedWords(speed: Speed): string {
  const parts: string[] = [];
  if (speed.seen !== null) parts.push(`seen ${stageSeconds(speed.seen)}`);
  if (speed.told !== null) parts.push(`told ${stageSeconds(speed.told)}`);
  return parts.join(', ');
}
