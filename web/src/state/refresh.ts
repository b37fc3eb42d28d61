// Begins what keeps this app whole on a device, and loads it anew where a part of it is gone.  How, updates.ts knows,
// which is loaded after the first picture.
import { words } from '../words/core.ts';
import { toast } from './toast.svelte.ts';

/** To be called once, when the first page stands. */
export function keepInstalled(): void {
  // A part that was loaded when first asked for, and is not there: the server was updated, or nobody answers.
  window.addEventListener('vite:preloadError', () => {
    if (navigator.onLine) sayUpdated();
  });
  if (!isSecureContext || !('serviceWorker' in navigator)) return;
  const begin = () => void import('./updates.ts').then(({ keepUp }) => keepUp()).catch(() => undefined);
  if (document.readyState === 'complete') begin();
  else window.addEventListener('load', begin, { once: true });
}

export function sayUpdated(): void {
  toast.offer(words.updated, words.reload, () => void refresh());
}

/** Loads the newest Doorstep; a plain reload could show the one that is kept here. */
export async function refresh(): Promise<void> {
  try {
    const { takeNewest } = await import('./updates.ts');
    await takeNewest();
  } catch {
    location.reload();
  }
}
