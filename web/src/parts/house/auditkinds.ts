// The kinds of what people do, by the verbs of Doorstep's audit log.  How they are called is in words/activity.

export type Kind = 'all' | 'watched' | 'links' | 'people' | 'house';

/** None: whatever it is. */
export const VERBS: Record<Kind, readonly string[]> = {
  all: [],
  watched: ['watched', 'watched a recording', 'saved a clip'],
  links: ['shared an event by a link', 'opened an event by a link', 'ended a link to an event'],
  people: [
    'signed in',
    'signed out',
    'failed to sign in',
    'ended a sign-in',
    'ended all other sign-ins',
    'changed the password',
    'made a reset link',
    'set a password by a link',
    'added a person',
    'changed a person',
    'removed a person',
    'showed a code for a phone',
    'added a passkey',
    'removed a passkey',
    'made a token',
    'revoked a token',
  ],
  house: [
    'switched detection on',
    'switched detection off',
    'snoozed the house',
    'ended the snooze of the house',
    'made a backup',
    'changed the settings',
    'restarted Doorstep',
    'joined a hub',
    'left the hub',
  ],
};
