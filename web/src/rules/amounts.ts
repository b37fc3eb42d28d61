// Lengths, sizes and money as people read them, in the shown manner.
import { decimal } from './zone.ts';

const two = (n: number): string => String(n).padStart(2, '0');

/** "0:12", "1:02:03": a length as players show it. */
export function length(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** "0.4 s", "1.3 s", "12 s": how long a stage took. */
export function stageSeconds(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds > 0 && seconds < 0.095) return `${fixed(Math.max(0.01, seconds), 2)} s`;
  return `${fixed(seconds, seconds < 9.95 ? 1 : 0)} s`;
}

/** "512 kB", "18 MB", "1.4 GB"; decimal, as disks are sold. */
export function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  for (const [unit, name] of [
    [1e12, 'TB'],
    [1e9, 'GB'],
  ] as const) {
    if (bytes >= unit) return `${fixed(bytes / unit, bytes < 10 * unit ? 1 : 0)} ${name}`;
  }
  return `${Math.round(bytes / 1e6)} MB`;
}

/** "$1.23", "$0.0004": small sums need more digits than large ones. */
export function dollars(usd: number): string {
  if (usd === 0) return money(0, 0);
  if (usd < 0.0001) return `< ${money(0.0001, 4)}`;
  return money(usd, usd < 0.1 ? digitsOf(usd) : 2);
}

/** One digit of $0.0004, two of $0.05. */
const digitsOf = (usd: number): number => (usd < 0.001 ? 4 : 3);

const fixed = (n: number, digits: number): string =>
  decimal(n, { minimumFractionDigits: digits, maximumFractionDigits: digits });

const money = (usd: number, digits: number): string =>
  decimal(usd, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
