// Where an instant lies on the timeline, and which instant a pixel means: the same rule for label, picture and seek.
// Instants are milliseconds of UTC; how they are called is in times.ts.  No drawing.
import type { Cause } from '../api/shapes.ts';

export interface Span {
  from: number;
  until: number;
}

/** A camera's day as the server tells it; everything oldest first. */
export interface DayLine {
  recorded: Span[];
  gaps: (Span & { reason: string })[];
  events: EventMark[];
}

export interface EventMark {
  id: string;
  at: number;
  /** null while it happens. */
  until: number | null;
  cause: Cause;
  /** None of its video lies on the machine any more. */
  isAway: boolean;
}

/** Events that fall on one place of the timeline. */
export interface Mark {
  x: number;
  /** The weightiest of them. */
  event: EventMark;
  count: number;
}

export type Moment =
  | { kind: 'recorded' }
  | { kind: 'gap'; reason: string }
  | { kind: 'away'; event: string }
  /** Nothing was kept; `next` is when recording begins on that day, null where it does not any more. */
  | { kind: 'nothing'; next: number | null }
  | { kind: 'future' };

const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

/** What is shown at once, widest first; the first means the whole day. */
export const ZOOMS = [24 * HOUR, 6 * HOUR, HOUR, 10 * MINUTE] as const;
export const FINEST = ZOOMS.length - 1;

const WEIGHT: Cause[] = ['press', 'loitering', 'person', 'trigger', 'motion', 'saved'];
const STEPS = [10 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE];
const PREVIEW_STEPS = [10, 30, 60, 120, 300];
const PREVIEW_PIXELS = 4;

/** How many pixels from the left an instant is drawn. */
export function pixelOf(view: Span, width: number, at: number): number {
  return ((at - view.from) / (view.until - view.from)) * width;
}

/** The instant that is drawn there, to the millisecond: the other way round. */
export function timeAt(view: Span, width: number, x: number): number {
  return Math.round(view.from + (x / width) * (view.until - view.from));
}

/** So much of the day around an instant, never beyond its ends. */
export function viewAround(day: Span, length: number, at: number): Span {
  const whole = day.until - day.from;
  if (length >= Math.min(whole, ZOOMS[0])) return day;
  const from = clamp(at - length / 2, { from: day.from, until: day.until - length });
  return { from, until: from + length };
}

/** As much as `view` shows, or of another length, so that what lies under a pixel stays there. */
export function viewHolding(day: Span, view: Span, length: number, at: number): Span {
  const part = (at - view.from) / (view.until - view.from);
  return viewAround(day, length, at + (0.5 - part) * length);
}

/** The view moved until it shows the instant, with some room beside it. */
export function viewShowing(day: Span, view: Span, at: number): Span {
  const length = view.until - view.from;
  const room = length / 10;
  if (at >= view.from && at <= view.until) return view;
  return viewAround(day, length, at < view.from ? at - room + length / 2 : at + room - length / 2);
}

export function clamp(at: number, within: Span): number {
  return Math.min(Math.max(at, within.from), within.until);
}

/** What there is at an instant. */
export function momentAt(line: DayLine, at: number, now: number): Moment {
  if (at > now) return { kind: 'future' };
  if (line.recorded.some((span) => at >= span.from && at < span.until)) return { kind: 'recorded' };
  const away = line.events.find((event) => event.isAway && at >= event.at && at < (event.until ?? now));
  if (away !== undefined) return { kind: 'away', event: away.id };
  const gap = line.gaps.find((one) => at >= one.from && at < one.until);
  if (gap !== undefined) return { kind: 'gap', reason: gap.reason };
  return { kind: 'nothing', next: line.recorded.find((span) => span.from > at)?.from ?? null };
}

/** Where the video that holds an instant ends; null where there is none. */
export function recordedUntil(line: DayLine, at: number): number | null {
  return line.recorded.find((span) => at >= span.from && at < span.until)?.until ?? null;
}

/** The event that happens at an instant: the last that has begun. */
export function eventAt(line: DayLine, at: number, now: number): EventMark | null {
  return line.events.findLast((event) => at >= event.at && at < (event.until ?? now)) ?? null;
}

/** The beginning of the next event behind an instant, or of the last one before it. */
export function neighbourEvent(line: DayLine, at: number, direction: 1 | -1): EventMark | null {
  if (direction === 1) return line.events.find((event) => event.at > at) ?? null;
  return line.events.findLast((event) => event.at < at) ?? null;
}

/** Spans as they are drawn: those within the view, each at least a pixel wide, those that touch in one. */
export function drawn<One extends Span>(
  spans: readonly One[],
  view: Span,
  width: number,
): { x: number; width: number; span: One }[] {
  const rows: { x: number; width: number; span: One }[] = [];
  for (const span of spans) {
    if (span.until <= view.from || span.from >= view.until) continue;
    const x = Math.max(0, pixelOf(view, width, span.from));
    const end = Math.max(x + 1, Math.min(width, pixelOf(view, width, span.until)));
    const last = rows.at(-1);
    if (last !== undefined && x - (last.x + last.width) < 0.5)
      last.width = Math.max(last.width, end - last.x);
    else rows.push({ x, width: end - x, span });
  }
  return rows;
}

/** The events of the view, those nearer than `apart` pixels to the first of a heap in one mark. */
export function marksOf(events: readonly EventMark[], view: Span, width: number, apart: number): Mark[] {
  const marks: Mark[] = [];
  for (const event of events) {
    if (event.at < view.from || event.at > view.until) continue;
    const x = pixelOf(view, width, event.at);
    const last = marks.at(-1);
    if (last === undefined || x - last.x >= apart) {
      marks.push({ x, event, count: 1 });
      continue;
    }
    last.count += 1;
    if (WEIGHT.indexOf(event.cause) < WEIGHT.indexOf(last.event.cause)) last.event = event;
  }
  return marks;
}

/** Instants to be labelled, at least `apart` pixels from each other; `hours` are those that the clock shows as full. */
export function ticksOf(view: Span, width: number, apart: number, hours: readonly number[]): number[] {
  const least = ((view.until - view.from) / width) * apart;
  const step = STEPS.find((one) => one >= least);
  if (step === undefined) {
    const every = [1, 2, 3, 4, 6, 12].find((one) => one * HOUR >= least) ?? 24;
    return hours.filter((at, index) => index % every === 0 && at >= view.from && at <= view.until);
  }
  const ticks: number[] = [];
  // Zones are whole quarters of an hour apart; half hours are counted from what the clock shows as full.
  const base = hours[0] ?? 0;
  for (let at = base + Math.ceil((view.from - base) / step) * step; at <= view.until; at += step)
    ticks.push(at);
  return ticks;
}

/** Seconds between two small pictures, so that each stands for some pixels and never for less than ten seconds. */
export function previewStep(view: Span, width: number): number {
  const seconds = ((view.until - view.from) / width / SECOND) * PREVIEW_PIXELS;
  return PREVIEW_STEPS.find((step) => step >= seconds) ?? 300;
}

/** How far a page key goes: a minute, and a tenth of what is shown where that is more. */
export function pageStep(view: Span): number {
  return Math.max(MINUTE, (view.until - view.from) / 10);
}

/** The span that is offered first: some seconds around an instant, within what there is. */
export function offeredSpan(line: DayLine, at: number, now: number): Span {
  const held = line.recorded.find((span) => at >= span.from && at < span.until);
  const most = held ?? { from: at - 15 * SECOND, until: now };
  const from = clamp(at - 15 * SECOND, { from: most.from, until: Math.max(most.from, most.until - SECOND) });
  return { from, until: Math.max(from + SECOND, Math.min(from + 30 * SECOND, most.until, now)) };
}

/** A span whose one end was moved: never empty, never longer than `longest` milliseconds; the other end stays. */
export function moved(span: Span, end: 'from' | 'until', at: number, longest: number): Span {
  if (end === 'from')
    return { ...span, from: clamp(at, { from: span.until - longest, until: span.until - SECOND }) };
  return { ...span, until: clamp(at, { from: span.from + SECOND, until: span.from + longest }) };
}
