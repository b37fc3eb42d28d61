// Days in zones whose clocks change by an hour, by half an hour, never, at midnight, and by a whole day.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  dayAfter,
  dayEnd,
  dayOf,
  dayStart,
  daysBefore,
  hoursOf,
  instantAt,
  isDay,
  timeOf,
} from '../src/rules/days.ts';
import { clock } from '../src/rules/times.ts';
import { instantOf, shownZone, showTimes, wallOf } from '../src/rules/zone.ts';

const HOUR = 3_600_000;
const show = (zone: string | undefined) => {
  showTimes({ locale: 'en-GB', zone, hours: 24 });
};
afterEach(() => {
  show(undefined);
});

test.each([
  // zone, day, its first instant, hours
  ['Europe/Berlin', '2026-11-21', '2026-11-20T23:00:00.000Z', 24],
  ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z', 23],
  ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00.000Z', 25],
  ['America/New_York', '2026-03-08', '2026-03-08T05:00:00.000Z', 23],
  ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z', 25],
  ['Australia/Lord_Howe', '2026-04-05', '2026-04-04T13:00:00.000Z', 24.5],
  ['Australia/Lord_Howe', '2026-10-04', '2026-10-03T13:30:00.000Z', 23.5],
  ['Asia/Kathmandu', '2026-11-21', '2026-11-20T18:15:00.000Z', 24],
  ['America/Santiago', '2026-09-06', '2026-09-06T04:00:00.000Z', 23], // its clocks jump over midnight
  ['America/Santiago', '2026-04-04', '2026-04-04T03:00:00.000Z', 25], // 23:00 to 24:00 twice
  ['America/Havana', '2026-11-01', '2026-11-01T04:00:00.000Z', 25], // 00:00 to 01:00 twice
  ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z', 0], // there was none
  ['Pacific/Kiritimati', '2026-11-21', '2026-11-20T10:00:00.000Z', 24],
  ['UTC', '2024-02-29', '2024-02-29T00:00:00.000Z', 24],
])('in %s %s begins at %s and has %d hours', (zone, day, start, hours) => {
  show(zone);
  expect(dayStart(day).toISOString()).toBe(start);
  expect((dayEnd(day).getTime() - dayStart(day).getTime()) / HOUR).toBe(hours);
});

describe.each([
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/St_Johns',
  'America/Santiago',
  'Pacific/Chatham',
])('every quarter of an hour of two years in %s', (zone) => {
  beforeEach(() => {
    show(zone);
  });
  // Steps that meet each quarter of the day and every change of the clocks, without looking at all 70,000.
  const instants = Array.from(
    { length: 4_000 },
    (_, n) => Date.UTC(2026, 0, 1) + ((n * 7_103) % 70_080) * 900_000,
  );

  test('belongs to the day that it lies in', () => {
    for (const at of instants.slice(0, 1_000)) {
      const day = dayOf(new Date(at));
      expect(dayStart(day).getTime(), new Date(at).toISOString()).toBeLessThanOrEqual(at);
      expect(dayEnd(day).getTime(), new Date(at).toISOString()).toBeGreaterThan(at);
    }
  });

  test('is found again by what the clock reads, or is its second reading', () => {
    for (const at of instants) {
      const wall = wallOf(new Date(at));
      const found = instantOf(wall);
      expect(wallOf(found).getTime()).toBe(wall.getTime());
      expect(found.getTime()).toBeLessThanOrEqual(at);
      expect(at - found.getTime()).toBeLessThanOrEqual(HOUR);
    }
  });
});

test('the zone of the phone is read as the phone reads it', () => {
  expect(shownZone()).toBe('Europe/Berlin'); // vite.config.ts
  for (let hour = 0; hour < 9_000; hour += 7) {
    const local = new Date(2026, 0, 1, hour, 30);
    const wall = wallOf(local);
    expect([wall.getUTCDate(), wall.getUTCHours()]).toEqual([local.getDate(), local.getHours()]);
    expect(instantOf(wall).getTime()).toBe(local.getTime());
  }
});

test('what the clock reads twice is the first time, what it never reads is later', () => {
  expect(instantAt('2026-10-25', '02:30').toISOString()).toBe('2026-10-25T00:30:00.000Z');
  expect(clock(instantAt('2026-03-29', '02:30'))).toBe('03:30');
  show('Australia/Lord_Howe');
  expect(clock(instantAt('2026-10-04', '02:15'))).toBe('02:45');
});

test.each([
  ['Europe/Berlin', '2026-10-25', 25, ['00:00', '01:00', '02:00', '02:00', '03:00']],
  ['Europe/Berlin', '2026-03-29', 23, ['00:00', '01:00', '03:00', '04:00', '05:00']],
  ['Australia/Lord_Howe', '2026-04-05', 24, ['00:00', '01:00', '02:00', '03:00', '04:00']],
  ['Australia/Lord_Howe', '2026-10-04', 23, ['00:00', '01:00', '03:00', '04:00', '05:00']],
  ['Asia/Kathmandu', '2026-11-21', 24, ['00:00', '01:00', '02:00', '03:00', '04:00']],
  ['America/Santiago', '2026-09-06', 23, ['01:00', '02:00', '03:00', '04:00', '05:00']],
])('the hours of a day in %s on %s are %d', (zone, day, count, first) => {
  show(zone);
  const hours = hoursOf(day);
  expect(hours.length).toBe(count);
  expect(hours.slice(0, 5).map(clock)).toEqual(first);
  expect(hours[0]?.getTime()).toBe(dayStart(day).getTime());
});

test('days are counted in the calendar, not in hours', () => {
  expect(dayAfter('2026-03-28')).toBe('2026-03-29');
  expect(dayAfter('2026-03-01', -1)).toBe('2026-02-28');
  expect(dayAfter('2024-02-28')).toBe('2024-02-29');
  expect(daysBefore(new Date('2026-10-25T22:30:00Z'), 1)).toBe('2026-10-24');
});

test('fields are filled with days and times of 24 hours, whatever is shown', () => {
  showTimes({ locale: 'en-US', zone: 'Asia/Kathmandu', hours: 12 });
  const at = new Date('2026-11-21T18:30:00Z');
  expect([dayOf(at), timeOf(at)]).toEqual(['2026-11-22', '00:15']);
});

test.each([
  ['2026-11-21', true],
  ['2026-02-29', false],
  ['2026-13-01', false],
  ['21.11.2026', false],
  ['', false],
])('%s is a day: %s', (text, is) => {
  expect(isDay(text)).toBe(is);
});
