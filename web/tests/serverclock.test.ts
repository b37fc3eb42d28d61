import { expect, test } from 'vitest';
import { ServerClock } from '../src/rules/serverclock.ts';

/** Learns from one answer of a server whose clock is `ahead`; the way there and back take `way` each. */
function ask(clock: ServerClock, at: number, ahead: number, way = 20): void {
  const date = Math.floor((at + way + ahead) / 1000) * 1000;
  clock.learn(date, at, at + 2 * way);
}

test('knows nothing and changes nothing at first', () => {
  expect(new ServerClock().offset).toBe(0);
});

test('is right to half a second and the way after one answer', () => {
  const clock = new ServerClock();
  ask(clock, 10_700, 90_000);
  expect(Math.abs(clock.offset - 90_000)).toBeLessThanOrEqual(520);
});

test.each([-7_300, 0, 400, 90_000])('gets as close as the way is long with every answer (%i ms)', (ahead) => {
  const clock = new ServerClock();
  for (let at = 0; at < 120_000; at += 2_043) ask(clock, at, ahead, at % 3 === 0 ? 400 : 20);
  expect(Math.abs(clock.offset - ahead)).toBeLessThan(60);
});

test('follows a clock that was set', () => {
  const clock = new ServerClock();
  for (let at = 0; at < 60_000; at += 2_043) ask(clock, at, 0);
  for (let at = 60_000; at < 120_000; at += 2_043) ask(clock, at, -3_600_000);
  expect(Math.abs(clock.offset + 3_600_000)).toBeLessThan(60);
});

test('an answer to a ping is worth more than a Date, which may be a second old', () => {
  const clock = new ServerClock();
  ask(clock, 10_700, 90_000);
  clock.learn(101_010, 11_000, 11_020, 1);
  expect(Math.abs(clock.offset - 90_000)).toBeLessThanOrEqual(11);
  clock.learn(99_000, 11_000, 11_040); // stale
  expect(Math.abs(clock.offset - 90_000)).toBeLessThanOrEqual(11);
  ask(clock, 20_000, -3_600_000); // set
  expect(Math.abs(clock.offset + 3_600_000)).toBeLessThanOrEqual(600);
});
