import { describe, expect, it } from 'vitest';
import {
  faultOf,
  fresh,
  movedBy,
  movedTo,
  placed,
  pointsOf,
  splitAfter,
  withCorner,
  without,
  type Polygon,
} from '../src/rules/polygon.ts';

const square: Polygon = [
  [0.2, 0.2],
  [0.8, 0.2],
  [0.8, 0.8],
  [0.2, 0.8],
];

describe('a polygon that is drawn', () => {
  it('is fine as the config judges it, or says why not', () => {
    expect(faultOf(square)).toBeNull();
    expect(
      faultOf([
        [0.2, 0.2],
        [0.8, 0.8],
        [0.8, 0.2],
        [0.2, 0.8],
      ]),
    ).toBe('crosses');
    expect(
      faultOf([
        [0.1, 0.1],
        [0.5, 0.5],
        [0.9, 0.9],
      ]),
    ).toBe('empty');
    expect(
      faultOf([
        [0.1, 0.1],
        [0.5, 0.5],
      ]),
    ).toBe('empty');
    expect(faultOf([])).toBe('empty');
  });
  it('may touch itself, as a zone around a tree does', () => {
    expect(
      faultOf([
        [0, 0],
        [1, 0],
        [1, 1],
        [0.5, 0],
        [0, 1],
      ]),
    ).toBeNull();
  });
  it('keeps its corners in the picture, to three decimals', () => {
    expect(placed(-3, 0.123456)).toEqual([0, 0.123]);
    expect(movedTo(square, 2, [1.5, 0.9999])[2]).toEqual([1, 1]);
    expect(movedBy(square, 0, 0.01, -0.01)[0]).toEqual([0.21, 0.19]);
    expect(movedBy(square, 0, -1, -1)[0]).toEqual([0, 0]);
  });
  it('gets a corner behind another one, or in the edge that is nearest', () => {
    expect(splitAfter(square, 3)).toEqual([...square, [0.2, 0.5]]);
    const [polygon, index] = withCorner(square, [0.9, 0.5]);
    expect(index).toBe(2);
    expect(polygon[2]).toEqual([0.9, 0.5]);
    expect(faultOf(polygon)).toBeNull();
  });
  it('never has fewer than three corners, nor more than a hundred', () => {
    const triangle = without(square, 0);
    expect(triangle).toHaveLength(3);
    expect(without(triangle, 0)).toBe(triangle);
    const many: Polygon = Array.from({ length: 100 }, (_, at) =>
      placed(Math.cos(at / 16) / 2 + 0.5, Math.sin(at / 16) / 2 + 0.5),
    );
    expect(splitAfter(many, 0)).toBe(many);
    expect(withCorner(many, [0, 0])[0]).toBe(many);
  });
  it('begins as a rectangle that no other one hides', () => {
    const begun = [0, 1, 2].map(fresh);
    expect(begun.map(faultOf)).toEqual([null, null, null]);
    expect(new Set(begun.map(pointsOf)).size).toBe(3);
  });
});
