// The English words of sharing one alert by a link, and of the list of all links.
import { spoken } from '../language.ts';
import type { Share } from '../api/sharing.ts';
import { since } from '../rules/times.ts';

export const shareWords = spoken('share', {
  title: 'Share by link',
  lead: 'Whoever has the link sees this one alert and its video, without signing in.',
  howLong: 'The link opens it for',
  lasts: [
    [1, '1 hour'],
    [24, '24 hours'],
    [168, '7 days'],
    [720, '30 days'],
  ] as [hours: number, name: string][],
  pin: 'PIN (optional)',
  pinHint: '4 to 8 digits, which you tell in another way than the link.',
  noPin: 'A PIN has 4 to 8 digits.',
  make: 'Make link',
  making: 'Making the link…',
  link: 'Link',
  copy: 'Copy',
  send: 'Share…',
  copied: 'Copied.',
  notCopied: 'Press Ctrl+C to copy.',
  until: (at: Date, now: Date) =>
    `It ends ${since(at, now)}. It cannot be shown again, so send or copy it now.`,
  atHome: 'This link works at home only: Doorstep has no address for the outside yet.',
  open: 'Open links',
  who: (one: Share) => (one.by_mail ? 'Sent by mail' : one.made_by || 'Made by a script'),
  facts: (one: Share, now: Date) =>
    `ends ${since(new Date(one.expires_at), now)}, ${opened(one.opened)}${one.pin ? ', asks for a PIN' : ''}`,
  end: 'End',
  endOf: (one: Share, now: Date) => `End the link that ${shareWords.facts(one, now)}`,
  ended: 'The link opens nothing any more.',

  /** Settings, Links to clips. */
  all: {
    lead: 'Whoever has one of these links sees that one alert, without signing in.',
    how: 'To make one, open an alert and press Share.',
    none: 'No link is open.',
    toAlerts: 'To the alerts',
    show: 'Show the alert',
    made: (one: Share, camera: string, now: Date) =>
      `${camera}, made ${since(new Date(one.created_at), now)}`,
    end: 'End all links',
    endTitle: 'End all links?',
    endLead: (count: number, isOwner: boolean) =>
      `${count === 1 ? 'One link opens' : `${count} links open`} nothing any more${isOwner ? ', also those of others' : ''}. This cannot be undone.`,
    ended: 'No link opens anything any more.',
  },
});

function opened(times: number): string {
  if (times === 0) return 'not opened yet';
  return times === 1 ? 'opened once' : `opened ${times} times`;
}
