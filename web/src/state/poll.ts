// Asks again and again while somebody looks.  What is asked is the caller's business.
import { delayBefore } from '../rules/backoff.ts';
import { presence } from './presence.svelte.ts';

/**
 * Runs `task` now and `everyMs` after each answer, with growing delays after faults, never while the tab is hidden,
 * and at once when it is looked at again.  Returns how to stop.
 */
export function poll(task: () => Promise<void>, everyMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;
  let stopped = false;
  let tries = 0;

  const run = async () => {
    if (busy || stopped || document.visibilityState === 'hidden') return;
    busy = true;
    try {
      await task();
      tries = 0;
    } catch {
      tries += 1; // whoever asks has noted the fault; here it only means to ask less often
    }
    busy = false;
    schedule();
  };
  const schedule = () => {
    clearTimeout(timer);
    if (!stopped)
      timer = setTimeout(() => void run(), tries === 0 ? everyMs : Math.max(everyMs, delayBefore(tries)));
  };
  const unsubscribe = presence.onWake(() => {
    clearTimeout(timer);
    void run();
  });
  void run();
  return () => {
    stopped = true;
    clearTimeout(timer);
    unsubscribe();
  };
}
