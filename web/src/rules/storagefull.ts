// What of the health of the house is about the disk.
import type { Problem } from '../api/shapes.ts';

/** Whether room can be made for it in Settings > Storage. */
export function isOfStorage(problem: Problem): boolean {
  return problem.key === 'disk' && /\bfull\b/.test(problem.what);
}

/** Whether nothing is recorded for want of room; a disk that is read-only or does not answer is not full. */
export function isStorageFull(problem: Problem): boolean {
  return isOfStorage(problem) && problem.minor !== true;
}
