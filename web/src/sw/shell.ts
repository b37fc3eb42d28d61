// The shell: the page and the parts of it that everybody uses, kept so that Doorstep opens at once, and without a network.
// Never an answer of the API, never a picture or film.
import { routeOf } from '../rules/router.ts';

declare const self: ServiceWorkerGlobalScope;
/** Put in by the build: which one it is, the script that its page begins with, and the files that are kept. */
declare const SHELL: { build: string; entry: string; files: string[] };

const { build, entry, files } = SHELL; // once: the build writes it out in every place
const PREFIX = 'doorstep-shell-';
const KEPT = PREFIX + build;
const PAGE = '/index.html';
const ASSETS = '/assets/';

/** Throws where anything is missing: the worker before stays, and the browser tries again later. */
export async function fillShell(): Promise<void> {
  const cache = await caches.open(KEPT);
  const page = await fetch(PAGE, { cache: 'no-cache' });
  const isOurs = page.ok && !page.redirected && (await page.clone().text()).includes(entry);
  if (!isOurs) throw new Error('The page there is not of this build.');
  await cache.addAll(files);
  await cache.put(PAGE, page);
}

/** Those of other builds. */
export async function dropOldShells(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== KEPT);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** Keeps more of the app's own files; what cannot be had is asked for again when it is needed. */
export async function keep(paths: string[]): Promise<void> {
  const cache = await caches.open(KEPT);
  for (const path of paths.filter((one) => one.startsWith(ASSETS))) {
    if ((await cache.match(path)) === undefined) await cache.add(path).catch(() => undefined);
  }
}

/** The answer to a request that is the shell's business; null for all others. */
export function answerFor(request: Request): Promise<Response> | null {
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return null;
  if (request.mode === 'navigate') return isAppPage(pathname) ? kept(PAGE, request) : null;
  if (pathname.startsWith(ASSETS)) return piece(pathname, request);
  return files.includes(pathname) ? kept(pathname, request) : null;
}

/** Whatever else the server has, such as a shared link, is never answered with the app. */
function isAppPage(pathname: string): boolean {
  return !pathname.includes('.') && routeOf(pathname).page !== 'lost';
}

async function kept(path: string, request: Request): Promise<Response> {
  return (await (await caches.open(KEPT)).match(path, { ignoreVary: true })) ?? fetch(request);
}

/** Its name changes with its content, so what is kept is right, and what is fetched is worth keeping. */
async function piece(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(KEPT);
  const found = await cache.match(path, { ignoreVary: true });
  if (found !== undefined) return found;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(path, answer.clone());
  return answer;
}
