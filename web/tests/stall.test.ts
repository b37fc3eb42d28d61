import { expect, test } from 'vitest';
import { isDead, STALLED_MS } from '../src/rules/stall.ts';

const LONG = STALLED_MS + 1;

test.each([
  ['pictures come', { picture: 100, word: 100, cameraUp: true }, false],
  ['just within patience', { picture: STALLED_MS, word: STALLED_MS, cameraUp: true }, false],
  ['nobody says a word', { picture: 0, word: LONG, cameraUp: true }, true],
  ['no picture of a camera that is there', { picture: LONG, word: 0, cameraUp: true }, true],
  ['no picture of a camera that is away', { picture: LONG, word: 0, cameraUp: false }, false],
  ['no word, and the camera is away', { picture: LONG, word: LONG, cameraUp: false }, true],
])('%s', (_, silence, dead) => {
  expect(isDead(silence)).toBe(dead);
});
