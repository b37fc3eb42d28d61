// Whether two time zones show the same times, whatever they are called.

const HALF_A_YEAR = 182 * 86_400_000;

/** Now, half a year before and after: "Europe/Berlin" is like "Europe/Vienna". */
export function areAlike(one: string, other: string, now: number): boolean {
  return [now - HALF_A_YEAR, now, now + HALF_A_YEAR].every((at) => reading(one, at) === reading(other, at));
}

/** "America/New_York" without its underscore. */
export const zoneName = (zone: string): string => zone.replaceAll('_', ' ');

/** What the clock reads there; nothing where this device does not know the zone. */
export function reading(zone: string, at: number): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(
      at,
    );
  } catch {
    return '';
  }
}
