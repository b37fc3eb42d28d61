// Which page an address means, and back.  The browser's history lives in state/navigation.
import type { LocalRange } from './range.ts';

/** What the grid of alerts shows; the days and times are the phone's own ("2026-11-21", "14:00"). */
export interface AlertFilter extends LocalRange {
  camera: string;
}

export type Route =
  | { page: 'live'; camera: string | null }
  | { page: 'alerts'; event: string | null; filter: AlertFilter }
  | { page: 'all' }
  | { page: 'answer'; event: string; camera: string | null }
  | { page: 'settings' }
  | { page: 'status' }
  | { page: 'login' }
  | { page: 'setup' }
  | { page: 'lost' };

export const NO_FILTER: AlertFilter = { camera: '', fromDay: '', fromTime: '', toDay: '', toTime: '' };

const FILTER_KEYS = Object.keys(NO_FILTER) as (keyof AlertFilter)[];

/** The route of a path and its query ("?camera=…"). */
export function routeOf(path: string, query = ''): Route {
  const [first, second, ...rest] = partsOf(path);
  if (rest.length > 0) return { page: 'lost' };
  switch (first) {
    case undefined:
      return { page: 'live', camera: null };
    case 'live':
      return { page: 'live', camera: second ?? null };
    case 'alerts':
      return { page: 'alerts', event: second ?? null, filter: filterOf(query) };
    case 'answer':
      return second === undefined
        ? { page: 'lost' }
        : { page: 'answer', event: second, camera: new URLSearchParams(query).get('camera') };
    case 'all':
    case 'settings':
    case 'status':
    case 'login':
    case 'setup':
      return second === undefined ? { page: first } : { page: 'lost' };
    default:
      return { page: 'lost' };
  }
}

/** The address that `routeOf` reads as this route. */
export function addressOf(route: Route): string {
  switch (route.page) {
    case 'live':
      return route.camera === null ? '/' : `/live/${encodeURIComponent(route.camera)}`;
    case 'alerts': {
      const event = route.event === null ? '' : `/${encodeURIComponent(route.event)}`;
      return `/alerts${event}${queryOf(route.filter)}`;
    }
    case 'answer': {
      const camera = route.camera === null ? '' : `?camera=${encodeURIComponent(route.camera)}`;
      return `/answer/${encodeURIComponent(route.event)}${camera}`;
    }
    case 'lost':
      return '/';
    default:
      return `/${route.page}`;
  }
}

export function isFiltered(filter: AlertFilter): boolean {
  return FILTER_KEYS.some((key) => filter[key] !== '');
}

function partsOf(path: string): string[] {
  return path
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part; // a stray percent sign: the server will not know the id either
      }
    });
}

function filterOf(query: string): AlertFilter {
  const parameters = new URLSearchParams(query);
  const filter = { ...NO_FILTER };
  for (const key of FILTER_KEYS) filter[key] = parameters.get(key) ?? '';
  return filter;
}

function queryOf(filter: AlertFilter): string {
  const parameters = new URLSearchParams();
  for (const key of FILTER_KEYS) if (filter[key] !== '') parameters.set(key, filter[key]);
  const query = parameters.toString();
  return query === '' ? '' : `?${query}`;
}
