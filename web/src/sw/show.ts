// Shows an alert: its words at once, its picture as soon as it is here.  Which words, rules/push says.
import { type PushWord, type Shown, shownOf } from '../rules/push.ts';
import { inTurn } from './turns.ts';

const PICTURE_PATIENCE_MS = 8_000;
const MOST_BYTES = 400_000;
const ICON = '/icon-192.png';
const BADGE = '/badge-96.png';
const UNREADABLE = { title: 'Doorstep', body: 'There is something to see. Open Doorstep.' };

/** What TypeScript's library leaves out: these are of the living standard, and ignored where they are unknown. */
interface RichOptions extends NotificationOptions {
  actions: Shown['actions'];
  image?: string;
  renotify: boolean;
  timestamp: number;
  vibrate?: number[];
}

declare const self: ServiceWorkerGlobalScope;

/** Throws where the person has taken the permission back. */
export async function show(word: PushWord): Promise<void> {
  await stand(word.title, optionsOf(word, ''));
}

/** For a push that nobody can read: browsers want something to be shown for each. */
export async function showUnreadable(): Promise<void> {
  const { title, body } = UNREADABLE;
  await stand(title, { body, icon: ICON, badge: BADGE, data: null });
}

/** A short word about what a tap has done. */
export async function say(title: string, body: string): Promise<void> {
  await stand(title, { body, icon: ICON, badge: BADGE, tag: 'doorstep', silent: true, data: null });
}

/**
 * The picture is put into the notification that is there: a browser would fetch it before it shows anything, for a
 * minute and more over a bad network.
 */
export async function addPicture(word: PushWord): Promise<void> {
  if (word.picture === null) return;
  const picture = await fetched(word.picture);
  const { tag } = shownOf(word, 0);
  const [standing] = await inTurn(() => self.registration.getNotifications({ tag }));
  const isStillThis = (standing?.data as PushWord | null | undefined)?.id === word.id;
  if (picture === '' || !isStillThis) return;
  await stand(word.title, optionsOf(word, picture));
}

function stand(title: string, options: NotificationOptions): Promise<void> {
  return inTurn(() => self.registration.showNotification(title, options));
}

function optionsOf(word: PushWord, image: string): RichOptions {
  const { urgent, ...shown } = shownOf(word, Date.now());
  const sound = { renotify: true, silent: false, vibrate: urgent ? [300, 100, 300, 100, 300] : [200] };
  return {
    ...shown,
    // The picture comes without another sound; a silent one must not name a way to shake (Notifications API, 2.2).
    ...(image === '' ? sound : { image, renotify: false, silent: true }),
    icon: ICON,
    badge: BADGE,
    data: word,
    requireInteraction: urgent,
  };
}

/** As a data address; empty where it does not come. */
async function fetched(path: string): Promise<string> {
  try {
    const answer = await fetch(path, { signal: AbortSignal.timeout(PICTURE_PATIENCE_MS) });
    const picture = await answer.blob();
    if (!answer.ok || !picture.type.startsWith('image/') || picture.size > MOST_BYTES) return '';
    const bytes = new Uint8Array(await picture.arrayBuffer());
    return `data:${picture.type};base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`;
  } catch {
    return '';
  }
}
