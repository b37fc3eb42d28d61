// Fetches one clip into memory, tells how far it is, and goes on where it was cut off.  What is done with the clip is
// the caller's business.
import { type Converting, openClip } from '../api/clips.ts';
import { asFault, Fault } from '../api/fault.ts';

const ASK_AGAIN_MS = 1000;
/** Nothing comes for so long: whoever sends is gone. */
const STALL_MS = 20_000;

export class ClipDownload {
  /** Bytes that are here, and of how many; 0 until that is known. */
  received = $state(0);
  total = $state(0);
  /** While it is made into another format. */
  converting = $state.raw<Converting | null>(null);
  readonly href: string;
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #etag = '';
  #running: AbortController | null = null;

  constructor(href: string) {
    this.href = href;
  }

  /** In 0..1 */
  get progress(): number {
    if (this.converting !== null) return this.converting.progress;
    return this.total === 0 ? 0 : this.received / this.total;
  }

  /** All of it; after a fault it may be called again.  Throws Fault, and AbortError once it was cancelled. */
  async fetch(): Promise<Blob> {
    const running = (this.#running = new AbortController());
    try {
      const answer = await this.#open(running.signal);
      await this.#read(answer, running);
    } finally {
      this.converting = null;
      if (this.#running === running) this.#running = null;
    }
    const blob = new Blob(this.#chunks, { type: 'video/mp4' });
    this.#forget();
    return blob;
  }

  /** What came so far is kept: `fetch` goes on behind it. */
  pause(): void {
    this.#running?.abort();
  }

  /** What came so far is freed. */
  cancel(): void {
    this.#running?.abort();
    this.#forget();
  }

  async #open(signal: AbortSignal): Promise<Response> {
    for (;;) {
      const from =
        this.received > 0 && this.#etag !== '' ? { offset: this.received, etag: this.#etag } : null;
      const { answer, converting } = await openClip(this.href, from, signal);
      if (answer !== null) return answer;
      this.converting = converting;
      await pause(ASK_AGAIN_MS, signal);
    }
  }

  async #read(answer: Response, running: AbortController): Promise<void> {
    this.converting = null;
    const length = Number(answer.headers.get('content-length') ?? 0);
    if (answer.status !== 206) this.#forget();
    this.#etag = answer.headers.get('etag') ?? '';
    this.total = this.received + length;
    const reader = answer.body?.getReader();
    if (reader === undefined) throw new Fault('broken');
    for (;;) {
      const { done, value } = await this.#next(reader, running);
      if (done) break;
      this.#chunks.push(value);
      this.received += value.byteLength;
    }
    if (this.total > 0 && this.received < this.total) throw new Fault('unreachable');
  }

  async #next(
    reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
    running: AbortController,
  ): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> {
    let stalled = false;
    const isStalled = (): boolean => stalled;
    const timer = setTimeout(() => {
      stalled = true;
      running.abort();
    }, STALL_MS);
    try {
      return await reader.read();
    } catch (thrown) {
      if (running.signal.aborted && !isStalled()) throw thrown;
      throw isStalled() ? new Fault('unreachable') : asFault(thrown);
    } finally {
      clearTimeout(timer);
    }
  }

  #forget(): void {
    this.#chunks = [];
    this.received = this.total = 0;
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new DOMException('', 'AbortError'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });
}
