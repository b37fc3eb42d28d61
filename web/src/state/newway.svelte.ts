// A way to be told, from what was typed to what has come through: tried, confirmed by a person, written down, proven.
import { restart, tryChannel, write, written, type Written } from '../api/channels.ts';
import { asFault, type Fault } from '../api/fault.ts';
import { recipients, testChannel } from '../api/telling.ts';
import { changesFor, type NewChannel } from '../rules/channels.ts';

export type Step =
  | 'idle'
  | 'sending'
  | 'ask' // "did it arrive?"
  | 'help'
  | 'saving'
  | 'restarting'
  | 'proving'
  | 'done'
  | 'late'; // it holds after a restart that did not come

const LOOK_MS = 500;
/** A change that is taken up at once is there so soon; a restart is over so soon, on a small box too. */
const AT_ONCE_LOOKS = 8;
const RESTART_LOOKS = 180;

export class NewWay {
  step = $state<Step>('idle');
  fault = $state.raw<Fault | null>(null);
  /** Why it was not taken, in the server's words. */
  problem = $state('');
  /** What of the config file is known; null until it was asked for. */
  known = $state.raw<Written | null>(null);
  #channel: NewChannel | null = null;

  async look(): Promise<void> {
    await this.#tried(async () => {
      this.known = await written();
    });
  }

  async send(channel: NewChannel): Promise<void> {
    this.#channel = channel;
    this.step = 'sending';
    this.problem = '';
    await this.#tried(async () => {
      const { sent, problem } = await tryChannel(channel.kind, channel.keys);
      this.problem = problem;
      this.step = sent ? 'ask' : 'idle';
    }, 'idle');
  }

  /** It arrived: write it down, then prove that what was written works too. */
  async confirm(person: string): Promise<void> {
    const channel = this.#channel;
    if (channel === null || this.step === 'saving') return;
    this.step = 'saving';
    this.problem = '';
    await this.#tried(async () => {
      const before = await written();
      this.known = before;
      const plan = changesFor(channel, before.values, person);
      const waits = await write(before.version, plan.changes);
      await this.#prove(plan.channel, waits.length > 0);
    }, 'ask');
  }

  async #prove(channel: string, waits: boolean): Promise<void> {
    let there = await isThere(channel, waits ? 1 : AT_ONCE_LOOKS);
    if (!there) {
      this.step = 'restarting';
      await restart();
      await pause(LOOK_MS);
      there = await isThere(channel, RESTART_LOOKS);
    }
    if (!there) {
      this.step = 'late';
      return;
    }
    this.step = 'proving';
    const delivery = (await testChannel(channel)) as { state?: string; outcome?: string } | null;
    if (delivery?.state !== 'accepted') this.problem = delivery?.outcome ?? '';
    this.step = 'done';
  }

  async #tried(what: () => Promise<void>, otherwise: Step = this.step): Promise<void> {
    try {
      await what();
      this.fault = null;
    } catch (thrown) {
      this.fault = asFault(thrown);
      this.step = otherwise;
    }
  }
}

/** Whether Doorstep tells by this channel now; nobody answers while it begins anew. */
async function isThere(channel: string, looks: number): Promise<boolean> {
  for (let look = 0; look < looks; look += 1) {
    if (look > 0) await pause(LOOK_MS);
    try {
      if ((await recipients()).some((one) => one.channel === channel)) return true;
    } catch {
      // it is away, or just back
    }
  }
  return false;
}

const pause = (ms: number): Promise<void> =>
  new Promise((done) => {
    setTimeout(done, ms);
  });
