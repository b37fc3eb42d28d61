// Is a connection dead?  Decides only; the counting of frames lives in ways/.

/** No new picture, or no word at all, for this long means the connection is dead. */
export const STALLED_MS = 4_000;

export interface Silence {
  /** Milliseconds since the last picture was shown, or since the try began. */
  picture: number;
  /** Milliseconds since the server said anything at all (an answer to a ping, too). */
  word: number;
  /** Whether the camera sends pictures, as far as is known. */
  cameraUp: boolean;
}

/** A camera that is away sends no pictures: then the open connection is the fastest way to the next one. */
export function isDead(silence: Silence): boolean {
  return silence.word > STALLED_MS || (silence.cameraUp && silence.picture > STALLED_MS);
}
