// How many alerts are new to whoever is signed in on this browser, for a badge.
import { listEvents } from '../api/client.ts';
import { newAmong } from '../rules/alerts.ts';
import { house } from './house.svelte.ts';
import { newSince } from './memory.ts';

const MOST = 100;

/** At most 100, which is to be read as "99+"; 0 for who may see no alerts.  Throws Fault. */
export async function unreadCount(): Promise<number> {
  if (house.session == null || !house.seesAlerts) return 0;
  const after = newSince(house.session.name);
  const { events } = await listEvents({ from: new Date(after), limit: MOST });
  return newAmong(events, after);
}
