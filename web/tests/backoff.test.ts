import { expect, test } from 'vitest';
import { delayBefore, FIRST_MS, LONGEST_MS } from '../src/rules/backoff.ts';

test('waits half a second first and doubles up to fifteen seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 7].map((tries) => delayBefore(tries, 1))).toEqual([
    500, 1000, 2000, 4000, 8000, 15_000, 15_000,
  ]);
});

test('leaves a quarter of the wait to chance', () => {
  expect(delayBefore(1, 0)).toBe(375);
  expect(delayBefore(6, 0)).toBe(11_250);
});

test('stays within its bounds for any number of tries', () => {
  for (const tries of [-3, 0, 1, 40, 5000]) {
    expect(delayBefore(tries)).toBeGreaterThanOrEqual(FIRST_MS * 0.75);
    expect(delayBefore(tries)).toBeLessThanOrEqual(LONGEST_MS);
  }
});
