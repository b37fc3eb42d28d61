// What was recorded of a camera: a day in one answer, single pictures of it, and sheets of small ones.
import { causesByWeight } from '../rules/alerts.ts';
import type { DayLine, EventMark, Span } from '../rules/scrubber.ts';
import { ask, note } from './client.ts';
import { asFault, faultOf } from './fault.ts';
import type { Cause } from './shapes.ts';

interface Stretch {
  starts_at: string;
  ends_at: string;
}

interface Brief {
  id: string;
  started_at: string;
  ended_at: string | null;
  causes: Cause[];
  clip: { seconds: number; bytes: number; here: boolean } | null;
}

interface Answer {
  recorded: Stretch[];
  gaps: (Stretch & { reason: string })[];
  events: Brief[];
  complete: boolean;
}

/** A day; `bytesASecond` is what its clips take, null where there are none. */
export interface Told extends DayLine {
  complete: boolean;
  bytesASecond: number | null;
}

const cameraHref = (camera: string) => `/cameras/${encodeURIComponent(camera)}`;

export async function dayLine(camera: string, day: Span): Promise<Told> {
  const query = new URLSearchParams({ from: iso(day.from), to: iso(day.until), events: 'brief' });
  const told = await ask<Answer>('GET', `${cameraHref(camera)}/timeline?${query.toString()}`);
  return {
    recorded: told.recorded.map(spanOf),
    gaps: told.gaps.map((gap) => ({ ...spanOf(gap), reason: gap.reason })),
    events: told.events.map(markOf),
    complete: told.complete,
    bytesASecond: paceOf(told.events),
  };
}

export interface PastPicture {
  blob: Blob;
  shownAt: number;
}

/** The picture that was shown at an instant.  Throws Fault, `gone` with the reason where nothing was kept. */
export async function pastPicture(
  camera: string,
  at: number,
  width: number,
  signal: AbortSignal,
): Promise<PastPicture> {
  const query = new URLSearchParams({ at: iso(at), width: String(width) });
  const answer = await picture(`${cameraHref(camera)}/frame.jpg?${query.toString()}`, signal);
  return {
    blob: await answer.blob(),
    shownAt: Date.parse(answer.headers.get('doorstep-shown-at') ?? iso(at)),
  };
}

export interface Sheet {
  blob: Blob;
  firstAt: number;
  tile: { width: number; height: number; columns: number };
  kept: boolean[];
}

/** Small pictures, one `every` so many seconds. */
export async function previews(
  camera: string,
  from: number,
  every: number,
  count: number,
  signal: AbortSignal,
): Promise<Sheet> {
  const query = new URLSearchParams({ from: iso(from), every: String(every), count: String(count) });
  const answer = await picture(`${cameraHref(camera)}/previews.jpg?${query.toString()}`, signal);
  const [width = 160, height = 90, columns = 6] = (answer.headers.get('doorstep-tiles') ?? '')
    .split('x')
    .map(Number);
  return {
    blob: await answer.blob(),
    firstAt: Date.parse(answer.headers.get('doorstep-first-at') ?? ''),
    tile: { width, height, columns },
    kept: Array.from(answer.headers.get('doorstep-kept') ?? '', (one) => one === '1'),
  };
}

/** For a <video>. */
export function filmHref(camera: string, span: Span): string {
  const query = new URLSearchParams({ start: iso(span.from), end: iso(span.until) });
  return `/api/v1${cameraHref(camera)}/clip?${query.toString()}`;
}

async function picture(path: string, signal: AbortSignal): Promise<Response> {
  const asked = Date.now();
  let answer: Response;
  try {
    answer = await fetch(`/api/v1${path}`, { signal });
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    throw asFault(thrown);
  }
  note(answer, asked);
  if (answer.ok) return answer;
  const told: unknown = await answer.json().catch(() => null);
  throw faultOf(answer.status, told, answer.headers.get('retry-after'));
}

const iso = (at: number) => new Date(at).toISOString();

const spanOf = (one: Stretch): Span => ({ from: Date.parse(one.starts_at), until: Date.parse(one.ends_at) });

function markOf(event: Brief): EventMark {
  return {
    id: event.id,
    at: Date.parse(event.started_at),
    until: event.ended_at === null ? null : Date.parse(event.ended_at),
    cause: causesByWeight(event)[0],
    isAway: event.clip?.here === false,
  };
}

function paceOf(events: readonly Brief[]): number | null {
  let bytes = 0;
  let seconds = 0;
  for (const { clip } of events) {
    bytes += clip?.bytes ?? 0;
    seconds += clip?.bytes ? clip.seconds : 0;
  }
  return seconds > 0 ? bytes / seconds : null;
}
