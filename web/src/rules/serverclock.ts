// What time it is at Doorstep, from the Date headers of its answers (whole seconds).  Reads no clock itself.

/**
 * Narrows down the difference between the server's clock and ours: an answer sent when the server's clock showed
 * `date` to `date` + 1 s, and here somewhere between `asked` and `answered`, bounds it on both sides.
 */
export class ServerClock {
  #low = -Infinity;
  #high = Infinity;

  /** All in milliseconds; `asked` and `answered` by our clock. */
  learn(date: number, asked: number, answered: number): void {
    const low = date - answered;
    const high = date + 1000 - asked;
    // One of the clocks was set: what was known is worth nothing.
    const isOver = low > this.#high || high < this.#low;
    this.#low = isOver ? low : Math.max(this.#low, low);
    this.#high = isOver ? high : Math.min(this.#high, high);
  }

  /** Add it to our time to have the server's; zero as long as nothing is known. */
  get offset(): number {
    return this.#low === -Infinity ? 0 : (this.#low + this.#high) / 2;
  }
}
