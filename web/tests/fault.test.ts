import { expect, test } from 'vitest';
import { asFault, Fault, faultOf } from '../src/api/fault.ts';
import { words } from '../src/words/core.ts';

test.each([
  [400, 'refused'],
  [401, 'signed-out'],
  [403, 'forbidden'],
  [404, 'gone'],
  [410, 'gone'],
  [422, 'refused'],
  [429, 'wait'],
  [500, 'broken'],
  [502, 'unreachable'],
  [503, 'unreachable'],
  [504, 'unreachable'],
] as const)('status %i means %s', (status, kind) => {
  expect(faultOf(status, null).kind).toBe(kind);
});

test('keeps the sentence of the server and when to come back', () => {
  const fault = faultOf(429, { title: 'Too many', detail: 'Wait.' }, '30');
  expect([fault.detail, fault.retryAfter]).toEqual(['Wait.', 30]);
});

test.each([null, 'text', 7, {}, { detail: 5 }])('survives the body %j', (body) => {
  expect(faultOf(500, body).detail).toBe('');
});

test('anything thrown by the network means that nobody answered', () => {
  expect(asFault(new TypeError('Failed to fetch')).kind).toBe('unreachable');
  const fault = new Fault('gone');
  expect(asFault(fault)).toBe(fault);
});

test('no sentence for people holds a raw code', () => {
  for (const sentence of Object.values(words.faults)) expect(sentence).not.toMatch(/\d{3}|HTTP|undefined/);
});

test('Doorstep saying that it cannot is not the same as nobody answering', () => {
  expect(faultOf(503, { detail: 'The catalog is busy.' }).kind).toBe('broken');
});
