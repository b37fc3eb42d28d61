// The English words about what others are paid.
import { spoken } from '../language.ts';
import { decimal, dollars } from '../rules/times.ts';

const payees: Record<string, string> = {
  s3: 'Storage in the bucket',
  's3-read': 'Playing from the bucket',
  lambda: 'Detector in Lambda',
  ses: 'Mail by Amazon SES',
  sqs: 'Queue of motion',
  detector: 'Remote detector',
};

export const costWords = spoken('cost', {
  title: 'Costs this month',
  lead: 'By list prices, before any free tier and tax. The bill itself comes from each service.',
  payee: (payee: string) => payees[payee] ?? payee,
  spent: (usd: number) => `${dollars(usd)} so far`,
  forecast: (usd: number) => `about ${dollars(usd)} by the end of the month`,
  cap: (usd: number) => `cap ${dollars(usd)} a month`,
  calls: (count: number) => (count === 1 ? '1 call' : `${decimal(count)} calls`),
  spentUp: 'Spent: nothing more is asked of it this month.',
});
