// The routes about a clip of any span of a camera: what it would be, its bytes as they come, and to keep it.
import type { ClipFacts, Span } from '../rules/clipspan.ts';
import { note } from './client.ts';
import { asFault, Fault, faultOf } from './fault.ts';
import type { DoorEvent } from './shapes.ts';

const ROOT = '/api/v1';
const KEEP_PATIENCE_MS = 90_000;
const KEY_BYTES = 16;

export interface ClipWish {
  camera: string;
  span: Span;
  /** Turned into H.264, which plays everywhere. */
  everywhere: boolean;
}

/** Its clip as a download of the browser's own. */
export function clipHref({ camera, span, everywhere }: ClipWish): string {
  const query = new URLSearchParams({ start: span.start.toISOString(), end: span.end.toISOString() });
  if (everywhere) query.set('codec', 'h264');
  return `${ROOT}/cameras/${encodeURIComponent(camera)}/clip?${query.toString()}`;
}

/** What the clip of the last `seconds` would be, those before `end` or behind `start`, and when that was asked. */
export async function clipFacts(
  camera: string,
  seconds: number,
  edge: { start?: Date; end?: Date },
  signal: AbortSignal,
): Promise<{ facts: ClipFacts; at: Date }> {
  const query = new URLSearchParams({ duration: String(seconds) });
  if (edge.start !== undefined) query.set('start', edge.start.toISOString());
  if (edge.end !== undefined) query.set('end', edge.end.toISOString());
  const answer = await fetched(
    `${ROOT}/cameras/${encodeURIComponent(camera)}/clip?${query.toString()}`,
    'HEAD',
    signal,
  );
  const read = (name: string): string => answer.headers.get(name) ?? '';
  const facts = {
    startsAt: new Date(read('doorstep-starts-at')),
    endsAt: new Date(read('doorstep-ends-at')),
    parts: Number(read('doorstep-parts') || 1),
    bytes: Number(read('content-length')),
    codec: read('doorstep-codec'),
  };
  return { facts, at: new Date(read('date') || Date.now()) };
}

/** How far a conversion is, in 0..1, and how many others it waits for. */
export interface Converting {
  progress: number;
  ahead: number;
}

/** The answer with the clip's bytes from `from` on, or how far its conversion is.  Throws Fault. */
export async function openClip(
  href: string,
  from: { offset: number; etag: string } | null,
  signal: AbortSignal,
): Promise<{ answer: Response; converting: null } | { answer: null; converting: Converting }> {
  const headers: Record<string, string> = { prefer: 'respond-async' };
  if (from !== null) {
    headers.range = `bytes=${from.offset}-`;
    headers['if-range'] = from.etag;
  }
  const answer = await fetched(href, 'GET', signal, headers);
  if (answer.status !== 202) return { answer, converting: null };
  return { answer: null, converting: (await answer.json()) as Converting };
}

/** A name of one wish: said again with it, it is the same wish. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES)); // randomUUID is there under HTTPS only
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Kept among the alerts, as long as those are; `key` as of `newKey`.  Copying a long one takes a while.  Throws Fault. */
export async function keepClip(camera: string, span: Span, key: string): Promise<DoorEvent> {
  const patience = new AbortController();
  const timer = setTimeout(() => {
    patience.abort();
  }, KEEP_PATIENCE_MS);
  const seconds = (span.end.getTime() - span.start.getTime()) / 1000;
  const body = JSON.stringify({ start: span.start.toISOString(), seconds });
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  const href = `${ROOT}/cameras/${encodeURIComponent(camera)}/clips`;
  try {
    const answer = await fetched(href, 'POST', patience.signal, headers, body);
    return (await answer.json()) as DoorEvent;
  } catch (thrown) {
    throw asFault(thrown);
  } finally {
    clearTimeout(timer);
  }
}

/** Throws Fault for whatever is no success. */
async function fetched(
  href: string,
  method: string,
  signal: AbortSignal,
  headers: Record<string, string> = {},
  content: string | null = null,
): Promise<Response> {
  const asked = Date.now();
  let answer: Response;
  try {
    answer = await fetch(href, { method, signal, headers, body: content });
  } catch (thrown) {
    throw signal.aborted ? (thrown as Error) : asFault(thrown);
  }
  note(answer, asked);
  if (answer.ok) return answer;
  const body = (await answer.json().catch(() => null)) as unknown;
  throw faultOf(answer.status, body, answer.headers.get('retry-after'));
}

/** Whether a thrown thing only says that somebody asked to stop. */
export function isAbort(thrown: unknown): boolean {
  return !(thrown instanceof Fault) && thrown instanceof Error && thrown.name === 'AbortError';
}
