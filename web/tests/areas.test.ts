import { describe, expect, it } from 'vitest';
import type { CameraSettings } from '../src/api/camerasettings.ts';
import { type Area, areasOf, changesOf, wrongIn } from '../src/rules/areas.ts';
import { fresh, type Corner } from '../src/rules/polygon.ts';

const square = fresh(0) as Corner[];
const camera = {
  id: 'door',
  zones: [
    { name: 'path', polygon: square, exclude: false, least_heights: { person: 0.125, car: 0.3, cat: null } },
    { name: 'street', polygon: square, exclude: true, least_heights: null },
  ],
  masks: [square],
  motion_masks: [],
} as unknown as CameraSettings;

function changed(key: number, what: Partial<Area>): Area[] {
  return areasOf(camera).map((area) => (area.key === key ? { ...area, ...what } : area));
}

describe('zones and masks of a camera', () => {
  it('come from the settings and change nothing by being looked at', () => {
    const areas = areasOf(camera);
    expect(areas.map(({ kind, name, least }) => [kind, name, least])).toEqual([
      ['zone', 'path', '12.5'],
      ['zone', 'street', ''],
      ['mask', '', ''],
    ]);
    expect(changesOf(camera, areas)).toEqual([]);
    expect(wrongIn(areas)).toBeNull();
  });
  it('are written key by key, with what the page does not show', () => {
    expect(changesOf(camera, changed(0, { name: ' garden path ', least: '20,5' }))).toEqual([
      {
        path: ['camera', 'door', 'zones'],
        value: [
          { name: 'garden path', polygon: square, least_heights: { person: 0.205, car: 0.3 } },
          { name: 'street', polygon: square, exclude: true },
        ],
      },
    ]);
  });
  it('take their key out when the last one goes', () => {
    expect(changesOf(camera, areasOf(camera).slice(0, 2))).toEqual([
      { path: ['camera', 'door', 'masks'], value: null },
    ]);
  });
  it.each<[string, Partial<Area>]>([
    ['name', { name: '  ' }],
    ['name', { name: 'x'.repeat(101) }],
    ['twice', { name: 'street' }],
    ['least', { least: '0' }],
    ['least', { least: 'tall' }],
    ['least', { least: '101' }],
    [
      'empty',
      {
        polygon: [
          [0, 0],
          [1, 1],
        ],
      },
    ],
    [
      'crosses',
      {
        polygon: [
          [0, 0],
          [1, 1],
          [1, 0],
          [0, 1],
        ],
      },
    ],
  ])('are not saved with a wrong %s', (what, change) => {
    expect(wrongIn(changed(0, change))?.what).toBe(what);
  });
});
