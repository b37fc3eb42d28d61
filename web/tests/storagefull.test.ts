import { expect, test } from 'vitest';
import { isOfStorage, isStorageFull } from '../src/rules/storagefull.ts';

const disk = (what: string, minor = false) => ({ key: 'disk', what, minor, remedy: '', since: '' });

test('a full disk is told from one that is nearly full, read-only or silent', () => {
  const full = disk('Recording has to stop: the disk is full (12 MB are free).');
  const nearly = disk('Storage is nearly full: 900 MB are free. The oldest recordings go early.', true);
  expect([isStorageFull(full), isOfStorage(full)]).toEqual([true, true]);
  expect([isStorageFull(nearly), isOfStorage(nearly)]).toEqual([false, true]);
  for (const what of [
    'Nothing is recorded: the disk is read-only.',
    'Recording waits: the disk does not answer.',
  ])
    expect(isOfStorage(disk(what))).toBe(false);
  expect(isOfStorage({ ...full, key: 'push' })).toBe(false);
});
