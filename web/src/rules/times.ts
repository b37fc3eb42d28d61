// Times, spans, sizes and money as people read them.  Local zone, 24 hours; sentences live in words.ts.

const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });
const DAY_AND_YEAR = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});

const two = (n: number): string => String(n).padStart(2, '0');

/** "14:02" */
export function clock(at: Date): string {
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** "14:02:03" */
export function clockWithSeconds(at: Date): string {
  return `${clock(at)}:${two(at.getSeconds())}`;
}

/** "14:02:03.4": where several fall into a second. */
export function clockWithTenths(at: Date): string {
  return `${clockWithSeconds(at)}.${Math.floor(at.getMilliseconds() / 100)}`;
}

export function isSameDay(a: Date, b: Date): boolean {
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate();
}

/** "14:02" today, "Fri 20 Nov, 14:02" on another day. */
export function since(at: Date, now: Date): string {
  return isSameDay(at, now) ? clock(at) : `${day(at, now)}, ${clock(at)}`;
}

/** "Sat 21 Nov", with the year where it is another one. */
export function day(at: Date, now: Date): string {
  const format = at.getFullYear() === now.getFullYear() ? DAY : DAY_AND_YEAR;
  return format.format(at).replace(',', '');
}

/** "0:12", "1:02:03": a length as players show it. */
export function length(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** "3 s", "4 min", "2 h", "5 days": a span, never rounded up. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/** "0.4 s", "1.3 s", "12 s": how long a stage took. */
export function stageSeconds(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds > 0 && seconds < 0.095) return `${Math.max(0.01, seconds).toFixed(2)} s`;
  return seconds < 9.95 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}

/** "512 kB", "18 MB", "1.4 GB"; decimal, as disks are sold. */
export function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  for (const [unit, name] of [
    [1e12, 'TB'],
    [1e9, 'GB'],
  ] as const) {
    if (bytes >= unit) return `${(bytes / unit).toFixed(bytes < 10 * unit ? 1 : 0)} ${name}`;
  }
  return `${Math.round(bytes / 1e6)} MB`;
}

/** "$1.23", "$0.0004": small sums need more digits than large ones. */
export function dollars(usd: number): string {
  if (usd === 0) return '$0';
  if (usd < 0.0001) return 'less than $0.0001';
  return `$${usd < 0.1 ? usd.toPrecision(1 + Math.max(0, Math.floor(Math.log10(usd * 1000)))) : usd.toFixed(2)}`;
}

/** "20261121_140203", local: for the name of a saved file. */
export function fileStamp(at: Date): string {
  const date = `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`;
  return `${date}_${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
}
