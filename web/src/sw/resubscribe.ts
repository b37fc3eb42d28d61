// The browser has changed this device's address for pushes: Doorstep is told the new one.
import { deviceName } from '../rules/devicename.ts';
import { post } from './post.ts';

declare const self: ServiceWorkerGlobalScope;

export async function resubscribe(event: PushSubscriptionChangeEvent): Promise<void> {
  const key = event.oldSubscription?.options.applicationServerKey ?? null;
  const fresh =
    event.newSubscription ??
    (key === null
      ? null
      : await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  if (fresh === null) return; // the page notices when it is opened
  const { endpoint, keys } = fresh.toJSON();
  await post('/push/subscriptions', { endpoint, keys, name: deviceName(navigator.userAgent) });
}
