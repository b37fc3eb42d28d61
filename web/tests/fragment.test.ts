import { expect, test } from 'vitest';
import { Marks, producerTimeOf, timescalesOf } from '../src/rules/fragment.ts';

const NTP = 2_208_988_800;

function box(type: string, ...content: Uint8Array[]): Uint8Array {
  const size = 8 + content.reduce((sum, one) => sum + one.length, 0);
  const whole = new Uint8Array(size);
  new DataView(whole.buffer).setUint32(0, size);
  whole.set(new TextEncoder().encode(type), 4);
  let at = 8;
  for (const one of content) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}

function words(...numbers: number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * 4);
  numbers.forEach((number, index) => {
    new DataView(bytes.buffer).setUint32(index * 4, number);
  });
  return bytes;
}

const trak = (track: number, scale: number) =>
  box('trak', box('tkhd', words(7, 0, 0, track, 0)), box('mdia', box('mdhd', words(0, 0, 0, scale, 0, 0))));
const longTrak = (track: number, scale: number) =>
  box(
    'trak',
    box('tkhd', words(0x01000007, 0, 0, 0, 0, track, 0)),
    box('mdia', box('mdhd', words(0x01000000, 0, 0, 0, 0, scale, 0, 0, 0))),
  );
const prft = (seconds: number, fraction: number, media: number) =>
  box('prft', words(0x01000018, 1, seconds + NTP, fraction, 0, media));

test('reads the timescale of each track, in both versions of the boxes', () => {
  const init = new Uint8Array([
    ...box('ftyp', words(0)),
    ...box('moov', box('mvhd', words(0)), trak(1, 90_000), longTrak(2, 48_000)),
  ]);
  expect([...timescalesOf(init)]).toEqual([
    [1, 90_000],
    [2, 48_000],
  ]);
});

test('reads when a picture was taken', () => {
  const fragment = new Uint8Array([...prft(1_700_000_000, 2 ** 31, 180_000), ...box('moof', words(1))]);
  expect(producerTimeOf(fragment)).toEqual({ track: 1, wall: 1_700_000_000_500, media: 180_000 });
});

test('a fragment without the box, cut off or of nonsense has no time', () => {
  const whole = prft(1_700_000_000, 0, 0);
  expect(producerTimeOf(box('moof', words(1, 2)))).toBeNull();
  for (let length = 0; length < whole.length; length += 1) {
    expect(producerTimeOf(whole.subarray(0, length))).toBeNull();
    expect(timescalesOf(whole.subarray(0, length)).size).toBe(0);
  }
  expect(producerTimeOf(new Uint8Array(64).fill(255))).toBeNull();
});

test('a picture was taken when its mark says, the next a little later', () => {
  const marks = new Marks();
  expect(marks.wallAt(1)).toBeNull();
  marks.add(1, 10_000);
  marks.add(1.04, 10_060);
  expect(marks.wallAt(0.5)).toBeNull();
  expect(marks.wallAt(1)).toBe(10_000);
  expect(marks.wallAt(1.0399)).toBeCloseTo(10_060, -1);
  expect(marks.wallAt(1.05)).toBeCloseTo(10_070);
  expect(marks.wallAt(9)).toBeNull();
  expect(marks.frame).toBeCloseTo(0.04);
});

test('memory of marks is bounded, the newest stay', () => {
  const marks = new Marks();
  for (let number = 0; number < 10_000; number += 1) marks.add(number / 25, number);
  expect(marks.wallAt(9_999 / 25)).toBe(9_999);
  expect(marks.wallAt(100 / 25)).toBeNull();
});
