// The English words of one alert that is open, and of the keys, which are loaded with the alerts.
import { spoken } from '../language.ts';
import type { DoorEvent, Stage } from '../api/shapes.ts';
import type { Speed } from '../rules/ledger.ts';
import { clockWithSeconds, dollars, stageSeconds, tenths } from '../rules/times.ts';

const stages: Record<Stage, string> = {
  captured: 'Picture taken',
  seen: 'Seen',
  decided: 'Decided to tell you',
  sent: 'Message sent',
  accepted: 'Message accepted',
  acknowledged: 'Shown on your phone',
};

export const alertWords = spoken('alert', {
  stages,
  backwards: 'The start is after the end. Swap them to see alerts.',
  deleted: 'Alert deleted.',
  undone: 'Alert is back.',
  undoFailed: 'Could not bring the alert back.',
  deleteFailed: 'Could not delete the alert.',
  noMatch: 'No alerts match these filters.',
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
    inTimeline: 'Open in timeline',
    saved: (from: Date, to: Date) => `Kept from ${clockWithSeconds(from)} to ${clockWithSeconds(to)}`,
    saving: 'Save the clip',
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
    preRoll: (seconds: number) => `The clip starts ${tenths(seconds)} s before.`,
    cost: (usd: number) => `This alert cost ${dollars(usd)}.`,
    asked: 'Your remote detector, last answer',
    stage: 'Step',
    at: 'Time',
    after: 'After',
  },

  list: {
    cause: 'What',
    allCauses: 'Everything',
    trigger: 'Motion, reported',
    select: 'Select',
    selected: (count: number) => (count === 1 ? '1 selected' : `${count} selected`),
    none: 'Tap the alerts that you want to delete.',
    all: 'Select all shown',
    remove: 'Delete',
    cancel: 'Cancel',
    deleted: (count: number) => (count === 1 ? 'Alert deleted.' : `${count} alerts deleted.`),
    undone: (count: number) => (count === 1 ? 'Alert is back.' : `${count} alerts are back.`),
    notDeleted: (count: number) =>
      count === 1 ? '1 alert could not be deleted.' : `${count} alerts could not be deleted.`,
    notUndone: (count: number) =>
      count === 1 ? '1 alert could not be brought back.' : `${count} alerts could not be brought back.`,
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
      ['X', 'Select the alert'],
      ['Delete', 'Delete the alert'],
      ['?', 'Show this list'],
      ['Esc', 'Close'],
    ] as [key: string, does: string][],
  },
});

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
