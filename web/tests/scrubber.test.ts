import { expect, test } from 'vitest';
import {
  clamp,
  type DayLine,
  drawn,
  eventAt,
  type EventMark,
  marksOf,
  momentAt,
  moved,
  neighbourEvent,
  offeredSpan,
  pixelOf,
  previewStep,
  recordedUntil,
  type Span,
  ticksOf,
  timeAt,
  viewAround,
  viewHolding,
  viewShowing,
  ZOOMS,
} from '../src/rules/scrubber.ts';

const HOUR = 3_600_000;
const NOON = Date.parse('2026-11-21T12:00:00Z');
const DAY: Span = { from: NOON - 12 * HOUR, until: NOON + 12 * HOUR };
const at = (seconds: number) => NOON + seconds * 1000;
const event = (seconds: number, cause: EventMark['cause'] = 'person', isAway = false): EventMark => ({
  id: `e${seconds}`,
  at: at(seconds),
  until: at(seconds + 10),
  cause,
  isAway,
});
const line = (parts: Partial<DayLine> = {}): DayLine => ({ recorded: [], gaps: [], events: [], ...parts });

/** The same numbers in every run: a rule must hold for all of them. */
function* numbers(count: number): Generator<[number, number, number]> {
  let state = 20261121;
  const next = () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  for (let index = 0; index < count; index += 1) yield [next(), next(), next()];
}

test('a pixel and its instant are each other: label and seek never differ by more than a millisecond', () => {
  for (const [a, b, c] of numbers(2000)) {
    const view = { from: DAY.from + a * 23 * HOUR, until: 0 };
    view.until = view.from + 60_000 + b * 25 * HOUR;
    const width = 200 + Math.floor(c * 3000);
    const x = b * width;
    const instant = timeAt(view, width, x);
    expect(Math.abs(pixelOf(view, width, instant) - x)).toBeLessThanOrEqual(width / (view.until - view.from));
    expect(timeAt(view, width, pixelOf(view, width, instant))).toBe(instant);
  }
});

test('to the right is later, for every two pixels', () => {
  for (const [a, b, c] of numbers(500)) {
    const view = viewAround(DAY, ZOOMS[Math.floor(c * 4)] ?? HOUR, DAY.from + a * 24 * HOUR);
    expect(timeAt(view, 390, b * 389)).toBeLessThanOrEqual(timeAt(view, 390, b * 389 + 1));
  }
});

test('a view never leaves its day and shows the instant it was made for', () => {
  for (const [a, b, c] of numbers(1000)) {
    const instant = DAY.from + a * 24 * HOUR;
    const length = ZOOMS[Math.floor(b * ZOOMS.length)] ?? HOUR;
    const view = viewAround(DAY, length, instant);
    expect(view.from).toBeGreaterThanOrEqual(DAY.from);
    expect(view.until).toBeLessThanOrEqual(DAY.until);
    expect(instant).toBeGreaterThanOrEqual(view.from);
    expect(instant).toBeLessThanOrEqual(view.until);
    const other = viewShowing(DAY, view, DAY.from + c * 24 * HOUR);
    expect(other.until - other.from).toBe(view.until - view.from);
    expect(DAY.from + c * 24 * HOUR).toBeGreaterThanOrEqual(other.from);
    expect(DAY.from + c * 24 * HOUR).toBeLessThanOrEqual(other.until);
  }
});

test('zooming keeps what lies under the finger where it is', () => {
  const view = viewAround(DAY, 6 * HOUR, NOON);
  const under = timeAt(view, 1000, 300);
  const closer = viewHolding(DAY, view, HOUR, under);
  expect(closer.until - closer.from).toBe(HOUR);
  expect(pixelOf(closer, 1000, under)).toBeCloseTo(300, 3);
});

test('a day of 23 or 25 hours is shown whole', () => {
  const short = { from: NOON, until: NOON + 23 * HOUR };
  const long = { from: NOON, until: NOON + 25 * HOUR };
  expect(viewAround(short, ZOOMS[0], NOON)).toEqual(short);
  expect(viewAround(long, ZOOMS[0], NOON + 20 * HOUR)).toEqual(long);
});

test('what there is at an instant is told with its reason', () => {
  const day = line({
    recorded: [
      { from: at(0), until: at(60) },
      { from: at(120), until: at(180) },
    ],
    gaps: [{ from: at(60), until: at(120), reason: 'The camera did not answer.' }],
    events: [event(300, 'person', true)],
  });
  const now = at(3600);
  expect(momentAt(day, at(30), now)).toEqual({ kind: 'recorded' });
  expect(momentAt(day, at(60), now)).toEqual({ kind: 'gap', reason: 'The camera did not answer.' });
  expect(momentAt(day, at(-60), now)).toEqual({ kind: 'nothing', next: at(0) });
  expect(momentAt(day, at(200), now)).toEqual({ kind: 'nothing', next: null });
  expect(momentAt(day, at(305), now)).toEqual({ kind: 'away', event: 'e300' });
  expect(momentAt(day, at(3601), now)).toEqual({ kind: 'future' });
  expect(recordedUntil(day, at(30))).toBe(at(60));
  expect(recordedUntil(day, at(90))).toBeNull();
});

test('the next and the previous event are found from anywhere', () => {
  const day = line({ events: [event(0), event(100), event(200)] });
  expect(neighbourEvent(day, at(0), 1)?.id).toBe('e100');
  expect(neighbourEvent(day, at(150), 1)?.id).toBe('e200');
  expect(neighbourEvent(day, at(150), -1)?.id).toBe('e100');
  expect(neighbourEvent(day, at(0), -1)).toBeNull();
  expect(neighbourEvent(day, at(200), 1)).toBeNull();
  expect(eventAt(day, at(105), at(999))?.id).toBe('e100');
  expect(eventAt(day, at(50), at(999))).toBeNull();
});

test('events on one place are one mark, of the weightiest cause, and none is lost', () => {
  const events = [event(0, 'motion'), event(1, 'press'), event(2, 'person'), event(3600)];
  const marks = marksOf(events, DAY, 1000, 20);
  expect(marks.map((mark) => [mark.count, mark.event.cause])).toEqual([
    [3, 'press'],
    [1, 'person'],
  ]);
});

test('ten thousand events are few marks, all of them counted', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => event(index * 8 - 40_000));
  const marks = marksOf(many, DAY, 1000, 20);
  expect(marks.length).toBeLessThanOrEqual(50);
  expect(marks.reduce((sum, mark) => sum + mark.count, 0)).toBe(10_000);
  for (const [index, mark] of marks.entries())
    expect(mark.x - (marks[index - 1]?.x ?? -20)).toBeGreaterThanOrEqual(20);
});

test('stretches are drawn within the view, at least a pixel wide, and joined where they touch', () => {
  const spans = [
    { from: at(-86_400), until: at(-43_000) },
    { from: at(0), until: at(1) },
    { from: at(1), until: at(2) },
    { from: at(20_000), until: at(20_001) },
  ];
  const rows = drawn(spans, DAY, 1000);
  expect(rows.length).toBe(3);
  for (const row of rows) {
    expect(row.x).toBeGreaterThanOrEqual(0);
    expect(row.width).toBeGreaterThanOrEqual(1);
  }
});

test('ticks are far enough apart at every zoom and width', () => {
  const hours = Array.from({ length: 24 }, (_, index) => DAY.from + index * HOUR);
  for (const [a, b] of numbers(300)) {
    const width = 250 + Math.floor(a * 2000);
    for (const length of ZOOMS) {
      const view = viewAround(DAY, length, DAY.from + b * 24 * HOUR);
      const ticks = ticksOf(view, width, 60, hours);
      expect(ticks.length).toBeGreaterThan(1);
      for (const [index, tick] of ticks.entries()) {
        const before = ticks[index - 1];
        if (before !== undefined)
          expect(pixelOf(view, width, tick) - pixelOf(view, width, before)).toBeGreaterThanOrEqual(59.999);
      }
    }
  }
});

test('small pictures are ten seconds apart where it is shown finely, and never finer', () => {
  expect(previewStep({ from: NOON, until: NOON + 600_000 }, 1000)).toBe(10);
  expect(previewStep(DAY, 1000)).toBe(300);
});

test('the span that is offered lies within what was recorded', () => {
  const day = line({ recorded: [{ from: at(0), until: at(20) }] });
  expect(offeredSpan(day, at(3), at(3600))).toEqual({ from: at(0), until: at(20) });
  const long = line({ recorded: [{ from: at(0), until: at(600) }] });
  expect(offeredSpan(long, at(300), at(3600))).toEqual({ from: at(285), until: at(315) });
  for (const [a] of numbers(200)) {
    const span = offeredSpan(day, at(a * 19.9), at(3600));
    expect(span.until).toBeGreaterThan(span.from);
  }
});

test('a moved end never passes the other one, nor makes the clip longer than it may be', () => {
  const span = { from: at(0), until: at(30) };
  expect(moved(span, 'from', at(40), HOUR)).toEqual({ from: at(29), until: at(30) });
  expect(moved(span, 'until', at(-40), HOUR)).toEqual({ from: at(0), until: at(1) });
  expect(moved(span, 'until', at(9000), HOUR)).toEqual({ from: at(0), until: at(3600) });
  expect(moved(span, 'from', at(-9000), HOUR)).toEqual({ from: at(-3570), until: at(30) });
  expect(clamp(5, { from: 1, until: 3 })).toBe(3);
});
