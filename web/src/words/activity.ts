// The English words of "Who watched what": what stands in the log, as sentences.
import { spoken } from '../language.ts';
import type { AuditEntry } from '../api/shapes.ts';
import { endedOf, entryOf, triesOf, whomOf } from '../rules/auditabout.ts';
import { hours, seenSpan } from '../rules/auditspan.ts';
import { span } from '../rules/times.ts';

const entries: Partial<Record<string, string>> = {
  password: 'with the password',
  passkey: 'with a passkey',
  pairing: 'with a code',
  setup: 'at the set-up',
  reset: 'by a link',
};

function signedIn(who: string, about: string): string {
  const { how, device } = entryOf(about);
  return [`${who} signed in ${entries[how] ?? how}`.trim(), device].filter(Boolean).join(', ');
}

function failed(who: string, about: string): string {
  const { how, tries } = triesOf(about);
  const often = tries === 1 ? '' : `${tries} tries`;
  return [`${who} failed to sign in ${entries[how] ?? how}`.trim(), often].filter(Boolean).join(', ');
}

function signedOut(who: string, about: string): string {
  const { device, whose } = endedOf(about);
  return whose === '' ? `${who} signed out ${device}` : `${who} signed out ${device} of ${whose}`;
}

/** What somebody did; `camera` is its name, `about` what else the log says. */
type Sentence = (who: string, camera: string, about: string) => string;

const verbs: Partial<Record<string, Sentence>> = {
  watched: (who, camera) => `${who} watched ${camera}`,
  'watched a recording': (who, camera) => `${who} watched recordings of ${camera}`,
  'saved a clip': (who, camera) => `${who} saved a clip of ${camera}`,
  'shared an event by a link': (who, camera) => `${who} made a link to an alert of ${camera}`,
  'opened an event by a link': (who, camera) => `${who} opened a link to an alert of ${camera}`,
  'ended a link to an event': (who, camera) => `${who} ended a link to an alert of ${camera}`,
  'switched detection on': (who, camera) => `${who} switched detection on at ${camera}`,
  'switched detection off': (who, camera) => `${who} switched detection off at ${camera}`,
  'snoozed the house': (who) => `${who} paused notifications for everybody`,
  'ended the snooze of the house': (who) => `${who} ended the pause for everybody`,
  'made a backup': (who) => `${who} took a backup`,
  'changed the settings': (who, _, about) => `${who} changed the settings: ${about}`,
  'restarted Doorstep': (who) => `${who} restarted Doorstep`,
  'joined a hub': (who, _, about) => `${who} joined the hub at ${about}`,
  'left the hub': (who, _, about) => `${who} left the hub at ${about}`,
  'signed in': (who, _, about) => signedIn(who, about),
  'signed out': (who) => `${who} signed out`,
  'failed to sign in': (who, _, about) => failed(who, about),
  'ended a sign-in': (who, _, about) => signedOut(who, about),
  'ended all other sign-ins': (who, _, about) =>
    about === '' ? `${who} signed out everywhere else` : `${who} signed out ${whomOf(about)} everywhere`,
  'changed the password': (who) => `${who} changed the password`,
  'made a reset link': (who, _, about) => `${who} made a link for ${about} to come in`,
  'set a password by a link': (who) => `${who} set a password by a link`,
  'added a person': (who, _, about) => `${who} added ${about}`,
  'changed a person': (who, _, about) => `${who} changed what ${about} may`,
  'removed a person': (who, _, about) => `${who} removed ${about}`,
  'showed a code for a phone': (who, _, about) =>
    about === '' ? `${who} showed a code for a phone` : `${who} showed a code for ${whomOf(about)}'s phone`,
  'added a passkey': (who) => `${who} added a passkey`,
  'removed a passkey': (who) => `${who} removed a passkey`,
  'made a token': (who, _, about) => `${who} made the token ${about}`,
  'revoked a token': (who, _, about) => `${who} revoked the token ${about}`,
};

const ways: Partial<Record<string, string>> = {
  mse: 'in the browser',
  webrtc: 'in the browser, least delay',
  hls: 'by HLS',
  mjpeg: 'in the browser, low quality',
  rtmp: 'by RTMP',
};

export const activityWords = spoken('activity', {
  lead: 'Kept for ninety days.',
  filters: 'What is shown',
  who: 'Who',
  everybody: 'Everybody',
  camera: 'Camera',
  allCameras: 'All cameras',
  what: 'What',
  kinds: {
    all: 'Everything',
    watched: 'Watching',
    links: 'Links to clips',
    people: 'Signing in and people',
    house: 'The house',
  },
  none: 'Nobody has done anything yet.',
  noMatch: 'Nothing matches.',
  clear: 'Show everything',
  more: 'Load more',
  sentence: (entry: AuditEntry, who: string, camera: string) => {
    const known = verbs[entry.verb];
    if (known !== undefined) return known(who, camera, entry.way);
    return [`${who} ${entry.verb}`, entry.camera === null ? '' : camera, entry.way]
      .filter(Boolean)
      .join(', ');
  },
  somebody: 'Somebody',
  /** "14:02–14:10, 8 min, by HLS, from 192.168.1.7" */
  facts: (entry: AuditEntry & { address: string }, now: Date) =>
    [
      hours(entry, now),
      entry.verb === 'watched' && entry.seconds !== null ? span(entry.seconds * 1000) : '',
      entry.verb === 'watched' ? (ways[entry.way] ?? entry.way) : '',
      seenSpan(entry) === '' ? '' : `recordings of ${seenSpan(entry)}`,
      entry.address === '' ? '' : entry.address === 'local' ? 'on this machine' : `from ${entry.address}`,
    ]
      .filter(Boolean)
      .join(', '),
});
