import { expect, test } from 'vitest';
import type { Person } from '../src/api/house.ts';
import { dayEnd, dayOf, lastMoment } from '../src/rules/days.ts';
import { people as german } from '../src/words/de/people.ts';
import { rules as germanRules } from '../src/words/de/rules.ts';
import { signin as germanSignin } from '../src/words/de/signin.ts';
import { peopleWords } from '../src/words/people.ts';
import { rulesWords } from '../src/words/rules.ts';
import { signinWords } from '../src/words/signin.ts';

const NOW = new Date('2026-11-22T15:00:00Z');
const GUEST: Person = {
  name: 'Gus',
  role: 'guest',
  cameras: null,
  created_at: '2026-11-22T14:00:00Z',
  until: dayEnd('2026-11-25').toISOString(),
  over: false,
  has_password: false,
  sessions: 0,
  last_seen_at: null,
};

test('who may come until the end of a day reads that day, in the list and in the form', () => {
  expect(peopleWords.when(GUEST, NOW)).toBe('until Wed 25 Nov, not here yet');
  expect(german.when(GUEST, NOW)).toContain('25');
  expect(dayOf(lastMoment(GUEST.until ?? ''))).toBe('2026-11-25');
});

test('an end in the middle of a day is on that day', () => {
  expect(peopleWords.when({ ...GUEST, until: '2026-11-25T11:00:00Z' }, NOW)).toContain('until Wed 25 Nov');
});

test('nobody is told that his time is over where the box does not know the time', () => {
  expect(signinWords.barred('time-unknown')).toContain('does not know the time');
  expect(signinWords.barred('time-over')).toContain('is over');
  expect(germanSignin.barred('time-unknown')).toContain('Uhrzeit');
});

test('what is wrong with a setting is called as the field is', () => {
  const server = 'must not be more than close_after (30 is more than 10)';
  expect(rulesWords.field('events.post_roll')).toBe(rulesWords.postRoll);
  expect(rulesWords.field('server.listen')).toBe('');
  expect(rulesWords.wrong(server)).toContain(rulesWords.closeAfter);
  expect(germanRules.wrong(server)).toContain(germanRules.closeAfter);
  expect(rulesWords.wrong('must be at least 0')).toBe('must be at least 0');
});
