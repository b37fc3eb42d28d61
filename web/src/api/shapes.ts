// The shapes of version 1 of the HTTP contract, as far as these pages read them.  No behaviour.

export type CameraState = 'live' | 'connecting' | 'stalled' | 'refused' | 'faulted' | 'off';
/** Which way somebody went. */
export type Heading = 'arriving' | 'leaving';
/** Where a picture is looked at: on this machine, or by the remote detector. */
export type Where = 'local' | 'remote';
export type PersonVerdict = 'not_a_person' | 'person';
/** Left, top, right and bottom, each as a part of the whole picture in 0..1. */
export type Box = readonly [number, number, number, number];
export type Cause = 'person' | 'press' | 'trigger' | 'motion' | 'loitering' | 'saved';
export type Stage = 'captured' | 'seen' | 'decided' | 'sent' | 'accepted' | 'acknowledged';
export type Role = 'owner' | 'family' | 'guest';

/** Who is signed in; `cameras` null means all of them. */
export interface Session {
  name: string;
  role: Role;
  cameras: string[] | null;
}

/** `session` and the house's `timezone` are told to who is signed in. */
export interface Arrival {
  needed: boolean;
  session?: Session;
  timezone?: string;
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
  /** One sentence about what would make it better; empty or absent where there is none. */
  hint?: string | null;
  recording: boolean;
  /** `wanted` is the switch of detection. */
  watching: { on: boolean; wanted?: boolean; last_look_at: string | null; where: string };
}

/** `ms` counts from the stage "captured". */
export interface LedgerEntry {
  stage: Stage;
  at: string;
  ms: number;
  cost_usd: number;
  /** Which message; of the stage seen, what a remote detector was sent, or empty. */
  channel: string;
}

/** A picture that is not `ready` yet is not asked for. */
export interface Picture {
  href: string;
  ready?: boolean;
}

/** `ended_at` is null while it happens. */
export interface DoorEvent {
  id: string;
  camera: string;
  started_at: string;
  ended_at: string | null;
  last_seen_at?: string | null;
  causes: Cause[];
  pre_roll_seconds: number | null;
  score: number | null;
  /** A clip that is not `whole` still grows, for a moment also after the alert is over. */
  clip: {
    href: string;
    bytes: number;
    seconds: number;
    whole?: boolean;
    where?: 'here' | 'off-site' | 'elsewhere' | 'gone';
  } | null;
  /** How far its copy outside the house is. */
  off_site?: { state: 'none' | 'waiting' | 'done' };
  thumbnail: Picture | null;
  still?: Picture | null;
  /** The name of the part of the picture where it was; empty where there are no zones. */
  zone?: string;
  direction?: Heading | null;
  ledger: LedgerEntry[];
}

/** One picture that was looked at, and how sure the best person in it was, in 0..1; 0 where there was nobody. */
export interface Look {
  at: string;
  score: number;
  where: Where;
  boxes: { label: string; box: Box; score: number }[];
  /** The parts of the picture that were looked at; empty: all of it. */
  crops: Box[];
}

/**
 * What was kept about why an alert was opened.  `motion` is the part of the picture that moved, in 0..1; the thresholds
 * are 0 and the model and its input empty where they are not known.
 */
export interface Explanation {
  model: string;
  model_sha256: string | null;
  /** "416x416" */
  input: string;
  thresholds: { open: number; keep: number };
  opened_by: Cause;
  motion: number | null;
  zone: string;
  direction: Heading | null;
  still_box: Box | null;
  looks: Look[];
  feedback: PersonVerdict | null;
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
  key?: string;
}

/** What looks on this machine: `side` is the longer side of its pictures in pixels, `why` the sentence that says why. */
export interface Model {
  name: string;
  side: number;
  why: string;
}

/** What the remote detector is asked: every look, or only those that are doubtful. */
export type RemoteUse = 'every' | 'doubtful';

/**
 * `trouble` is the sentence that says why the model on this machine looks instead, null while none is known.  The money is
 * this month's; `cap_usd` is 0 where a look costs nothing.
 */
export interface RemoteDetector {
  host: string;
  use: RemoteUse;
  trouble: string | null;
  left_alone: boolean;
  spent_usd: number;
  cap_usd: number;
}

/** `model` is null while it is loading or missing, `remote_detector` where all is looked at on this machine, `off_site` where nothing leaves it. */
export interface Status {
  version: string;
  seeing: boolean;
  model: Model | null;
  remote_detector: RemoteDetector | null;
  problems: Problem[];
  storage: {
    used_bytes: number;
    limit_bytes: number | null;
    /** Until the room is used up; null where nobody knows yet, and where it never is. */
    days_left: number | null;
    /** So many are there in the long run, bounded by their age or by the room. */
    days_kept: number | null;
    bound: 'age' | 'room' | null;
    written_bytes_a_day: number | null;
  } | null;
  /** `waiting` clips are not there yet. */
  off_site: { place: string; waiting: number } | null;
}

/** What there is to watch of one camera; `reason` says why a way is not possible, empty where it is. */
export interface LiveOffer {
  ways: { way: string; possible: boolean; reason: string; mime: string | null }[];
  streams: string[];
  ice_servers: { urls: string[]; username: string | null; credential: string | null }[];
}

/** One viewer, watching now. */
export interface LiveSession {
  id: string;
  camera: string;
  way: string;
  who: string;
  address: string;
  since: string;
}

/** What somebody did with a camera; `seconds` is null while it goes on, and where Doorstep ended first. */
export interface AuditEntry {
  id: string;
  at: string;
  who: string;
  verb: string;
  camera: string | null;
  way: string;
  until: string | null;
  seconds: number | null;
}

/** Addresses for players that can send no cookie, and until when they hold. */
export interface PlayKey {
  expires_at: string;
  /** RTMP; none where nothing listens. */
  addresses: string[];
  hls?: string | null;
}
