// The routes about the settings: the file, what a change would do to it, its last versions, and beginning anew.
import { asFault, Fault, faultOf } from './fault.ts';
import { ask, note } from './client.ts';

export type Path = (string | number)[];
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

/** `value` null takes the key out: its default holds.  A secret lies beside the file, never in it. */
export type Change = { path: Path; value: Value } | { secret: string; value: string };

/** `secrets` are paths where something is hidden, `restart` the tables that wait for one. */
export interface Settings {
  version: string;
  writable: boolean;
  why_not: string;
  fault: string;
  path: string;
  values: Record<string, Value>;
  cameras: Record<string, Value>[];
  secrets: Path[];
  secret_names: string[];
  restart: string[];
  restart_seconds: number;
}

export interface DiffLine {
  kind: 'same' | 'gone' | 'new';
  text: string;
}

export interface WrongKey {
  path: Path;
  what: string;
}

export interface Preview {
  diff: DiffLine[];
  faults: WrongKey[];
  restart: string[];
}

export interface Saved {
  version: string;
  restart: string[];
  /** Why the house does not use it; empty where it does. */
  trouble: string;
}

export interface Version {
  id: string;
  at: string;
  who: string;
  what: string;
  current: boolean;
}

export interface Key {
  path: string[];
  kind: 'text' | 'number' | 'whole' | 'switch' | 'size' | 'choice' | 'choices' | 'list' | 'secret' | 'other';
  default: Value;
  help: string;
  choices: (string | number)[];
  least: number | null;
  most: number | null;
  at_once: boolean;
}

/** The file is another one than was seen: another tab, another person, or an editor. */
export class ChangedMeanwhile extends Error {}

/** The settings would be none; nothing was written. */
export class Refused extends Error {
  constructor(readonly faults: WrongKey[]) {
    super('refused');
  }
}

export const settings = (): Promise<Settings> => ask('GET', '/settings');
export const settingsKeys = async (): Promise<Key[]> =>
  (await ask<{ keys: Key[] }>('GET', '/settings/keys')).keys;
export const settingsVersions = async (): Promise<Version[]> =>
  (await ask<{ versions: Version[] }>('GET', '/settings/versions')).versions;
export const preview = (version: string, changes: Change[]): Promise<Preview> =>
  write('POST', '/settings/preview', { version, changes });
export const previewRestore = (version: string, restore: string): Promise<Preview> =>
  write('POST', '/settings/preview', { version, restore });
export const save = (version: string, changes: Change[]): Promise<Saved> =>
  write('PUT', '/settings', { version, changes });
export const restore = (version: string, id: string): Promise<Saved> =>
  write('POST', `/settings/versions/${encodeURIComponent(id)}/restore`, { version });
export const restart = (): Promise<{ seconds: number }> => ask('POST', '/settings/restart', {});

const PATIENCE_MS = 20_000;

/** As `ask`, but with the two answers that a page acts on.  Throws ChangedMeanwhile, Refused, Fault. */
async function write<T>(method: string, path: string, body: unknown): Promise<T> {
  const asked = Date.now();
  let answer: Response;
  try {
    answer = await fetch(`/api/v1${path}`, {
      method,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (thrown) {
    throw asFault(thrown);
  }
  note(answer, asked);
  const content = (await answer.json().catch(() => null)) as {
    code?: string;
    detail?: string;
    faults?: WrongKey[];
  } | null;
  if (answer.ok && content !== null) return content as T;
  if (answer.ok) throw new Fault('broken');
  if (content?.code === 'settings-changed') throw new ChangedMeanwhile(content.detail ?? '');
  if (content?.code === 'settings-refused') throw new Refused(content.faults ?? []);
  throw faultOf(answer.status, content, answer.headers.get('retry-after'));
}
