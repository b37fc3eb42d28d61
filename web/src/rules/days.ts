// Days of the calendar ("2026-11-21") in the shown zone, and the instants they are made of: 23, 24, 25 hours, or as many
// as the clocks there say.  How days are called is in times.ts.
import { instantOf, wallOf } from './zone.ts';

/** As a date field gives it: "2026-11-21". */
export type Day = string;

const QUARTER = 900_000;
const DAY_MS = 86_400_000;

/** The day of an instant. */
export function dayOf(at: Date): Day {
  return wallOf(at).toISOString().slice(0, 10);
}

/** "14:02", always of 24 hours: as a time field gives and takes it. */
export function timeOf(at: Date): string {
  return wallOf(at).toISOString().slice(11, 16);
}

export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && dayAfter(text, 0) === text;
}

/** So many days later in the calendar, or earlier. */
export function dayAfter(day: Day, days = 1): Day {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The day that many days before an instant's. */
export function daysBefore(at: Date, days: number): Day {
  return dayAfter(dayOf(at), -days);
}

/** Its first instant, which is not midnight where clocks jump over that. */
export function dayStart(day: Day): Date {
  return instantOf(new Date(Date.parse(day)));
}

/** The first instant of the next one: a day is dayStart <= t < dayEnd. */
export function dayEnd(day: Day): Date {
  return dayStart(dayAfter(day));
}

/** Of a time that lasts until an instant, the last moment: of "until the end of Saturday" that is on Saturday. */
export function lastMoment(until: string): Date {
  return new Date(Date.parse(until) - 1);
}

/** When the clock reads "14:02" on that day: see `instantOf` for what it reads twice, or never. */
export function instantAt(day: Day, time: string): Date {
  return instantOf(new Date(`${day}T${time.slice(0, 5)}Z`));
}

/** Each full hour that the clock shows on that day, the first instant of the day besides; twice what it shows twice. */
export function hoursOf(day: Day): Date[] {
  const end = dayEnd(day).getTime();
  const ticks: Date[] = [];
  for (let at = dayStart(day).getTime(); at < end; at += QUARTER) {
    if (ticks.length === 0 || wallOf(new Date(at)).getUTCMinutes() === 0) ticks.push(new Date(at));
  }
  return ticks;
}
