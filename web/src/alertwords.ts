// The English words of one alert that is open, and of the keys, which are loaded with the alerts.
import type { DoorEvent } from './api/shapes.ts';
import type { Speed } from './rules/ledger.ts';
import { clockWithSeconds, dollars, stageSeconds } from './rules/times.ts';

export const alertWords = {
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
    share: 'Share',
    remove: 'Delete',
    clipOf: (title: string) => `Clip: ${title}`,
    noClip: 'No clip was recorded.',
    noClipYet: 'The clip begins in a moment.',
    clipFailed: 'This clip could not be played. Try again, or save it and open it in another player.',
    gone: 'This alert is no longer here.',
    where: whereWords,
    loading: 'Loading the alert…',
    speed: speedWords,
    preRoll: (seconds: number) => `The clip starts ${seconds.toFixed(1)} s before.`,
    cost: (usd: number) => `This alert cost ${dollars(usd)}.`,
    asked: 'Your remote detector, last answer',
    stage: 'Step',
    at: 'Time',
    after: 'After',
  },

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

/** Where its video lies, if that is worth a word. */
function whereWords(event: DoorEvent): string {
  if (event.clip?.where === 'off-site') return 'Its video lies off-site only, and plays from there.';
  if (event.clip?.where === 'gone') return 'Its video was deleted.';
  const state = event.off_site?.state;
  return state === 'done'
    ? 'A copy lies off-site.'
    : state === 'waiting'
      ? 'A copy is on its way off-site.'
      : '';
}

function speedWords(speed: Speed): string {
  const parts: string[] = [];
  if (speed.seen !== null) parts.push(`seen ${stageSeconds(speed.seen)}`);
  if (speed.told !== null) parts.push(`told ${stageSeconds(speed.told)}`);
  return parts.join(', ');
}
