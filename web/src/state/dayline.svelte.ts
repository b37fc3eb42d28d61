// One day of one camera as the server tells it, asked for again while it grows.
import { asFault, type Fault } from '../api/fault.ts';
import { dayLine, type Told } from '../api/timeline.ts';
import type { Span } from '../rules/scrubber.ts';
import { poll } from './poll.ts';
import { presence } from './presence.svelte.ts';

const GROWS_MS = 5_000;
const RESTS_MS = 60_000;

export class Dayline {
  /** null until the server has answered for this day. */
  told = $state.raw<Told | null>(null);
  /** What came of the last question; what was told before stays. */
  fault = $state.raw<Fault | null>(null);
  #turn = 0;
  #asked: { camera: string; day: Span } | null = null;

  /** Asks about that day from now on; returns how to stop. */
  watch(camera: string, day: Span): () => void {
    this.#turn += 1;
    this.told = null;
    this.fault = null;
    this.#asked = { camera, day };
    const grows = day.until > presence.serverNow();
    return poll(() => this.refresh(), grows ? GROWS_MS : RESTS_MS);
  }

  /** Asks once more now. */
  async refresh(): Promise<void> {
    const turn = this.#turn;
    if (this.#asked === null) return;
    try {
      const told = await dayLine(this.#asked.camera, this.#asked.day);
      if (turn === this.#turn) [this.told, this.fault] = [told, null];
    } catch (thrown) {
      if (turn === this.#turn) this.fault = asFault(thrown);
      throw thrown;
    }
  }
}
