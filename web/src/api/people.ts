// The routes of one's own sign-in: password, passkeys, where one is signed in, and a phone that is let in by a code.
import { ask } from './client.ts';
import { confirmed } from './confirming.ts';
import type { Login, Pairing } from './house.ts';

/** `here` says whether it opens at this address. */
export interface Passkey {
  id: string;
  name: string;
  host: string;
  here: boolean;
  created_at: string;
  last_used_at: string | null;
}

/** `why_not` says why no passkey can be made at this address; empty where one can. */
export interface SignInWays {
  possible: boolean;
  why_not: string;
  has_password: boolean;
  passkeys: Passkey[];
}

const idOf = encodeURIComponent;
const LONG_MS = 20_000; // a password check waits for its turn

export const myLogins = async (): Promise<Login[]> =>
  (await ask<{ sessions: Login[] }>('GET', '/sessions')).sessions;
export const endOtherLogins = async (): Promise<number> =>
  (await ask<{ ended: number }>('DELETE', '/sessions')).ended;

export const signInWays = (): Promise<SignInWays> => ask('GET', '/passkeys');
/** How many other sign-ins ended by it, and how many passkeys still open. */
export const changePassword = (old: string, password: string): Promise<{ ended: number; passkeys: number }> =>
  ask('PUT', '/session/password', { old, new: password }, LONG_MS);

export const pairPhone = (): Promise<Pairing> => ask('POST', '/pairings', {});
export const personOfPairing = async (code: string): Promise<string> =>
  (await ask<{ name: string }>('POST', '/session/pairing/person', { code })).name;
export const signInByPairing = (code: string): Promise<unknown> => ask('POST', '/session/pairing', { code });

/** `is_first`: they never had a password. */
export const personOfReset = (code: string): Promise<{ name: string; is_first: boolean }> =>
  ask('POST', '/reset/person', { code });
/** How many passkeys still open. */
export const resetPassword = async (code: string, password: string): Promise<number> =>
  (await ask<{ passkeys: number }>('POST', '/reset', { code, password }, LONG_MS)).passkeys;

export const askToMakePasskey = (): Promise<unknown> =>
  confirmed((said) => ask('POST', '/passkeys/options', said));
export const addPasskey = (credential: unknown, name: string): Promise<Passkey> =>
  ask('POST', '/passkeys', { credential, name });
export const renamePasskey = (id: string, name: string): Promise<unknown> =>
  ask('PATCH', `/passkeys/${idOf(id)}`, { name });
export const removePasskey = (id: string): Promise<unknown> => ask('DELETE', `/passkeys/${idOf(id)}`);
export const askForPasskey = (): Promise<unknown> => ask('POST', '/session/passkey/options', {});
export const signInByPasskey = (credential: unknown): Promise<unknown> =>
  ask('POST', '/session/passkey', { credential });
