import { expect, test } from 'vitest';
import { areAlike, zoneName } from '../src/rules/zonealike.ts';

const NOVEMBER = Date.parse('2026-11-22T12:00:00Z');

test.each([
  ['Europe/Berlin', 'Europe/Berlin', true],
  ['Europe/Berlin', 'Europe/Vienna', true],
  ['Europe/Berlin', 'Africa/Lagos', false], // one hour ahead now, but not in summer
  ['Europe/London', 'UTC', false],
  ['America/New_York', 'Europe/Berlin', false],
  ['Europe/Berlin', 'Mars/Olympus', false],
])('%s shows the same times as %s: %s', (one, other, alike) => {
  expect(areAlike(one, other, NOVEMBER)).toBe(alike);
});

test('a zone is called as people write it', () => {
  expect(zoneName('America/New_York')).toBe('America/New York');
});
