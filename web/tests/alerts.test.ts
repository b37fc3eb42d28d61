import { expect, test } from 'vitest';
import type { DoorEvent } from '../src/api/shapes.ts';
import {
  byDay,
  causesByWeight,
  isSaved,
  merged,
  neighbour,
  newAmong,
  refreshed,
  seenUntil,
  shelvesOf,
  shownSeconds,
  stillGrows,
} from '../src/rules/alerts.ts';
import { words } from '../src/words/core.ts';

function event(id: string, startedAt: string, change: Partial<DoorEvent> = {}): DoorEvent {
  return {
    id,
    camera: 'front-door',
    started_at: startedAt,
    ended_at: startedAt,
    causes: ['person'],
    pre_roll_seconds: 6,
    score: 0.9,
    clip: null,
    thumbnail: null,
    ledger: [],
    ...change,
  };
}
const late = event('c', '2026-11-21T13:00:00Z');
const middle = event('b', '2026-11-21T00:30:00Z');
const early = event('a', '2026-11-20T22:30:00Z');
const ids = (events: DoorEvent[]) => events.map(({ id }) => id);

test('a press outweighs the person who pressed', () => {
  expect(causesByWeight(event('x', '', { causes: ['motion', 'person', 'press'] }))).toEqual([
    'press',
    'person',
    'motion',
  ]);
});

test('a person who waits is named once', () => {
  expect(causesByWeight(event('x', '', { causes: ['person', 'loitering'] }))).toEqual(['loitering']);
  expect(words.causesOf(['trigger', 'motion'])).toBe('Motion');
});

test('a card says where and which way, as far as it is known', () => {
  expect(words.alerts.place('Front door', '', null)).toBe('Front door');
  expect(words.alerts.place('Front door', 'porch', null)).toBe('Front door · porch');
  expect(words.alerts.place('Front door', '', 'leaving')).toBe('Front door · leaving');
  expect(words.alerts.place('Front door', 'porch', 'arriving')).toBe('Front door · porch, arriving');
});

test('an event without a known cause is still shown', () => {
  expect(causesByWeight(event('x', '', { causes: [] }))).toEqual(['motion']);
});

test('what is drawn together fills its rows, with whatever number of cards in one', () => {
  const many = Array.from({ length: 150 }, (_, number) => event(String(number), ''));
  expect(shelvesOf(many).map(({ length }) => length)).toEqual([60, 60, 30]);
  expect(shelvesOf(many).flat()).toEqual(many);
  expect(shelvesOf([])).toEqual([]);
});

test('days are local ones', () => {
  expect(byDay([late, middle, early]).map((day) => ids(day.events))).toEqual([['c', 'b'], ['a']]);
});

test('merging keeps one of each, the fresh one, newest first', () => {
  const ended = event('b', middle.started_at, { score: 0.5 });
  const all = merged([middle, early], [late, ended]);
  expect(ids(all)).toEqual(['c', 'b', 'a']);
  expect(all[1]).toBe(ended);
});

test('refreshing drops what was deleted elsewhere and keeps what lies below the page', () => {
  expect(ids(refreshed([late, middle, early], [late, early], false))).toEqual(['c', 'a']);
  expect(ids(refreshed([late, middle, early], [late, middle], false))).toEqual(['c', 'b', 'a']);
  expect(ids(refreshed([late, middle, early], [late], true))).toEqual(['c']);
  expect(ids(refreshed([late], [], true))).toEqual([]);
});

test('a running event has no end', () => {
  expect(seenUntil(event('x', '2026-11-21T13:00:00Z', { ended_at: null }))).toBeNull();
  expect(shownSeconds(event('x', '2026-11-21T13:00:00Z', { ended_at: null }))).toBeNull();
});

test('the last sighting counts where it is known', () => {
  const seen = event('x', '2026-11-21T13:00:00Z', {
    ended_at: '2026-11-21T13:00:25Z',
    last_seen_at: '2026-11-21T13:00:15Z',
  });
  expect(seenUntil(seen)?.toISOString()).toBe('2026-11-21T13:00:15.000Z');
  expect(shownSeconds(seen)).toBe(15);
});

test('arrows move through rows and columns and stop at the edge', () => {
  const boxes = [0, 100].flatMap((y) => [0, 50, 100].map((x) => ({ x, y })));
  boxes.push({ x: 0, y: 300 }); // the next day
  expect(neighbour(boxes, 1, 'down')).toBe(4);
  expect(neighbour(boxes, 5, 'down')).toBe(6);
  expect(neighbour(boxes, 6, 'up')).toBe(3);
  expect(neighbour(boxes, 0, 'up')).toBe(0);
  expect(neighbour(boxes, 0, 'left')).toBe(0);
  expect(neighbour(boxes, 6, 'right')).toBe(6);
  expect(neighbour(boxes, 2, 'right')).toBe(3);
});

test('an alert grows until it is over and its clip is whole', () => {
  const clip = { href: '/clip.mp4', bytes: 4096, seconds: 4.5 };
  expect(stillGrows(event('x', '2026-11-21T13:00:00Z', { ended_at: null, clip }))).toBe(true);
  expect(stillGrows(event('x', '2026-11-21T13:00:00Z', { clip: { ...clip, whole: false } }))).toBe(true);
  expect(stillGrows(event('x', '2026-11-21T13:00:00Z', { clip: { ...clip, whole: true } }))).toBe(false);
  expect(stillGrows(late)).toBe(false);
});

const kept = event('k', '2026-11-21T12:00:00Z', { causes: ['saved'] });

test('what somebody kept is no news', () => {
  expect(isSaved(kept)).toBe(true);
  expect(isSaved({ ...kept, causes: [] })).toBe(false);
  expect(isSaved({ ...kept, causes: ['person'] })).toBe(false);
  const seen = event('s', '2026-11-21T12:00:01Z');
  expect(newAmong([kept, seen], Date.parse('2026-11-21T11:00:00Z'))).toBe(1);
  expect(newAmong([kept, seen], Date.parse('2026-11-21T12:00:01Z'))).toBe(0);
});

test('what somebody kept has a word of its own', () => {
  expect(causesByWeight(kept)).toEqual(['saved']);
  expect(words.causes.saved).toBe('Saved');
});
