// Every part of the dictionary, by the name that it is spoken under: what another language must say, and nothing more.
import type { activityWords } from '../activity.ts';
import type { addressWords } from '../address.ts';
import type { alertWords } from '../alert.ts';
import type { anywhereWords } from '../anywhere.ts';
import type { appearanceWords } from '../appearance.ts';
import type { backupWords } from '../backup.ts';
import type { camerasWords } from '../cameras.ts';
import type { channelWords } from '../channel.ts';
import type { clipWords } from '../clip.ts';
import type { confirmWords } from '../confirm.ts';
import type { costWords } from '../cost.ts';
import type { entranceWords } from '../entrance.ts';
import type { firstWords } from '../first.ts';
import type { liveWords } from '../live.ts';
import type { problemWords } from '../problem.ts';
import type { rulesWords } from '../rules.ts';
import type { settingsWords } from '../settings.ts';
import type { shareWords } from '../share.ts';
import type { signinWords } from '../signin.ts';
import type { statusWords } from '../status.ts';
import type { tellingWords } from '../telling.ts';
import type { timelineWords } from '../timeline.ts';
import type { whoWords } from '../who.ts';
import type { whyWords } from '../why.ts';
import type { words } from '../core.ts';
import type { peopleWords } from '../people.ts';
import type { storageWords } from '../storage.ts';
import type { tokenWords } from '../tokens.ts';

interface English {
  activity: typeof activityWords;
  address: typeof addressWords;
  alert: typeof alertWords;
  anywhere: typeof anywhereWords;
  appearance: typeof appearanceWords;
  backup: typeof backupWords;
  cameras: typeof camerasWords;
  channel: typeof channelWords;
  clip: typeof clipWords;
  confirm: typeof confirmWords;
  core: typeof words;
  cost: typeof costWords;
  entrance: typeof entranceWords;
  first: typeof firstWords;
  live: typeof liveWords;
  people: typeof peopleWords;
  problem: typeof problemWords;
  rules: typeof rulesWords;
  settings: typeof settingsWords;
  share: typeof shareWords;
  signin: typeof signinWords;
  status: typeof statusWords;
  storage: typeof storageWords;
  telling: typeof tellingWords;
  timeline: typeof timelineWords;
  tokens: typeof tokenWords;
  who: typeof whoWords;
  why: typeof whyWords;
}

/** What another language may say in its place: any words, of the same things. */
type Said<T> = T extends string
  ? string
  : T extends (...about: infer About) => string
    ? (...about: About) => string
    : { [Key in keyof T]: Said<T[Key]> };

export type Dictionary = Said<English>;
