// From days and times as the owner picks them to instants.  Computed in the browser, because only it knows the shown zone.
import { dayEnd, dayOf, dayStart, instantAt, isDay } from './days.ts';

export { dayOf, daysBefore } from './days.ts';

const A_MINUTE = 60_000;

/** As the date and time fields give them, or empty: "2026-11-21", "14:00". */
export interface LocalRange {
  fromDay: string;
  fromTime: string;
  toDay: string;
  toTime: string;
}

/** Half open: from <= t < to.  An open side is undefined. */
export interface InstantRange {
  from: Date | undefined;
  to: Date | undefined;
}

/**
 * The instants of a local range.  A day without a time is the whole day (23 or 25 hours when the clocks change),
 * an end time includes its minute, and a time without a day means `today`.
 */
export function instantsOf(range: LocalRange, today: Date): InstantRange {
  return {
    from: instant(range.fromDay, range.fromTime, today, 0),
    to: instant(range.toDay, range.toTime, today, 1),
  };
}

/** Whether it ends before it begins. */
export function isBackwards(range: InstantRange): boolean {
  return range.from !== undefined && range.to !== undefined && range.from >= range.to;
}

function instant(day: string, time: string, today: Date, end: 0 | 1): Date | undefined {
  if (day === '' && time === '') return undefined;
  const date = day === '' ? dayOf(today) : day;
  if (!isDay(date)) return undefined;
  if (!/^(?:[01]\d|2[0-3]):[0-5]\d/.test(time)) return end === 0 ? dayStart(date) : dayEnd(date);
  return new Date(instantAt(date, time).getTime() + end * A_MINUTE);
}
