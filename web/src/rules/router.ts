// Which page an address means, and back.  The browser's history lives in state/navigation.
import type { LocalRange } from './range.ts';

/** What the grid of alerts shows; the days and times are the phone's own ("2026-11-21", "14:00"). */
export interface AlertFilter extends LocalRange {
  camera: string;
  /** Why it exists; empty for whatever. */
  cause: string;
}

export type Route =
  | { page: 'live'; camera: string | null }
  | { page: 'alerts'; event: string | null; filter: AlertFilter }
  | { page: 'timeline'; camera: string | null; at: string | null }
  | { page: 'all' }
  | { page: 'answer'; event: string; camera: string | null }
  | { page: 'settings'; section: string | null; item: string | null }
  | { page: 'status' }
  | { page: 'welcome' }
  | { page: 'pair' }
  | { page: 'reset' }
  | { page: 'login' }
  | { page: 'setup' }
  | { page: 'lost' };

export const NO_FILTER: AlertFilter = {
  camera: '',
  cause: '',
  fromDay: '',
  fromTime: '',
  toDay: '',
  toTime: '',
};

const FILTER_KEYS = Object.keys(NO_FILTER) as (keyof AlertFilter)[];

/** The route of a path and its query ("?camera=…"). */
export function routeOf(path: string, query = ''): Route {
  const [first, second, third, ...rest] = partsOf(path);
  if (rest.length > 0 || (third !== undefined && first !== 'settings')) return { page: 'lost' };
  switch (first) {
    case undefined:
      return { page: 'live', camera: null };
    case 'live':
      return { page: 'live', camera: second ?? null };
    case 'alerts':
      return { page: 'alerts', event: second ?? null, filter: filterOf(query) };
    case 'settings':
      if (second === 'health') return { page: 'status' };
      return { page: 'settings', section: second ?? null, item: third ?? null };
    case 'answer':
      return second === undefined
        ? { page: 'lost' }
        : { page: 'answer', event: second, camera: new URLSearchParams(query).get('camera') };
    case 'timeline':
      return { page: 'timeline', camera: second ?? null, at: new URLSearchParams(query).get('at') };
    case 'all':
    case 'status':
    case 'login':
    case 'setup':
    case 'welcome':
    case 'pair':
    case 'reset':
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
    case 'timeline': {
      const camera = route.camera === null ? '' : `/${encodeURIComponent(route.camera)}`;
      return `/timeline${camera}${route.at === null ? '' : `?at=${encodeURIComponent(route.at)}`}`;
    }
    case 'settings': {
      const parts = [route.section, route.item].filter((part) => part !== null);
      return ['/settings', ...parts.map(encodeURIComponent)].join('/');
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
