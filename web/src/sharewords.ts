// The English words of sharing one alert by a link, which are loaded when somebody shares.
import type { Share } from './api/sharing.ts';
import { since } from './rules/times.ts';

export const shareWords = {
  title: 'Share by link',
  lead: 'Whoever has the link sees this one alert and its video, without signing in.',
  howLong: 'The link opens it for',
  lasts: [
    [1, '1 hour'],
    [24, '24 hours'],
    [168, '7 days'],
    [720, '30 days'],
  ] as const,
  make: 'Make link',
  making: 'Making the link…',
  link: 'Link',
  copy: 'Copy',
  send: 'Share…',
  copied: 'Copied.',
  notCopied: 'Press Ctrl+C to copy.',
  until: (at: Date, now: Date) =>
    `It ends ${since(at, now)}. It cannot be shown again, so send or copy it now.`,
  atHome: 'This link works at home only: the config names no [server] address for the outside.',
  open: 'Open links',
  who: (one: Share) => (one.by_mail ? 'Sent by mail' : one.made_by || 'Made by a script'),
  facts: (one: Share, now: Date) => `ends ${since(new Date(one.expires_at), now)}, ${opened(one.opened)}`,
  end: 'End',
  endOf: (one: Share, now: Date) => `End the link that ${shareWords.facts(one, now)}`,
  ended: 'The link opens nothing any more.',
};

function opened(times: number): string {
  if (times === 0) return 'not opened yet';
  return times === 1 ? 'opened once' : `opened ${times} times`;
}
