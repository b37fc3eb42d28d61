// Times and spans as people read them, in the shown zone and manner (zone.ts); sentences live in words/.  What the first
// page needs, and no more: times.ts has the rest, too.
import { decimal, formatted, shownManner, type Wall, wallOf } from './zone.ts';

/** "14:02", "2:02 PM" */
export function clock(at: Date): string {
  return read(wallOf(at), 16);
}

/** "14:02:03", "2:02:03 PM" */
export function clockWithSeconds(at: Date): string {
  return read(wallOf(at), 19);
}

export function isSameDay(a: Date, b: Date): boolean {
  return dateOf(a) === dateOf(b);
}

export function isDayBefore(at: Date, now: Date): boolean {
  return dateOf(at) === new Date(wallOf(now).getTime() - 86_400_000).toISOString().slice(0, 10);
}

/** "0.2", "0,2" */
export function tenths(n: number): string {
  return decimal(n, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/** "14:02" today, "Fri 20 Nov, 14:02" on another day. */
export function since(at: Date, now: Date): string {
  return isSameDay(at, now) ? clock(at) : `${day(at, now)}, ${clock(at)}`;
}

/** "Sat 21 Nov", with the year where it is another one. */
export function day(at: Date, now: Date): string {
  const year = dateOf(at).slice(0, 4) === dateOf(now).slice(0, 4) ? {} : ({ year: 'numeric' } as const);
  return formatted({ weekday: 'short', day: 'numeric', month: 'short', ...year })
    .format(at)
    .replace(',', '');
}

/** "3 s", "4 min", "2 h", "5 days": a span, never rounded up. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return decimal(Math.floor(seconds / 86_400), { style: 'unit', unit: 'day', unitDisplay: 'long' });
}

/** "20261121_140203", by the shown clock: for the name of a saved file. */
export function fileStamp(at: Date): string {
  return wallOf(at).toISOString().slice(0, 19).replace('T', '_').replaceAll(/[-:]/g, '');
}

const dateOf = (at: Date): string => wallOf(at).toISOString().slice(0, 10);

/** What the wall reads, up to a character of its ISO form: 16 minutes, 19 seconds, 21 tenths, never rounded up. */
export function read(wall: Wall, end: number): string {
  const iso = wall.toISOString();
  if (shownManner().hours === 24) return iso.slice(11, end);
  const hour = wall.getUTCHours();
  return `${hour % 12 || 12}${iso.slice(13, end)} ${hour < 12 ? 'AM' : 'PM'}`;
}
