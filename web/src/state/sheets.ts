// Sheets of small pictures of the last minutes of looking.  Kept only while the timeline is open.
import { previews, type Sheet } from '../api/timeline.ts';
import { presence } from './presence.svelte.ts';

export interface SheetWish {
  camera: string;
  /** Milliseconds; a multiple of `count` steps. */
  from: number;
  /** Seconds. */
  every: number;
  count: number;
}

export interface DrawnSheet extends Omit<Sheet, 'blob'> {
  bitmap: ImageBitmap;
  /** When it was asked for, by our clock; null where it shows all that it ever will. */
  askedAt: number | null;
}

const MOST = 24;
const GROWS_MS = 5_000;
/** What was recorded is there that long after it happened. */
const SETTLES_MS = 120_000;
const sheets = new Map<string, DrawnSheet>();

const keyOf = (wish: SheetWish) => `${wish.camera} ${wish.every} ${wish.from}`;

export const knownSheet = (wish: SheetWish): DrawnSheet | undefined => sheets.get(keyOf(wish));

/** Whether it is of minutes that were not over, and was asked for a while ago. */
export const mayHaveGrown = ({ askedAt }: DrawnSheet): boolean =>
  askedAt !== null && Date.now() - askedAt > GROWS_MS;

/** Throws what `previews` throws, and what an undecodable picture does. */
export async function fetchSheet(wish: SheetWish, signal: AbortSignal): Promise<void> {
  const before = knownSheet(wish);
  if (before !== undefined && !mayHaveGrown(before)) return;
  const isOver = presence.serverNow() > wish.from + wish.every * wish.count * 1000 + SETTLES_MS;
  const askedAt = isOver ? null : Date.now();
  const { blob, ...sheet } = await previews(wish.camera, wish.from, wish.every, wish.count, signal);
  const bitmap = await createImageBitmap(blob);
  before?.bitmap.close();
  sheets.delete(keyOf(wish));
  const oldest = sheets.entries().next().value;
  if (sheets.size >= MOST && oldest !== undefined) {
    oldest[1].bitmap.close();
    sheets.delete(oldest[0]);
  }
  sheets.set(keyOf(wish), { bitmap, askedAt, ...sheet });
}

export function forgetSheets(): void {
  for (const sheet of sheets.values()) sheet.bitmap.close();
  sheets.clear();
}
