// The zones and masks of a camera while they are drawn: from the settings, and back as what changed.  No pixels.
import type { CameraSettings, ZoneSettings } from '../api/camerasettings.ts';
import type { Change, Value } from '../api/settings.ts';
import { faultOf, type Polygon } from './polygon.ts';

export type AreaKind = 'zone' | 'mask' | 'motion';

/** `least` is percent as typed, of persons; `others` are least heights of other labels, which are kept. */
export interface Area {
  key: number;
  kind: AreaKind;
  name: string;
  exclude: boolean;
  least: string;
  others: Record<string, number | null>;
  polygon: Polygon;
}

/** What of it may not be saved, and whose fault it is. */
export interface AreaFault {
  what: 'crosses' | 'empty' | 'name' | 'twice' | 'least';
  area: Area;
}

export function areasOf(camera: CameraSettings): Area[] {
  const bare = { name: '', exclude: false, least: '', others: {} };
  const zones = camera.zones.map((zone) => ({ kind: 'zone' as const, ...told(zone), polygon: zone.polygon }));
  const masks = camera.masks.map((polygon) => ({ kind: 'mask' as const, ...bare, polygon }));
  const motion = camera.motion_masks.map((polygon) => ({ kind: 'motion' as const, ...bare, polygon }));
  return [...zones, ...masks, ...motion].map((area, key) => ({ ...area, key }));
}

/** The first thing that is wrong; null where all may be saved. */
export function wrongIn(areas: readonly Area[]): AreaFault | null {
  const names = new Set<string>();
  for (const area of areas) {
    const what = faultOf(area.polygon);
    if (what !== null) return { what, area };
    if (area.kind !== 'zone') continue;
    const name = area.name.trim().normalize('NFC');
    if (name === '' || Array.from(name).length > 100) return { what: 'name', area };
    if (names.has(name)) return { what: 'twice', area };
    names.add(name);
    if (!area.exclude && area.least.trim() !== '' && heightOf(area.least) === null)
      return { what: 'least', area };
  }
  return null;
}

/** What to write, key by key; nothing of what stays as it is. */
export function changesOf(camera: CameraSettings, areas: readonly Area[]): Change[] {
  const before = areasOf(camera);
  const wanted: [string, AreaKind, (area: Area) => Value][] = [
    ['zones', 'zone', zoneOf],
    ['masks', 'mask', ({ polygon }) => corners(polygon)],
    ['motion_masks', 'motion', ({ polygon }) => corners(polygon)],
  ];
  return wanted.flatMap(([key, kind, write]) => {
    const [old, now] = [before, areas].map((all) => all.filter((area) => area.kind === kind).map(write));
    if (JSON.stringify(old) === JSON.stringify(now)) return [];
    return [{ path: ['camera', camera.id, key], value: now === undefined || now.length === 0 ? null : now }];
  });
}

function told({ name, exclude, least_heights }: ZoneSettings): Omit<Area, 'key' | 'kind' | 'polygon'> {
  const { person = null, ...others } = least_heights ?? {};
  return { name, exclude, least: person === null ? '' : String(Math.round(person * 1000) / 10), others };
}

function zoneOf({ name, exclude, least, others, polygon }: Area): Value {
  const zone = { name: name.trim().normalize('NFC'), polygon: corners(polygon) };
  if (exclude) return { ...zone, exclude };
  const height = heightOf(least);
  const heights = Object.fromEntries(
    Object.entries({ person: height, ...others }).filter(
      (entry): entry is [string, number] => entry[1] !== null,
    ),
  );
  return Object.keys(heights).length === 0 ? zone : { ...zone, least_heights: heights };
}

/** Percent as typed, with a point or a comma; null for what is none. */
function heightOf(typed: string): number | null {
  const percent = Number(typed.trim().replace(',', '.'));
  return typed.trim() !== '' && percent >= 1 && percent <= 100 ? Math.round(percent * 10) / 1000 : null;
}

function corners(polygon: Polygon): Value {
  return polygon.map(([x, y]) => [x, y]);
}
