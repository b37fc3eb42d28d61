import { expect, test } from 'vitest';
import type { AuditEntry } from '../src/api/shapes.ts';
import { seenSpan } from '../src/rules/auditspan.ts';
import { activity } from '../src/words/de/activity.ts';
import { activityWords } from '../src/words/activity.ts';

const local = (day: number, hour: number, minute: number): string =>
  new Date(2026, 10, day, hour, minute).toISOString();

function line(from: string, until: string, change: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: '1',
    at: local(21, 14, 30),
    who: 'Ann',
    address: '192.0.2.7',
    verb: 'watched a recording',
    camera: 'front',
    way: `${from}/${until}`,
    until: null,
    seconds: 0,
    ...change,
  } as AuditEntry;
}

test('the part of the recordings that was seen is told, with its day where it is another', () => {
  expect(seenSpan(line(local(21, 13, 55), local(21, 14, 2)))).toBe('13:55–14:02');
  expect(seenSpan(line(local(21, 13, 55), local(21, 13, 55)))).toBe('13:55');
  expect(seenSpan(line(local(19, 23, 50), local(20, 0, 10)))).toMatch(/19.*23:50–.*20.*00:10/);
});

test('a line without a readable part says nothing of it', () => {
  expect(seenSpan(line('', ''))).toBe('');
  expect(seenSpan(line('soon', 'later'))).toBe('');
  expect(seenSpan(line(local(21, 13, 55), local(21, 14, 2), { verb: 'signed in' }))).toBe('');
});

test('watching and saving recordings are sentences in both languages', () => {
  const watched = line(local(21, 13, 55), local(21, 14, 2));
  const saved = { ...watched, verb: 'saved a clip' };
  expect(activityWords.sentence(watched, 'Ann', 'Garden')).toBe('Ann watched recordings of Garden');
  expect(activityWords.sentence(saved, 'Ann', 'Garden')).toBe('Ann saved a clip of Garden');
  expect(activity.sentence(watched, 'Ann', 'Garten')).toBe('Ann hat Aufnahmen von Garten angesehen');
  expect(activity.sentence(saved, 'Ann', 'Garten')).toBe('Ann hat einen Clip von Garten gesichert');
  expect(activityWords.facts({ ...watched, address: '192.0.2.7' }, new Date(2026, 10, 21, 15))).toBe(
    '14:30, recordings of 13:55–14:02, from 192.0.2.7',
  );
});
