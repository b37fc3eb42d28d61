// Opens a page of Doorstep in the window that is there, else in a new one.

declare const self: ServiceWorkerGlobalScope;
const ANSWER_WITHIN_MS = 800;

/** The window that is looked at, else the newest one; a page that does not answer is loaded anew. */
export async function openPage(path: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const best = windows.find((one) => one.focused) ?? windows.find((one) => one.visibilityState === 'visible');
  const chosen = best ?? windows[0];
  if (chosen === undefined) {
    await self.clients.openWindow(path);
    return;
  }
  const shown = await chosen.focus().catch(() => chosen); // without a tap of the person a browser refuses
  if (await went(shown, path)) return;
  await shown.navigate(path).catch(() => self.clients.openWindow(path));
}

/** Asks the page to go there by itself, which keeps what it has loaded. */
function went(window: WindowClient, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    const timer = setTimeout(() => {
      resolve(false);
    }, ANSWER_WITHIN_MS);
    channel.port1.onmessage = () => {
      clearTimeout(timer);
      resolve(true);
    };
    window.postMessage({ go: path }, [channel.port2]);
  });
}
