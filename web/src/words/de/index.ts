// The German words.  None is missing: the type says so, and tests/german.test.ts.
import { activity } from './activity.ts';
import { address } from './address.ts';
import { alert } from './alert.ts';
import { anywhere } from './anywhere.ts';
import { appearance } from './appearance.ts';
import { backup } from './backup.ts';
import { cameras } from './cameras.ts';
import { channel } from './channel.ts';
import { clip } from './clip.ts';
import { confirm } from './confirm.ts';
import { core } from './core.ts';
import { cost } from './cost.ts';
import { entrance } from './entrance.ts';
import { first } from './first.ts';
import { live } from './live.ts';
import { people } from './people.ts';
import { problem } from './problem.ts';
import { rules } from './rules.ts';
import { settings } from './settings.ts';
import { share } from './share.ts';
import { signin } from './signin.ts';
import { status } from './status.ts';
import { storage } from './storage.ts';
import { telling } from './telling.ts';
import { timeline } from './timeline.ts';
import { tokens } from './tokens.ts';
import { who } from './who.ts';
import { why } from './why.ts';
import type { Dictionary } from './dictionary.ts';

export const german: Dictionary = {
  activity,
  address,
  alert,
  anywhere,
  appearance,
  backup,
  cameras,
  channel,
  clip,
  confirm,
  core,
  cost,
  entrance,
  first,
  live,
  people,
  problem,
  rules,
  settings,
  share,
  signin,
  status,
  storage,
  telling,
  timeline,
  tokens,
  who,
  why,
};
