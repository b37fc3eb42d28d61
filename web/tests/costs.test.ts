import { expect, test } from 'vitest';
import { costWords } from '../src/words/cost.ts';

test('one call is not one calls', () => {
  expect([1, 2, 175334].map(costWords.calls)).toEqual(['1 call', '2 calls', '175,334 calls']);
});

test('a payee that this page does not know keeps its name', () => {
  expect(costWords.payee('s3')).toBe('Storage in the bucket');
  expect(costWords.payee('s3-read')).toBe('Playing from the bucket');
  expect(costWords.payee('tape')).toBe('tape');
});
