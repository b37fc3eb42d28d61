// How it is with the hub, as the page tells it, and what a reason of Doorstep's means.  Decides only.
import type { Hub, HubWhy } from '../api/hub.ts';

/** `unused`: switched off in the config file; `asking`: the hub has not looked yet; `unreached`: it has, in vain. */
export type HubStanding = 'off' | 'unused' | 'connecting' | 'down' | 'asking' | 'unreached' | 'open';

export function standingOf(hub: Hub): HubStanding {
  if (!hub.paired) return 'off';
  if (!hub.enabled) return 'unused';
  if (hub.state !== 'up') return hub.state === 'down' ? 'down' : 'connecting';
  if (hub.reached === null) return 'asking';
  return hub.reached ? 'open' : 'unreached';
}

/** Who can help, and how: a new code, this machine, the way to the internet, or the hub. */
export type HubRemedy = 'code' | 'ssh' | 'internet' | 'hub';

export function remedyOf(why: HubWhy): HubRemedy {
  switch (why) {
    case 'revoked':
    case 'host-key':
    case 'key-lost':
      return 'code';
    case 'no-ssh':
      return 'ssh';
    case 'name':
    case 'no-route':
    case 'not-a-hub':
      return 'internet';
    default:
      return 'hub';
  }
}

/** Whole days that are left; negative once it is over. */
export function daysUntil(instant: string, now: number): number {
  return Math.floor((Date.parse(instant) - now) / 86_400_000);
}

/** Caddy renews a certificate of 90 days when 30 are left. */
const SOON_DAYS = 10;

export const endsSoon = (days: number): boolean => days <= SOON_DAYS;

/** What was pasted, without the line breaks that a terminal put in; empty where it cannot be a code. */
export function codeIn(pasted: string): string {
  const code = pasted.replaceAll(/\s+/g, '');
  return /^dh\d/i.test(code) ? code : '';
}
