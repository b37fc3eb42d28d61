import { expect, test } from 'vitest';
import type { LedgerEntry, Stage } from '../src/api/shapes.ts';
import { costOf, speedOf } from '../src/rules/ledger.ts';
import { alertWords } from '../src/words/alert.ts';

const entry = (stage: Stage, ms: number, cost_usd = 0, channel = ''): LedgerEntry => ({
  stage,
  at: '',
  ms,
  cost_usd,
  channel,
});

test('says how fast it was seen and told', () => {
  const ledger = [entry('captured', 0), entry('seen', 412), entry('sent', 610), entry('accepted', 1320)];
  expect(alertWords.alert.speed(speedOf(ledger))).toBe('seen 0.4 s, told 1.3 s');
});

test('counts the message as told when it was sent and nobody has confirmed it', () => {
  expect(alertWords.alert.speed(speedOf([entry('sent', 610)]))).toBe('told 0.6 s');
});

test('the first channel counts', () => {
  expect(speedOf([entry('accepted', 900), entry('accepted', 4000)]).told).toBe(900);
});

test('what a remote detector was asked is not when somebody was seen', () => {
  const sent = entry('seen', 3200, 0.0001, 'far.example: 2 pictures sent (60 kB), answered');
  expect(speedOf([sent]).seen).toBeNull();
  expect(speedOf([sent, entry('seen', 800)]).seen).toBe(800);
});

test('says nothing of an empty ledger', () => {
  expect(alertWords.alert.speed(speedOf([]))).toBe('');
});

test('costs are added up', () => {
  expect(costOf([entry('seen', 1, 0.001), entry('sent', 2, 0.002)])).toBeCloseTo(0.003);
});
