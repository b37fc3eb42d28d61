import { expect, test } from 'vitest';
import { alertWords } from '../src/words/alert.ts';
import type { DoorEvent } from '../src/api/shapes.ts';

type Clip = NonNullable<DoorEvent['clip']>;

function lying(where: Clip['where'], state: 'none' | 'waiting' | 'done'): DoorEvent {
  const clip = { href: '/clip.mp4', bytes: 1, seconds: 1, where };
  return { clip, off_site: { state } } as Partial<DoorEvent> as DoorEvent;
}

test('an alert says where its video lies, where that is worth a word', () => {
  expect(alertWords.alert.where(lying('here', 'none'))).toBe('');
  expect(alertWords.alert.where(lying('here', 'waiting'))).toMatch(/on its way/);
  expect(alertWords.alert.where(lying('here', 'done'))).toMatch(/copy lies/);
  expect(alertWords.alert.where(lying('off-site', 'done'))).toMatch(/plays from there/);
  expect(alertWords.alert.where(lying('gone', 'none'))).toMatch(/deleted/);
  expect(alertWords.alert.where(lying('elsewhere', 'none'))).toBe('');
  expect(alertWords.alert.where({ clip: null } as Partial<DoorEvent> as DoorEvent)).toBe('');
});
