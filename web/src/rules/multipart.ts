// Reads the pictures out of a multipart/x-mixed-replace body (RFC 2046, section 5.1), chunk by chunk.
// Bytes in, pictures out; no network, no clock.

export interface Part {
  headers: Map<string, string>;
  body: Uint8Array<ArrayBuffer>;
}

/** A camera picture is far smaller; more than this without an end is not a stream of pictures. */
const LONGEST_PART = 16 * 1024 * 1024;
const BLANK_LINE = Uint8Array.of(13, 10, 13, 10);
const LATIN = new TextDecoder('latin1');

/** The boundary that a Content-Type names, or null where it is no multipart. */
export function boundaryOf(contentType: string | null): string | null {
  const match = /^multipart\/[^;]+;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType ?? '');
  return match?.[1] ?? match?.[2] ?? null;
}

/** Feed it chunks; it returns the parts that they complete.  Throws RangeError when a part never ends. */
export class PartReader {
  #pending: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  readonly #delimiter: Uint8Array;

  constructor(boundary: string) {
    // Some cameras put the dashes into the parameter too.
    this.#delimiter = new TextEncoder().encode(`--${boundary.replace(/^--/, '')}`);
  }

  push(chunk: Uint8Array): Part[] {
    this.#pending = joined(this.#pending, chunk);
    const parts: Part[] = [];
    for (let part = this.#take(); part !== null; part = this.#take()) parts.push(part);
    if (this.#pending.length > LONGEST_PART) throw new RangeError('A part of the stream has no end.');
    return parts;
  }

  #take(): Part | null {
    const opening = find(this.#pending, this.#delimiter, 0);
    if (opening < 0) return null;
    const headersStart = opening + this.#delimiter.length;
    const headersEnd = find(this.#pending, BLANK_LINE, headersStart);
    if (headersEnd < 0) return null;
    const headers = headersOf(LATIN.decode(this.#pending.subarray(headersStart, headersEnd)));
    const bodyStart = headersEnd + BLANK_LINE.length;
    const bodyEnd = this.#bodyEnd(headers, bodyStart);
    if (bodyEnd === null) return null;
    const body = this.#pending.slice(bodyStart, bodyEnd);
    this.#pending = this.#pending.slice(bodyEnd);
    return { headers, body };
  }

  #bodyEnd(headers: Map<string, string>, start: number): number | null {
    const length = Number.parseInt(headers.get('content-length') ?? '', 10);
    if (!Number.isNaN(length)) return start + length <= this.#pending.length ? start + length : null;
    const next = find(this.#pending, this.#delimiter, start);
    if (next < 0) return null;
    const hasLineBreak = this.#pending[next - 2] === 13 && this.#pending[next - 1] === 10;
    return hasLineBreak ? next - 2 : next;
  }
}

function headersOf(text: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

function find(haystack: Uint8Array, needle: Uint8Array, from: number): number {
  const first = needle[0] ?? 0;
  for (let at = haystack.indexOf(first, from); at >= 0; at = haystack.indexOf(first, at + 1)) {
    if (needle.every((byte, offset) => haystack[at + offset] === byte)) return at;
  }
  return -1;
}
