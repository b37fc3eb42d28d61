// Times, spans, lengths, sizes and money as people read them.  Sentences live in words/.
import { read } from './clocks.ts';
import { formatted, wallOf } from './zone.ts';

export { dollars, length, size, stageSeconds } from './amounts.ts';
export {
  clock,
  clockWithSeconds,
  day,
  fileStamp,
  isDayBefore,
  isSameDay,
  since,
  span,
  tenths,
} from './clocks.ts';
export { decimal } from './zone.ts';

/** "14:02:03.4": where several fall into a second. */
export function clockWithTenths(at: Date): string {
  return read(wallOf(at), 21);
}

/** "14:02", "2:02 PM", of a time as fields and the config give it: "14:02". */
export function clockOf(time: string): string {
  return /^\d\d:\d\d/.test(time) ? read(new Date(`1970-01-01T${time.slice(0, 5)}Z`), 16) : time;
}

/** "Saturday 21 November 2026": for who hears it. */
export function longDay(at: Date): string {
  return formatted({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(at);
}
