// Sheets of small pictures of the last minutes of looking.  Kept only while the timeline is open.
import { previews, type Sheet } from '../api/timeline.ts';

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
}

const MOST = 24;
const sheets = new Map<string, DrawnSheet>();

const keyOf = (wish: SheetWish) => `${wish.camera} ${wish.every} ${wish.from}`;

export const knownSheet = (wish: SheetWish): DrawnSheet | undefined => sheets.get(keyOf(wish));

/** Throws what `previews` throws, and what an undecodable picture does. */
export async function fetchSheet(wish: SheetWish, signal: AbortSignal): Promise<void> {
  if (sheets.has(keyOf(wish))) return;
  const { blob, ...sheet } = await previews(wish.camera, wish.from, wish.every, wish.count, signal);
  const bitmap = await createImageBitmap(blob);
  const oldest = sheets.entries().next().value;
  if (sheets.size >= MOST && oldest !== undefined) {
    oldest[1].bitmap.close();
    sheets.delete(oldest[0]);
  }
  sheets.set(keyOf(wish), { bitmap, ...sheet });
}

export function forgetSheets(): void {
  for (const sheet of sheets.values()) sheet.bitmap.close();
  sheets.clear();
}
