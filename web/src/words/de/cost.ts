// The German words about what others are paid.
import { decimal, dollars } from '../../rules/times.ts';
import type { Dictionary } from './dictionary.ts';

const payees: Record<string, string> = {
  s3: 'Speicher im Bucket',
  's3-read': 'Abspielen aus dem Bucket',
  lambda: 'Detektor in Lambda',
  ses: 'E-Mail mit Amazon SES',
  sqs: 'Warteschlange für Bewegung',
  detector: 'Entfernter Detektor',
};

export const cost: Dictionary['cost'] = {
  title: 'Kosten in diesem Monat',
  lead: 'Nach Listenpreisen, ohne Freikontingente und Steuern. Die Rechnung selbst kommt vom jeweiligen Dienst.',
  payee: (payee) => payees[payee] ?? payee,
  spent: (usd) => `${dollars(usd)} bisher`,
  forecast: (usd) => `etwa ${dollars(usd)} bis Monatsende`,
  cap: (usd) => `höchstens ${dollars(usd)} im Monat`,
  calls: (count) => (count === 1 ? '1 Aufruf' : `${decimal(count)} Aufrufe`),
  spentUp: 'Verbraucht: In diesem Monat wird nichts mehr angefragt.',
};
