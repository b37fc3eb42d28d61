// From days and times as the owner picks them to instants.  Computed in the browser, because only it knows the zone.

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

/** As `instantsOf`, today. */
export function instantsNow(range: LocalRange): InstantRange {
  return instantsOf(range, new Date());
}

/** Whether it ends before it begins. */
export function isBackwards(range: InstantRange): boolean {
  return range.from !== undefined && range.to !== undefined && range.from >= range.to;
}

/** The local day of an instant as a date field wants it. */
export function dayOf(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** The local day that many days before. */
export function daysBefore(at: Date, days: number): string {
  return dayOf(new Date(at.getFullYear(), at.getMonth(), at.getDate() - days));
}

function instant(day: string, time: string, today: Date, end: 0 | 1): Date | undefined {
  if (day === '' && time === '') return undefined;
  const date = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day === '' ? dayOf(today) : day);
  if (date === null) return undefined;
  const [year, month, dayOfMonth] = date.slice(1).map(Number) as [number, number, number];
  const clock = /^(\d{2}):(\d{2})/.exec(time);
  const at =
    clock === null
      ? new Date(year, month - 1, dayOfMonth + end)
      : new Date(year, month - 1, dayOfMonth, Number(clock[1]), Number(clock[2]) + end);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
