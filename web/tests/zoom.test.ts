import { expect, test } from 'vitest';
import { isWhole, LARGEST, moved, pinched, type Point, type View, WHOLE, zoomed } from '../src/rules/zoom.ts';

/** Where in the frame a point of the picture is drawn. */
const drawn = (view: View, at: Point): Point => ({
  x: view.x + view.scale * at.x,
  y: view.y + view.scale * at.y,
});
const near = (a: Point, b: Point) => {
  expect(a.x).toBeCloseTo(b.x);
  expect(a.y).toBeCloseTo(b.y);
};

test('what is under the finger stays there', () => {
  const at = { x: 0.3, y: 0.8 };
  near(drawn(zoomed(WHOLE, 2, at), at), at);
});

test('is never smaller than whole nor larger than the largest', () => {
  expect(zoomed(WHOLE, 0.2)).toEqual(WHOLE);
  expect(zoomed(WHOLE, 100).scale).toBe(LARGEST);
  expect(isWhole(zoomed(zoomed(WHOLE, 3, { x: 0, y: 1 }), 1 / 3, { x: 1, y: 0 }))).toBe(true);
});

test('no edge of the picture comes into the frame, however it is moved', () => {
  for (const by of [-9, -0.3, 0, 0.3, 9]) {
    const view = moved(zoomed(WHOLE, 2), { x: by, y: -by });
    expect(drawn(view, { x: 0, y: 0 }).x).toBeLessThanOrEqual(0);
    expect(drawn(view, { x: 1, y: 1 }).x).toBeGreaterThanOrEqual(1);
    expect(drawn(view, { x: 0, y: 0 }).y).toBeLessThanOrEqual(0);
    expect(drawn(view, { x: 1, y: 1 }).y).toBeGreaterThanOrEqual(1);
  }
  expect(moved(WHOLE, { x: 0.5, y: 0.5 })).toEqual(WHOLE);
});

test('two fingers take what is under them along', () => {
  const view = pinched(
    zoomed(WHOLE, 2),
    [
      { x: 0.4, y: 0.5 },
      { x: 0.6, y: 0.5 },
    ],
    [
      { x: 0.3, y: 0.5 },
      { x: 0.7, y: 0.5 },
    ],
  );
  expect(view.scale).toBeCloseTo(4);
  near(drawn(view, { x: 0.45, y: 0.5 }), { x: 0.3, y: 0.5 });
  near(drawn(view, { x: 0.55, y: 0.5 }), { x: 0.7, y: 0.5 });
});

test('two fingers at one point do not tear it apart', () => {
  const point = { x: 0.5, y: 0.5 };
  expect(pinched(WHOLE, [point, point], [point, { x: 0.9, y: 0.5 }]).scale).toBe(1);
});
