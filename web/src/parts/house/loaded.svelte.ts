// Something that a page asks for when it opens: there, on its way, or not to be had.  How that looks is LoadState's.
import { asFault, type Fault } from '../../api/fault.ts';
import { words } from '../../words/core.ts';

const SLOW_MS = 300;

/** What a fault says; of what was refused with Doorstep's own reason, for then something has to be typed anew. */
export function faultText(fault: Fault): string {
  const text = words.faults[fault.kind];
  return fault.kind === 'refused' && fault.detail !== '' ? `${text} ${fault.detail}` : text;
}

export class Loaded<T> {
  value = $state.raw<T | null>(null);
  fault = $state.raw<Fault | null>(null);
  /** Asked for so long that one wants to know. */
  slow = $state(false);
  readonly #ask: () => Promise<T>;
  #turn = 0;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  /** Of several at once the last one counts. */
  async load(): Promise<void> {
    const turn = ++this.#turn;
    const timer = setTimeout(() => (this.slow = turn === this.#turn), SLOW_MS);
    try {
      const value = await this.#ask();
      if (turn !== this.#turn) return;
      this.value = value;
      this.fault = null;
    } catch (thrown) {
      if (turn === this.#turn) this.fault = asFault(thrown);
    } finally {
      clearTimeout(timer);
      if (turn === this.#turn) this.slow = false;
    }
  }

  /** Does something, and asks again; whether it was done.  What fails is told, and asked for again too. */
  async after(act: () => Promise<unknown>): Promise<boolean> {
    let fault: Fault | null = null;
    try {
      await act();
    } catch (thrown) {
      fault = asFault(thrown);
    }
    await this.load();
    this.fault ??= fault;
    return fault === null;
  }
}
