import { expect, test } from 'vitest';
import { Chase, FAR_BEHIND, stale, type Step } from '../src/rules/chase.ts';

const FRAME = 0.04;
const step = (chase: Chase, at: number, position: number, end: number, gentle = false) =>
  chase.step(at, position, [[0, end]], FRAME, gentle);

test('does nothing before there is anything to play', () => {
  expect(new Chase().step(0, 0, [], FRAME)).toEqual({ rate: 1, jump: null });
});

test('plays faster behind more than 0.6 s, and jumps to the end behind more than 2.5 s', () => {
  expect(step(new Chase(), 0, 10, 10.5)).toEqual({ rate: 1, jump: null });
  expect(step(new Chase(), 0, 10, 10.7)).toEqual({ rate: 1.1, jump: null });
  const { jump } = step(new Chase(), 0, 10, 10 + FAR_BEHIND + 0.1);
  expect(jump).toBeGreaterThan(12.6 - 0.1);
  expect(jump).toBeLessThan(12.6);
});

test('a film that begins later, or has a hole, is gone on with at its end', () => {
  const { jump } = new Chase().step(
    0,
    1,
    [
      [0, 1],
      [1.5, 2],
    ],
    FRAME,
  );
  expect(jump).toBeGreaterThan(1.9);
});

/** Pictures come each 40 ms; what is in the buffer at its emptiest in the end, if it began with `ahead`. */
function played(ahead: number, seconds: number, gentle = false): number {
  const chase = new Chase();
  let taken: Step = { rate: 1, jump: null };
  let position = 10;
  let end = 10 + ahead;
  for (let at = 0; at < seconds; at += FRAME) {
    position = Math.min(end, taken.jump ?? position + taken.rate * FRAME);
    taken = chase.step(at, position, [[0, end]], FRAME, gentle);
    end += FRAME;
  }
  return end - position - FRAME;
}

test('what is always left in the buffer is used up, but not to the last frame', () => {
  expect(played(0.5, 30)).toBeLessThan(0.05);
  expect(played(0.5, 30)).toBeGreaterThan(0);
  expect(played(2, 30)).toBeLessThan(0.05);
});

test('who listens is not hurried for little', () => {
  expect(played(0.5, 30, true)).toBeGreaterThan(0.4);
});

test('a film that stands still is moved on, further from the end each time', () => {
  const chase = new Chase();
  const jumps: number[] = [];
  let position = 10;
  for (let at = 0; at < 12; at += 0.1) {
    const { jump } = chase.step(at, position, [[0, 10.2 + at]], FRAME);
    if (jump !== null) {
      position = jump;
      jumps.push(10.2 + at - jump);
    }
  }
  expect(jumps.length).toBeGreaterThan(2);
  expect(jumps).toEqual(jumps.toSorted((a, b) => a - b));
  expect(jumps.at(-1)).toBeLessThan(0.6);
});

test('only what was played goes from the buffer', () => {
  expect(stale(9, [[0, 10]])).toBeNull();
  expect(stale(30, [[10, 31]])).toEqual([10, 25]);
  expect(stale(0, [])).toBeNull();
});
