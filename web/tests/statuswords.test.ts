import { expect, test } from 'vitest';
import { statusWords } from '../src/words/status.ts';

test('what lies off-site is said while all is well, and what waits is counted', () => {
  expect(statusWords.offSite('s3://door/home', 0)).toBe('Off-site: everything is in s3://door/home.');
  expect(statusWords.offSite('s3://door/home', 1)).toBe('Off-site: 1 clip waits.');
  expect(statusWords.offSite('s3://door/home', 2)).toBe('Off-site: 2 clips wait.');
});
