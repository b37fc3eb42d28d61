// The times in a line of "Who watched what": when it was, and which part of the recordings was seen.
import type { AuditEntry } from '../api/shapes.ts';
import { clock, isSameDay, since } from './times.ts';

export const SEES_RECORDINGS: readonly string[] = ['watched a recording', 'saved a clip'];

/** "14:02–14:10" of live viewing; else the one time. */
export function hours(entry: AuditEntry, now: Date): string {
  const at = new Date(entry.at);
  if (entry.verb !== 'watched' || entry.until === null) return clock(at);
  const until = new Date(entry.until);
  return `${clock(at)}–${isSameDay(at, until) ? clock(until) : since(until, now)}`;
}

/** "13:55–14:02" of the recordings, with the day where that is not the day of the line; empty where none is told. */
export function seenSpan(entry: AuditEntry): string {
  if (!SEES_RECORDINGS.includes(entry.verb)) return '';
  const [from, until] = entry.way.split('/').map((moment) => new Date(moment));
  if (from === undefined || until === undefined) return '';
  if (Number.isNaN(from.getTime()) || Number.isNaN(until.getTime())) return '';
  const seen = new Date(entry.at);
  const begin = since(from, seen);
  const end = isSameDay(from, until) ? clock(until) : since(until, seen);
  return clock(from) === clock(until) && isSameDay(from, until) ? begin : `${begin}–${end}`;
}
