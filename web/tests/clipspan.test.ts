import { describe, expect, it } from 'vitest';
import {
  type ClipFacts,
  fileNameOf,
  isTooLargeToHold,
  lengthOf,
  LONGEST,
  secondsOf,
  shorteningOf,
  spanOf,
} from '../src/rules/clipspan.ts';

const NOON = new Date('2026-11-21T12:00:00Z');
const at = (seconds: number): Date => new Date(NOON.getTime() + seconds * 1000);

function facts(from: number, to: number, parts = 1): ClipFacts {
  return { startsAt: at(from), endsAt: at(to), parts, bytes: 1e6, codec: 'h264' };
}

describe('a span', () => {
  it('ends at its end where it has no start', () => {
    expect(spanOf(null, 30, NOON)).toEqual({ start: at(-30), end: NOON });
  });
  it('begins at its start where it has one', () => {
    expect(spanOf(at(-300), 30, NOON)).toEqual({ start: at(-300), end: at(-270) });
  });
});

describe('a clip that is shorter than asked', () => {
  const asked = { start: at(-60), end: NOON };
  it('says nothing of less than a key frame', () => {
    expect(shorteningOf(asked, facts(-59.2, 0))).toBeNull();
  });
  it('says that the recording begins late', () => {
    expect(shorteningOf(asked, facts(-42, 0))).toBe('late');
    expect(secondsOf(facts(-42, 0))).toBe(42);
  });
  it('says that there are gaps', () => {
    expect(shorteningOf(asked, facts(-42, 0, 2))).toBe('gaps');
  });
});

describe('a length of ones own', () => {
  it.each([
    [0, 1, 1],
    [2, 5, 125],
    [null, 15, 15],
    [60, 0, LONGEST],
  ])('of %s min %s s is %s seconds', (minutes, seconds, whole) => {
    expect(lengthOf(minutes, seconds)).toBe(whole);
  });
  it.each([
    [0, 0],
    [null, null],
    [60, 1],
    [-1, 0],
    [0, 0.2],
  ])('of %s min %s s is none', (minutes, seconds) => {
    expect(lengthOf(minutes, seconds)).toBeNull();
  });
});

describe('the name of a saved clip', () => {
  const local = new Date(2026, 10, 21, 14, 2, 3);
  it.each([
    ['Front door', '20261121_140203_Front-door.mp4'],
    ['Porch <b>& door</b>', '20261121_140203_Porch-b-door-b.mp4'],
    ['../../etc', '20261121_140203_etc.mp4'],
    ['🚪🐕', '20261121_140203_cam-1.mp4'],
    ['', '20261121_140203_cam-1.mp4'],
    ['x'.repeat(300), `20261121_140203_${'x'.repeat(60)}.mp4`],
  ])('of a camera called %j is plain', (camera, name) => {
    expect(fileNameOf(camera, 'cam-1', local)).toBe(name);
  });
});

it('leaves large clips to the browser, and sooner on a phone', () => {
  expect(isTooLargeToHold(301e6, true)).toBe(true);
  expect(isTooLargeToHold(301e6, false)).toBe(false);
  expect(isTooLargeToHold(2e9, false)).toBe(true);
});
