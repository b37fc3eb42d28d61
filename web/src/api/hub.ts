// The hub, through which this house is reached from outside: whether it is, joining one and leaving it.
import { ask } from './client.ts';
import { confirmed } from './confirming.ts';

/** Why the hub is not reached (core/hub_tunnel.py); empty where it is, or where there is no word for it. */
export type HubWhy =
  | 'revoked'
  | 'host-key'
  | 'key-lost'
  | 'no-ssh'
  | 'name'
  | 'no-route'
  | 'not-listening'
  | 'timed-out'
  | 'not-a-hub'
  | 'hub-fails'
  | 'port-taken'
  | 'silent'
  | 'closed'
  | 'unknown'
  | '';

/** As GET /hub says it: null stands for what the hub has not told yet, an empty `reason` for nothing to explain. */
export interface Hub {
  paired: boolean;
  enabled: boolean;
  /** What the hub calls this house. */
  box: string;
  host: string;
  address: string;
  state: 'off' | 'connecting' | 'up' | 'down';
  since: string | null;
  reason: string;
  why: HubWhy;
  round_trip_ms: number | null;
  certificate_ends_at: string | null;
  bytes_this_month: number | null;
  reached: boolean | null;
  reached_why: string;
  /** This page came by way of the hub; `at_home`: although it is looked at at home. */
  through_hub: boolean;
  at_home: boolean;
  home_address: string;
  /** Links begin with `address` only after a restart. */
  needs_restart: boolean;
}

const LONG_MS = 60_000; // the hub is called, asked and believed first

export const hub = (): Promise<Hub> => ask('GET', '/hub');
export const joinHub = (code: string): Promise<Hub> =>
  confirmed((said) => ask('POST', '/hub', { code, ...said }, LONG_MS));
export const leaveHub = (): Promise<unknown> => confirmed((said) => ask('DELETE', '/hub', said));
