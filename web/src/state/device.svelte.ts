// Whether this browser is told, and turning that on and off.  What is told, and the words about it, live elsewhere.
import { asFault, type Fault } from '../api/fault.ts';
import { addDevice, dropDevice, type Pushes, pushes } from '../api/telling.ts';
import { deviceName } from '../rules/devicename.ts';
import { isMadeWith, keyBytes } from '../rules/pushkey.ts';
import { forgetDevice, rememberDevice, rememberedDevice } from './pagememory.ts';
import { canBeTold, subscription, worker } from './worker.ts';

/** `insecure`: the address is not https; `home-screen`: an iPhone tells only apps on its home screen. */
export type DeviceState =
  'unknown' | 'insecure' | 'home-screen' | 'unsupported' | 'denied' | 'off' | 'on' | 'lost';

/** Why it could not be turned on: the person, the browser's push service, or Doorstep. */
export type Refusal = 'dismissed' | 'denied' | 'timeout' | 'push-service' | 'worker' | Fault;

/** A browser whose push service is out of reach never answers. */
const PATIENCE_MS = 20_000;

class ThisDevice {
  state = $state<DeviceState>('unknown');
  busy = $state(false);
  refusal = $state.raw<Refusal | null>(null);
  /** All devices of this person; null until they were asked for. */
  known = $state.raw<Pushes | null>(null);
  /** The id of this one among them. */
  id = $state<string | null>(null);

  /** Throws Fault. */
  async look(person: string): Promise<void> {
    this.known = await pushes();
    this.state = blocked() ?? (await this.#standing(person, this.known));
  }

  async turnOn(person: string): Promise<void> {
    this.busy = true;
    this.refusal = null;
    try {
      await this.#subscribe(person);
      await this.look(person);
    } catch (thrown) {
      this.refusal = thrown instanceof Refused ? thrown.why : asFault(thrown);
      if (this.refusal === 'denied') this.state = 'denied';
    }
    this.busy = false;
  }

  async turnOff(person: string): Promise<void> {
    this.busy = true;
    this.refusal = null;
    const { id } = this;
    forgetDevice(person); // first: what was turned off must not turn itself on again
    try {
      if (id !== null) await dropDevice(id);
      await (await subscription())?.unsubscribe();
      await this.look(person);
    } catch (thrown) {
      this.refusal = asFault(thrown);
    }
    this.busy = false;
  }

  /** After another sign-in, or a new key of Doorstep's: told again without a word, where it was once wanted. */
  async keepUp(person: string): Promise<void> {
    if (rememberedDevice(person) === null || blocked() !== null || Notification.permission !== 'granted')
      return;
    await this.look(person);
    if (this.state === 'lost') await this.turnOn(person);
  }

  async #standing(person: string, known: Pushes): Promise<DeviceState> {
    const held = await subscription();
    const remembered = rememberedDevice(person);
    this.id = known.devices.find((one) => one.id === remembered)?.id ?? null;
    if (remembered === null) return 'off';
    const isWhole = held !== null && isMadeWith(known.public_key, held.options.applicationServerKey);
    return isWhole && this.id !== null && Notification.permission === 'granted' ? 'on' : 'lost';
  }

  async #subscribe(person: string): Promise<void> {
    const permission = await Notification.requestPermission();
    if (permission !== 'granted') throw refused(permission === 'denied' ? 'denied' : 'dismissed');
    const { public_key } = await pushes();
    const fresh = await freshSubscription(public_key);
    const made = await addDevice(fresh.toJSON(), deviceName(navigator.userAgent));
    rememberDevice(person, made?.id ?? '');
  }
}

/** Why this browser cannot be told whatever its person wants; null where it can. */
function blocked(): DeviceState | null {
  if (!window.isSecureContext) return 'insecure';
  if (!canBeTold()) return /iPhone|iPad/.test(navigator.userAgent) ? 'home-screen' : 'unsupported';
  return Notification.permission === 'denied' ? 'denied' : null;
}

async function freshSubscription(key: string): Promise<PushSubscription> {
  const registration = await within(worker().catch(() => Promise.reject(refused('worker'))));
  const old = await registration.pushManager.getSubscription();
  if (old !== null && !isMadeWith(key, old.options.applicationServerKey)) await old.unsubscribe();
  const options = { userVisibleOnly: true, applicationServerKey: keyBytes(key) };
  return within(
    registration.pushManager.subscribe(options).catch(() => Promise.reject(refused('push-service'))),
  );
}

function within<T>(wanted: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => {
      reject(refused('timeout'));
    }, PATIENCE_MS);
  });
  return Promise.race([wanted, late]);
}

/** An Error, as is thrown everywhere, that keeps which refusal it is. */
class Refused extends Error {
  constructor(readonly why: Exclude<Refusal, Fault>) {
    super(why);
  }
}
const refused = (why: Exclude<Refusal, Fault>): Refused => new Refused(why);

export const thisDevice = new ThisDevice();
