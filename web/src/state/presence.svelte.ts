// Whether anybody looks at this tab, whether the phone is online, whether Doorstep answers, and what time it is there.
import { ServerClock } from '../rules/serverclock.ts';

class Presence {
  visible = $state(document.visibilityState === 'visible');
  online = $state(navigator.onLine);
  /** False after a request that nobody answered, until one is answered. */
  reachable = $state(true);
  /** The server's time in milliseconds, ticking every half second while the tab is visible. */
  now = $state(Date.now());

  #clock = new ServerClock();
  #wakers = new Set<() => void>();

  constructor() {
    document.addEventListener('visibilitychange', () => {
      this.visible = document.visibilityState === 'visible';
      if (this.visible) this.#wake();
    });
    // Safari restores pages from its cache without a visibility change.
    window.addEventListener('pageshow', (event) => {
      if (event.persisted) this.#wake();
    });
    window.addEventListener('online', () => {
      this.online = true;
      this.#wake();
    });
    window.addEventListener('offline', () => (this.online = false));
    setInterval(() => {
      if (this.visible) this.now = this.serverNow();
    }, 500);
  }

  /** The time by Doorstep's clock: ages must not depend on a phone whose clock is wrong. */
  serverNow(): number {
    return Date.now() + this.#clock.offset;
  }

  /** `date` is in whole seconds where `width` is 1000, in milliseconds where it is 1. */
  learnServerTime(date: number, asked: number, width?: number): void {
    this.#clock.learn(date, asked, Date.now(), width);
    this.now = this.serverNow(); // not at the next tick: a day that is chosen until then is the house's, too
  }

  /** Calls back whenever it is worth trying again at once; returns how to stop that. */
  onWake(wake: () => void): () => void {
    this.#wakers.add(wake);
    return () => this.#wakers.delete(wake);
  }

  #wake(): void {
    this.now = this.serverNow();
    for (const wake of this.#wakers) wake();
  }
}

export const presence = new Presence();
