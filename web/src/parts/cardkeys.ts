// The keys that walk over the cards of the grid.  What is done with a card is the page's business.
import { type Direction, neighbour } from '../rules/alerts.ts';

export interface CardActions {
  /** J, K, D, X, Delete and ? may be switched off; arrows may not. */
  letters: boolean;
  help: () => void;
  save: (id: string) => void;
  remove: (id: string) => void;
  select: (id: string) => void;
}

const ARROWS: Record<string, Direction> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

/** The next row begins within so many cards; where the others are need not be known, so they are not laid out. */
const NEAR = 24;

/** The cards below `grid`, in the order of the page. */
export function cardsOf(grid: HTMLElement | undefined): HTMLElement[] {
  return [...(grid?.querySelectorAll<HTMLElement>('[data-event]') ?? [])];
}

export function pressOnCards(
  event: KeyboardEvent,
  grid: HTMLElement | undefined,
  actions: CardActions,
): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
  const cards = cardsOf(grid);
  const at = cards.findIndex((card) => card === document.activeElement);
  const arrow = ARROWS[event.key];
  if (arrow !== undefined && at >= 0) beside(cards, at, arrow)?.focus();
  else if (!actions.letters || !pressLetter(event.key, cards, at, actions)) return;
  event.preventDefault();
}

/** Whether the key meant something. */
function pressLetter(key: string, cards: HTMLElement[], at: number, actions: CardActions): boolean {
  const id = cards[at]?.dataset.event;
  if (key === '?') actions.help();
  else if (key.toLowerCase() === 'j') cards[Math.min(at + 1, cards.length - 1)]?.focus();
  else if (key.toLowerCase() === 'k') cards[Math.max(at - 1, 0)]?.focus();
  else if (key.toLowerCase() === 'd' && id !== undefined) actions.save(id);
  else if (key === 'Delete' && id !== undefined) actions.remove(id);
  else if (key.toLowerCase() === 'x' && id !== undefined) actions.select(id);
  else return false;
  return true;
}

function beside(cards: HTMLElement[], at: number, to: Direction): HTMLElement | undefined {
  const from = Math.max(0, at - NEAR);
  const near = cards.slice(from, at + NEAR + 1);
  return near[neighbour(near.map(placeOf), at - from, to)];
}

function placeOf(card: HTMLElement): { x: number; y: number } {
  const box = card.getBoundingClientRect();
  return { x: box.left, y: box.top };
}
