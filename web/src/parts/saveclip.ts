// How a clip is saved from the page: its name on the phone, and the download itself.
import type { DoorEvent } from '../api/shapes.ts';
import { fileStamp } from '../rules/times.ts';

/** "front-door_20261121_140203.mp4", in local time. */
export function clipName(event: DoorEvent): string {
  return `${event.camera}_${fileStamp(new Date(event.started_at))}.mp4`;
}

/** As if its Save had been pressed; nothing where there is no clip. */
export function saveClip(event: DoorEvent): void {
  if (event.clip === null) return;
  const link = document.createElement('a');
  link.href = event.clip.href;
  link.download = clipName(event);
  link.click();
}
