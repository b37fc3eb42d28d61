import { expect, test } from 'vitest';
import { deviceName } from '../src/rules/devicename.ts';
import { addressFor, ownPath, type PushWord, pushWordOf, shownOf } from '../src/rules/push.ts';
import { isMadeWith, keyBytes } from '../src/rules/pushkey.ts';

const rung: PushWord = {
  id: 'e1:press:push:7',
  alert: 'e1:press',
  event: 'yard-1',
  camera: 'yard',
  cause: 'press',
  title: 'Doorbell rang at Yard',
  text: 'Rung at 14:02:03.',
  link: '/alerts/yard-1',
  picture: '/api/v1/alerts/e1/picture.jpg?key=k',
  at: '2026-11-21T14:02:03.000Z',
  urgent: true,
  test: false,
};
const word = (changes: Partial<PushWord>): PushWord => ({ ...rung, ...changes });
const about_itself = { event: null, camera: null, cause: null };

test('a word is read as it was written', () => {
  expect(pushWordOf(JSON.stringify(rung))).toEqual(rung);
});

test('what is no word is none, and does not throw', () => {
  for (const text of ['', 'null', '7', '[]', '{', '{"id": 7}', '{"title": "Hello"}']) {
    expect(pushWordOf(text), text).toBeNull();
  }
});

test('what a word lacks is left out, and what is of another kind counts as lacking', () => {
  const found = pushWordOf('{"id": "a", "title": 3, "event": 7, "urgent": "yes", "link": null}');
  expect(found).toMatchObject({
    id: 'a',
    alert: 'a',
    title: 'Doorstep',
    event: null,
    urgent: false,
    link: '/',
  });
});

test('a press offers to watch and to snooze, a test only to watch, trouble neither', () => {
  const offered = (of: PushWord) => shownOf(of, 0).actions.map(({ action }) => action);
  expect(offered(rung)).toEqual(['watch', 'snooze']);
  expect(offered(word({ test: true }))).toEqual(['watch']);
  expect(offered(word(about_itself))).toEqual([]);
  expect(offered(word({ cause: null }))).toEqual([]);
});

test('all that is told about one visit has one notification', () => {
  const seen = word({ id: 'e1:person:push:7', alert: 'e1:person', cause: 'person' });
  expect(shownOf(seen, 0).tag).toBe(shownOf(rung, 0).tag);
  expect(shownOf(word(about_itself), 0).tag).toBe('e1:press');
});

test('a notification is as old as what it tells', () => {
  expect(shownOf(rung, 5).timestamp).toBe(Date.UTC(2026, 10, 21, 14, 2, 3));
  expect(shownOf(word({ at: 'yesterday' }), 5).timestamp).toBe(5);
});

test('a tap leads to the answer page, and says which camera', () => {
  expect(addressFor(rung)).toBe('/answer/yard-1?camera=yard');
  expect(addressFor(word({ event: 'a/b', camera: 'c&d' }))).toBe('/answer/a%2Fb?camera=c%26d');
  expect(addressFor(word({ camera: null }))).toBe('/answer/yard-1');
});

test('a word about Doorstep itself leads where its link does, and one that nobody can read to the start', () => {
  expect(addressFor(word({ ...about_itself, link: '/status' }))).toBe('/status');
  expect(addressFor(null)).toBe('/');
});

test.each([
  ['https://elsewhere.example/status?a=1#b', '/status?a=1#b'],
  ['//elsewhere.example/', '/'],
  ['\\\\elsewhere.example\\a', '/a'],
  ['javascript:alert(1)', '/'],
  ['http://', '/'],
  ['/alerts/a//b', '/alerts/a//b'],
  ['/.//elsewhere.example', '/elsewhere.example'],
])('a link to %s stays here', (link, path) => {
  expect(ownPath(link)).toBe(path);
});

test.each([
  [
    'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36',
    'Chrome on Android',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) Version/17.1 Mobile Safari/604.1',
    'Safari on iPhone',
  ],
  ['Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0', 'Edge on Windows'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0', 'Firefox on Linux'],
  ['curl/8', 'A browser'],
])('%s is called by a short name', (agent, name) => {
  expect(deviceName(agent)).toBe(name);
});

test('the key of a subscription is compared as bytes, whatever its alphabet', () => {
  const key = 'BP__-w';
  expect([...keyBytes(key)]).toEqual([4, 255, 255, 251]);
  expect(isMadeWith(key, new Uint8Array([4, 255, 255, 251]).buffer)).toBe(true);
  expect(isMadeWith(key, new Uint8Array([4, 255, 255, 250]).buffer)).toBe(false);
  expect(isMadeWith(key, new Uint8Array([4, 255, 255]).buffer)).toBe(false);
  expect(isMadeWith(key, null)).toBe(true);
});
