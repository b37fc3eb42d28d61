// Keeps the shell of the app on this device by its service worker, and has it brought up to date when the person says so.
import { sayUpdated } from './refresh.ts';
import { worker } from './worker.ts';

const LOOK_EVERY_MS = 3_600_000;
const PATIENCE_MS = 15_000;

let isTaking = false;

/** Registers the worker and watches for a newer one. */
export async function keepUp(): Promise<void> {
  const { serviceWorker } = navigator;
  let hadOne = serviceWorker.controller !== null;
  serviceWorker.addEventListener('controllerchange', () => {
    if (isTaking) location.reload();
    else if (hadOne) sayUpdated(); // taken up in another tab
    hadOne = true;
  });
  const registration = await worker();
  if (registration.waiting !== null) sayUpdated();
  registration.addEventListener('updatefound', () => {
    void installed(registration).then((next) => {
      if (next !== null && hadOne) sayUpdated();
    });
  });
  keepPieces(registration);
  let looked = Date.now();
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden' || Date.now() - looked < LOOK_EVERY_MS) return;
    looked = Date.now();
    registration.update().catch(() => undefined); // looked for again later
  });
}

/** The newest worker takes over and the page is loaded from what it has; without one it is loaded as it is. */
export async function takeNewest(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration();
  await registration?.update().catch(() => undefined);
  const next = registration === undefined ? null : (registration.waiting ?? (await installed(registration)));
  isTaking = true;
  setTimeout(
    () => {
      location.reload();
    },
    next === null ? 0 : PATIENCE_MS,
  );
  next?.postMessage('take-over');
}

/** The worker that is being installed, once it waits; null where there is none or it could not be. */
function installed(registration: ServiceWorkerRegistration): Promise<ServiceWorker | null> {
  const next = registration.installing;
  if (next === null) return Promise.resolve(null);
  return new Promise((resolve) => {
    const settled = () => {
      if (next.state !== 'installing') resolve(next.state === 'redundant' ? null : next);
    };
    next.addEventListener('statechange', settled);
    setTimeout(() => {
      resolve(null);
    }, PATIENCE_MS);
    settled();
  });
}

/** What was loaded before there was a worker to keep it, as the words of another language. */
function keepPieces({ active }: ServiceWorkerRegistration): void {
  const loaded = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname);
  active?.postMessage({ keep: loaded.filter((path) => path.startsWith('/assets/')) });
}
