// What the ledger of an alert says about speed.  The words are in words.ts.
import type { LedgerEntry } from '../api/shapes.ts';

/** Milliseconds from the picture to the sighting, and to the message on its way; null where there was none. */
export interface Speed {
  seen: number | null;
  told: number | null;
}

/** What was asked of a remote detector: a sum over its answers, which says nothing about when somebody was seen. */
export function wasAsked(entry: LedgerEntry): boolean {
  return entry.stage === 'seen' && entry.channel !== '';
}

export function speedOf(ledger: LedgerEntry[]): Speed {
  const steps = ledger.filter((entry) => !wasAsked(entry));
  const first = (stage: LedgerEntry['stage']) => steps.find((entry) => entry.stage === stage)?.ms ?? null;
  return { seen: first('seen'), told: first('accepted') ?? first('sent') };
}

/** What looking and telling cost, in US dollars. */
export function costOf(ledger: LedgerEntry[]): number {
  return ledger.reduce((sum, entry) => sum + entry.cost_usd, 0);
}
