// The live picture of one camera: the last one at once, then the best way that works, again and again.  What the ways do
// is in ways/, which comes next in rules/ways, what may be said about the picture in rules/freshness.
import { liveOffer } from '../api/client.ts';
import type { LiveOffer } from '../api/shapes.ts';
import { delayBefore } from '../rules/backoff.ts';
import { after, arrived, type Course, setOut, type Trouble, type Way } from '../rules/ways.ts';
import { newest, snapshots } from '../ways/snapshots.ts';
import type { Picture, RunWay, Stage } from '../ways/stage.ts';
import { rememberLeastDelay, wantsLeastDelay } from './memory.ts';
import { lastPicture, rememberPicture } from './pictures.ts';
import { presence } from './presence.svelte.ts';

/** What is drawn of a film's delay and age is brought up to date so often. */
const TELL_EVERY_MS = 250;

const runs: Record<Way, () => Promise<RunWay>> = {
  mse: async () => (await import('../ways/mse.ts')).mse,
  webrtc: async () => (await import('../ways/webrtc.ts')).webrtc,
  hls: async () => (await import('../ways/hls.ts')).hls,
  mjpeg: async () => (await import('../ways/mjpeg.ts')).mjpeg,
  snapshot: () => Promise.resolve(snapshots),
};

export class Player {
  /** The still that lies under the film, or stands alone. */
  picture = $state.raw<Picture | null>(null);
  /** Whether the way that runs now has shown a picture, and whether as a film. */
  streaming = $state(false);
  filming = $state(false);
  course = $state.raw<Course>(setOut(false));
  gone = $state(false);
  /** The owner has ended it; false again when it is started again. */
  ended = $state(false);
  /** When the picture on the screen was taken; null as long as there is none. */
  takenAt = $state<number | null>(null);
  /** How late it is, in milliseconds; null where that is not known. */
  delay = $state<number | null>(null);
  /** Whether the small stream is shown, because the link is too slow for the main one. */
  slow = $state(false);
  sound = $state(false);
  muted = $state(true);
  needsTap = $state(false);
  /** Whether it is shown in a window of its own, which stays when the page is hidden. */
  apart = $state(false);
  leastDelay = $state(wantsLeastDelay());
  /** What the server offers for this camera, once it has said so. */
  offer = $state.raw<LiveOffer | null>(null);
  /** Whether the camera sends pictures, as far as is known. */
  cameraUp = true;

  readonly camera: string;
  readonly stream: 'main' | 'sub';
  #video: HTMLVideoElement | null = null;
  #running: AbortController | null = null;
  #wake: (() => void) | null = null;
  #toldAt = 0;

  constructor(camera: string, stream: 'main' | 'sub' = 'main') {
    this.camera = camera;
    this.stream = stream;
    this.picture = lastPicture(camera);
    this.takenAt = this.picture?.takenAt ?? null;
  }

  get way(): Way {
    return this.course.way;
  }

  get video(): HTMLVideoElement | null {
    return this.#video;
  }

  /** The element that films are shown in, as long as it is on the page. */
  attach(video: HTMLVideoElement): () => void {
    this.#video = video;
    const apart = () => (this.apart = document.pictureInPictureElement === video);
    video.addEventListener('enterpictureinpicture', apart);
    video.addEventListener('leavepictureinpicture', apart);
    return () => {
      this.stop();
      this.#video = null;
    };
  }

  start(): void {
    if (this.#running !== null) return;
    this.#running = new AbortController();
    this.course = setOut(this.leastDelay && this.stream === 'main');
    void this.#run(this.#running.signal);
  }

  stop(): void {
    if (this.#running === null) return;
    this.#running.abort();
    this.#running = null;
    this.#clear();
  }

  /** Ends a wait between two tries; what was given up without a picture since is tried again. */
  retryNow(): void {
    if (!this.streaming && this.course.left.length > 0) this.retryBest();
    else this.#wake?.();
  }

  /** From the best way on, whatever became of it before. */
  retryBest(): void {
    if (this.#running === null) return;
    this.stop();
    this.start();
  }

  wantLeastDelay(wanted: boolean): void {
    this.leastDelay = wanted;
    rememberLeastDelay(wanted);
    this.retryBest();
  }

  mute(muted: boolean): void {
    this.muted = muted;
    if (this.#video !== null) this.#video.muted = muted;
  }

  /** In a tap: only then the browser lets it. */
  play(): void {
    this.#video?.play().then(
      () => (this.needsTap = false),
      (thrown: unknown) => {
        // Other faults are the way's own: it ends by them.
        if (thrown instanceof DOMException && thrown.name === 'NotAllowedError') this.needsTap = true;
      },
    );
  }

  /** The picture that is on the screen now, as a file; null where there is none. */
  async still(): Promise<Blob | null> {
    return (this.filming ? await drawn(this.#video) : null) ?? this.picture?.blob ?? null;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const isStopped = () => signal.aborted;
    void this.#learnOffer();
    while (!isStopped() && !this.gone && !this.ended) {
      void this.#takeSnapshot(signal);
      const trouble = await this.#attempt(signal);
      if (isStopped()) return;
      this.#clear();
      this.gone = trouble.kind === 'gone';
      this.ended = trouble.kind === 'ended';
      this.course = after(this.course, trouble);
      if (this.course.pause > 0 && !this.ended) await this.#pause(delayBefore(this.course.pause), signal);
    }
  }

  async #attempt(signal: AbortSignal): Promise<Trouble> {
    const video = this.#video;
    if (video === null) return { kind: 'unreachable' };
    try {
      const run = await runs[this.course.way]();
      if (signal.aborted) return { kind: 'broke', why: '' }; // it would not hear of an end that was before it
      return await run(this.#stage(video, signal), signal);
    } catch (thrown) {
      // A part of the page could not be loaded, or a browser's own fault: the next way may do.
      return { kind: 'broke', why: thrown instanceof Error ? thrown.message : '' };
    }
  }

  #stage(video: HTMLVideoElement, signal: AbortSignal): Stage {
    return {
      camera: this.camera,
      stream: this.stream,
      video,
      cameraUp: () => this.cameraUp,
      show: (picture) => {
        if (signal.aborted) return;
        this.#arrive(false);
        this.picture = picture;
        rememberPicture(this.camera, picture);
        this.#tell(picture.takenAt, true);
      },
      showsFilm: (takenAt) => {
        if (signal.aborted) return;
        this.#arrive(true);
        this.#tell(takenAt, false);
      },
      slows: (isSlow) => (this.slow = isSlow),
      hasSound: (has) => (this.sound = has),
      play: () => {
        video.muted = this.muted;
        this.play();
      },
      waitsForTap: () => this.needsTap,
      offer: () => this.#askOffer(),
    };
  }

  #arrive(filming: boolean): void {
    if (!this.course.shown) this.course = arrived(this.course);
    this.streaming = true;
    this.filming = filming;
    // A film that may not start shows a picture now and then, as it jumps to what is newest: the tap is still wanted.
    if (!filming || this.#video?.paused === false) this.needsTap = false;
  }

  #tell(takenAt: number | null, always: boolean): void {
    const now = presence.serverNow();
    if (!always && now - this.#toldAt < TELL_EVERY_MS && now >= this.#toldAt) return;
    this.#toldAt = now;
    this.takenAt = takenAt ?? now;
    this.delay = takenAt === null ? null : Math.max(0, now - takenAt);
  }

  /** What the film showed last stays as a still, and the element is free for the next way. */
  #clear(): void {
    const video = this.#video;
    const takenAt = this.takenAt ?? presence.serverNow();
    if (this.filming) {
      void drawn(video).then((blob) => {
        if (blob !== null && takenAt >= (this.picture?.takenAt ?? 0)) {
          this.picture = { blob, takenAt };
          rememberPicture(this.camera, this.picture);
        }
      });
    }
    this.streaming = this.filming = this.sound = this.needsTap = this.slow = false;
    this.delay = null;
    this.#toldAt = 0;
    if (video === null) return;
    video.pause();
    video.srcObject = null;
    if (video.hasAttribute('src')) {
      video.removeAttribute('src');
      video.load();
    }
  }

  async #takeSnapshot(signal: AbortSignal): Promise<void> {
    try {
      const picture = await newest(this.camera, signal);
      if (picture === null || this.streaming || picture.takenAt < (this.takenAt ?? 0)) return;
      this.picture = picture;
      this.takenAt = picture.takenAt;
      rememberPicture(this.camera, picture);
    } catch {
      // The ways are tried too, and what fails there is shown.
    }
  }

  async #askOffer(): Promise<LiveOffer> {
    this.offer = await liveOffer(this.camera);
    return this.offer;
  }

  async #learnOffer(): Promise<void> {
    try {
      await this.#askOffer();
    } catch {
      // Asked again by the way that needs it.
    }
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

/** The picture that a <video> shows, drawn at once, as JPEG some time later. */
function drawn(video: HTMLVideoElement | null): Promise<Blob | null> {
  if (video === null || video.videoWidth === 0) return Promise.resolve(null);
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  return new Promise((resolve) => {
    canvas.toBlob(resolve, 'image/jpeg', 0.92);
  });
}
