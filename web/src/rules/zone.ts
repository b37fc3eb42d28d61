// How times are shown: in which zone, in whose manner, and what a wall clock there reads.  The choice itself is made in
// state/manner; days live in days.ts, the words of times in times.ts.

export interface Manner {
  /** The language that days and months are named in: "de", "en-GB". */
  locale: string;
  /** An IANA name; undefined: the phone's. */
  zone: string | undefined;
  hours: 12 | 24;
}

/** What a clock on the wall reads, as an instant of UTC: its getUTC… are the wall's. */
export type Wall = Date;

const HALF_DAY = 43_200_000;
const formats = new Map<string, Intl.DateTimeFormat>();
let manner: Manner = { locale: 'en-GB', zone: undefined, hours: 24 };

/** To be said before anything is drawn; an unknown zone is the phone's. */
export function showTimes(as: Manner): void {
  manner = isZone(as.zone) ? as : { ...as, zone: undefined };
  formats.clear();
}

export const shownManner = (): Manner => manner;

/** "Europe/Berlin": the zone that times are shown in. */
export const shownZone = (): string => formatted({}).resolvedOptions().timeZone;

export function isZone(zone: string | undefined): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** The format of these options in the shown zone, made once. */
export function formatted(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options);
  const known = formats.get(key);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat(manner.locale, { ...options, timeZone: manner.zone });
  formats.set(key, format);
  return format;
}

/** A number as the language writes it: "0.2", "0,2"; plain spaces. */
export function decimal(n: number, options: Intl.NumberFormatOptions = {}): string {
  return new Intl.NumberFormat(manner.locale, options).format(n).replaceAll(/\s/g, ' ');
}

/** What the clock reads at an instant, to the millisecond. */
export function wallOf(at: Date): Wall {
  return new Date(at.getTime() + offsetAt(at.getTime()));
}

/**
 * When the clock reads that: the first time where it does so twice, and as many minutes later where clocks jump over it
 * (ECMA-262, 21.4.1.26, does the same for the phone's own zone).
 */
export function instantOf(wall: Wall): Date {
  const read = wall.getTime();
  // A day apart, so that a change of the clock, or of the date, lies between them.
  const before = offsetAt(read - 2 * HALF_DAY);
  const after = offsetAt(read + 2 * HALF_DAY);
  const isRead = (offset: number) => offsetAt(read - offset) === offset;
  const offset = isRead(before) || !isRead(after) ? before : after;
  const first = before > after ? before : after; // the larger offset comes first where both hold
  return new Date(read - (isRead(before) && isRead(after) ? first : offset));
}

/** Milliseconds that the clock is ahead of UTC. */
function offsetAt(at: number): number {
  if (Number.isNaN(at)) return NaN;
  const read = digits().format(at).match(/\d+/g)?.map(Number) ?? [];
  const [month = 1, day = 1, year = 1970, hour = 0, minute = 0, second = 0] = read;
  const wall = new Date(0);
  wall.setUTCFullYear(year, month - 1, day);
  wall.setUTCHours(hour, minute, second);
  return wall.getTime() - Math.floor(at / 1000) * 1000;
}

function digits(): Intl.DateTimeFormat {
  const known = formats.get('');
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: manner.zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set('', format);
  return format;
}
