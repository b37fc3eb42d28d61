import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { inTurn } from '../src/sw/turns.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(async () => {
  await vi.runAllTimersAsync();
  vi.useRealTimers();
});

const lasting = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

test('what is begun meanwhile waits until the first is done', async () => {
  const order: string[] = [];
  const first = inTurn(async () => {
    await lasting(500);
    order.push('shown');
  });
  const second = inTurn(() => {
    order.push('asked');
    return Promise.resolve(7);
  });
  await vi.advanceTimersByTimeAsync(500);
  await first;
  expect(await second).toBe(7);
  expect(order).toEqual(['shown', 'asked']);
});

test('what fails is told to who wanted it, and holds up nobody', async () => {
  const refused = inTurn(() => Promise.reject(new Error('no')));
  const next = inTurn(() => Promise.resolve('fine'));
  await expect(refused).rejects.toThrow('no');
  expect(await next).toBe('fine');
});

test('what never ends is not waited for', async () => {
  void inTurn(() => new Promise(() => undefined));
  const next = inTurn(() => Promise.resolve('shown'));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await next).toBe('shown');
});
