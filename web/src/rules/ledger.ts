// What the ledger of an alert says about speed.  The words are in words.ts.
import type { LedgerEntry } from '../api/shapes.ts';

/** Milliseconds from the picture to the sighting, and to the message on its way; null where there was none. */
export interface Speed {
  seen: number | null;
  told: number | null;
}

export function speedOf(ledger: LedgerEntry[]): Speed {
  const first = (stage: LedgerEntry['stage']) => ledger.find((entry) => entry.stage === stage)?.ms ?? null;
  return { seen: first('seen'), told: first('accepted') ?? first('sent') };
}

/** What telling cost, in US dollars. */
export function costOf(ledger: LedgerEntry[]): number {
  return ledger.reduce((sum, entry) => sum + entry.cost_usd, 0);
}
