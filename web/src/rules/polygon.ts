// Polygons that are drawn on a camera's picture: corners in parts of it, 0 to 1 from the left and from the top.
// Decisions only; what is drawn lives in parts/camera.

export type Corner = readonly [number, number];
export type Polygon = readonly Corner[];

export const LEAST_CORNERS = 3;
export const MOST_CORNERS = 100;
/** As the config judges it: what encloses less is a line. */
const LEAST_AREA = 1e-6;

export type PolygonFault = 'crosses' | 'empty' | null;

/** Why the config would refuse it; null where it would not. */
export function faultOf(polygon: Polygon): PolygonFault {
  if (crossesItself(polygon)) return 'crosses';
  return polygon.length < LEAST_CORNERS || areaOf(polygon) < LEAST_AREA ? 'empty' : null;
}

/** Inside the picture, to three decimals: a pixel of a thousand. */
export function placed(x: number, y: number): Corner {
  return [rounded(x), rounded(y)];
}

export function movedTo(polygon: Polygon, index: number, corner: Corner): Polygon {
  return polygon.map((old, place) => (place === index ? placed(...corner) : old));
}

export function movedBy(polygon: Polygon, index: number, dx: number, dy: number): Polygon {
  const [x, y] = polygon[index] ?? [0, 0];
  return movedTo(polygon, index, [x + dx, y + dy]);
}

/** With one more corner in the middle of the edge behind this one. */
export function splitAfter(polygon: Polygon, index: number): Polygon {
  if (polygon.length >= MOST_CORNERS) return polygon;
  const [x, y] = polygon[index] ?? [0, 0];
  const [nextX, nextY] = polygon[(index + 1) % polygon.length] ?? [x, y];
  return polygon.toSpliced(index + 1, 0, placed((x + nextX) / 2, (y + nextY) / 2));
}

/** With one more corner in the edge that is nearest to it, and where it stands; `height` is that of a picture of width 1. */
export function withCorner(polygon: Polygon, corner: Corner, height = 1): [Polygon, number] {
  if (polygon.length >= MOST_CORNERS) return [polygon, polygon.length - 1];
  const distances = polygon.map((start, place) =>
    distance(corner, start, polygon[(place + 1) % polygon.length] ?? start, height),
  );
  const place = distances.indexOf(Math.min(...distances)) + 1;
  return [polygon.toSpliced(place, 0, placed(...corner)), place];
}

/** Without that corner; the same where no other three would be left. */
export function without(polygon: Polygon, index: number): Polygon {
  return polygon.length <= LEAST_CORNERS ? polygon : polygon.toSpliced(index, 1);
}

/** Where a new one begins: a rectangle that no other corner hides. */
export function fresh(many: number): Polygon {
  const shift = (many % 5) * 0.04;
  const [left, top] = [0.25 + shift, 0.35 + shift];
  return [placed(left, top), placed(left + 0.4, top), placed(left + 0.4, top + 0.4), placed(left, top + 0.4)];
}

/** For an SVG whose picture is 100 by 100. */
export function pointsOf(polygon: Polygon): string {
  return polygon.map(([x, y]) => `${x * 100},${y * 100}`).join(' ');
}

/** Whether two of its edges cross where neither ends; those that merely touch do not. */
function crossesItself(polygon: Polygon): boolean {
  const edges = polygon.map(
    (start, place) => [start, polygon[(place + 1) % polygon.length] ?? start] as const,
  );
  return edges.some((one, place) => edges.slice(place + 2).some((other) => cross(one, other)));
}

type Edge = readonly [Corner, Corner];

function cross(one: Edge, other: Edge): boolean {
  return parts(one, other) && parts(other, one);
}

function parts(edge: Edge, [start, end]: Edge): boolean {
  return side(edge, start) * side(edge, end) < 0;
}

function side([[x1, y1], [x2, y2]]: Edge, [x, y]: Corner): number {
  return (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1);
}

/** The shoelace formula, about the first corner. */
function areaOf(polygon: Polygon): number {
  const [x0, y0] = polygon[0] ?? [0, 0];
  const spokes = polygon.slice(1).map(([x, y]) => [x - x0, y - y0] as const);
  const sum = spokes.slice(1).reduce((total, [c, d], place) => {
    const [a, b] = spokes[place] ?? [0, 0];
    return total + a * d - b * c;
  }, 0);
  return Math.abs(sum) / 2;
}

function distance([x, y]: Corner, [x1, y1]: Corner, [x2, y2]: Corner, height: number): number {
  const [alongX, alongY] = [x2 - x1, (y2 - y1) * height];
  const [fromX, fromY] = [x - x1, (y - y1) * height];
  const length = alongX * alongX + alongY * alongY;
  const part = length === 0 ? 0 : Math.min(Math.max((fromX * alongX + fromY * alongY) / length, 0), 1);
  return Math.hypot(fromX - part * alongX, fromY - part * alongY);
}

function rounded(value: number): number {
  return Math.round(Math.min(Math.max(value, 0), 1) * 1000) / 1000;
}
