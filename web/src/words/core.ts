// The English words of the pages, in one typed dictionary; those that are loaded later are beside
// it, one file a part; German is in de/.  Markup and decisions live elsewhere.
import { spoken } from '../language.ts';
import type { FaultKind } from '../api/fault.ts';
import type { CameraState, Cause, Heading, Role } from '../api/shapes.ts';
import type { Verdict } from '../rules/freshness.ts';
import {
  clock,
  clockWithSeconds,
  day,
  isDayBefore,
  isSameDay,
  since,
  span,
  tenths,
} from '../rules/clocks.ts';

const causes: Record<Cause, string> = {
  person: 'Person',
  press: 'Doorbell',
  trigger: 'Motion',
  motion: 'Motion',
  loitering: 'Somebody stayed',
  saved: 'Saved',
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

export const words = spoken('core', {
  product: 'Doorstep',
  title: (page: string) => `${page} · Doorstep`,
  loading: 'Loading…',
  details: 'Details',
  close: 'Close',
  tryAgain: 'Try again',
  updated: 'Doorstep was updated.',
  reload: 'Reload',
  notKept: 'This part of Doorstep is not on this device yet. It needs a connection once.',
  skip: 'Skip to content',
  mainMenu: 'Main',
  tabs: { live: 'Live', alerts: 'Alerts', timeline: 'Timeline', settings: 'Settings' },
  signOut: 'Sign out',
  causes,
  /** "Doorbell, Person": each word once. */
  causesOf: (of: Cause[]) => [...new Set(of.map((cause) => causes[cause]))].join(', '),
  faults,
  roles,
  cameraStates,

  /** Where the address is not https. */
  insecure: 'Notifications and installing need the secure address.',
  secure: 'Set it up',
  notNow: 'Not now',

  connection: {
    offline: 'You are offline.',
    unreachable: faults.unreachable,
    why: 'What is wrong',
  },

  live: {
    title: 'Live',
    pictureAlt: (camera: string) => `Picture from ${camera}`,
    filmOf: (camera: string) => `Live film from ${camera}`,
    noPictureYet: 'No picture yet',
    cameras: 'Cameras',
    pause: 'Pause',
    resume: 'Resume',
    ended: 'The owner has ended this.',
    savePicture: 'Save picture',
    saveLast: 'Save last 30 s',
    otherLength: 'Save another length',
    quiet: 'Pause watching',
    recording: 'Recording',
    notRecording: 'Not recording',
    lastAlert: 'Last alert',
    latest: 'Latest alerts',
    allAlerts: 'All alerts',
    noCameras: 'No camera is set up yet.',
    addCamera: 'Add a camera',
    cameraGone: 'This camera is no longer here.',
    toFirstCamera: 'Show the other cameras',
    watching: (lookAge: number | null) =>
      lookAge === null ? 'Watching, no look yet' : `Watching, last look ${span(lookAge)} ago`,
    overdue: (lookAge: number) => `Watching is behind: last look ${span(lookAge)} ago`,
    notWatching: 'Not watching',
    detectionOff: 'Detection is off',
    remote: 'Looked at by your remote detector',
    verdict: liveVerdict,
    /** "Delay 0.2 s": nothing is without any. */
    delay: (milliseconds: number) =>
      milliseconds < 100 ? 'Delay under 0.1 s' : `Delay ${tenths(milliseconds / 1000)} s`,
    lowQuality: (why: string) => `Live, low quality (${why})`,
    secondBest: (why: string) => `Not the best way (${why})`,
    another: 'Watch in another player',
    retryBest: 'Retry best',
    tapToPlay: 'Tap to play',
    leastDelay: 'Least delay',
    mute: 'Mute',
    unmute: 'Turn sound on',
    fullScreen: 'Full screen',
    leaveFullScreen: 'Leave full screen',
    pip: 'Picture in picture',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    zoomReset: 'Show the whole picture',
    zoom: 'Zoom',
    allCameras: 'All cameras',
    all: 'All',
  },

  /** Why a way of getting the picture was given up; each stands in brackets after "Live, low quality". */
  way: {
    noFilm: 'this browser cannot play live film',
    noSocket: 'the network lets no WebSocket through',
    noHls: 'this browser plays no HLS',
    noWebRtc: 'this browser has no WebRTC',
    noPath: 'the network lets no WebRTC through',
    slow: 'slow link',
    silent: 'no picture came',
    cut: 'the connection was cut',
    undecodable: 'this browser could not play the film',
    codec: (mime: string) =>
      /hvc1|hev1/i.test(mime) ? 'this browser cannot play HEVC' : `this browser cannot play ${codecOf(mime)}`,
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
    clear: 'Clear filters',
    none: 'No alerts yet. Walk past the door to test it.',
    more: 'Load more',
    loadingMore: 'Loading more…',
    moreLoaded: (count: number) => `${count} alerts shown.`,
    isNew: 'New',
    now: 'Happening now',
    dayHeading: (at: Date, now: Date) => {
      if (isSameDay(at, now)) return 'Today';
      return isDayBefore(at, now) ? 'Yesterday' : day(at, now);
    },
    noThumbnail: 'No picture',
    /** "Front door · porch, arriving" */
    place: (camera: string, zone: string, heading: Heading | null) => {
      const rest = [zone, heading ?? ''].filter((word) => word !== '').join(', ');
      return rest === '' ? camera : `${camera} · ${rest}`;
    },
    undo: 'Undo',
  },
});

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

/** "avc1.640028" of 'video/mp4; codecs="avc1.640028"' */
function codecOf(mime: string): string {
  return /codecs="?([^"]+)/.exec(mime)?.[1] ?? mime;
}

/** "14:02:10" today, with the day otherwise. */
function momentOf(at: Date, now: Date): string {
  return isSameDay(at, now) ? clockWithSeconds(at) : `${day(at, now)}, ${clock(at)}`;
}
