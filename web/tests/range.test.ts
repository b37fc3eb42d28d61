// The zone of these tests is Europe/Berlin (vite.config.ts), where clocks change.
import { expect, test } from 'vitest';
import { dayOf, daysBefore, instantsOf, isBackwards } from '../src/rules/range.ts';

const TODAY = new Date('2026-11-21T10:00:00Z');
const OPEN = { fromDay: '', fromTime: '', toDay: '', toTime: '' };
const iso = (range: Partial<typeof OPEN>) => {
  const { from, to } = instantsOf({ ...OPEN, ...range }, TODAY);
  return [from?.toISOString(), to?.toISOString()];
};

test('an empty range is open on both sides', () => {
  expect(iso({})).toEqual([undefined, undefined]);
});

test('a day is the whole local day', () => {
  expect(iso({ fromDay: '2026-11-21', toDay: '2026-11-21' })).toEqual([
    '2026-11-20T23:00:00.000Z',
    '2026-11-21T23:00:00.000Z',
  ]);
});

test.each([
  ['2026-03-29', 23],
  ['2026-10-25', 25],
  ['2026-07-01', 24],
])('%s has %i hours', (day, hours) => {
  const { from, to } = instantsOf({ ...OPEN, fromDay: day, toDay: day }, TODAY);
  expect((Number(to) - Number(from)) / 3_600_000).toBe(hours);
});

test('the minute that ends a range belongs to it', () => {
  expect(iso({ fromDay: '2026-11-21', fromTime: '14:00', toDay: '2026-11-21', toTime: '14:02' })).toEqual([
    '2026-11-21T13:00:00.000Z',
    '2026-11-21T13:03:00.000Z',
  ]);
});

test('a time without a day means today', () => {
  expect(iso({ fromTime: '08:30' })[0]).toBe('2026-11-21T07:30:00.000Z');
});

test('what is not a day is no limit', () => {
  expect(iso({ fromDay: 'yesterday' })).toEqual([undefined, undefined]);
});

test('a range that ends before it begins is backwards', () => {
  expect(isBackwards(instantsOf({ ...OPEN, fromDay: '2026-11-21', toDay: '2026-11-20' }, TODAY))).toBe(true);
  expect(isBackwards(instantsOf({ ...OPEN, fromDay: '2026-11-21', toDay: '2026-11-21' }, TODAY))).toBe(false);
  expect(isBackwards(instantsOf({ ...OPEN, toDay: '2026-11-20' }, TODAY))).toBe(false);
});

test('days are counted in the local calendar', () => {
  expect(dayOf(new Date('2026-11-20T23:30:00Z'))).toBe('2026-11-21');
  expect(daysBefore(new Date('2026-03-01T12:00:00Z'), 1)).toBe('2026-02-28');
});
