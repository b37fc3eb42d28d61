// Saves a picture to the phone or the computer, under the name of its camera and its time.
import { snapshotHref } from '../api/client.ts';
import { fileStamp } from '../rules/times.ts';
import type { Player } from '../state/player.svelte.ts';

/** What is on the screen now; where nothing is, the newest that Doorstep has. */
export async function savePicture(player: Player): Promise<void> {
  const blob = await player.still();
  const link = document.createElement('a');
  link.href = blob === null ? snapshotHref(player.camera) : URL.createObjectURL(blob);
  link.download = `${player.camera}_${fileStamp(new Date(player.takenAt ?? Date.now()))}.jpg`;
  link.click();
  if (blob !== null) {
    setTimeout(() => {
      URL.revokeObjectURL(link.href);
    }, 60_000);
  }
}
