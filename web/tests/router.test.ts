import { expect, test } from 'vitest';
import { addressOf, isFiltered, NO_FILTER, type Route, routeOf } from '../src/rules/router.ts';

const FILTER = { ...NO_FILTER, camera: 'front-door', fromDay: '2026-11-21', fromTime: '14:00' };

test('the root is the live page of the first camera', () => {
  expect(routeOf('/')).toEqual({ page: 'live', camera: null });
});

test.each<[string, Route]>([
  ['/live/front-door', { page: 'live', camera: 'front-door' }],
  ['/alerts', { page: 'alerts', event: null, filter: NO_FILTER }],
  ['/alerts/e%2F1', { page: 'alerts', event: 'e/1', filter: NO_FILTER }],
  [
    '/alerts/e1?camera=front-door&fromDay=2026-11-21&fromTime=14%3A00',
    { page: 'alerts', event: 'e1', filter: FILTER },
  ],
  ['/status', { page: 'status' }],
  ['/settings', { page: 'settings', section: null, item: null }],
  ['/settings/cameras/front-door', { page: 'settings', section: 'cameras', item: 'front-door' }],
  ['/timeline', { page: 'timeline', camera: null, at: null }],
  [
    '/timeline/porch?at=2026-11-21T14%3A02%3A31Z',
    { page: 'timeline', camera: 'porch', at: '2026-11-21T14:02:31Z' },
  ],
  ['/answer/e%2F1?camera=front-door', { page: 'answer', event: 'e/1', camera: 'front-door' }],
  ['/answer/e1', { page: 'answer', event: 'e1', camera: null }],
  ['/login', { page: 'login' }],
  ['/setup', { page: 'setup' }],
])('%s is read and written the same', (address, route) => {
  const url = new URL(address, 'http://localhost');
  expect(routeOf(url.pathname, url.search)).toEqual(route);
  expect(addressOf(route)).toBe(address);
});

test.each([
  '/nothing',
  '/status/more',
  '/alerts/a/b',
  '/login/x',
  '/answer',
  '/settings/a/b/c',
  '/timeline/a/b',
  '/pair/x',
])('%s is no page', (path) => {
  expect(routeOf(path)).toEqual({ page: 'lost' });
});

test('a stray percent sign does not break the page', () => {
  expect(routeOf('/alerts/50%')).toEqual({ page: 'alerts', event: '50%', filter: NO_FILTER });
});

test('a slash at the end means the same page', () => {
  expect(routeOf('/alerts/')).toEqual(routeOf('/alerts'));
});

test('a filter with one field set is a filter', () => {
  expect(isFiltered(NO_FILTER)).toBe(false);
  expect(isFiltered({ ...NO_FILTER, toTime: '09:00' })).toBe(true);
});

test('all cameras have an address of their own, which no camera can take', () => {
  expect(routeOf('/all')).toEqual({ page: 'all' });
  expect(addressOf({ page: 'all' })).toBe('/all');
  expect(routeOf('/live/all')).toEqual({ page: 'live', camera: 'all' });
});
