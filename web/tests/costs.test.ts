import { expect, test } from 'vitest';
import { costWords, dollars } from '../src/costwords.ts';

test('a sum shows as many digits as it needs', () => {
  expect([0, 0.00001, 0.0004, 0.0042, 0.05, 0.1, 2.054, 1234.5].map(dollars)).toEqual([
    '$0',
    'less than $0.0001',
    '$0.0004',
    '$0.004',
    '$0.050',
    '$0.10',
    '$2.05',
    '$1234.50',
  ]);
});

test('one call is not one calls', () => {
  expect([1, 2, 175334].map(costWords.calls)).toEqual(['1 call', '2 calls', '175,334 calls']);
});

test('a payee that this page does not know keeps its name', () => {
  expect(costWords.payee('s3')).toBe('Storage in the bucket');
  expect(costWords.payee('tape')).toBe('tape');
});
