// The newest picture, asked for again and again: the last way that is left.
import { note, snapshotHref } from '../api/client.ts';
import { STALLED_MS } from '../rules/stall.ts';
import { presence } from '../state/presence.svelte.ts';
import { words } from '../words/core.ts';
import { judge, type Picture, type RunWay } from './stage.ts';

const EVERY_MS = 1_000;
const AGE_HEADER = 'doorstep-picture-age'; // milliseconds

export const snapshots: RunWay = async (stage, signal) => {
  let shown = 0;
  while (!signal.aborted) {
    let picture: Picture | null = null;
    try {
      picture = await newest(stage.camera, AbortSignal.any([signal, AbortSignal.timeout(STALLED_MS)]));
    } catch {
      // Nobody answered in time: judged below.
    }
    if (picture === null) return judge(stage, 'snapshot', words.way.silent);
    if (picture.takenAt > shown + 20) stage.show(picture); // else it is the same one, give or take the clock
    shown = Math.max(shown, picture.takenAt);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  return { kind: 'broke', why: '' };
};

/** The newest picture; null where there is none. */
export async function newest(camera: string, signal: AbortSignal): Promise<Picture | null> {
  const asked = Date.now();
  const answer = await fetch(snapshotHref(camera), { signal, cache: 'no-store' });
  note(answer, asked);
  if (answer.status !== 200) return null; // 204: there is none yet
  const takenAt = presence.serverNow() - ageOf(answer.headers.get(AGE_HEADER));
  return { blob: await answer.blob(), takenAt };
}

export function ageOf(header: string | null): number {
  const age = Number.parseFloat(header ?? '');
  return Number.isNaN(age) ? 0 : age;
}
