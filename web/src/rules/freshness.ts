// What may honestly be said about the picture on the screen.  Decides only; fetching lives in state/feed.
import type { Camera, CameraState } from '../api/shapes.ts';

/** Older than this is not "Live" any more. */
export const FRESH_MS = 2_500;
/** So many failed tries in a row are called what they are. */
export const TRIES_BEFORE_GIVING_UP_HOPE = 5;
/** The detector looks at least every 15 s; twice that without a look is worth saying. */
export const LOOK_OVERDUE_MS = 30_000;

/** Whether nobody looks, though the camera has been live for long enough: no look ever came, as without a model. */
export function isUnwatched(
  { state, since, watching }: Pick<Camera, 'state' | 'since' | 'watching'>,
  now: number,
): boolean {
  if (!watching.on) return true;
  return watching.last_look_at === null && state === 'live' && now - Date.parse(since) > LOOK_OVERDUE_MS;
}

export interface Glance {
  now: number;
  online: boolean;
  reachable: boolean;
  paused: boolean;
  camera: CameraState | null;
  /** Whether the stream that is open now has delivered a picture. */
  streaming: boolean;
  /** Failed tries since the last picture. */
  tries: number;
  /** When the picture on the screen was taken. */
  takenAt: number | null;
}

export type Verdict =
  | { kind: 'live' }
  | { kind: 'behind'; milliseconds: number }
  | { kind: 'connecting' }
  | { kind: 'reconnecting' }
  | { kind: 'no-picture' }
  | { kind: 'paused' }
  | { kind: 'offline' }
  | { kind: 'unreachable' }
  | { kind: 'camera'; state: 'stalled' | 'refused' | 'faulted' | 'off' };

/** Off is none: the camera was switched off, or its film is over. */
export function isInTrouble(camera: CameraState): boolean {
  return camera === 'stalled' || camera === 'refused' || camera === 'faulted';
}

export function verdictOn(glance: Glance): Verdict {
  const { camera } = glance;
  if (!glance.online) return { kind: 'offline' };
  if (!glance.reachable) return { kind: 'unreachable' };
  if (camera !== null && camera !== 'live' && camera !== 'connecting') {
    return { kind: 'camera', state: camera };
  }
  if (glance.paused) return { kind: 'paused' };
  if (glance.streaming && glance.takenAt !== null) {
    const age = glance.now - glance.takenAt;
    return age <= FRESH_MS ? { kind: 'live' } : { kind: 'behind', milliseconds: age };
  }
  if (glance.tries >= TRIES_BEFORE_GIVING_UP_HOPE) return { kind: 'no-picture' };
  return glance.tries === 0 || camera === 'connecting' ? { kind: 'connecting' } : { kind: 'reconnecting' };
}

/** How a verdict is coloured. */
export function toneOf(verdict: Verdict): 'good' | 'quiet' | 'trouble' {
  switch (verdict.kind) {
    case 'live':
      return 'good';
    case 'camera':
      return isInTrouble(verdict.state) ? 'trouble' : 'quiet';
    case 'connecting':
    case 'paused':
    case 'behind':
      return 'quiet';
    default:
      return 'trouble';
  }
}
