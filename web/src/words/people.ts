// The English words of People, and of what its pages share with the other pages of the house.
import { spoken } from '../language.ts';
import type { Login, Person } from '../api/house.ts';
import type { Role } from '../api/shapes.ts';
import { lastMoment } from '../rules/days.ts';
import { day, isSameDay, since } from '../rules/times.ts';
import { words } from './core.ts';

const hows: Partial<Record<string, string>> = {
  password: 'with the password',
  passkey: 'with a passkey',
  pairing: 'with a code',
  setup: 'at the set-up',
  reset: 'by a link',
};

const may: Record<Role, string> = {
  owner: 'Everything: cameras, people, settings.',
  family: 'Watches live and alerts, saves and shares clips, pauses notifications.',
  guest: 'Watches live, and nothing else. Good for a sitter or a neighbour.',
};

export const peopleWords = spoken('people', {
  cancel: 'Cancel',
  keep: 'Keep as it is',
  copy: 'Copy',
  copied: 'Copied.',
  notCopied: 'Press Ctrl+C to copy.',
  send: 'Share…',
  add: 'Add somebody',
  you: 'you',
  back: 'All people',
  gone: (name: string) => `${name} is no longer here.`,
  /** "Family, all cameras" */
  what: (person: Person, cameraName: (id: string) => string) =>
    [words.roles[person.role], seen(person.cameras, cameraName)].join(', '),
  /** Until when, and when they were last here. */
  when: (person: Person, now: Date) =>
    [
      person.over
        ? 'their time is over'
        : person.until === null
          ? ''
          : `until ${day(lastMoment(person.until), now)}`,
      person.last_seen_at !== null
        ? `last here ${since(new Date(person.last_seen_at), now)}`
        : person.has_password
          ? 'not signed in anywhere'
          : 'not here yet',
    ]
      .filter(Boolean)
      .join(', '),

  cameras: { title: 'Cameras', all: 'All, also those added later', some: 'Only these' },

  form: {
    name: 'Name',
    nameMissing: 'Say who it is.',
    noCamera: 'Choose a camera, or all.',
    role: 'What they may',
    may,
    until: 'Until the end of (optional)',
    untilHint: 'After that day they are signed out. Empty: for good.',
    add: 'Add',
    save: 'Save',
  },
  saved: 'Saved.',
  change: 'What they may',

  invite: {
    title: 'Let them in',
    lead: 'Send a link, or show a code to their phone. They choose a password themselves.',
    again: 'Forgotten password or new phone',
    againLead: 'A link sets a new password. A code signs their phone in without one.',
    byLink: 'Make a link',
    byCode: 'Show a code',
    link: 'Link for them',
    shareTitle: 'Come in to Doorstep',
    linkUntil: (at: Date, now: Date) =>
      `It works once, until ${since(at, now)}. It cannot be shown again, so send or copy it now.`,
    qrAlt: (host: string) => `Code for a phone, by ${host}`,
    codeUntil: (at: Date, now: Date) =>
      `Point the phone's camera at it. It works once, until ${since(at, now)}.`,
    codeOver: 'The code is over. Show a new one.',
  },

  logins: {
    title: 'Where they are signed in',
    none: 'Nowhere.',
    here: 'this one',
    unnamed: 'A browser',
    end: 'Sign out',
    endOf: (name: string) => `Sign out: ${name}`,
    facts: (one: Login, now: Date) =>
      [
        one.last_seen_at === null ? '' : `last used ${since(new Date(one.last_seen_at), now)}`,
        `signed in ${dayOrTime(new Date(one.created_at), now)}${one.how === null ? '' : ` ${hows[one.how] ?? one.how}`}`,
        one.address === '' ? '' : `from ${one.address}`,
      ]
        .filter(Boolean)
        .join(', '),
  },

  remove: {
    button: 'Remove',
    lead: 'They are signed out everywhere; their passkeys, devices and links go. Recordings stay.',
    title: (name: string) => `Remove ${name}?`,
    done: (name: string) => `${name} was removed.`,
    yourself: 'This is you: you are signed out at once.',
    lastOwner: 'The last owner stays: make somebody else an owner first.',
  },
});

function seen(cameras: string[] | null, cameraName: (id: string) => string): string {
  if (cameras === null) return 'all cameras';
  return cameras.length === 0 ? 'no camera' : cameras.map(cameraName).join(', ');
}

function dayOrTime(at: Date, now: Date): string {
  return isSameDay(at, now) ? since(at, now) : day(at, now);
}
