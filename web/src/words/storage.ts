// The English words of "Storage and costs".
import { spoken } from '../language.ts';
import type { StorageOfCameras } from '../api/house.ts';
import { clock, decimal, isSameDay, since, size } from '../rules/times.ts';

type Storage = NonNullable<StorageOfCameras['storage']>;

export const storageWords = spoken('storage', {
  title: 'Recordings',
  used: (used: number, limit: number) => `${size(used)} of ${size(limit)} used`,
  /** What will come of it. */
  forecast: (storage: Storage) => {
    const { days_kept: kept, days_left: left, bound } = storage;
    if (kept === null || bound === null) return 'Not enough recorded yet to say how long it lasts.';
    if (bound === 'age')
      return `There is room for all of the last ${days(kept)}: older recordings go by then.`;
    if (left !== null && left >= 1)
      return `Room for about ${days(left)} more. From then on the last ${days(kept)} are kept.`;
    return `The last ${days(kept)} are kept, for there is no room for more.`;
  },
  keep: (keep: number) => `Kept for at most ${days(keep)}.`,
  goes: 'The oldest go first; alerts stay longer than what was recorded between them. Saved clips stay.',
  change: 'How long recordings are kept',
  nearlyFull: (percent: number) => `Storage is ${percent} % full. Oldest recordings go first.`,
  stopped: (at: Date, now: Date) =>
    `Storage full. Recording stopped at ${isSameDay(at, now) ? clock(at) : since(at, now)}.`,
  manage: 'Manage storage',
  cameras: 'By camera',
  noCameras: 'Nothing is recorded yet.',
  written: (bytes: number) => `Recording writes ${size(bytes)} a day.`,
  wear: 'A memory card wears out by that; a USB disk lasts longer.',
  offSite: 'Outside the house',
  offSiteAll: (place: string) => `Everything is also in ${place}.`,
  offSiteWaits: (place: string, waiting: number) =>
    waiting === 1
      ? `1 clip still waits to go to ${place}.`
      : `${waiting} clips still wait to go to ${place}.`,
});

function days(count: number): string {
  const shown = Math.floor(count);
  if (shown < 1)
    return decimal(Math.max(1, Math.floor(count * 24)), { style: 'unit', unit: 'hour', unitDisplay: 'long' });
  return decimal(shown, { style: 'unit', unit: 'day', unitDisplay: 'long' });
}
