// The shapes of version 1 of the HTTP contract, as far as these pages read them.  No behaviour.

export type CameraState = 'live' | 'connecting' | 'stalled' | 'refused' | 'faulted' | 'off';
export type Cause = 'person' | 'press' | 'trigger' | 'motion' | 'loitering';
export type Stage = 'captured' | 'seen' | 'decided' | 'sent' | 'accepted' | 'acknowledged';
export type Role = 'owner' | 'family' | 'guest';

/** Who is signed in; `cameras` null means all of them. */
export interface Session {
  name: string;
  role: Role;
  cameras: string[] | null;
}

/** Times are RFC 3339 in UTC, here and below. */
export interface Camera {
  id: string;
  name: string;
  state: CameraState;
  since: string;
  reason: string;
  /** What to do about its state, in plain words; empty where nothing is wrong. */
  remedy?: string;
  recording: boolean;
  watching: { on: boolean; last_look_at: string | null; where: string };
}

/** `ms` counts from the stage "captured". */
export interface LedgerEntry {
  stage: Stage;
  at: string;
  ms: number;
  cost_usd: number;
}

/** `ended_at` is null while it happens; a thumbnail that is not `ready` yet is not asked for. */
export interface DoorEvent {
  id: string;
  camera: string;
  started_at: string;
  ended_at: string | null;
  last_seen_at?: string | null;
  causes: Cause[];
  pre_roll_seconds: number | null;
  score: number | null;
  clip: { href: string; bytes: number; seconds: number } | null;
  thumbnail: { href: string; ready?: boolean } | null;
  ledger: LedgerEntry[];
}

/** One page of events, newest first; `next` asks for the page after it. */
export interface EventPage {
  events: DoorEvent[];
  next: string | null;
}

/** With a `minor` one Doorstep still sees everything. */
export interface Problem {
  what: string;
  since: string;
  remedy: string;
  minor?: boolean;
}

export interface Status {
  version: string;
  seeing: boolean;
  problems: Problem[];
  storage: {
    used_bytes: number;
    limit_bytes: number | null;
    days_left: number | null;
    written_bytes_a_day: number | null;
  };
}
