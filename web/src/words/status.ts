// The English words of the Status page.
import { spoken } from '../language.ts';
import type { CameraState, Role } from '../api/shapes.ts';
import { since } from '../rules/times.ts';
import { words } from './core.ts';

export const statusWords = spoken('status', {
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
  written: (amount: string) => `Recording writes ${amount} a day.`,
  offSite: (place: string, waiting: number) =>
    `Off-site: ${waiting === 0 ? `everything is in ${place}` : waiting === 1 ? '1 clip waits' : `${waiting} clips wait`}.`,
  nearlyFull: (percent: number) => `Storage is ${percent} % full. Oldest recordings go first.`,
  account: 'You',
  signedInAs: (name: string, role: Role) => `Signed in as ${name} (${words.roles[role]})`,
  version: (version: string) => `Doorstep ${version}`,
});
