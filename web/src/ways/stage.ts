// What every way of getting a picture has to do with: where it shows it, what it may ask.  The ways stand beside this.
import type { LiveOffer } from '../api/shapes.ts';
import { asFault } from '../api/fault.ts';
import type { Trouble, Way } from '../rules/ways.ts';
import { words } from '../words/core.ts';

/** `takenAt` is in milliseconds of the server's clock. */
export interface Picture {
  blob: Blob;
  takenAt: number;
}

export interface Stage {
  readonly camera: string;
  readonly stream: 'main' | 'sub';
  readonly video: HTMLVideoElement;
  /** Whether the camera sends pictures, as far as is known. */
  cameraUp(): boolean;
  /** A picture by itself. */
  show(picture: Picture): void;
  /** The film shows another picture; null where it is not known when it was taken. */
  showsFilm(takenAt: number | null): void;
  /** Whether the link is too slow for the main stream, so that the small one is shown. */
  slows(isSlow: boolean): void;
  /** Whether there is anything to hear. */
  hasSound(has: boolean): void;
  /** Starts the film; the browser may want a tap first. */
  play(): void;
  /** Whether it does. */
  waitsForTap(): boolean;
  /** What the server offers for this camera.  Throws Fault. */
  offer(): Promise<LiveOffer>;
}

/** Shows pictures until `signal` ends it, or trouble does. */
export type RunWay = (stage: Stage, signal: AbortSignal) => Promise<Trouble>;

export const impossible = (why: string): Trouble => ({ kind: 'impossible', why });
export const broke = (why: string): Trouble => ({ kind: 'broke', why });

/** Why a way that nobody answered properly failed: the server knows, or it is not there. */
export async function judge(stage: Stage, way: Way, why: string): Promise<Trouble> {
  try {
    const offered = (await stage.offer()).ways.find((one) => one.way === way);
    return offered?.possible === false ? impossible(offered.reason) : broke(why);
  } catch (thrown) {
    const fault = asFault(thrown);
    if (fault.kind === 'gone') return { kind: 'gone' };
    return fault.kind === 'unreachable' || fault.kind === 'signed-out'
      ? { kind: 'unreachable' }
      : broke(fault.detail === '' ? words.faults[fault.kind] : fault.detail);
  }
}
