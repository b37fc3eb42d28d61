// What time it is at Doorstep, from the Date headers of its answers (whole seconds) and from its answers to pings
// (milliseconds).  Reads no clock itself.

/**
 * Narrows down the difference between the server's clock and ours: an answer sent when the server's clock showed
 * `date` to `date` + `width`, and here somewhere between `asked` and `answered`, bounds it on both sides.
 */
export class ServerClock {
  #low = -Infinity;
  #high = Infinity;
  #isExact = false;

  /** All in milliseconds; `asked` and `answered` by our clock. */
  learn(date: number, asked: number, answered: number, width = 1000): void {
    const low = date - answered;
    const high = date + width - asked;
    const isExact = width < 1000;
    // A Date may be a second old: beside exact answers it only tells of a clock that was set.
    if (this.#isExact && !isExact && low - 2000 < this.#high && high + 2000 > this.#low) return;
    const isBetter = isExact && !this.#isExact;
    this.#isExact = isExact;
    // One of the clocks was set: what was known is worth nothing.
    const isOver = isBetter || low > this.#high || high < this.#low;
    this.#low = isOver ? low : Math.max(this.#low, low);
    this.#high = isOver ? high : Math.min(this.#high, high);
  }

  /** Add it to our time to have the server's; zero as long as nothing is known. */
  get offset(): number {
    return this.#low === -Infinity ? 0 : (this.#low + this.#high) / 2;
  }
}
