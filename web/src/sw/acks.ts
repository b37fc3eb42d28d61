// Tells Doorstep that an alert was shown or opened.  What could not be told is kept, and told with the next one.
import { post } from './post.ts';

const KEPT = 'doorstep-acks';
const MOST = 100;

/** Never throws: whoever shows an alert must not fail because nobody listens. */
export async function acknowledge(delivery: string, opened: boolean): Promise<void> {
  const cache = await caches.open(KEPT);
  const key = keyOf(delivery, opened);
  // Kept first: the browser may end the worker while it waits for an answer.
  if ((await cache.keys()).length < MOST) await cache.put(key, new Response());
  await tell(cache, key);
}

/** What is still to be told. */
export async function catchUp(): Promise<void> {
  if (!(await caches.has(KEPT))) return;
  const cache = await caches.open(KEPT);
  for (const { url } of await cache.keys()) if (!(await tell(cache, url))) return;
}

export async function forgetAcks(): Promise<void> {
  await caches.delete(KEPT);
}

async function tell(cache: Cache, key: string): Promise<boolean> {
  const { pathname, searchParams } = new URL(key, self.location.origin);
  const delivery = pathname.slice(pathname.lastIndexOf('/') + 1);
  const status = await post(`/deliveries/${delivery}/ack`, { opened: searchParams.has('opened') });
  const isSettled = status !== null && status < 500 && status !== 429;
  if (isSettled) await cache.delete(key); // refused for good is settled, too: nobody will ever want it
  return isSettled;
}

function keyOf(delivery: string, opened: boolean): string {
  return `/acks/${encodeURIComponent(delivery)}${opened ? '?opened' : ''}`;
}
