// Pictures one after the other, drawn by the server: works wherever a web page does, in low quality.
import { mjpegHref, note } from '../api/client.ts';
import { boundaryOf, type Part, PartReader } from '../rules/multipart.ts';
import { isDead } from '../rules/stall.ts';
import { presence } from '../state/presence.svelte.ts';
import { words } from '../words/core.ts';
import { broke, judge, type RunWay, type Stage } from './stage.ts';
import { ageOf } from './snapshots.ts';

const AGE_HEADER = 'doorstep-picture-age'; // milliseconds
const TIME_HEADER = 'doorstep-taken-at'; // RFC 3339, with each picture of a stream

export const mjpeg: RunWay = async (stage, signal) => {
  const connection = new AbortController();
  const end = () => {
    connection.abort();
  };
  signal.addEventListener('abort', end);
  const silence = watchSilence(stage, end);
  try {
    for await (const part of parts(stage.camera, connection.signal)) {
      silence.heard();
      stage.show({ blob: new Blob([part.body], { type: 'image/jpeg' }), takenAt: takenAtOf(part) });
    }
    return await judge(stage, 'mjpeg', words.way.cut);
  } catch {
    return silence.isOver() ? broke(words.way.silent) : await judge(stage, 'mjpeg', words.way.cut);
  } finally {
    silence.stop();
    connection.abort();
    signal.removeEventListener('abort', end);
  }
};

/** Calls `dead` when no picture has come for too long. */
function watchSilence(stage: Stage, dead: () => void) {
  let heardAt = performance.now();
  let isOver = false;
  const timer = setInterval(() => {
    // A connection without a word cannot be told from a camera without a picture.
    isOver = isDead({ picture: performance.now() - heardAt, word: 0, cameraUp: stage.cameraUp() });
    if (isOver) dead();
  }, 250);
  return {
    heard: () => (heardAt = performance.now()),
    isOver: () => isOver,
    stop: () => {
      clearInterval(timer);
    },
  };
}

async function* parts(camera: string, signal: AbortSignal): AsyncGenerator<Part> {
  const asked = Date.now();
  const answer = await fetch(mjpegHref(camera), { signal, cache: 'no-store' });
  note(answer, asked);
  const boundary = boundaryOf(answer.headers.get('content-type'));
  if (!answer.ok || boundary === null || answer.body === null) return;
  const reader = new PartReader(boundary);
  const body = answer.body.getReader();
  for (let chunk = await body.read(); !chunk.done; chunk = await body.read()) {
    const newest = reader.push(chunk.value).at(-1); // older ones of the same chunk are late already
    if (newest !== undefined) yield newest;
  }
}

function takenAtOf(part: Part): number {
  const at = Date.parse(part.headers.get(TIME_HEADER) ?? '');
  return Number.isNaN(at) ? presence.serverNow() - ageOf(part.headers.get(AGE_HEADER) ?? null) : at;
}
