// The routes about who is told what, and how: pushes to devices, wishes, snooze, channels, the walk of a test visitor.
import { ask } from './client.ts';
import type { Cause } from './shapes.ts';

/** `weekdays` are those on which it begins, 0 is Monday; "22:00" by Doorstep's clock, into the next day if it ends earlier. */
export interface QuietHours {
  weekdays: number[];
  begins: string;
  ends: string;
}

/** `cameras` null: all that this person may see.  `troubles` are words about Doorstep itself. */
export interface Wishes {
  causes: Cause[];
  cameras: string[] | null;
  quiet_hours: QuietHours[];
  troubles: boolean;
}

/** Times are RFC 3339; `preferences` null: as its person wants it everywhere. */
export interface Device {
  id: string;
  name: string;
  created_at: string;
  accepted_at: string | null;
  acknowledged_at: string | null;
  preferences: Wishes | null;
}

export interface Pushes {
  public_key: string;
  devices: Device[];
}

/** Somebody, or something, that is told; `proven_at` is when it last worked, `problem` empty while nothing is wrong. */
export interface Recipient {
  channel: string;
  name: string;
  person: string | null;
  turn: string;
  proven_at: string | null;
  problem: string;
}

export interface WalkStage {
  stage: string;
  state: 'waiting' | 'reached' | 'failed' | 'skipped';
  ms: number | null;
  words: string;
  /** Whom it is about, where it is one. */
  channel: string | null;
  name: string | null;
}

/** The report about a visitor who does not exist. */
export interface Walk {
  id: string;
  camera: string;
  state: 'running' | 'passed' | 'failed';
  stages: WalkStage[];
  summary: string;
}

/** What a person wants, and what the config leaves to want: the causes it alerts on, and where quiet hours are meant. */
export interface MyWishes extends Wishes {
  alerted: Cause[];
  timezone: string;
}

/** Until when nothing but presses is told, to this person and to everybody; null where no snooze runs. */
export interface Snooze {
  snoozed_until: string | null;
  house_until: string | null;
}

/** One alert by one channel to one recipient; `outcome` says how it went, or why it was not sent, or is empty. */
export interface Told {
  id: string;
  recipient: string;
  channel: string;
  cause: Cause | null;
  state: 'due' | 'accepted' | 'failed' | 'spared';
  attempts: number;
  outcome: string;
  raised_at: string;
  next_try_at: string | null;
  accepted_at: string | null;
  shown_at: string | null;
  opened_at: string | null;
}

/** `stored` is false while it is in memory alone. */
export interface WhoWasTold {
  stored: boolean;
  deliveries: Told[];
}

const idOf = encodeURIComponent;

/** The switch of detection: while it is off, nobody is looked for at that camera. */
export const switchDetection = (camera: string, on: boolean): Promise<unknown> =>
  ask('PUT', `/cameras/${idOf(camera)}/detection`, { on });

/** What may be written, of what was read. */
const bare = ({ causes, cameras, quiet_hours, troubles }: Wishes): Wishes => ({
  causes,
  cameras,
  quiet_hours,
  troubles,
});

export const pushes = (): Promise<Pushes> => ask('GET', '/push');
export const addDevice = (subscription: PushSubscriptionJSON, name: string): Promise<{ id: string } | null> =>
  ask('POST', '/push/subscriptions', { endpoint: subscription.endpoint, keys: subscription.keys, name });
export const dropDevice = (id: string): Promise<unknown> => ask('DELETE', `/push/subscriptions/${idOf(id)}`);
export const wishFor = (id: string, wishes: Wishes | null): Promise<unknown> =>
  ask('PUT', `/push/subscriptions/${idOf(id)}/preferences`, wishes === null ? null : bare(wishes));
export const testDevice = (id: string): Promise<{ devices: { problem: string | null }[] } | null> =>
  ask('POST', '/push/test', { id });

export const myWishes = (): Promise<MyWishes> => ask('GET', '/alerts/preferences');
export const wish = (wishes: Wishes): Promise<unknown> => ask('PUT', '/alerts/preferences', bare(wishes));

export const snoozed = (): Promise<Snooze> => ask('GET', '/snooze');
export const snooze = (seconds: number): Promise<unknown> => ask('POST', '/snooze', { seconds });
export const endSnooze = (): Promise<unknown> => ask('DELETE', '/snooze');

export const recipients = async (): Promise<Recipient[]> =>
  (await ask<{ recipients: Recipient[] }>('GET', '/recipients')).recipients;
export const testChannel = (channel: string): Promise<unknown> =>
  ask('POST', `/recipients/${idOf(channel)}/test`, {});

export const beginWalk = (camera: string): Promise<{ id: string }> => ask('POST', '/test', { camera });
export const walkOf = (id: string): Promise<Walk> => ask('GET', `/test/${idOf(id)}`);

export const whoWasTold = (event: string): Promise<WhoWasTold> => ask('GET', `/events/${idOf(event)}`);
