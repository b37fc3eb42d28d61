// How a clip is saved from the page: its name on the phone, and the download itself.
import type { DoorEvent } from '../api/shapes.ts';
import { fileNameOf } from '../rules/clipspan.ts';
import { house } from '../state/house.svelte.ts';

/** "20261121_140203_Front-door.mp4", in local time. */
export function clipName(event: DoorEvent): string {
  return fileNameOf(house.cameraName(event.camera), event.camera, new Date(event.started_at));
}

/** As if its Save had been pressed; nothing where there is no clip. */
export function saveClip(event: DoorEvent): void {
  if (event.clip === null) return;
  const link = document.createElement('a');
  link.href = event.clip.href;
  link.download = clipName(event);
  link.click();
}
