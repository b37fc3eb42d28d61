// The routes about links that show one alert to whoever has them.
import { ask } from './client.ts';

/** Whole this once; without `outside` nobody knows how Doorstep is reached from outside the house. */
export interface NewShare {
  id: string;
  href: string;
  expires_at: string;
  outside: boolean;
}

/** A link that is open; its address cannot be learned any more. */
export interface Share {
  id: string;
  made_by: string;
  by_mail: boolean;
  expires_at: string;
  opened: number;
}

const idOf = encodeURIComponent;

export const share = (event: string, hours: number): Promise<NewShare> =>
  ask('POST', `/events/${idOf(event)}/share`, { hours });
export const sharesOf = async (event: string): Promise<Share[]> =>
  (await ask<{ shares: Share[] }>('GET', `/shares?event=${idOf(event)}`)).shares;
export const endShare = (id: string): Promise<unknown> => ask('DELETE', `/shares/${idOf(id)}`);
