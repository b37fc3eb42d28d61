import { expect, test } from 'vitest';
import {
  type Glance,
  isUnwatched,
  LOOK_OVERDUE_MS,
  TRIES_BEFORE_GIVING_UP_HOPE,
  verdictOn,
} from '../src/rules/freshness.ts';
import { words } from '../src/words/core.ts';

const NOW = Date.parse('2026-11-21T13:02:22Z');
const GOOD: Glance = {
  now: NOW,
  online: true,
  reachable: true,
  paused: false,
  camera: 'live',
  streaming: true,
  tries: 0,
  takenAt: NOW - 200,
};
const say = (change: Partial<Glance>) => {
  const glance = { ...GOOD, ...change };
  return words.live.verdict(verdictOn(glance), {
    takenAt: glance.takenAt === null ? null : new Date(glance.takenAt),
    since: new Date('2026-11-21T13:02:00Z'),
    now: new Date(NOW),
  });
};

test('says live only while the picture is fresh', () => {
  expect(say({})).toBe('Live');
  expect(say({ takenAt: NOW - 2_500 })).toBe('Live');
  expect(say({ takenAt: NOW - 2_501 })).toBe('3 s behind');
  expect(say({ takenAt: NOW - 12_300 })).toBe('12 s behind');
});

test('a snapshot is not live, however young', () => {
  expect(say({ streaming: false })).toBe('Connecting…');
});

test('names the time of the picture that stays while it reconnects', () => {
  expect(say({ streaming: false, tries: 1, takenAt: NOW - 12_000 })).toBe(
    'Reconnecting… picture from 14:02:10',
  );
});

test('gives up hope aloud after five tries', () => {
  const glance = { streaming: false, tries: TRIES_BEFORE_GIVING_UP_HOPE, takenAt: NOW - 12_000 };
  expect(say(glance)).toBe('No live picture. Still trying. Picture from 14:02:10.');
});

test('a camera that is offline is never live, even if pictures still arrive', () => {
  expect(say({ camera: 'stalled' })).toBe('Camera offline since 14:02. Check its power and Wi-Fi.');
  expect(say({ camera: 'refused' })).toContain('Check its address, user name and password.');
  expect(say({ camera: 'off' })).toBe('Camera off since 14:02.');
});

test('the nearest cause is named: the phone, then the way, then the camera', () => {
  expect(verdictOn({ ...GOOD, online: false, reachable: false, camera: 'stalled' }).kind).toBe('offline');
  expect(verdictOn({ ...GOOD, reachable: false, camera: 'stalled' }).kind).toBe('unreachable');
});

test('a paused picture carries its time', () => {
  expect(say({ paused: true })).toBe('Paused. Picture from 14:02:21.');
});

test('never says live without a picture', () => {
  for (const camera of ['live', 'connecting', null] as const) {
    for (const tries of [0, 3, 9]) {
      expect(verdictOn({ ...GOOD, takenAt: null, camera, tries }).kind).not.toBe('live');
    }
  }
});

test('without any look a camera is not watched, once it has been live for long enough', () => {
  const since = '2026-11-21T13:02:00Z';
  const looks = (on: boolean, last_look_at: string | null) => ({ on, last_look_at, where: 'local' });
  const late = Date.parse(since) + LOOK_OVERDUE_MS + 1;
  const never = { state: 'live', since, watching: looks(true, null) } as const;
  expect(isUnwatched(never, late - 1)).toBe(false);
  expect(isUnwatched(never, late)).toBe(true);
  expect(isUnwatched({ ...never, state: 'stalled' }, late)).toBe(false);
  expect(isUnwatched({ ...never, watching: looks(true, since) }, late)).toBe(false);
  expect(isUnwatched({ ...never, watching: looks(false, since) }, late - 1)).toBe(true);
});
