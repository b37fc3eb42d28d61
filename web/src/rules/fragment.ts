// When the pictures of a film were taken: reads the boxes of ISO/IEC 14496-12 that say so.  Bytes in, numbers out.

/** From 1900, where NTP starts, to 1970, in seconds (RFC 5905, 6). */
const NTP_TO_UNIX = 2_208_988_800;

export interface ProducerTime {
  track: number;
  /** When the picture was taken, in milliseconds since 1970 by the server's clock. */
  wall: number;
  /** Its time in the film, in the track's own units. */
  media: number;
}

/** Units a second of each track in an initialisation segment (8.3.2 tkhd, 8.4.2 mdhd). */
export function timescalesOf(init: Uint8Array): Map<number, number> {
  const scales = new Map<number, number>();
  for (const moov of boxes(init, 'moov')) {
    for (const trak of boxes(moov, 'trak')) {
      const track = read(boxes(trak, 'tkhd')[0], 12, 20);
      const scale = read(boxes(boxes(trak, 'mdia')[0], 'mdhd')[0], 12, 20);
      if (track !== null && scale !== null && scale > 0) scales.set(track, scale);
    }
  }
  return scales;
}

/** The producer reference time of a fragment (8.16.5 prft), if it has one. */
export function producerTimeOf(fragment: Uint8Array): ProducerTime | null {
  const prft = boxes(fragment, 'prft')[0];
  if (prft === undefined || prft.length < 20) return null;
  const view = viewOf(prft);
  const isLong = view.getUint8(0) > 0;
  if (isLong && prft.length < 24) return null;
  const seconds = view.getUint32(8) - NTP_TO_UNIX + view.getUint32(12) / 2 ** 32;
  const media = isLong ? Number(view.getBigUint64(16)) : view.getUint32(16);
  return { track: view.getUint32(4), wall: seconds * 1000, media };
}

/** Says when a picture of the film was taken; remembers the last minute or so. */
export class Marks {
  #marks: { media: number; wall: number }[] = [];

  /** How long a picture is shown, in seconds: a twenty-fifth while that is not known. */
  get frame(): number {
    const [a, b] = this.#marks.slice(-2).map((mark) => mark.media);
    return a !== undefined && b !== undefined && b > a ? Math.min(1, b - a) : 0.04;
  }

  /** A picture at `media` seconds of the film was taken at `wall`. */
  add(media: number, wall: number): void {
    this.#marks.push({ media, wall });
    if (this.#marks.length > 2_000) this.#marks = this.#marks.slice(-1_000);
  }

  /** Of the picture at `media` seconds; null where nothing near it is known. */
  wallAt(media: number): number | null {
    for (let index = this.#marks.length - 1; index >= 0; index -= 1) {
      const mark = this.#marks[index];
      // Half a millisecond: browsers round the time of a picture.
      if (mark === undefined || mark.media > media + 0.0005) continue;
      const since = media - mark.media;
      return since < 2 ? mark.wall + since * 1000 : null;
    }
    return null;
  }
}

/** The contents of the boxes of that type directly within. */
function boxes(within: Uint8Array | undefined, type: string): Uint8Array[] {
  const found: Uint8Array[] = [];
  if (within === undefined) return found;
  const view = viewOf(within);
  for (let at = 0; at + 8 <= within.length;) {
    let size = view.getUint32(at);
    let head = 8;
    if (size === 1 && at + 16 <= within.length) {
      size = Number(view.getBigUint64(at + 8));
      head = 16;
    }
    if (size === 0) size = within.length - at; // to the end
    if (size < head || at + size > within.length) break;
    const name = String.fromCharCode(...within.subarray(at + 4, at + 8));
    if (name === type) found.push(within.subarray(at + head, at + size));
    at += size;
  }
  return found;
}

/** A number at one of two places: version 1 of a box has longer times before it. */
function read(box: Uint8Array | undefined, short: number, long: number): number | null {
  if (box === undefined || box.length === 0) return null;
  const at = box[0] === 0 ? short : long;
  return at + 4 <= box.length ? viewOf(box).getUint32(at) : null;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
