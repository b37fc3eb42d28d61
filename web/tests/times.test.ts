import { afterEach, expect, test } from 'vitest';
import {
  clock,
  clockOf,
  clockWithSeconds,
  clockWithTenths,
  day,
  dollars,
  fileStamp,
  length,
  longDay,
  since,
  size,
  span,
  stageSeconds,
} from '../src/rules/times.ts';
import { type Manner, showTimes } from '../src/rules/zone.ts';

const ENGLISH: Manner = { locale: 'en-GB', zone: undefined, hours: 24 };
afterEach(() => {
  showTimes(ENGLISH);
});

const at = new Date('2026-11-21T13:02:03Z'); // 14:02:03 in the zone of the tests
const now = new Date('2026-11-21T20:00:00Z');

test('times are local and have 24 hours', () => {
  expect(clockWithSeconds(at)).toBe('14:02:03');
  expect(clockWithTenths(new Date(at.getTime() + 990))).toBe('14:02:03.9'); // never ahead of the time
});

test('"since" names the day only when it is another one', () => {
  expect(since(at, now)).toBe('14:02');
  expect(since(at, new Date('2026-11-22T20:00:00Z'))).toBe('Sat 21 Nov, 14:02');
  expect(since(at, new Date('2027-01-02T20:00:00Z'))).toBe('Sat 21 Nov 2026, 14:02');
});

test('days are short', () => {
  expect(day(at, now)).toBe('Sat 21 Nov');
});

test.each([
  [0, '0:00'],
  [12.4, '0:12'],
  [59.6, '1:00'],
  [3723, '1:02:03'],
  [-1, '0:00'],
])('%f s is %s long', (seconds, words) => {
  expect(length(seconds)).toBe(words);
});

test.each([
  [-500, '0 s'],
  [3999, '3 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [3 * 86_400_000, '3 days'],
])('%i ms is a span of %s', (milliseconds, words) => {
  expect(span(milliseconds)).toBe(words);
});

test('stages have a tenth of a second while they are short', () => {
  expect([412, 1320, 9949, 12_400].map(stageSeconds)).toEqual(['0.4 s', '1.3 s', '9.9 s', '12 s']);
});

test('a stage that took some milliseconds did not take none', () => {
  expect([0, 1, 32, 94, 95, -5].map(stageSeconds)).toEqual([
    '0.0 s',
    '0.01 s',
    '0.03 s',
    '0.09 s',
    '0.1 s',
    '0.0 s',
  ]);
});

test('sizes are decimal', () => {
  expect([1, 512_000, 18_200_000, 1.44e9, 18.4e9, 2e12].map(size)).toEqual([
    '1 kB',
    '512 kB',
    '18 MB',
    '1.4 GB',
    '18 GB',
    '2.0 TB',
  ]);
});

test('saved files are named by local time', () => {
  expect(fileStamp(at)).toBe('20261121_140203');
});

test('a sum shows as many digits as it needs', () => {
  expect([0, 0.00001, 0.0004, 0.0042, 0.05, 0.1, 2.054, 1234.5].map(dollars)).toEqual([
    '$0',
    '< $0.0001',
    '$0.0004',
    '$0.004',
    '$0.050',
    '$0.10',
    '$2.05',
    '$1,234.50',
  ]);
});

test.each([
  ['2026-11-20T23:00:00Z', '12:00 AM'],
  ['2026-11-21T00:05:00Z', '1:05 AM'],
  ['2026-11-21T11:00:00Z', '12:00 PM'],
  ['2026-11-21T13:02:03Z', '2:02 PM'],
])('%s is %s where a day has twice twelve hours', (instant, words) => {
  showTimes({ ...ENGLISH, hours: 12 });
  expect(clock(new Date(instant))).toBe(words);
});

test('seconds stand before the half of the day', () => {
  showTimes({ ...ENGLISH, hours: 12 });
  expect(clockWithSeconds(at)).toBe('2:02:03 PM');
  expect(clockWithTenths(at)).toBe('2:02:03.0 PM');
});

test('a time of the config is shown in the same manner', () => {
  expect(clockOf('22:30')).toBe('22:30');
  showTimes({ ...ENGLISH, hours: 12 });
  expect([clockOf('22:30'), clockOf('00:00'), clockOf('')]).toEqual(['10:30 PM', '12:00 AM', '']);
});

test('in German days, numbers and money are German', () => {
  showTimes({ ...ENGLISH, locale: 'de' });
  expect(since(at, new Date('2027-01-02T20:00:00Z'))).toBe('Sa. 21. Nov. 2026, 14:02');
  expect(longDay(at)).toBe('Samstag, 21. November 2026');
  expect([span(3 * 86_400_000), size(1.44e9), stageSeconds(412), dollars(2.054)]).toEqual([
    '3 Tage',
    '1,4 GB',
    '0,4 s',
    '2,05 $',
  ]);
});

test('times are those of the zone that was chosen, whatever the phone has', () => {
  showTimes({ ...ENGLISH, zone: 'Asia/Kathmandu' });
  expect(since(new Date('2026-11-21T18:30:00Z'), new Date('2026-11-21T10:00:00Z'))).toBe('Sun 22 Nov, 00:15');
  expect(fileStamp(at)).toBe('20261121_184703');
});

test('in a zone that this phone does not know its own is shown', () => {
  showTimes({ ...ENGLISH, zone: 'Mars/Olympus' });
  expect(clock(at)).toBe('14:02');
});
