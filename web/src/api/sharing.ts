// The routes about links that show one alert to whoever has them.
import { ask } from './client.ts';

/** Whole this once; without `outside` nobody knows how Doorstep is reached from outside the house. */
export interface NewShare {
  id: string;
  href: string;
  expires_at: string;
  outside: boolean;
  pin: boolean;
}

/** A link that is open; its address cannot be learned any more. */
export interface Share {
  id: string;
  event: string;
  camera: string;
  made_by: string;
  by_mail: boolean;
  created_at: string;
  expires_at: string;
  opened: number;
  pin: boolean;
}

const idOf = encodeURIComponent;

/** `pin` is empty for a link that asks for none. */
export const share = (event: string, hours: number, pin: string): Promise<NewShare> =>
  ask('POST', `/events/${idOf(event)}/share`, pin === '' ? { hours } : { hours, pin });
const shares = async (query: string): Promise<Share[]> =>
  (await ask<{ shares: Share[] }>('GET', `/shares${query}`)).shares;
export const sharesOf = (event: string): Promise<Share[]> => shares(`?event=${idOf(event)}`);
export const allShares = (): Promise<Share[]> => shares('');
export const endShare = (id: string): Promise<unknown> => ask('DELETE', `/shares/${idOf(id)}`);
export const endAllShares = (): Promise<unknown> => ask('DELETE', '/shares');
