// The routes of the owner's pages: people and where they are signed in, who did what, tokens, storage, backup.
import { ask, note } from './client.ts';
import { confirmed } from './confirming.ts';
import { asFault, Fault, faultOf } from './fault.ts';
import type { AuditEntry, Role, Status } from './shapes.ts';

const idOf = encodeURIComponent;

/** `cameras` null means all; `until` null for good, `over` that it is past.  Who has no password never chose one. */
export interface Person {
  name: string;
  role: Role;
  cameras: string[] | null;
  created_at: string;
  until: string | null;
  over: boolean;
  has_password: boolean;
  sessions: number;
  last_seen_at: string | null;
}

/** What of a person the owner may say; no password: they choose it themselves. */
export interface Rights {
  role: Role;
  cameras: string[] | null;
  until: string | null;
}

/** A way in, shown this once. */
export interface Invitation {
  href: string;
  expires_at: string;
}

/** `qr` is a way's picture, a data: address; `only_here`: Doorstep listens to its own machine alone. */
export interface Pairing extends Invitation {
  ways: { href: string; host: string; qr: string }[];
  warning: string;
  only_here: boolean;
}

/** Where somebody is signed in; `how` null for sessions of before that was known. */
export interface Login {
  id: string;
  name: string;
  person: string;
  created_at: string;
  last_seen_at: string | null;
  address: string;
  current: boolean;
  how: string | null;
}

export const people = async (): Promise<Person[]> => (await ask<{ users: Person[] }>('GET', '/users')).users;
export const addPerson = (name: string, rights: Rights): Promise<Person> =>
  confirmed((said) => ask('POST', '/users', { name, ...rights, ...said }));
/** `seen` is what they could do when it was changed; refused where somebody else changed that meanwhile. */
export const changePerson = (name: string, rights: Rights, seen: Rights): Promise<Person> =>
  confirmed((said) => ask('PATCH', `/users/${idOf(name)}`, { ...rights, seen, ...said }));
export const removePerson = (name: string, myself: boolean): Promise<unknown> =>
  ask('DELETE', `/users/${idOf(name)}${myself ? '?myself=true' : ''}`);
export const inviteByLink = (name: string): Promise<Invitation> =>
  confirmed((said) => ask('POST', `/users/${idOf(name)}/reset`, said));
export const inviteByCode = (name: string): Promise<Pairing> =>
  confirmed((said) => ask('POST', '/pairings', { name, ...said }));
export const everybodysLogins = async (): Promise<Login[]> =>
  (await ask<{ sessions: Login[] }>('GET', '/sessions?all=true')).sessions;
export const endLogin = (id: string): Promise<unknown> => ask('DELETE', `/sessions/${idOf(id)}`);

/** Empty means whatever. */
export interface AuditQuery {
  who: string;
  camera: string;
  verbs: readonly string[];
}

export interface AuditPage {
  entries: (AuditEntry & { address: string })[];
  next: string | null;
}

export function auditPage(query: AuditQuery, cursor: string | null): Promise<AuditPage> {
  const parameters = new URLSearchParams({ limit: '60' });
  if (query.who !== '') parameters.set('who', query.who);
  if (query.camera !== '') parameters.set('camera', query.camera);
  for (const verb of query.verbs) parameters.append('verb', verb);
  if (cursor !== null) parameters.set('cursor', cursor);
  return ask('GET', `/audit?${parameters.toString()}`);
}

/** Without its secret; null means all cameras, and no end. */
export interface Token {
  id: string;
  name: string;
  scopes: string[];
  cameras: string[] | null;
  created_at: string;
  expires_at: string | null;
}

export type NewToken = Omit<Token, 'id' | 'created_at'>;

export const tokens = async (): Promise<Token[]> => (await ask<{ tokens: Token[] }>('GET', '/tokens')).tokens;
/** The secret, shown this once. */
export const makeToken = async (token: NewToken): Promise<string> =>
  (await confirmed((said) => ask<{ token: string }>('POST', '/tokens', { ...token, ...said }))).token;
export const revokeToken = (id: string): Promise<unknown> => ask('DELETE', `/tokens/${idOf(id)}`);

export interface StorageOfCameras {
  storage: NonNullable<Status['storage']> | null;
  keep_days: number | null;
  cameras: { camera: string; name: string; bytes: number }[];
}

export const storage = (): Promise<StorageOfCameras> => ask('GET', '/storage');

/** `why_not` is empty where one can be made; `fresh`: the password need not be said again. */
export interface BackupState {
  why_not: string;
  fresh: boolean;
  last: { made_at: string; with_secrets: boolean } | null;
}

export const backupState = (): Promise<BackupState> => ask('GET', '/backup');

/** The backup and its name; `told` hears how much of it came, 0..1.  It takes as long as it takes, until `stop`. */
export async function takeBackup(
  wish: { passphrase: string | null; password: string | null },
  told: (part: number) => void,
  stop: AbortSignal,
): Promise<{ blob: Blob; name: string }> {
  const asked = Date.now();
  let answer: Response;
  try {
    answer = await fetch('/api/v1/backup', {
      method: 'POST',
      headers: { accept: '*/*', 'content-type': 'application/json' },
      body: JSON.stringify(wish),
      signal: stop,
    });
    note(answer, asked);
    if (answer.ok) return { blob: await received(answer, told), name: nameOf(answer) };
  } catch (thrown) {
    throw stop.aborted ? new Fault('gone') : asFault(thrown);
  }
  throw faultOf(answer.status, await answer.json().catch(() => null), answer.headers.get('retry-after'));
}

async function received(answer: Response, told: (part: number) => void): Promise<Blob> {
  const whole = Number(answer.headers.get('content-length'));
  const reader = answer.body?.getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
    pieces.push(next.value);
    bytes += next.value.length;
    told(whole > 0 ? bytes / whole : 0);
  }
  if (bytes !== whole) throw new Fault('unreachable'); // half a backup is none
  return new Blob(pieces, { type: 'application/octet-stream' });
}

const nameOf = (answer: Response): string =>
  /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? 'doorstep-backup';
