// The number on the app's icon: how many alerts wait in the notifications of this device.
import type { PushWord } from '../rules/push.ts';
import { inTurn } from './turns.ts';

declare const self: ServiceWorkerGlobalScope;

/** Where the system has no such number, nothing happens. */
export async function countOnIcon(): Promise<void> {
  if (!('setAppBadge' in navigator)) return;
  const shown = await inTurn(() => self.registration.getNotifications());
  const waiting = shown.filter(({ data }) => ((data as PushWord | null)?.event ?? null) !== null).length;
  await navigator.setAppBadge(waiting).catch(() => undefined); // none: it is cleared
}
