// What a push says, what is shown of it, and where a tap on it leads.  Fetching and showing live in sw/.

/** One delivery to one device, as Doorstep writes it.  `link` and `picture` are paths here; `at` is RFC 3339. */
export interface PushWord {
  id: string;
  alert: string;
  /** null for a word about Doorstep itself, which has no cause either. */
  event: string | null;
  camera: string | null;
  cause: string | null;
  title: string;
  text: string;
  link: string;
  picture: string | null;
  at: string;
  urgent: boolean;
  test: boolean;
}

export interface Shown {
  tag: string;
  body: string;
  timestamp: number;
  urgent: boolean;
  actions: { action: TapAction; title: string }[];
}

export type TapAction = 'watch' | 'snooze';

export const SNOOZE_SECONDS = 3600;

/** The word of a push, or null where it cannot be read; what is missing in it is left out, not made up. */
export function pushWordOf(text: string): PushWord | null {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof found !== 'object' || found === null) return null;
  const read = found as Record<string, unknown>;
  const words = (key: string): string | null => {
    const value = read[key];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const id = words('id');
  if (id === null) return null;
  return {
    id,
    title: words('title') ?? 'Doorstep',
    alert: words('alert') ?? id,
    event: words('event'),
    camera: words('camera'),
    cause: words('cause'),
    text: words('text') ?? '',
    link: words('link') ?? '/',
    picture: words('picture'),
    at: words('at') ?? '',
    urgent: read.urgent === true,
    test: read.test === true,
  };
}

/** A visit has one notification: what comes later about it takes the place of what came before. */
export function shownOf(word: PushWord, now: number): Shown {
  const at = Date.parse(word.at);
  return {
    tag: word.event ?? word.alert,
    body: word.text,
    timestamp: Number.isNaN(at) ? now : at,
    urgent: word.urgent,
    actions: actionsOf(word),
  };
}

function actionsOf(word: PushWord): Shown['actions'] {
  if (word.camera === null || word.cause === null) return [];
  const watch = { action: 'watch', title: 'Watch' } as const;
  return word.test ? [watch] : [watch, { action: 'snooze', title: 'Snooze 1 h' }];
}

/** The page that answers it: the door, live, where something happens there; else where its link leads. */
export function addressFor(word: PushWord | null): string {
  if (word === null) return '/';
  if (word.event === null || word.cause === null) return ownPath(word.link);
  const camera = word.camera === null ? '' : `?camera=${encodeURIComponent(word.camera)}`;
  return `/answer/${encodeURIComponent(word.event)}${camera}`;
}

/** The path of a link, whatever host it names: a push leads nowhere but here. */
export function ownPath(link: string): string {
  const base = 'https://doorstep.invalid';
  const found = URL.canParse(link, base) ? new URL(link, base) : null;
  if (found === null || !/^https?:$/.test(found.protocol)) return '/';
  const path = found.pathname.replace(/^\/+/, '/');
  return path + found.search + found.hash;
}
