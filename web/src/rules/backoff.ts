// How long to wait before the next try.  The waiting itself lives with whoever tries.

export const FIRST_MS = 500;
export const LONGEST_MS = 15_000;

/**
 * Milliseconds before try number `tries` (1 = the first repetition): 0.5 s doubling to 15 s, of which the last
 * quarter is chance (`random` in 0..1), so that all phones of a house do not knock at the same moment.
 */
export function delayBefore(tries: number, random: number = Math.random()): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, Math.min(tries, 16) - 1));
  return Math.round(whole * (0.75 + 0.25 * random));
}
