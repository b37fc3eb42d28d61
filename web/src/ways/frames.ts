// Watches a <video>: when another picture of it is painted, and whether it has stopped.
import { isDead } from '../rules/stall.ts';
import { broke, type Stage } from './stage.ts';
import type { Trouble } from '../rules/ways.ts';
import { words } from '../words/core.ts';

const LOOK_EVERY_MS = 250;

export interface Watch {
  /** The server has said something. */
  heard(): void;
  stop(): void;
}

/**
 * Calls `painted` with the time of each new picture in the film and how long ago it came, both in seconds, the latter
 * null where that is not known (four times a second where the browser does not tell of each), and `dead` once when no more come.  Without `heard` ever being called, only pictures count.
 */
export function watchFrames(
  stage: Stage,
  painted: (media: number, held: number | null) => void,
  dead: (trouble: Trouble) => void,
): Watch {
  const { video } = stage;
  const tellsEach = canTellEach(video);
  let pictureAt = performance.now();
  let wordAt: number | null = null;
  let wasUp = stage.cameraUp();
  let last = video.currentTime;
  let callback = 0;

  const note = (media: number, held: number | null) => {
    pictureAt = performance.now();
    painted(media, held);
  };
  const next = () => {
    callback = video.requestVideoFrameCallback((_, frame) => {
      const came = frame.receiveTime;
      note(frame.mediaTime, came === undefined ? null : (frame.expectedDisplayTime - came) / 1000);
      next();
    });
  };
  const look = () => {
    const now = performance.now();
    const isUp = stage.cameraUp();
    // A camera that is back, or a film of which no picture is to be expected yet, gets its time from now.
    if ((isUp && !wasUp) || rests(stage)) pictureAt = now;
    wasUp = isUp;
    const hasMoved = video.currentTime !== last && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    last = video.currentTime;
    if (hasMoved && !tellsEach) note(video.currentTime, null);
    const silence = { picture: now - pictureAt, word: now - (wordAt ?? now), cameraUp: isUp };
    if (isDead(silence)) dead(broke(words.way.silent));
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  if (tellsEach) next();
  return {
    heard: () => (wordAt = performance.now()),
    stop: () => {
      clearInterval(timer);
      if (tellsEach) video.cancelVideoFrameCallback(callback);
    },
  };
}

/** Whether its silence says nothing: no film was handed over yet, it waits for a tap, or whoever watches paused it. */
function rests(stage: Stage): boolean {
  const { video } = stage;
  if (video.networkState === HTMLMediaElement.NETWORK_EMPTY) return true;
  return video.paused && (stage.waitsForTap() || video.played.length > 0);
}

/** Firefox only since 132. */
function canTellEach(video: object): boolean {
  return 'requestVideoFrameCallback' in video;
}
