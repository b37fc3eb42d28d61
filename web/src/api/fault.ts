// What can go wrong between the page and Doorstep, in kinds that a page can act on.  No words for people.

export type FaultKind =
  | 'signed-out' // sign in again
  | 'forbidden' // this account may not
  | 'gone' // there is no such thing, or no longer
  | 'refused' // the request was wrong; `detail` says why
  | 'wait' // too many tries
  | 'broken' // the server failed
  | 'unreachable'; // nobody answered

export class Fault extends Error {
  constructor(
    readonly kind: FaultKind,
    /** One sentence of the server, for a disclosure; empty where it sent none. */
    readonly detail = '',
    /** Seconds after which trying again makes sense, where the server said so. */
    readonly retryAfter: number | null = null,
    /** The server's short name for what is wrong; empty where it sent none. */
    readonly code = '',
  ) {
    super(detail === '' ? kind : `${kind}: ${detail}`);
    this.name = 'Fault';
  }
}

/** The fault that an HTTP answer means; `body` is its parsed JSON, of any shape (RFC 9457 where it is ours). */
export function faultOf(status: number, body: unknown, retryAfter: string | null = null): Fault {
  const detail = detailOf(body);
  return new Fault(kindOf(status, detail !== ''), detail, secondsOf(retryAfter), codeOf(body));
}

/** Any thrown thing as a fault: what is not one is a network that failed. */
export function asFault(thrown: unknown): Fault {
  return thrown instanceof Fault
    ? thrown
    : new Fault('unreachable', thrown instanceof Error ? thrown.message : '');
}

function kindOf(status: number, isOurs: boolean): FaultKind {
  if (status === 401) return 'signed-out';
  if (status === 403) return 'forbidden';
  if (status === 404 || status === 410) return 'gone';
  if (status === 429) return 'wait';
  // A proxy in front of a stopped Doorstep answers these three, without a sentence of ours.
  if (!isOurs && (status === 502 || status === 503 || status === 504)) return 'unreachable';
  return status >= 500 ? 'broken' : 'refused';
}

function codeOf(body: unknown): string {
  const code = typeof body === 'object' && body !== null ? (body as { code?: unknown }).code : '';
  return typeof code === 'string' ? code : '';
}

function detailOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '';
  const { detail, title } = body as { detail?: unknown; title?: unknown };
  if (typeof detail === 'string' && detail !== '') return detail;
  return typeof title === 'string' ? title : '';
}

function secondsOf(retryAfter: string | null): number | null {
  const seconds = Number.parseInt(retryAfter ?? '', 10);
  return Number.isNaN(seconds) ? null : seconds;
}
