// Asks for one thing at a time, and next for the newest wish: who drags over a day does not wait for where he was.

export class Newest<Wish> {
  readonly #fetch: (wish: Wish, signal: AbortSignal) => Promise<void>;
  #running: AbortController | null = null;
  #next: { wish: Wish } | null = null;

  /** `fetch` looks after its own faults; it may be aborted. */
  constructor(fetch: (wish: Wish, signal: AbortSignal) => Promise<void>) {
    this.#fetch = fetch;
  }

  ask(wish: Wish): void {
    this.#next = { wish };
    if (this.#running === null) void this.#run();
  }

  stop(): void {
    this.#next = null;
    this.#running?.abort();
  }

  async #run(): Promise<void> {
    while (this.#next !== null) {
      const { wish } = this.#next;
      this.#next = null;
      this.#running = new AbortController();
      await this.#fetch(wish, this.#running.signal).catch(() => undefined);
    }
    this.#running = null;
  }
}
