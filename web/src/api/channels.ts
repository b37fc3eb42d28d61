// Who is told at all, trying a channel before it is written down, and writing it down.
import { ask } from './client.ts';

export type Reached = 'told' | 'failing' | 'unproven' | 'no-channel';

/** `state` is the best of that person's channels. */
export interface ToldPerson {
  name: string;
  state: Reached;
}

export type ChannelKind = 'apprise' | 'email' | 'webhook';
/** The keys of its table in the config file, secrets in their places. */
export type ChannelKeys = Record<string, string | string[]>;

/** `problem` says why it was not taken; empty where it was. */
export interface Tried {
  sent: boolean;
  problem: string;
}

export interface Chat {
  id: string;
  name: string;
}

/** Who has written to a bot; `problem` says why that is not known. */
export interface Bot {
  bot: string;
  chats: Chat[];
  problem: string;
}

/** A value at a place of the config file, or a secret beside it. */
export type Change = { path: (string | number)[]; value: unknown } | { secret: string; value: string };

/** Of the config file, what is needed to add to it. */
export interface Written {
  version: string;
  writable: boolean;
  why_not: string;
  path: string;
  values: {
    server?: { listen?: string; names?: string[]; address?: string; trusted_proxies?: string[] };
    notify?: { email?: unknown; apprise?: { name: string }[]; webhook?: { name: string }[] };
  };
}

export const whoIsTold = async (): Promise<ToldPerson[]> =>
  (await ask<{ people: ToldPerson[] }>('GET', '/told')).people;

export const tryChannel = (kind: ChannelKind, settings: ChannelKeys): Promise<Tried> =>
  ask('POST', '/channels/try', { kind, settings });
export const askBot = (token: string): Promise<Bot> => ask('POST', '/channels/telegram', { token });

export const written = (): Promise<Written> => ask('GET', '/settings');
/** The tables that wait for a restart. */
export const write = async (version: string, changes: Change[]): Promise<string[]> =>
  (await ask<{ restart: string[] }>('PUT', '/settings', { version, changes })).restart;
export const restart = (): Promise<unknown> => ask('POST', '/settings/restart', {});

/** Where Doorstep listens, what it is called, and how this request came to it. */
export interface HouseAddress {
  lan: string;
  port: number;
  tls: boolean;
  hostname: string;
  names: string[];
  link: string;
  trusted_proxies: string[];
  asked: { scheme: string; host: string; client: string; proxy: string; believed: boolean };
}

export const houseAddress = (): Promise<HouseAddress> => ask('GET', '/address');
