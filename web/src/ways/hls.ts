// HLS by the browser's own player (Safari's, and newer chromiums'): full quality, some seconds late.
import { playlistHref } from '../api/client.ts';
import type { Trouble } from '../rules/ways.ts';
import { presence } from '../state/presence.svelte.ts';
import { words } from '../words/core.ts';
import { watchFrames } from './frames.ts';
import { broke, impossible, judge, type RunWay } from './stage.ts';

const TYPE = 'application/vnd.apple.mpegurl';
/** A player of its own gathers some parts before it begins. */
const FIRST_PICTURE_MS = 12_000;
/** Seconds behind the newest part at which it is caught up with. */
const FAR_BEHIND = 6;

/** Safari tells the time of day of the film's beginning (EXT-X-PROGRAM-DATE-TIME) and which sounds there are. */
interface SafariVideo extends HTMLVideoElement {
  getStartDate?(): Date;
  readonly audioTracks?: { length: number };
  readonly webkitAudioDecodedByteCount?: number;
}

export const hls: RunWay = (stage, signal) => {
  const video: SafariVideo = stage.video;
  if (video.canPlayType(TYPE) === '') return Promise.resolve(impossible(words.way.noHls));
  return new Promise((resolve) => {
    let hasShown = false;
    const begun = performance.now();
    const end = (trouble: Trouble) => {
      clearInterval(timer);
      watch.stop();
      video.removeEventListener('error', failed);
      signal.removeEventListener('abort', stop);
      resolve(trouble);
    };
    const stop = () => {
      end(broke(''));
    };
    const failed = () => {
      void judge(stage, 'hls', words.way.undecodable).then(end);
    };
    const watch = watchFrames(
      stage,
      (media) => {
        hasShown = true;
        stage.showsFilm(takenAt(video, media));
        stage.hasSound((video.audioTracks?.length ?? video.webkitAudioDecodedByteCount ?? 0) > 0);
      },
      (trouble) => {
        if (hasShown || performance.now() - begun > FIRST_PICTURE_MS) end(trouble);
      },
    );
    const timer = setInterval(() => {
      const edge = edgeOf(video);
      if (edge !== null && edge - video.currentTime > FAR_BEHIND) video.currentTime = edge - 1;
    }, 1_000);
    video.addEventListener('error', failed);
    signal.addEventListener('abort', stop);
    video.src = playlistHref(stage.camera);
    stage.play();
  });
};

function edgeOf(video: HTMLVideoElement): number | null {
  const { seekable } = video;
  return seekable.length === 0 ? null : seekable.end(seekable.length - 1);
}

/** Where the browser does not tell, the newest that it can play is taken for new: it was at least so long ago. */
function takenAt(video: SafariVideo, media: number): number | null {
  const start = video.getStartDate?.().getTime() ?? NaN;
  if (!Number.isNaN(start)) return start + media * 1000;
  const edge = edgeOf(video);
  return edge === null || !Number.isFinite(edge)
    ? null
    : presence.serverNow() - Math.max(0, edge - media) * 1000;
}
