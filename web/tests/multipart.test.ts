import { expect, test } from 'vitest';
import { boundaryOf, PartReader } from '../src/rules/multipart.ts';

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const text = (body: Uint8Array) => String.fromCharCode(...body);
const STREAM = bytes(
  '--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 5\r\nDoorstep-Picture-Age: 40\r\n\r\nfirst\r\n' +
    '--frame\r\nContent-Length: 14\r\n\r\nhas --frame in\r\n',
);

test.each([
  ['multipart/x-mixed-replace; boundary=frame', 'frame'],
  ['multipart/x-mixed-replace;boundary="a b"', 'a b'],
  ['multipart/x-mixed-replace; charset=x; boundary=--frame', '--frame'],
  ['image/jpeg', null],
  [null, null],
])('%s has the boundary %s', (contentType, boundary) => {
  expect(boundaryOf(contentType)).toBe(boundary);
});

test.each([1, 2, 7, 50, 1000])('reads the same pictures in chunks of %i bytes', (length) => {
  const reader = new PartReader('frame');
  const parts = [];
  for (let at = 0; at < STREAM.length; at += length)
    parts.push(...reader.push(STREAM.subarray(at, at + length)));
  expect(parts.map((part) => text(part.body))).toEqual(['first', 'has --frame in']);
  expect(parts[0]?.headers.get('doorstep-picture-age')).toBe('40');
});

test('a part without a length ends at the next boundary', () => {
  const reader = new PartReader('--frame');
  expect(
    reader.push(bytes('--frame\r\nA: b\r\n\r\none\r\n--frame\r\nA: b\r\n\r\ntw')).map((p) => text(p.body)),
  ).toEqual(['one']);
  expect(reader.push(bytes('o\r\n--frame--')).map((p) => text(p.body))).toEqual(['two']);
});

test('a part that never ends is refused', () => {
  const reader = new PartReader('frame');
  reader.push(bytes('--frame\r\nContent-Length: 99999999\r\n\r\n'));
  expect(() => reader.push(new Uint8Array(17 * 1024 * 1024))).toThrow(RangeError);
});
