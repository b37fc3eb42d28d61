// How the film is kept at the live edge: a little faster when it is behind, a jump when it is far behind.  Decides only.

/** Seconds of film between the picture shown and the newest one: more is played faster, far more is jumped over. */
export const BEHIND = 0.6;
export const FAR_BEHIND = 2.5;
/** What may be in the buffer at its emptiest, in seconds: with less it stutters, more is only delay. */
const SPARE = 0.03;
/** The emptiest moment of so many seconds is what counts: pictures come in bursts over Wi-Fi. */
const WINDOW = 2;
/** A jump goes so far before the end, in seconds; further after each time that the film stood still there. */
const CLOSEST = 0.02;
const FURTHEST = 0.5;
/** A film that has not moved for so long, with as much to play, stands still: some players do when it was too close. */
const STILL = 0.5;

export type Ranges = readonly (readonly [number, number])[];
export interface Step {
  rate: number;
  /** Where to jump to, in seconds of the film; null: nowhere. */
  jump: number | null;
}

export class Chase {
  #seen: { at: number; position: number; ahead: number }[] = [];
  #hold = CLOSEST;

  /**
   * `at` and `position` in seconds of our clock and of the film; `ranges` is what is buffered, `frame` how long a
   * picture is shown.  `gentle`: somebody listens, so that the speed is only changed for a reason.
   */
  step(at: number, position: number, ranges: Ranges, frame = 0.04, gentle = false): Step {
    const newest = ranges.at(-1);
    if (newest === undefined) return { rate: 1, jump: null };
    const ahead = newest[1] - position;
    this.#seen = [...this.#seen.filter((one) => at - one.at < WINDOW), { at, position, ahead }];
    // A hole before the newest pictures would be waited at for ever.
    if (position < newest[0] || ahead > FAR_BEHIND) return this.#jump(newest, frame);
    const before = this.#seen.findLast((one) => at - one.at >= STILL);
    if (before !== undefined && ahead > STILL && position - before.position < STILL / 5) {
      this.#hold = Math.min(FURTHEST, Math.max(2 * this.#hold, frame));
      return this.#jump(newest, frame);
    }
    if (ahead > BEHIND) return { rate: 1.1, jump: null };
    const isKnown = at - (this.#seen[0]?.at ?? at) > WINDOW / 2;
    const spare = Math.min(...this.#seen.map((one) => one.ahead));
    return { rate: isKnown && spare > SPARE && !gentle ? 1.05 : 1, jump: null };
  }

  /** The next picture comes after one frame: until then this one must last. */
  #jump(newest: readonly [number, number], frame: number): Step {
    this.#seen = [];
    return { rate: 1, jump: Math.max(newest[0], newest[1] - frame - this.#hold) };
  }
}

/** What may go from the buffer, so that it stays bounded: null while it is small. */
export function stale(position: number, ranges: Ranges): readonly [number, number] | null {
  const start = ranges[0]?.[0] ?? position;
  return position - start > 10 ? [start, position - 5] : null;
}
