// The one message at the foot of the page, with an undo where there is something to undo.

export const UNDO_MS = 10_000;
const MESSAGE_MS = 5_000;

export interface Message {
  text: string;
  undo: (() => void) | null;
}

class Toast {
  message = $state.raw<Message | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  show(text: string, undo: (() => void) | null = null): void {
    clearTimeout(this.#timer);
    this.message = { text, undo };
    this.#timer = setTimeout(() => (this.message = null), undo === null ? MESSAGE_MS : UNDO_MS);
  }

  hide(): void {
    clearTimeout(this.#timer);
    this.message = null;
  }
}

export const toast = new Toast();
