// How it is with the hub, what its reasons mean, and what may be a pairing code.
import { describe, expect, it } from 'vitest';
import type { Hub } from '../src/api/hub.ts';
import { codeIn, daysUntil, endsSoon, remedyOf, standingOf } from '../src/rules/hub.ts';
import { kindOf } from '../src/rules/problemkind.ts';
import { anywhereWords } from '../src/words/anywhere.ts';
import { german } from '../src/words/de/index.ts';

const UP: Hub = {
  paired: true,
  enabled: true,
  box: 'home',
  host: 'door.example.org',
  address: 'https://door.example.org',
  state: 'up',
  since: '2026-11-21T13:00:00Z',
  reason: '',
  why: '',
  round_trip_ms: 23.4,
  certificate_ends_at: '2027-01-21T13:00:00Z',
  bytes_this_month: 1_234_567_890,
  reached: true,
  reached_why: '',
  through_hub: false,
  at_home: false,
  home_address: 'http://192.168.1.5:8080',
  needs_restart: false,
};

describe('how it is', () => {
  it.each([
    [{}, 'open'],
    [{ reached: false }, 'unreached'],
    [{ reached: null }, 'asking'],
    [{ state: 'down', reached: true }, 'down'],
    [{ state: 'connecting' }, 'connecting'],
    [{ state: 'off' }, 'connecting'],
    [{ enabled: false, state: 'off' }, 'unused'],
    [{ paired: false, state: 'off' }, 'off'],
  ] as const)('%j is %s', (change, standing) => {
    expect(standingOf({ ...UP, ...change })).toBe(standing);
  });
});

describe('why it is not reached', () => {
  it.each([
    ['revoked', 'code'],
    ['host-key', 'code'],
    ['key-lost', 'code'],
    ['no-ssh', 'ssh'],
    ['name', 'internet'],
    ['timed-out', 'hub'],
    ['unknown', 'hub'],
    ['', 'hub'],
  ] as const)('%s', (why, remedy) => {
    expect(remedyOf(why)).toBe(remedy);
  });

  it('is said in German where it is known, and else as Doorstep says it', () => {
    const { why } = german.anywhere;
    const sentence = 'The hub x does not answer.';
    expect(why('timed-out', sentence)).toBe('Der Hub antwortet nicht.');
    expect([why('unknown', sentence), why('', sentence)]).toEqual([sentence, sentence]);
    expect(anywhereWords.why('timed-out', sentence)).toBe(sentence);
  });
});

describe('the certificate', () => {
  it('has so many whole days', () => {
    const now = Date.parse('2026-11-21T13:00:00Z');
    expect(daysUntil('2026-11-22T12:59:59Z', now)).toBe(0);
    expect(daysUntil('2027-01-21T13:00:00Z', now)).toBe(61);
    expect(daysUntil('2026-11-21T12:59:59Z', now)).toBe(-1);
  });

  it('is a trouble only where it should long be renewed', () => {
    expect([60, 29, 11, 10, 0, -1].map(endsSoon)).toEqual([false, false, false, true, true, true]);
    expect(anywhereWords.certificate(62)).toBe('renews itself, 62 days left');
    expect(anywhereWords.certificateSoon(-3)).toContain('it is over');
  });
});

describe('a pasted code', () => {
  it.each([
    ['dh1-abcDEF_-09', 'dh1-abcDEF_-09'],
    ['  dh1-abc\n   def\r\nghi ', 'dh1-abcdefghi'],
    ['dh2-later', 'dh2-later'], // Doorstep says that it is of another version
    ['DH1-abc', 'DH1-abc'],
    ['ssh-ed25519 AAAA', ''],
    ['', ''],
  ])('%j', (pasted, code) => {
    expect(codeIn(pasted)).toBe(code);
  });
});

it('a door that is not reached though the hub answers is another problem than a hub that is not', () => {
  const problem = { since: '2026-11-21T13:00:00Z', remedy: '', minor: false };
  expect(
    kindOf({ ...problem, key: 'hub', what: 'Your door cannot be reached from outside. It is down.' }),
  ).toBe('hub');
  expect(
    kindOf({
      ...problem,
      key: 'hub',
      what: 'Your door cannot be reached from outside, though the hub answers.',
    }),
  ).toBe('hub-unreached');
});
