// The English words of "Why this alert?", apart from words.ts so that they load with the alerts.  No markup.
import { spoken } from '../language.ts';
import type { Cause, Explanation, Heading, Look } from '../api/shapes.ts';
import { type Places, percent, surest } from '../rules/explanation.ts';
import { clockWithSeconds, tenths } from '../rules/times.ts';

const causes: Partial<Record<Cause, string>> = {
  press: 'Somebody pressed the doorbell.',
  trigger: 'Something outside Doorstep reported motion.',
  motion: 'Something moved.',
  loitering: 'Somebody stayed.',
};

const headings: Record<Heading, string> = {
  arriving: 'walking towards the door',
  leaving: 'walking away from the door',
};

const HERE = 'on this machine';
const REMOTE = 'by your remote detector';

export const whyWords = spoken('why', {
  title: 'Why this alert?',
  loading: 'Loading why…',
  nothing: 'Nothing was kept about this one.',
  notYet: 'It is still happening. Why will be told here in a moment.',
  story,

  still: {
    alt: (hasBox: boolean) =>
      hasBox ? 'The best picture, with a frame around who was seen' : 'The best picture',
    frame: 'Draw a frame around who was seen',
  },

  chart: {
    title: 'How sure each look was, from 0 to 100 %',
    says: (looks: Look[]) => {
      const best = surest(looks);
      if (best === null) return '';
      const [first, last] = [timeOf(looks[0] ?? best), timeOf(looks.at(-1) ?? best)];
      const span = first === last ? `at ${first}` : `from ${first} to ${last}`;
      return `How sure in ${count(looks.length)} ${span}: at most ${percent(best.score)}, at ${timeOf(best)}.`;
    },
    open: (threshold: number) => `Begins at ${percent(threshold)}`,
    keep: (threshold: number) => `Goes on above ${percent(threshold)}`,
    here: `Looked at ${HERE}`,
    remote: `Looked at ${REMOTE}`,
  },

  table: {
    title: (looks: number) => `All looks (${looks})`,
    at: 'Time',
    sure: 'How sure',
    where: 'Looked at',
    place: (look: Look) =>
      (look.where === 'remote' ? REMOTE : HERE) + (look.crops.length > 0 ? ', a part of the picture' : ''),
  },

  facts: {
    where: 'Looked at',
    places: ({ here, remote }: Places) => {
      if (remote === 0) return HERE;
      if (here === 0) return REMOTE;
      return `${HERE} (${count(here)}) and ${REMOTE} (${count(remote)})`;
    },
    moved: 'Moved',
    movedPart: (part: number) =>
      `${part < 0.0995 ? tenths(part * 100) : Math.round(part * 100)} % of the picture`,
    model: 'Model',
    fingerprint: (hash: string) => `fingerprint ${hash.slice(0, 12)}`,
    input: 'Picture given to it',
    inputSize: (size: string) => size.replace('x', ' × '),
  },

  verdict: {
    wrong: 'Not a person',
    right: 'It was a person',
    thanks: 'Thank you. The picture stays on this machine, for tuning.',
    noted: 'Noted: it was a person.',
  },
});

/**
 * One to three sentences: what opened the alert, and whom the surest look saw.  The zone is where he was seen first, the
 * direction where to he went: who came is told as walking towards the door, also once he went again.
 */
function story(why: Explanation): string {
  return [causes[why.opened_by] ?? '', sighting(why)].filter((sentence) => sentence !== '').join(' ');
}

function sighting(why: Explanation): string {
  const best = surest(why.looks);
  if (best === null) return 'No picture was looked at.';
  const needed = Math.min(why.thresholds.open, why.thresholds.keep);
  if (best.score === 0 || best.score < needed) {
    const sure = `The surest of ${count(why.looks.length)} was ${percent(best.score)} sure, at ${timeOf(best)}.`;
    return best.score > 0
      ? `Nobody was made out. ${sure}`
      : `Nobody was made out in ${count(why.looks.length)}.`;
  }
  const parts = [
    `A person was seen with ${percent(best.score)} certainty at ${timeOf(best)}`,
    why.zone === '' ? '' : `first in the zone ${why.zone}`,
    why.direction === null ? '' : headings[why.direction],
  ];
  return `${parts.filter((part) => part !== '').join(', ')}.`;
}

function count(looks: number): string {
  return looks === 1 ? 'one look' : `${looks} looks`;
}

function timeOf(look: Look): string {
  return clockWithSeconds(new Date(look.at));
}
