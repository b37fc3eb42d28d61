// The English words of the clip sheet, which is loaded when somebody wants a clip.
import { spoken } from '../language.ts';
import { clock, clockWithSeconds, length, size } from '../rules/times.ts';

export const clipWords = spoken('clip', {
  last: 'Save the last',
  from: 'Save a clip',
  howLong: 'How long',
  /** On the buttons. */
  span: spanWords,
  other: 'Other…',
  minutes: 'Minutes',
  seconds: 'Seconds',
  wrongLength: 'A clip lasts from 1 second to 60 minutes.',
  endsNow: 'Ends now',
  shows: 'Shows',
  fromTo: (from: Date, to: Date) => `${clockWithSeconds(from)} – ${clockWithSeconds(to)}`,
  about: (bytes: number) => `About ${size(bytes)}`,
  measuring: 'Looking what is recorded…',
  startsLate: (at: Date, seconds: number) =>
    `Recording starts at ${clock(at)}. Clip shortened to ${spanWords(seconds)}.`,
  endsEarly: (at: Date, seconds: number) =>
    `Recording ends at ${clockWithSeconds(at)}. Clip shortened to ${spanWords(seconds)}.`,
  gaps: (seconds: number) =>
    `There are gaps in this span. The clip is its longest part without one, ${spanWords(seconds)}.`,
  nothing: 'Nothing was recorded in this span. Choose another length, or an earlier time in the timeline.',
  refused: 'Doorstep cannot make a clip of this span. Choose another length.',
  everywhere: 'Works everywhere',
  everywhereLead:
    'Recorded as H.265, which some phones and programs cannot play. Turning it into H.264 takes longer.',
  large: (bytes: number) =>
    `At ${size(bytes)} this clip is too large to be held here. Your browser downloads it, and shows how far it is.`,
  download: 'Download',
  make: 'Make clip',
  making: (percent: number) => `Making clip… ${percent} %`,
  converting: (percent: number) => `Turning it into H.264… ${percent} %`,
  waiting: (ahead: number) => (ahead === 1 ? 'Waits for another clip.' : `Waits for ${ahead} other clips.`),
  cancel: 'Cancel',
  cancelled: 'Cancelled.',
  cut: 'The clip was cut off. What has come is kept.',
  goOn: 'Try again',
  ready: (seconds: number, bytes: number) => `Ready: ${length(seconds)}, ${size(bytes)}`,
  savePhone: 'Save to phone',
  save: 'Save',
  saved: 'Saved.',
  notShared: 'It could not be handed over. Use Download.',
  link: 'Link',
  keep: 'Keep',
  keepLead: 'Keep and Link put it among your alerts, so that it stays when the recording is overwritten.',
  keeping: 'Keeping it…',
  kept: 'Kept with your alerts.',
  show: 'Show it',
  ended: 'Your session ended meanwhile. The clip goes on where it was.',
});

/** "15 s", "1 min", "2 min 5 s" */
function spanWords(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  const minutes = Math.floor(whole / 60);
  const rest = whole % 60;
  if (minutes === 0) return `${rest}\u00a0s`;
  return rest === 0 ? `${minutes}\u00a0min` : `${minutes}\u00a0min ${rest}\u00a0s`;
}
