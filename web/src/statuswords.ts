// The English words of the Status page.
import type { CameraState, Role } from './api/shapes.ts';
import { since } from './rules/times.ts';
import { words } from './words.ts';

export const statusWords = {
  title: 'Status',
  seeing: 'Doorstep is watching.',
  blind: 'Something is wrong.',
  noProblems: 'No problems.',
  problems: 'Problems',
  since: (at: Date, now: Date) => `Since ${since(at, now)}`,
  cameras: 'Cameras',
  camera: (state: CameraState, at: Date, now: Date) =>
    state === 'connecting'
      ? words.cameraStates.connecting
      : `${words.cameraStates[state]} since ${since(at, now)}`,
  detectionOff: 'Detection is off: Doorstep does not look at this camera.',
  untold: 'Who is not told',
  toChannels: 'See all channels',
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
  offSite: (place: string, waiting: number) =>
    `Off-site: ${waiting === 0 ? `everything is in ${place}` : waiting === 1 ? '1 clip waits' : `${waiting} clips wait`}.`,
  nearlyFull: (percent: number) => `Storage is ${percent} % full. Oldest recordings go first.`,
  account: 'You',
  signedInAs: (name: string, role: Role) => `Signed in as ${name} (${words.roles[role]})`,
  version: (version: string) => `Doorstep ${version}`,
} as const;
