// The English words about what others are paid.
const payees: Record<string, string> = {
  s3: 'Storage in the bucket',
  lambda: 'Detector in Lambda',
  ses: 'Mail by Amazon SES',
  sqs: 'Queue of motion',
  detector: 'Remote detector',
};

/** Small sums need more digits than large ones: $0.0004, $1.23. */
export function dollars(usd: number): string {
  if (usd === 0) return '$0';
  if (usd < 0.0001) return 'less than $0.0001';
  return `$${usd < 0.1 ? usd.toPrecision(1 + Math.max(0, Math.floor(Math.log10(usd * 1000)))) : usd.toFixed(2)}`;
}

export const costWords = {
  title: 'Costs this month',
  lead: 'By list prices, before any free tier and tax. The bill itself comes from each service.',
  payee: (payee: string) => payees[payee] ?? payee,
  spent: (usd: number) => `${dollars(usd)} so far`,
  forecast: (usd: number) => `about ${dollars(usd)} by the end of the month`,
  cap: (usd: number) => `at most ${dollars(usd)}`,
  calls: (count: number) => (count === 1 ? '1 call' : `${count.toLocaleString('en')} calls`),
  spentUp: 'Spent: nothing more is asked of it this month.',
};
