// Which way the picture comes, and which is next when one breaks.  Decides only; the ways themselves live in ways/.

/** Best first: how good the picture is, then how late. */
export type Way = 'mse' | 'webrtc' | 'hls' | 'mjpeg' | 'snapshot';

/** How a way ended; `why` is for people. */
export type Trouble =
  | { kind: 'unreachable' } // nobody answered: no other way would do better
  | { kind: 'ended' } // somebody who may has ended it: not again by itself
  | { kind: 'gone' } // there is no such camera
  | { kind: 'impossible'; why: string } // neither now nor in a minute
  | { kind: 'broke'; why: string }; // cut, stalled or refused

export interface Course {
  /** The way of this try. */
  readonly way: Way;
  readonly order: readonly Way[];
  /** Whether this try has shown a picture, and whether an earlier one of this way has. */
  readonly shown: boolean;
  readonly proven: boolean;
  /** Failed tries since the last picture, of whatever way, and of this one. */
  readonly tries: number;
  readonly failures: number;
  /** The better ways that were given up, best first. */
  readonly left: readonly { way: Way; why: string }[];
  /** The number of the repetition that is waited for as `delayBefore` says; 0: try at once. */
  readonly pause: number;
}

/** A way that has worked here is not given up for one bad moment. */
const PATIENCE = 3;

const ORDER: readonly Way[] = ['mse', 'webrtc', 'hls', 'mjpeg', 'snapshot'];
const LEAST_DELAY: readonly Way[] = ['webrtc', 'mse', 'hls', 'mjpeg', 'snapshot'];

/** The first try, of the best way or of the one with the least delay. */
export function setOut(leastDelay: boolean): Course {
  const order = leastDelay ? LEAST_DELAY : ORDER;
  return {
    way: order[0] ?? 'mse',
    order,
    shown: false,
    proven: false,
    tries: 0,
    failures: 0,
    left: [],
    pause: 0,
  };
}

/** The try has shown a picture. */
export function arrived(course: Course): Course {
  return { ...course, shown: true, proven: true, tries: 0, failures: 0 };
}

/** The next try. */
export function after(course: Course, trouble: Trouble): Course {
  const tries = course.shown ? 1 : course.tries + 1;
  const failures = course.shown ? 1 : course.failures + 1;
  const again = { ...course, shown: false, tries, failures, pause: tries };
  if (trouble.kind !== 'broke' && trouble.kind !== 'impossible') return again;
  if (trouble.kind === 'broke' && course.proven && failures < PATIENCE) return again;
  const next = course.order[course.order.indexOf(course.way) + 1];
  if (next === undefined) return { ...setOut(course.order === LEAST_DELAY), tries, pause: tries };
  const left = [...course.left, { way: course.way, why: trouble.why }];
  // Being handed on is not a failed try: the next way may well work.
  return { ...again, way: next, proven: false, failures: 0, tries: course.tries, left, pause: 0 };
}

/** Pictures one by one, instead of a film. */
export function isLowQuality(way: Way): boolean {
  return way === 'mjpeg' || way === 'snapshot';
}
