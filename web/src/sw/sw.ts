// The service worker: keeps the shell of the app, shows what is pushed, and does what is tapped.
import { addressFor, type PushWord, pushWordOf, SNOOZE_SECONDS } from '../rules/push.ts';
import { acknowledge, catchUp, forgetAcks } from './acks.ts';
import { countOnIcon } from './badge.ts';
import { post } from './post.ts';
import { resubscribe } from './resubscribe.ts';
import { answerFor, dropOldShells, fillShell, keep } from './shell.ts';
import { addPicture, say, show, showUnreadable } from './show.ts';
import { inTurn } from './turns.ts';
import { openPage } from './windows.ts';

declare const self: ServiceWorkerGlobalScope;

/** Chrome 123 and later: what is not the shell's business does not wait for the worker to start. */
interface Routed extends ExtendableEvent {
  addRoutes?: (routes: object) => Promise<void>;
}

self.addEventListener('install', (event) => {
  const past = { condition: { urlPattern: '/api/*' }, source: 'network' };
  event.waitUntil(Promise.all([fillShell(), (event as Routed).addRoutes?.(past)]));
});
// A newer one waits until the person says so: a page that runs must not lose the parts that it has not loaded yet.
self.addEventListener('activate', (event) => {
  event.waitUntil(Promise.all([dropOldShells(), self.clients.claim()]));
});

self.addEventListener('fetch', (event) => {
  const answer = answerFor(event.request);
  if (answer !== null) event.respondWith(answer);
});

self.addEventListener('push', (event) => {
  const word = pushWordOf(event.data?.text() ?? '');
  event.waitUntil(word === null ? showUnreadable() : tell(word));
});

self.addEventListener('notificationclick', (event) => {
  const word = event.notification.data as PushWord | null;
  event.notification.close();
  event.waitUntil(countOnIcon());
  event.waitUntil(event.action === 'snooze' && word !== null ? snooze(word) : open(word));
});

self.addEventListener('pushsubscriptionchange', (event) => {
  (event as ExtendableEvent).waitUntil(resubscribe(event));
});

self.addEventListener('notificationclose', (event) => {
  event.waitUntil(countOnIcon());
});

self.addEventListener('message', (event) => {
  const said = event.data as string | { keep?: string[] } | null;
  if (said === 'take-over') event.waitUntil(self.skipWaiting());
  if (said === 'signed-out') event.waitUntil(forget());
  if (typeof said === 'object' && said?.keep !== undefined) event.waitUntil(keep(said.keep));
});

/** Seen by the person before anything is fetched; told to Doorstep only once it was shown. */
async function tell(word: PushWord): Promise<void> {
  await show(word);
  await countOnIcon();
  await Promise.all([acknowledge(word.id, false).then(catchUp), addPicture(word)]);
}

async function open(word: PushWord | null): Promise<void> {
  const opening = openPage(addressFor(word)); // at once: a browser allows it only for a moment after the tap
  if (word !== null) await acknowledge(word.id, true);
  await opening;
  await catchUp();
}

async function snooze(word: PushWord): Promise<void> {
  const status = await post('/snooze', { seconds: SNOOZE_SECONDS });
  const until = new Date(Date.now() + SNOOZE_SECONDS * 1000);
  const time = `${String(until.getHours()).padStart(2, '0')}:${String(until.getMinutes()).padStart(2, '0')}`;
  if (status !== null && status < 300) await say(`Quiet until ${time}`, 'The doorbell still rings.');
  else await say('Not snoozed', 'Doorstep did not answer. Open it, then snooze under Settings.');
  await acknowledge(word.id, true);
}

/** Whoever signs out is told nothing more here, and leaves nothing to read. */
async function forget(): Promise<void> {
  for (const shown of await inTurn(() => self.registration.getNotifications())) shown.close();
  const subscription = await self.registration.pushManager.getSubscription();
  await Promise.all([subscription?.unsubscribe(), forgetAcks(), countOnIcon()]);
}
