// Which part of the picture is shown.  Geometry only; fingers, wheels and keys live in parts/zooming.ts.

export const LARGEST = 8;

/** The picture is drawn `scale` times as large and moved by `x` and `y`, both in parts of the frame. */
export interface View {
  scale: number;
  x: number;
  y: number;
}
/** In parts of the frame: 0, 0 is its upper left corner, 1, 1 the lower right one. */
export interface Point {
  x: number;
  y: number;
}

export const WHOLE: View = { scale: 1, x: 0, y: 0 };
export const CENTRE: Point = { x: 0.5, y: 0.5 };

/** Larger or smaller by `factor`; what is at `around` stays there as far as the picture reaches. */
export function zoomed(view: View, factor: number, around: Point = CENTRE): View {
  const scale = within(view.scale * factor, 1, LARGEST);
  const grown = scale / view.scale;
  return kept({
    scale,
    x: around.x - (around.x - view.x) * grown,
    y: around.y - (around.y - view.y) * grown,
  });
}

export function moved(view: View, by: Point): View {
  return kept({ ...view, x: view.x + by.x, y: view.y + by.y });
}

/** As two fingers do it that were at `before` and are at `now`: what was under each of them stays there. */
export function pinched(view: View, before: readonly [Point, Point], now: readonly [Point, Point]): View {
  const [from, to] = [middle(before), middle(now)];
  const factor = apart(before) > 0 ? apart(now) / apart(before) : 1;
  return zoomed(moved(view, { x: to.x - from.x, y: to.y - from.y }), factor, to);
}

export function isWhole(view: View): boolean {
  return view.scale < 1.01;
}

/** No edge of the picture comes into the frame. */
function kept(view: View): View {
  const least = 1 - view.scale;
  return { scale: view.scale, x: within(view.x, least, 0), y: within(view.y, least, 0) };
}

const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
const middle = ([a, b]: readonly [Point, Point]): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
const apart = ([a, b]: readonly [Point, Point]): number => Math.hypot(a.x - b.x, a.y - b.y);
