// The newest picture of one camera: the last one at once, then a snapshot, then the stream, again and again.
// What may be said about the picture is decided in rules/freshness.
import { mjpegHref, note, snapshotHref } from '../api/client.ts';
import { delayBefore } from '../rules/backoff.ts';
import { STALLED_MS } from '../rules/freshness.ts';
import { boundaryOf, type Part, PartReader } from '../rules/multipart.ts';
import { presence } from './presence.svelte.ts';

const AGE_HEADER = 'doorstep-picture-age'; // milliseconds
const TIME_HEADER = 'doorstep-taken-at'; // RFC 3339, with each picture of a stream

/** `takenAt` is in milliseconds of the server's clock. */
export interface Picture {
  blob: Blob;
  takenAt: number;
}

// eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing is drawn from it
const lastPictures = new Map<string, Picture>();

export function forgetPictures(): void {
  lastPictures.clear();
}

export class Feed {
  picture = $state.raw<Picture | null>(null);
  /** Whether the stream that is open now has delivered a picture. */
  streaming = $state(false);
  /** Failed tries since the last picture of a stream. */
  tries = $state(0);
  gone = $state(false);

  readonly #camera: string;
  #running: AbortController | null = null;
  #wake: (() => void) | null = null;

  constructor(camera: string) {
    this.#camera = camera;
    this.picture = lastPictures.get(camera) ?? null;
  }

  start(): void {
    if (this.#running !== null) return;
    this.#running = new AbortController();
    this.tries = 0;
    void this.#run(this.#running.signal);
  }

  stop(): void {
    this.#running?.abort();
    this.#running = null;
    this.streaming = false;
  }

  /** Ends a wait between two tries. */
  retryNow(): void {
    this.#wake?.();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const isStopped = () => signal.aborted;
    while (!isStopped() && !this.gone) {
      void this.#takeSnapshot(signal);
      const hasSeen = await this.#watch(signal);
      if (isStopped()) return;
      this.streaming = false;
      this.tries = hasSeen ? 1 : this.tries + 1;
      await this.#pause(delayBefore(this.tries), signal);
    }
  }

  async #takeSnapshot(signal: AbortSignal): Promise<void> {
    try {
      const asked = Date.now();
      const answer = await fetch(snapshotHref(this.#camera), { signal, cache: 'no-store' });
      note(answer, asked);
      if (!answer.ok) return;
      const takenAt = presence.serverNow() - ageOf(answer.headers.get(AGE_HEADER));
      const blob = await answer.blob();
      const isOvertaken = this.streaming || takenAt < (this.picture?.takenAt ?? 0);
      if (!isOvertaken) this.#show({ blob, takenAt });
    } catch {
      // The stream is tried too, and what fails there is shown.
    }
  }

  /** Shows the pictures of one connection until it breaks or stalls; whether there was any. */
  async #watch(signal: AbortSignal): Promise<boolean> {
    const connection = new AbortController();
    const end = () => {
      connection.abort();
    };
    signal.addEventListener('abort', end);
    let stall = setTimeout(end, STALLED_MS);
    let hasSeen = false;
    try {
      for await (const part of this.#parts(connection.signal)) {
        clearTimeout(stall);
        stall = setTimeout(end, STALLED_MS);
        hasSeen = this.streaming = true;
        this.tries = 0;
        this.#show({ blob: new Blob([part.body], { type: 'image/jpeg' }), takenAt: takenAtOf(part) });
      }
    } catch {
      // Cut, stalled or refused: the next try follows in #run, and the page says so meanwhile.
    } finally {
      clearTimeout(stall);
      connection.abort();
      signal.removeEventListener('abort', end);
    }
    return hasSeen;
  }

  async *#parts(signal: AbortSignal): AsyncGenerator<Part> {
    const asked = Date.now();
    const answer = await fetch(mjpegHref(this.#camera), { signal, cache: 'no-store' });
    note(answer, asked);
    this.gone = answer.status === 404;
    const boundary = boundaryOf(answer.headers.get('content-type'));
    if (!answer.ok || boundary === null || answer.body === null) return;
    const parts = new PartReader(boundary);
    const reader = answer.body.getReader();
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      const newest = parts.push(chunk.value).at(-1); // older ones of the same chunk are late already
      if (newest !== undefined) yield newest;
    }
  }

  #show(picture: Picture): void {
    this.picture = picture;
    lastPictures.set(this.#camera, picture);
  }

  #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener('abort', done);
      this.#wake = done;
    });
  }
}

function takenAtOf(part: Part): number {
  const at = Date.parse(part.headers.get(TIME_HEADER) ?? '');
  return Number.isNaN(at) ? presence.serverNow() - ageOf(part.headers.get(AGE_HEADER) ?? null) : at;
}

function ageOf(header: string | null): number {
  const age = Number.parseFloat(header ?? '');
  return Number.isNaN(age) ? 0 : age;
}
