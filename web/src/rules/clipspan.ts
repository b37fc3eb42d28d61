// Which span a clip shows, what it is called when saved, and how it is fetched.  No requests.
import { fileStamp } from './times.ts';

/** Offered by one tap, in seconds. */
export const LENGTHS = [15, 30, 60, 300] as const;
/** What the server cuts at most, in seconds. */
export const LONGEST = 3600;

/** A clip that is larger is not held in memory, but left to the browser's own download. */
const LARGEST_ON_PHONE = 300e6;
const LARGEST_ELSEWHERE = 1500e6;

/** What is shown may begin that much later than asked without a word about it: less than a key frame is away. */
const UNNOTICED_MS = 1500;
const LONGEST_NAME = 60;

export interface Span {
  start: Date;
  end: Date;
}

/** What a clip of a span would be. */
export interface ClipFacts {
  startsAt: Date;
  endsAt: Date;
  /** Gapless parts of the span; the longest is shown. */
  parts: number;
  bytes: number;
  /** "h264", "hevc" */
  codec: string;
}

/** `start` null: the span that ends at `end`. */
export function spanOf(start: Date | null, seconds: number, end: Date): Span {
  if (start !== null) return { start, end: new Date(start.getTime() + seconds * 1000) };
  return { start: new Date(end.getTime() - seconds * 1000), end };
}

/** Why less is shown than was asked for; null where all of it is. */
export type Shortening = 'late' | 'gaps' | null;

export function shorteningOf(asked: Span, facts: ClipFacts): Shortening {
  if (facts.parts > 1) return 'gaps';
  const isShort = secondsOf(facts) * 1000 < asked.end.getTime() - asked.start.getTime() - UNNOTICED_MS;
  return isShort ? 'late' : null;
}

export function secondsOf(facts: ClipFacts): number {
  return (facts.endsAt.getTime() - facts.startsAt.getTime()) / 1000;
}

/** Whether it is left to the browser's own download. */
export function isTooLargeToHold(bytes: number, onPhone: boolean): boolean {
  return bytes > (onPhone ? LARGEST_ON_PHONE : LARGEST_ELSEWHERE);
}

/** A whole number of seconds that a clip can have; null for anything else. */
export function lengthOf(minutes: number | null, seconds: number | null): number | null {
  const whole = Math.round((minutes ?? 0) * 60 + (seconds ?? 0));
  return whole >= 1 && whole <= LONGEST ? whole : null;
}

/** "20261121_140203_Front-door.mp4", in local time; a name without any plain letter gives way to the camera's id. */
export function fileNameOf(camera: string, id: string, at: Date, kind = 'mp4'): string {
  const plain = camera
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .slice(0, LONGEST_NAME)
    .replace(/^-+|-+$/g, '');
  return `${fileStamp(at)}_${plain === '' ? id : plain}.${kind}`;
}
