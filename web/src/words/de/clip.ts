// The German words of the clip sheet.
import { clock, clockWithSeconds, length, size } from '../../rules/times.ts';
import type { Dictionary } from './dictionary.ts';

export const clip: Dictionary['clip'] = {
  last: 'Sichern: die letzten',
  from: 'Clip sichern',
  howLong: 'Wie lang',
  span: spanWords,
  other: 'Andere…',
  minutes: 'Minuten',
  seconds: 'Sekunden',
  wrongLength: 'Ein Clip dauert 1 Sekunde bis 60 Minuten.',
  endsNow: 'Bis jetzt',
  shows: 'Zeigt',
  fromTo: (from, to) => `${clockWithSeconds(from)} – ${clockWithSeconds(to)}`,
  about: (bytes) => `Etwa ${size(bytes)}`,
  measuring: 'Ich schaue, was aufgenommen ist…',
  startsLate: (at, seconds) =>
    `Die Aufnahme beginnt um ${clock(at)}. Der Clip ist auf ${spanWords(seconds)} gekürzt.`,
  endsEarly: (at, seconds) =>
    `Die Aufnahme endet um ${clockWithSeconds(at)}. Der Clip ist auf ${spanWords(seconds)} gekürzt.`,
  gaps: (seconds) =>
    `In dieser Zeit gibt es Lücken. Der Clip ist das längste Stück ohne Lücke, ${spanWords(seconds)}.`,
  nothing:
    'In dieser Zeit wurde nichts aufgenommen. Wähle eine andere Länge oder im Verlauf eine frühere Zeit.',
  refused: 'Daraus kann Doorstep keinen Clip machen. Wähle eine andere Länge.',
  everywhere: 'Läuft überall',
  everywhereLead:
    'Aufgenommen als H.265, das manche Handys und Programme nicht abspielen. Das Umwandeln in H.264 dauert länger.',
  large: (bytes) =>
    `Mit ${size(bytes)} ist der Clip zu groß, um ihn hier zu halten. Dein Browser lädt ihn und zeigt, wie weit er ist.`,
  download: 'Herunterladen',
  make: 'Clip machen',
  making: (percent) => `Clip wird gemacht… ${percent} %`,
  converting: (percent) => `Wird in H.264 umgewandelt… ${percent} %`,
  waiting: (ahead) => (ahead === 1 ? 'Wartet auf einen anderen Clip.' : `Wartet auf ${ahead} andere Clips.`),
  cancel: 'Abbrechen',
  cancelled: 'Abgebrochen.',
  cut: 'Der Clip wurde unterbrochen. Was schon da ist, bleibt.',
  goOn: 'Noch einmal',
  ready: (seconds, bytes) => `Fertig: ${length(seconds)}, ${size(bytes)}`,
  savePhone: 'Auf dem Handy sichern',
  save: 'Sichern',
  saved: 'Gesichert.',
  notShared: 'Der Clip ließ sich nicht übergeben. Nimm Herunterladen.',
  link: 'Link',
  keep: 'Behalten',
  keepLead:
    'Mit Behalten oder Link kommt er zu deinen Meldungen und bleibt, wenn die Aufnahme überschrieben wird.',
  keeping: 'Wird behalten…',
  kept: 'Liegt bei deinen Meldungen.',
  show: 'Zeigen',
  ended: 'Deine Anmeldung ist inzwischen abgelaufen. Der Clip geht weiter, wo er war.',
};

function spanWords(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  const minutes = Math.floor(whole / 60);
  const rest = whole % 60;
  if (minutes === 0) return `${rest}\u00a0s`;
  return rest === 0 ? `${minutes}\u00a0min` : `${minutes}\u00a0min ${rest}\u00a0s`;
}
