// Rules about lists of events: their main cause, days, order, what is new, which card is beside which.
import type { Cause, DoorEvent } from '../api/shapes.ts';
import { dayOf } from './range.ts';

/** What matters most to the person at home comes first. */
const BY_WEIGHT: Cause[] = ['press', 'loitering', 'person', 'trigger', 'motion', 'saved'];

/** Without repetition, the weightiest first; at least one.  Who waits is a person: that is not said twice. */
export function causesByWeight(event: Pick<DoorEvent, 'causes'>): [Cause, ...Cause[]] {
  const [first, ...others] = BY_WEIGHT.filter(
    (cause) => event.causes.includes(cause) && !(cause === 'person' && event.causes.includes('loitering')),
  );
  return [first ?? 'motion', ...others];
}

/** Whether nothing happened: somebody kept a span of video. */
export function isSaved(event: DoorEvent): boolean {
  return event.causes.length > 0 && event.causes.every((cause) => cause === 'saved');
}

/** How many of these began after an instant; what somebody kept is no news. */
export function newAmong(events: DoorEvent[], after: number): number {
  return events.filter((event) => Date.parse(event.started_at) > after && !isSaved(event)).length;
}

/** When it was last seen; null while it happens. */
export function seenUntil(event: DoorEvent): Date | null {
  if (event.ended_at === null) return null;
  return new Date(event.last_seen_at ?? event.ended_at);
}

/** Whether what is known of it may soon be more: while it happens, and a moment longer while its clip is finished. */
export function stillGrows(event: DoorEvent): boolean {
  return event.ended_at === null || event.clip?.whole === false;
}

/** Seconds that the card shows: of the clip where there is one, else of the sighting. */
export function shownSeconds(event: DoorEvent): number | null {
  if (event.clip !== null) return event.clip.seconds;
  const until = seenUntil(event);
  return until === null ? null : (until.getTime() - Date.parse(event.started_at)) / 1000;
}

export interface Day {
  at: Date;
  events: DoorEvent[];
}

/** The local day of each event that was asked for: a list of thousands is gone through at every answer. */
const daysOf = new WeakMap<DoorEvent, string>();

/** Events of one local day together, in the order given. */
export function byDay(events: DoorEvent[]): Day[] {
  const days: Day[] = [];
  let current = '';
  for (const event of events) {
    const on = localDay(event);
    if (on === current) days.at(-1)?.events.push(event);
    else days.push({ at: new Date(event.started_at), events: [event] });
    current = on;
  }
  return days;
}

/** Full rows with one to six cards in each. */
const SHELF = 60;

/** The events of a day in parts that are drawn one by one; no row between two of them has a gap. */
export function shelvesOf(events: DoorEvent[]): DoorEvent[][] {
  const count = Math.ceil(events.length / SHELF);
  return Array.from({ length: count }, (_, shelf) => events.slice(shelf * SHELF, (shelf + 1) * SHELF));
}

function localDay(event: DoorEvent): string {
  const known = daysOf.get(event) ?? dayOf(new Date(event.started_at));
  daysOf.set(event, known);
  return known;
}

/** Newest first, one of each id; those of `fresh` win. */
export function merged(known: DoorEvent[], fresh: DoorEvent[]): DoorEvent[] {
  const [last, first] = [known.at(-1), fresh[0]];
  if (last !== undefined && first !== undefined && newestFirst(last, first) < 0) return [...known, ...fresh];
  const byId = new Map(known.map((event) => [event.id, event]));
  for (const event of fresh) byId.set(event.id, event);
  return [...byId.values()].sort(newestFirst);
}

/**
 * What is known after the first page was asked for again: as `merged`, but what the page should contain and does
 * not was deleted elsewhere.
 */
export function refreshed(known: DoorEvent[], page: DoorEvent[], isLastPage: boolean): DoorEvent[] {
  const oldest = page.at(-1);
  const ids = new Set(page.map((event) => event.id));
  const kept = known.filter((event) => {
    const isCovered = isLastPage || (oldest !== undefined && newestFirst(event, oldest) < 0);
    return ids.has(event.id) || !isCovered;
  });
  return merged(kept, page);
}

export type Direction = 'left' | 'right' | 'up' | 'down';

/** The index of the card that an arrow key leads to, or `index` where there is none that way. */
export function neighbour(boxes: { x: number; y: number }[], index: number, direction: Direction): number {
  if (direction === 'left') return Math.max(0, index - 1);
  if (direction === 'right') return Math.min(boxes.length - 1, index + 1);
  const from = boxes[index];
  if (from === undefined) return index;
  const sign = direction === 'down' ? 1 : -1;
  let best = index;
  let bestCost = Infinity;
  for (const [candidate, box] of boxes.entries()) {
    const rise = (box.y - from.y) * sign;
    if (rise <= 1) continue;
    const cost = rise * 10 + Math.abs(box.x - from.x); // the nearest row first, then the nearest column
    if (cost < bestCost) [best, bestCost] = [candidate, cost];
  }
  return best;
}

function newestFirst(a: DoorEvent, b: DoorEvent): number {
  if (a.started_at === b.started_at) return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
  return isPlain(a.started_at) && isPlain(b.started_at)
    ? Number(a.started_at < b.started_at) * 2 - 1
    : Date.parse(b.started_at) - Date.parse(a.started_at) || (a.id < b.id ? 1 : -1);
}

/** As Doorstep writes it, in UTC to the millisecond: such texts sort as their instants do. */
function isPlain(at: string): boolean {
  return at.length === 24 && at.endsWith('Z');
}
