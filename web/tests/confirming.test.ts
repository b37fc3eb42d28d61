import { afterEach, expect, test, vi } from 'vitest';
import { confirmed } from '../src/api/confirming.ts';
import { Fault, faultOf } from '../src/api/fault.ts';

const askPassword = vi.hoisted(() => vi.fn());
vi.mock('../src/parts/askpassword.ts', () => ({ askPassword }));

afterEach(() => {
  askPassword.mockReset();
});

const again = faultOf(409, { code: 'say-password', detail: 'Enter your password once more.' });

test('asks for no password where none is needed', async () => {
  expect(await confirmed((said) => Promise.resolve(said))).toEqual({});
  expect(askPassword).not.toHaveBeenCalled();
});

test('asks for it and tries again', async () => {
  askPassword.mockImplementation((attempt: (said: object) => unknown) => attempt({ your_password: 'abc' }));
  const tried: object[] = [];
  await confirmed((said) => {
    tried.push(said);
    return tried.length === 1 ? Promise.reject(again) : Promise.resolve(null);
  });
  expect(tried).toEqual([{}, { your_password: 'abc' }]);
});

test.each([new Fault('forbidden'), faultOf(409, { code: 'last-owner' })])('passes %s on', async (fault) => {
  await expect(confirmed(() => Promise.reject(fault))).rejects.toBe(fault);
  expect(askPassword).not.toHaveBeenCalled();
});
