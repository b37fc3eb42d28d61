// The German words of sharing one alert by a link, and of the list of all links.
import type { Dictionary } from './dictionary.ts';
import type { Share } from '../../api/sharing.ts';
import { since } from '../../rules/times.ts';

export const share: Dictionary['share'] = {
  title: 'Per Link teilen',
  lead: 'Wer den Link hat, sieht diese eine Meldung und ihr Video, ohne sich anzumelden.',
  howLong: 'Der Link öffnet sie für',
  lasts: [
    [1, '1 Stunde'],
    [24, '24 Stunden'],
    [168, '7 Tage'],
    [720, '30 Tage'],
  ],
  pin: 'PIN (freiwillig)',
  pinHint: '4 bis 8 Ziffern, die du auf einem anderen Weg sagst als den Link.',
  noPin: 'Eine PIN hat 4 bis 8 Ziffern.',
  make: 'Link erzeugen',
  making: 'Der Link wird erzeugt…',
  link: 'Link',
  copy: 'Kopieren',
  send: 'Teilen…',
  copied: 'Kopiert.',
  notCopied: 'Drücke Strg+C zum Kopieren.',
  until: (at, now) =>
    `Er endet ${since(at, now)}. Er wird nicht noch einmal gezeigt: jetzt schicken oder kopieren.`,
  atHome: 'Dieser Link geht nur zu Hause: Doorstep hat noch keine Adresse für außen.',
  open: 'Offene Links',
  who: (one) => (one.by_mail ? 'Per Mail geschickt' : one.made_by || 'Von einem Skript erzeugt'),
  facts,
  end: 'Beenden',
  endOf: (one, now) => `Link beenden: ${facts(one, now)}`,
  ended: 'Der Link öffnet nichts mehr.',

  all: {
    lead: 'Wer einen dieser Links hat, sieht diese eine Meldung, ohne sich anzumelden.',
    how: 'Um einen zu erzeugen, öffne eine Meldung und drücke Teilen.',
    none: 'Kein Link ist offen.',
    toAlerts: 'Zu den Meldungen',
    show: 'Meldung zeigen',
    made: (one, camera, now) => `${camera}, erzeugt ${since(new Date(one.created_at), now)}`,
    end: 'Alle Links beenden',
    endTitle: 'Alle Links beenden?',
    endLead: (count, isOwner) =>
      `${count === 1 ? 'Ein Link öffnet' : `${count} Links öffnen`} dann nichts mehr${isOwner ? ', auch die der anderen' : ''}. Das lässt sich nicht rückgängig machen.`,
    ended: 'Kein Link öffnet mehr etwas.',
  },
};

function facts(one: Share, now: Date): string {
  return `endet ${since(new Date(one.expires_at), now)}, ${opened(one.opened)}${one.pin ? ', fragt nach einer PIN' : ''}`;
}

function opened(times: number): string {
  if (times === 0) return 'noch nicht geöffnet';
  return times === 1 ? 'einmal geöffnet' : `${times} Mal geöffnet`;
}
