// The service worker of this browser: registered when somebody wants to be told here, not before.

interface ScriptPolicies {
  createPolicy(
    name: string,
    rules: { createScriptURL: (address: string) => string },
  ): {
    createScriptURL(address: string): string;
  };
}

const ADDRESS = '/sw.js';
const policies = (globalThis as { trustedTypes?: ScriptPolicies }).trustedTypes;
// The one script that may be registered, whatever is asked for.
const policy = policies?.createPolicy('doorstep-sw', { createScriptURL: () => ADDRESS });

/** Whether this browser can show alerts at all, on this address. */
export function canBeTold(): boolean {
  return 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
}

/** Ready to show what is pushed; throws where the browser refuses. */
export async function worker(): Promise<ServiceWorkerRegistration> {
  await navigator.serviceWorker.register(policy?.createScriptURL(ADDRESS) ?? ADDRESS);
  return navigator.serviceWorker.ready;
}

/** The subscription that this browser holds; null where it has none. */
export async function subscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ?? null;
}
