// The clip that was being made when the session ended: signed in again, the same person carries on with it.
import type { ClipDownload } from './clipdownload.svelte.ts';

export interface LeftClip {
  person: string;
  camera: string;
  start: Date | null;
  end: Date | null;
  seconds: number;
  everywhere: boolean;
  /** What was being fetched, with what came of it; null where nothing was asked for yet. */
  download: ClipDownload | null;
}

let left: LeftClip | null = null;

export function leaveClip(clip: LeftClip): void {
  left = clip;
}

/** Whether a sheet about this camera was open; the sheet itself takes up the rest. */
export function hasLeftClip(camera: string, person: string): boolean {
  return left?.camera === camera && left.person === person;
}

/** Once; null where there is none. */
export function takeLeftClip(camera: string, person: string): LeftClip | null {
  const clip = hasLeftClip(camera, person) ? left : null;
  left = null; // whoever signs in instead gets nothing of it
  return clip;
}
