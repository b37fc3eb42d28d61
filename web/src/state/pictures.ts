// The last picture of each camera, so that a page that comes back shows it at once.  Only as long as somebody is signed in.
import type { Picture } from '../ways/stage.ts';

const last = new Map<string, Picture>();
let isOpen = false;

/** Somebody has signed in. */
export function beginPictures(): void {
  isOpen = true;
}

export function lastPicture(camera: string): Picture | null {
  return last.get(camera) ?? null;
}

export function rememberPicture(camera: string, picture: Picture): void {
  // A film's last picture comes a moment later, and perhaps after a sign-out.
  if (isOpen) last.set(camera, picture);
}

export function forgetPictures(): void {
  isOpen = false;
  last.clear();
}
