// Fragments of MP4 over a WebSocket into a MediaSource: full quality, a blink of an eye late.
import { liveSocketHref } from '../api/client.ts';
import { Chase, type Ranges, stale } from '../rules/chase.ts';
import { Marks, producerTimeOf, timescalesOf } from '../rules/fragment.ts';
import type { Trouble } from '../rules/ways.ts';
import { presence } from '../state/presence.svelte.ts';
import { words } from '../words/core.ts';
import { type Watch, watchFrames } from './frames.ts';
import { broke, impossible, judge, type RunWay, type Stage } from './stage.ts';

const PING_MS = 1_500;
const CHASE_MS = 200;
/** What came is said after so many bytes, and at the latest after so long; never more often than the least. */
const SAID_BYTES = 32_768;
const SAID_MS = 500;
const SAID_LEAST_MS = 100;
/** Without a word for so long, though some were asked for, what is under way fills the link. */
const CLOGGED_MS = 3_000;
/** More waiting fragments than this, and the browser does not take them any more. */
const LONGEST_QUEUE = 600;

/** Where the link was too slow a moment ago: the next try begins with the small stream. */
const clogged = new WeakSet<HTMLVideoElement>();

/** What the server says in words; everything else it sends are bytes of the film. */
type Told =
  | { type: 'hello'; now: number; stream: string }
  | { type: 'stream'; stream: string }
  | { type: 'format'; mime: string }
  | { type: 'pong'; t: number; now: number }
  | { type: 'skipped' | 'gone' };
type Piece = { mime: string; init: Uint8Array<ArrayBuffer> } | 'skipped' | Uint8Array<ArrayBuffer>;

const Source = (): typeof MediaSource | undefined =>
  (window as { ManagedMediaSource?: typeof MediaSource }).ManagedMediaSource ??
  (window as { MediaSource?: typeof MediaSource }).MediaSource;

export const mse: RunWay = (stage, signal) => {
  const kind = Source();
  if (kind === undefined) return Promise.resolve(impossible(words.way.noFilm));
  return new Promise((resolve) => {
    const film = new Film(stage, kind, (trouble) => {
      signal.removeEventListener('abort', stop);
      resolve(trouble);
    });
    const stop = () => {
      clogged.delete(stage.video);
      film.end(broke(''));
    };
    signal.addEventListener('abort', stop);
  });
};

class Film {
  readonly #stage: Stage;
  readonly #kind: typeof MediaSource;
  readonly #ended: (trouble: Trouble) => void;
  readonly #source: MediaSource;
  readonly #socket: WebSocket;
  readonly #watch: Watch;
  readonly #timers: ReturnType<typeof setInterval>[];
  readonly #address: string | null;
  readonly #chase = new Chase();
  readonly #marks = new Marks();
  readonly #startedAt = Date.now();
  #buffer: SourceBuffer | null = null;
  #queue: Piece[] = [];
  #mime = '';
  /** The format whose initialisation comes next. */
  #announced: string | null = null;
  #scales = new Map<number, number>();
  /** Whether the next fragment begins a new count of time. */
  #isNewCount = true;
  /** Seconds to add to the server's times, so that the film goes on when a new count begins. */
  #offset = 0;
  #greeted = false;
  /** Bytes of the film that came, and how many of them were said, and when. */
  #got = 0;
  #said = 0;
  #saidAt = 0;
  #heardAt = 0;
  #isOver = false;

  constructor(stage: Stage, kind: typeof MediaSource, ended: (trouble: Trouble) => void) {
    this.#stage = stage;
    this.#kind = kind;
    this.#ended = ended;
    const { video } = stage;
    this.#source = new kind();
    this.#source.addEventListener('sourceopen', () => {
      this.#pump();
    });
    if ('ManagedMediaSource' in window) {
      video.disableRemotePlayback = true; // else it never opens
      video.srcObject = this.#source;
      this.#address = null;
    } else {
      this.#address = URL.createObjectURL(this.#source);
      video.src = this.#address;
    }
    stage.play();
    this.#socket = new WebSocket(
      `${liveSocketHref(stage.camera, stage.stream)}&got=0${clogged.has(video) ? '&slow=1' : ''}`,
    );
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.addEventListener('message', (event: MessageEvent<string | ArrayBuffer>) => {
      this.#watch.heard();
      this.#heardAt = performance.now();
      if (typeof event.data === 'string') this.#hear(JSON.parse(event.data) as Told);
      else {
        this.#count(event.data.byteLength);
        this.#take(new Uint8Array(event.data));
      }
    });
    this.#socket.addEventListener('close', (event) => void this.#closed(event));
    this.#watch = watchFrames(
      stage,
      (media) => {
        stage.showsFilm(this.#marks.wallAt(media));
      },
      (trouble) => {
        if (this.#greeted && performance.now() - this.#heardAt > CLOGGED_MS) clogged.add(video);
        this.end(trouble);
      },
    );
    this.#watch.heard();
    this.#timers = [setInterval(this.#ping, PING_MS), setInterval(this.#keepUp, CHASE_MS)];
    video.addEventListener('error', this.#failed);
  }

  end(trouble: Trouble): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watch.stop();
    this.#timers.forEach(clearInterval);
    this.#stage.video.removeEventListener('error', this.#failed);
    this.#stage.video.playbackRate = 1;
    // A browser complains aloud of a socket that is closed before it is open.
    if (this.#socket.readyState !== WebSocket.CONNECTING) this.#socket.close();
    else
      this.#socket.addEventListener('open', () => {
        this.#socket.close();
      });
    this.#queue = [];
    if (this.#address !== null) URL.revokeObjectURL(this.#address);
    this.#ended(trouble);
  }

  readonly #failed = () => {
    const detail = this.#stage.video.error?.message ?? '';
    this.end(broke(detail === '' ? words.way.undecodable : `${words.way.undecodable} (${detail})`));
  };

  async #closed(event: CloseEvent): Promise<void> {
    if (this.#isOver) return;
    if (this.#greeted && event.code === 1000) this.end({ kind: 'gone' });
    else if (this.#greeted && event.code !== 1008) this.end(broke(event.reason || words.way.cut));
    else {
      const trouble = await judge(this.#stage, 'mse', event.reason || words.way.noSocket);
      // Who still may watch was asked to stop.
      this.end(this.#greeted && trouble.kind === 'broke' ? { kind: 'ended' } : trouble);
    }
  }

  #hear(told: Told): void {
    switch (told.type) {
      case 'hello':
        this.#greeted = true;
        this.#choose(told.stream);
        presence.learnServerTime(told.now, this.#startedAt, 1);
        this.#ping();
        break;
      case 'pong':
        presence.learnServerTime(told.now, told.t, 1);
        break;
      case 'format':
        if (!this.#kind.isTypeSupported(told.mime)) this.end(impossible(words.way.codec(told.mime)));
        this.#announced = told.mime;
        this.#stage.hasSound(/mp4a|opus/i.test(told.mime));
        break;
      case 'stream':
        this.#choose(told.stream);
        break;
      case 'gone':
        this.end({ kind: 'gone' });
        break;
      case 'skipped':
        this.#queue.push('skipped');
    }
  }

  /** The stream that fits the link, of what was asked for. */
  #choose(stream: string): void {
    const isSlow = this.#stage.stream === 'main' && stream === 'sub';
    if (isSlow) clogged.add(this.#stage.video);
    else clogged.delete(this.#stage.video);
    this.#stage.slows(isSlow);
  }

  /** Only here, behind every buffer on the way, is it known what came. */
  #count(bytes: number): void {
    this.#got += bytes;
    const now = performance.now();
    const waited = now - this.#saidAt;
    if (waited < SAID_LEAST_MS || (waited < SAID_MS && this.#got - this.#said < SAID_BYTES)) return;
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ type: 'got', bytes: this.#got }));
    this.#said = this.#got;
    this.#saidAt = now;
  }

  #take(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#announced !== null) this.#queue.push({ mime: this.#announced, init: bytes });
    else this.#queue.push(bytes);
    this.#announced = null;
    this.#keepUp(); // before more comes, the buffer is at its emptiest
    if (this.#queue.length > LONGEST_QUEUE) this.end(broke(words.way.undecodable));
    this.#pump();
  }

  /** Gives the browser what has come, all that belongs together at once. */
  #pump(): void {
    if (this.#isOver || this.#source.readyState !== 'open' || this.#buffer?.updating === true) return;
    const first = this.#queue[0];
    if (first === undefined) return;
    try {
      if (first === 'skipped') this.#skip();
      else if (first instanceof Uint8Array) this.#buffer?.appendBuffer(this.#together());
      else this.#begin(first.mime, first.init);
    } catch (thrown) {
      this.end(broke(thrown instanceof Error ? thrown.message : words.way.undecodable));
    }
  }

  /** What was left out leaves no hole in the film: it goes on with what came next. */
  #skip(): void {
    this.#queue.shift();
    this.#isNewCount = true;
    this.#pump();
  }

  #begin(mime: string, init: Uint8Array<ArrayBuffer>): void {
    this.#queue.shift();
    if (this.#buffer === null) {
      this.#buffer = this.#source.addSourceBuffer(mime);
      this.#buffer.addEventListener('updateend', () => {
        this.#keepUp();
        this.#pump();
      });
    } else if (mime !== this.#mime) {
      this.#buffer.changeType(mime);
    }
    this.#mime = mime;
    this.#scales = timescalesOf(init);
    this.#isNewCount = true;
    this.#buffer.appendBuffer(init);
  }

  #together(): Uint8Array<ArrayBuffer> {
    const format = this.#queue.findIndex((piece) => !(piece instanceof Uint8Array));
    const fragments = this.#queue.splice(
      0,
      format < 0 ? this.#queue.length : format,
    ) as Uint8Array<ArrayBuffer>[];
    for (const fragment of fragments) this.#mark(fragment);
    if (fragments.length === 1 && fragments[0] !== undefined) return fragments[0];
    const whole = new Uint8Array(fragments.reduce((length, one) => length + one.length, 0));
    let at = 0;
    for (const fragment of fragments) {
      whole.set(fragment, at);
      at += fragment.length;
    }
    return whole;
  }

  #mark(fragment: Uint8Array): void {
    const time = producerTimeOf(fragment);
    const scale = time === null ? undefined : this.#scales.get(time.track);
    if (time === null || scale === undefined) return;
    const media = time.media / scale;
    if (this.#isNewCount && this.#buffer !== null) {
      this.#offset = (this.#ranges().at(-1)?.[1] ?? 0) - media;
      this.#buffer.timestampOffset = this.#offset;
      this.#isNewCount = false;
    }
    this.#marks.add(media + this.#offset, time.wall);
  }

  readonly #keepUp = (): void => {
    const { video } = this.#stage;
    const buffer = this.#buffer;
    if (this.#isOver || buffer === null) return;
    const ranges = this.#ranges();
    const step = this.#chase.step(
      performance.now() / 1000,
      video.currentTime,
      ranges,
      this.#marks.frame,
      !video.muted,
    );
    if (step.jump !== null) video.currentTime = step.jump;
    if (video.playbackRate !== step.rate) video.playbackRate = step.rate;
    const old = stale(video.currentTime, ranges);
    if (old !== null && !buffer.updating) buffer.remove(old[0], old[1]);
  };

  #ranges(): Ranges {
    const buffered = this.#buffer?.buffered;
    return Array.from({ length: buffered?.length ?? 0 }, (_, index) => [
      buffered?.start(index) ?? 0,
      buffered?.end(index) ?? 0,
    ]);
  }

  readonly #ping = (): void => {
    if (this.#socket.readyState === WebSocket.OPEN && this.#greeted) {
      this.#socket.send(JSON.stringify({ type: 'ping', t: Date.now() }));
    }
  };
}
