// What others are paid.
import { ask } from './client.ts';

/** `cap_usd` null without one. */
export interface Payee {
  payee: string;
  calls: number;
  bytes: number;
  spent_usd: number;
  forecast_usd: number;
  cap_usd: number | null;
}

/** `month` is "2026-11", in UTC. */
export interface Costs {
  month: string;
  spent_usd: number;
  forecast_usd: number;
  payees: Payee[];
}

export const costs = (): Promise<Costs> => ask('GET', '/costs');
