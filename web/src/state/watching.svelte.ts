// Keeps a player running while somebody looks at its page: one stream per tab, none while nobody does.  Used by the
// pages that show one camera large, from their set-up.
import { untrack } from 'svelte';
import type { Player } from './player.svelte.ts';
import { presence } from './presence.svelte.ts';

/** `wanted`: whether it may run now; `isUp`: whether the camera sends pictures, as far as is known. */
export function keepWatching(player: () => Player | null, wanted: () => boolean, isUp: () => boolean): void {
  $effect(() => {
    const own = player(); // the clean-up must stop this one, not the one that follows
    if (own === null || !wanted() || !(presence.visible || own.apart)) return;
    untrack(() => {
      own.start();
    });
    const unsubscribe = presence.onWake(() => {
      own.retryNow();
    });
    return () => {
      unsubscribe();
      own.stop();
    };
  });
  const up = $derived(isUp()); // every answer about the cameras makes new objects; only a change of this one counts
  $effect(() => {
    const own = player();
    if (own === null) return;
    own.cameraUp = up;
    if (up)
      untrack(() => {
        own.retryNow();
      }); // the camera came back: no reason to wait
  });
}
