// The German words of "Why this alert?".
import type { Cause, Explanation, Heading, Look } from '../../api/shapes.ts';
import { percent, surest } from '../../rules/explanation.ts';
import { clockWithSeconds, tenths } from '../../rules/times.ts';
import type { Dictionary } from './dictionary.ts';

const causes: Partial<Record<Cause, string>> = {
  press: 'Jemand hat geklingelt.',
  trigger: 'Etwas außerhalb von Doorstep hat Bewegung gemeldet.',
  motion: 'Etwas hat sich bewegt.',
  loitering: 'Jemand blieb stehen.',
};

const headings: Record<Heading, string> = {
  arriving: 'auf dem Weg zur Tür',
  leaving: 'auf dem Weg von der Tür weg',
};

const HERE = 'auf diesem Gerät';
const REMOTE = 'von deinem entfernten Detektor';

export const why: Dictionary['why'] = {
  title: 'Warum diese Meldung?',
  loading: 'Lädt den Grund…',
  nothing: 'Dazu wurde nichts aufgehoben.',
  notYet: 'Es passiert noch. Der Grund steht gleich hier.',
  story,

  still: {
    alt: (hasBox) => (hasBox ? 'Das beste Bild, mit einem Rahmen um die gesehene Person' : 'Das beste Bild'),
    frame: 'Rahmen um die gesehene Person zeichnen',
  },

  chart: {
    title: 'Wie sicher jeder Blick war, von 0 bis 100 %',
    says: (looks) => {
      const best = surest(looks);
      if (best === null) return '';
      const [first, last] = [timeOf(looks[0] ?? best), timeOf(looks.at(-1) ?? best)];
      const span = first === last ? `um ${first}` : `von ${first} bis ${last}`;
      return `Wie sicher bei ${counted(looks.length)} ${span}: höchstens ${percent(best.score)}, um ${timeOf(best)}.`;
    },
    open: (threshold) => `Beginnt bei ${percent(threshold)}`,
    keep: (threshold) => `Geht weiter über ${percent(threshold)}`,
    here: `Angesehen ${HERE}`,
    remote: `Angesehen ${REMOTE}`,
  },

  table: {
    title: (looks) => `Alle Blicke (${looks})`,
    at: 'Zeit',
    sure: 'Wie sicher',
    where: 'Angesehen',
    place: (look) =>
      (look.where === 'remote' ? REMOTE : HERE) + (look.crops.length > 0 ? ', ein Teil des Bildes' : ''),
  },

  facts: {
    where: 'Angesehen',
    places: ({ here, remote }) => {
      if (remote === 0) return HERE;
      if (here === 0) return REMOTE;
      return `${HERE} (${count(here)}) und ${REMOTE} (${count(remote)})`;
    },
    moved: 'Bewegt',
    movedPart: (part) => `${part < 0.0995 ? tenths(part * 100) : Math.round(part * 100)} % des Bildes`,
    model: 'Modell',
    fingerprint: (hash) => `Fingerabdruck ${hash.slice(0, 12)}`,
    input: 'Bild, das es bekam',
    inputSize: (size) => size.replace('x', ' × '),
  },

  verdict: {
    wrong: 'Keine Person',
    right: 'Es war eine Person',
    thanks: 'Danke. Das Bild bleibt auf diesem Gerät, zum Feineinstellen.',
    noted: 'Notiert: Es war eine Person.',
  },
};

function story(explanation: Explanation): string {
  return [causes[explanation.opened_by] ?? '', sighting(explanation)]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function sighting({ looks, thresholds, zone, direction }: Explanation): string {
  const best = surest(looks);
  if (best === null) return 'Es wurde kein Bild angesehen.';
  const needed = Math.min(thresholds.open, thresholds.keep);
  if (best.score === 0 || best.score < needed) {
    if (best.score === 0) return `Bei ${counted(looks.length)} war niemand zu erkennen.`;
    return `Es war niemand zu erkennen. Der sicherste von ${counted(looks.length)} war zu ${percent(best.score)} sicher, um ${timeOf(best)}.`;
  }
  const parts = [
    `Eine Person wurde um ${timeOf(best)} mit ${percent(best.score)} Sicherheit gesehen`,
    zone === '' ? '' : `zuerst in der Zone ${zone}`,
    direction === null ? '' : headings[direction],
  ];
  return `${parts.filter((part) => part !== '').join(', ')}.`;
}

const count = (looks: number): string => (looks === 1 ? 'ein Blick' : `${looks} Blicke`);

/** As it stands behind "bei" and "von". */
const counted = (looks: number): string => (looks === 1 ? 'einem Blick' : `${looks} Blicken`);

function timeOf(look: Look): string {
  return clockWithSeconds(new Date(look.at));
}
