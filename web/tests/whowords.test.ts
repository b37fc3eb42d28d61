import { expect, test } from 'vitest';
import type { Model, RemoteDetector } from '../src/api/shapes.ts';
import { whoWords } from '../src/words/who.ts';

const MODEL: Model = { name: 'yolox-nano', side: 416, why: '416 is what was set.' };
const TROUBLE = 'The remote detector at far.example did not answer in time.';

function remote(change: Partial<RemoteDetector> = {}): RemoteDetector {
  const free = { spent_usd: 0, cap_usd: 0 };
  return { host: 'far.example', use: 'every', trouble: null, left_alone: false, ...free, ...change };
}

test('the model is told with its size, and the reason as the server gives it', () => {
  expect(whoWords.model(MODEL)).toBe('yolox-nano, at 416 pixels');
  expect(whoWords.why(MODEL, null)).toBe('416 is what was set.');
});

test('without a model it is told what is left, never more than that', () => {
  const motion = 'Motion alone makes events until then.';
  expect(whoWords.model(null)).toBe('The model is still being loaded, or there is none.');
  expect(whoWords.why(null, null)).toBe(motion);
  expect(whoWords.why(null, remote({ trouble: TROUBLE }))).toBe(motion);
  expect(whoWords.why(null, remote())).toBe('Only the remote detector looks until then.');
});

test('a remote detector is told with what it is asked', () => {
  const every = 'far.example, asked at every look';
  const doubtful = remote({ use: 'doubtful' });
  expect(whoWords.host(remote(), MODEL)).toBe(every);
  expect(whoWords.host(doubtful, MODEL)).toBe('far.example, asked only where a look is doubtful');
  expect(whoWords.host(doubtful, null)).toBe(every); // without a model here nothing can be doubtful
});

test('that it serves is not claimed: perhaps nobody asked it yet', () => {
  expect(whoWords.state(remote(), MODEL)).toBe('No trouble is known.');
});

test('its trouble is told in its own words, and the model here only where there is one', () => {
  const failing = remote({ trouble: TROUBLE, left_alone: true });
  expect(whoWords.state(failing, MODEL)).toBe(`${TROUBLE} The model on this machine looks meanwhile.`);
  expect(whoWords.state(failing, null)).toBe(`${TROUBLE} No model on this machine looks meanwhile.`);
});

test('money is told only where there is a cap', () => {
  expect(whoWords.money(remote({ spent_usd: 1.2345 }))).toBe('');
  expect(whoWords.money(remote({ spent_usd: 1.2345, cap_usd: 5 }))).toBe(
    '$1.23 spent this month, of at most $5.00.',
  );
});
