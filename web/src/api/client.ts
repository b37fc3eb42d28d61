// Doorstep's HTTP routes as typed functions.  They throw Fault and nothing else, except AbortError when asked to stop.
import type {
  Arrival,
  AuditEntry,
  Camera,
  DoorEvent,
  EventPage,
  Explanation,
  LiveOffer,
  LiveSession,
  PersonVerdict,
  PlayKey,
  Session,
  Status,
} from './shapes.ts';
import { asFault, Fault, faultOf } from './fault.ts';

const ROOT = '/api/v1';
const PATIENCE_MS = 10_000;

/** Told of every answer: whether Doorstep was reached, its clock, and whether the session still holds. */
export interface Observer {
  reached(): void;
  unreachable(): void;
  /** The Date of an answer, and when it was asked for by our clock. */
  serverTime(date: number, asked: number): void;
  signedOut(): void;
}

let observer: Observer | null = null;

export function observe(by: Observer): void {
  observer = by;
}

/** Looks at an answer that was fetched elsewhere (snapshots, live pictures) as closely as at those from here. */
export function note(answer: Response, asked: number): void {
  observer?.reached();
  const date = Date.parse(answer.headers.get('date') ?? '');
  if (!Number.isNaN(date)) observer?.serverTime(date, asked);
  if (answer.status === 401) observer?.signedOut();
}

export const whoAmI = (): Promise<Session> => ask('GET', '/session');
export const signIn = (name: string, password: string): Promise<unknown> =>
  ask('POST', '/session', { name, password });
export const signOut = (): Promise<unknown> => ask('DELETE', '/session');
/** Whether the first user is still to be made, and who is signed in, if anybody. */
export const setupState = (): Promise<Arrival> => ask('GET', '/setup');
export const setUp = (code: string, name: string, password: string): Promise<unknown> =>
  ask('POST', '/setup', { code, name, password });

export const listCameras = async (): Promise<Camera[]> =>
  (await ask<{ cameras: Camera[] }>('GET', '/cameras')).cameras;
export const status = (): Promise<Status> => ask('GET', '/status');

/** `from` and `to` are instants. */
export interface EventQuery {
  camera?: string | undefined;
  cause?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
  cursor?: string | undefined;
  limit: number;
}

export function listEvents(query: EventQuery): Promise<EventPage> {
  const parameters = new URLSearchParams({ limit: String(query.limit) });
  if (query.camera !== undefined) parameters.set('camera', query.camera);
  if (query.cause !== undefined) parameters.set('cause', query.cause);
  if (query.from !== undefined) parameters.set('from', query.from.toISOString());
  if (query.to !== undefined) parameters.set('to', query.to.toISOString());
  if (query.cursor !== undefined) parameters.set('cursor', query.cursor);
  return ask('GET', `/events?${parameters.toString()}`);
}

export const oneEvent = (id: string): Promise<DoorEvent> => ask('GET', `/events/${encodeURIComponent(id)}`);
export const deleteEvent = (id: string): Promise<unknown> =>
  ask('DELETE', `/events/${encodeURIComponent(id)}`);
export const restoreEvent = (id: string): Promise<unknown> =>
  ask('POST', `/events/${encodeURIComponent(id)}/restore`, {});
export const explanationOf = (id: string): Promise<Explanation> =>
  ask('GET', `/events/${encodeURIComponent(id)}/explanation`);
/** Said twice it is the same as said once. */
export const sayWhoItWas = (id: string, verdict: PersonVerdict): Promise<unknown> =>
  ask('POST', `/events/${encodeURIComponent(id)}/feedback`, { verdict });

const cameraHref = (camera: string): string => `/cameras/${encodeURIComponent(camera)}`;
export const snapshotHref = (camera: string): string => `${ROOT}${cameraHref(camera)}/snapshot.jpg?quiet=1`;
export const mjpegHref = (camera: string): string => `${ROOT}${cameraHref(camera)}/live.mjpeg`;
/** Of the main stream: there is no other of this kind. */
export const playlistHref = (camera: string): string => `${ROOT}${cameraHref(camera)}/live/index.m3u8`;
export const whepHref = (camera: string, stream: string): string =>
  `${ROOT}${cameraHref(camera)}/live/whep?stream=${stream}`;
/** Of a WebSocket; the long form, for browsers that want it. */
export const liveSocketHref = (camera: string, stream: string): string =>
  `${location.origin.replace(/^http/, 'ws')}${ROOT}${cameraHref(camera)}/live/mse?stream=${stream}`;

export const liveOffer = (camera: string): Promise<LiveOffer> => ask('GET', `${cameraHref(camera)}/live`);
export const liveSessions = async (): Promise<LiveSession[]> =>
  (await ask<{ sessions: LiveSession[] }>('GET', '/live/sessions')).sessions;
export const latestAudit = async (limit: number): Promise<AuditEntry[]> =>
  (await ask<{ entries: AuditEntry[] }>('GET', `/audit?limit=${limit}`)).entries;
export const playKey = (camera: string): Promise<PlayKey> =>
  ask('POST', `${cameraHref(camera)}/live/key`, {});
export const endLiveSession = (id: string): Promise<unknown> =>
  ask('DELETE', `/live/sessions/${encodeURIComponent(id)}`);

export async function ask<T>(
  method: string,
  path: string,
  body?: unknown,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const asked = Date.now();
  const answer = await send(method, path, body, patienceMs);
  const isCredentialCheck = method === 'POST' && /^\/(session|setup|reset)\b/.test(path);
  if (!isCredentialCheck || answer.status !== 401) note(answer, asked);
  const content = await contentOf(answer);
  if (!answer.ok) {
    const fault = faultOf(answer.status, content, answer.headers.get('retry-after'));
    if (fault.kind === 'unreachable') observer?.unreachable();
    throw fault;
  }
  return content as T;
}

async function send(method: string, path: string, body: unknown, patienceMs: number): Promise<Response> {
  const request: RequestInit = {
    method,
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(patienceMs),
  };
  if (method !== 'GET') {
    // The server takes writes of JSON only: no form of another site can send that type.
    request.headers = { accept: 'application/json', 'content-type': 'application/json' };
    if (body !== undefined) request.body = JSON.stringify(body);
  }
  try {
    return await fetch(ROOT + path, request);
  } catch (thrown) {
    observer?.unreachable();
    throw asFault(thrown);
  }
}

async function contentOf(answer: Response): Promise<unknown> {
  try {
    const text = await answer.text();
    return text === '' ? null : (JSON.parse(text) as unknown);
  } catch (thrown) {
    if (answer.ok) throw new Fault('broken', thrown instanceof Error ? thrown.message : '');
    return null;
  }
}
