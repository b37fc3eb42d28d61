// The routes about adding cameras: who is there, and whether an address shows a picture.
import { ask } from './client.ts';

/** `onvif` is where it tells its streams by itself; `known` ones are in the settings already. */
export interface Found {
  name: string;
  address: string;
  onvif: string | null;
  known: boolean;
}

export interface ProbeWish {
  address?: string;
  onvif?: string;
  user: string;
  password: string;
  maker?: string;
}

export interface ProbedStream {
  address: string;
  codec: string;
  width: number;
  height: number;
  fps: number;
  audio: boolean;
}

/** Why there is no picture, in a word; `trouble` is the server's sentence. */
export type Trouble =
  | 'forbidden'
  | 'unknown-host'
  | 'unreachable'
  | 'closed'
  | 'no-password'
  | 'wrong-password'
  | 'no-pattern'
  | 'silent'
  | 'ended'
  | 'said';

export interface ProbeReport {
  ok: boolean;
  /** data: */
  picture: string | null;
  streams: ProbedStream[];
  kind: Trouble | '';
  trouble: string;
}

export interface ProbeProgress {
  running: boolean;
  tried: number;
  most: number;
}

const LOOK_MS = 20_000;
const PROBE_MS = 75_000;

export const discover = async (): Promise<Found[]> =>
  (await ask<{ found: Found[] }>('POST', '/cameras/discover', {}, LOOK_MS)).found;
export const probe = (wish: ProbeWish): Promise<ProbeReport> => ask('POST', '/cameras/probe', wish, PROBE_MS);
export const probeProgress = (): Promise<ProbeProgress> => ask('GET', '/cameras/probe/progress');
export const endProbe = (): Promise<unknown> => ask('DELETE', '/cameras/probe');
