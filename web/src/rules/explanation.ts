// Rules about why an alert was opened: its surest look, and its scores as lines and dots.  The words are elsewhere.
import type { Explanation, Look, Where } from '../api/shapes.ts';

/** The look with the highest score, the first of equals; null where there was none. */
export function surest(looks: Look[]): Look | null {
  return looks.reduce<Look | null>(
    (best, look) => (best !== null && best.score >= look.score ? best : look),
    null,
  );
}

/** "93 %"; nothing is ever wholly certain, so at most 99. */
export function percent(score: number): string {
  return `${Math.max(0, Math.min(99, Math.round(score * 100)))} %`;
}

/** How many pictures were looked at where. */
export interface Places {
  here: number;
  remote: number;
}

export function placesOf(looks: Look[]): Places {
  const remote = looks.filter((look) => look.where === 'remote').length;
  return { here: looks.length - remote, remote };
}

/** In pixels of the drawing: x to the right, y downwards. */
export interface Dot {
  x: number;
  y: number;
  where: Where;
}

export interface Chart {
  /** The dots in order of time, and the line through them as an SVG path. */
  dots: Dot[];
  line: string;
  /** The heights of the two thresholds, of nothing and of certainty. */
  open: number;
  keep: number;
  floor: number;
  ceiling: number;
}

/** Room left at each edge for half a dot. */
export const MARGIN = 6;

export function chartOf(why: Explanation, width: number, height: number): Chart {
  const looks = why.looks.map((look) => ({ ...look, ms: Date.parse(look.at) })).sort((a, b) => a.ms - b.ms);
  const from = looks[0]?.ms ?? 0;
  const span = (looks.at(-1)?.ms ?? 0) - from;
  const across = (ms: number) =>
    span === 0 ? width / 2 : MARGIN + ((ms - from) / span) * Math.max(0, width - 2 * MARGIN);
  const up = (score: number) => MARGIN + (1 - Math.max(0, Math.min(1, score))) * (height - 2 * MARGIN);
  const dots = looks.map((look) => ({
    x: round(across(look.ms)),
    y: round(up(look.score)),
    where: look.where,
  }));
  return {
    dots,
    line: dots.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join(''),
    open: round(up(why.thresholds.open)),
    keep: round(up(why.thresholds.keep)),
    floor: round(up(0)),
    ceiling: round(up(1)),
  };
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
