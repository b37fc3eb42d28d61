// The one message at the foot of the page, with what can be done about it, most often an undo.
import { words } from '../words/core.ts';

export const UNDO_MS = 10_000;
const MESSAGE_MS = 5_000;

export interface Message {
  text: string;
  action: { name: string; run: () => void } | null;
}

class Toast {
  message = $state.raw<Message | null>(null);
  /** Stands until it is done, under whatever is said meanwhile. */
  #lasting: Message | null = null;
  #isOnPage = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;

  get shown(): Message | null {
    return this.#isOnPage && this.message === this.#lasting ? null : this.message;
  }

  /** For where the page itself offers the lasting one: it does not stand twice. */
  readonly stepAside = (): (() => void) => {
    this.#isOnPage = true;
    return () => (this.#isOnPage = false);
  };

  show(text: string, undo: (() => void) | null = null): void {
    clearTimeout(this.#timer);
    this.message = { text, action: undo === null ? null : { name: words.alerts.undo, run: undo } };
    this.#timer = setTimeout(
      () => {
        this.hide();
      },
      undo === null ? MESSAGE_MS : UNDO_MS,
    );
  }

  /** Until it is taken up. */
  offer(text: string, name: string, run: () => void): void {
    this.#lasting = { text, action: { name, run } };
    if (this.message === null) this.hide();
  }

  hide(): void {
    clearTimeout(this.#timer);
    this.message = this.#lasting;
  }

  /** Does what the message offers. */
  act(): void {
    const action = this.message?.action;
    if (this.message === this.#lasting) this.#lasting = null;
    this.hide();
    action?.run();
  }
}

export const toast = new Toast();
