// The English words of "Access for scripts".
import { spoken } from '../language.ts';
import type { Token } from '../api/house.ts';
import { day, since } from '../rules/times.ts';

export const tokenWords = spoken('tokens', {
  lead: 'A token lets a button, a script or another program in, for what you choose and nothing else. Send it as the header "Authorization: Bearer …".',
  none: 'No token yet.',
  unnamed: 'Without a name',
  revoke: 'Revoke',
  revokeOf: (name: string) => `Revoke ${name}`,
  revokeTitle: (name: string) => `Revoke ${name}?`,
  revokeLead: 'Whatever uses it is locked out at once. A token cannot be brought back.',
  revoked: 'It opens nothing any more.',
  facts: (token: Token, now: Date) =>
    [
      `made ${since(new Date(token.created_at), now)}`,
      token.expires_at === null ? 'never ends' : `until ${day(new Date(token.expires_at), now)}`,
    ].join(', '),
  cameras: (names: string[] | null) => (names === null ? 'all cameras' : names.join(', ')),
  make: 'Make a token',
  name: 'Name',
  nameHint: 'What will use it, such as "Bell button".',
  scopes: 'What it opens',
  scope: (scope: string) => scopes[scope] ?? scope,
  noScope: 'Choose at least one thing that it opens.',
  noCamera: 'Choose a camera, or all.',
  ends: 'It ends after',
  lasts: [
    [30, '30 days'],
    [365, 'a year'],
    [0, 'never'],
  ] as [number, string][],
  once: 'The token',
  onceLead: 'It is shown this once. Copy it now; if it gets lost, make a new one.',
  done: 'Done',
});

const scopes: Partial<Record<string, string>> = {
  'press:write': 'Ring the doorbell',
  'motion:write': 'Report motion',
  'live:read': 'See live pictures',
  'events:read': 'Read alerts and the timeline',
  'clip:read': 'Fetch and share clips',
  'events:write': 'Delete alerts and save clips',
  'status:read': 'Read health and metrics',
  admin: 'Everything an owner may, also settings and people',
};
