// Draws the icons of notifications and of the installed app, of the shapes in public/icon.svg: no picture is kept in the
// source.  PNG: W3C, second edition, sections 5 and 11.
import { crc32, deflateSync } from 'node:zlib';
import type { Plugin } from 'vite';

type Colour = readonly [number, number, number];
type Shape = readonly [Colour, (x: number, y: number) => boolean];

const BLUE: Colour = [0x1f, 0x5f, 0xd0];
const WHITE: Colour = [0xff, 0xff, 0xff];
const NIGHT: Colour = [0x14, 0x30, 0x5f];
const AMBER: Colour = [0xff, 0xb4, 0x54];
const FINE = 4; // samples a side of each pixel

const disc = (cx: number, cy: number, r: number) => (x: number, y: number) => Math.hypot(x - cx, y - cy) <= r;
const arch = (cx: number, cy: number, r: number) => (x: number, y: number) =>
  y < cy ? Math.hypot(x - cx, y - cy) <= r : Math.abs(x - cx) <= r && y <= 52;
const step = (x: number, y: number) => Math.hypot(x - Math.min(53, Math.max(11, x)), y - 52) <= 2.5;

// On the 64 units of icon.svg; what is round there at its corners, a system cuts by its own taste.
const ICON: Shape[] = [
  [BLUE, () => true],
  [WHITE, arch(32, 22, 14)],
  [NIGHT, arch(32, 23, 9)],
  [AMBER, disc(36, 37, 2.4)],
  [AMBER, step],
];
/** White on nothing: of a badge only its outline is used. */
const BADGE: Shape[] = [
  [WHITE, (x, y) => arch(32, 22, 14)(x, y) && !arch(32, 23, 9)(x, y)],
  [WHITE, disc(36, 37, 2.4)],
  [WHITE, step],
];

/** What a system may cut off is only the ground: the shape within the inner 80 % (W3C Manifest, "maskable"). */
const insideMask = ([colour, holds]: Shape): Shape => [
  colour,
  (x, y) => holds(32 + (x - 32) / 0.75, 32 + (y - 32) / 0.75),
];

export function icons(): Plugin {
  return {
    name: 'doorstep-icons',
    apply: 'build',
    renderStart() {
      const emit = (fileName: string, source: Uint8Array) =>
        this.emitFile({ type: 'asset', fileName, source });
      emit('icon-192.png', drawn(ICON, 192));
      emit('icon-512.png', drawn(ICON, 512));
      emit('icon-maskable-512.png', drawn(ICON.map(insideMask), 512));
      emit('apple-touch-icon.png', drawn(ICON, 180));
      emit('badge-96.png', drawn(BADGE, 96));
    },
  };
}

function drawn(shapes: Shape[], size: number): Uint8Array {
  const rows = Buffer.alloc(size * (size * 4 + 1)); // each row begins with its filter, 0: none
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      rows.set(pixel(shapes, x, y, 64 / size), y * (size * 4 + 1) + 1 + x * 4);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6], 8); // 8 bits, red green blue alpha
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...parts]);
}

function pixel(shapes: Shape[], column: number, row: number, scale: number): number[] {
  const sum = [0, 0, 0, 0];
  for (let sample = 0; sample < FINE * FINE; sample += 1) {
    const x = (column + ((sample % FINE) + 0.5) / FINE) * scale;
    const y = (row + (Math.floor(sample / FINE) + 0.5) / FINE) * scale;
    const colour = shapes.findLast(([, holds]) => holds(x, y))?.[0];
    colour?.forEach((value, index) => (sum[index] = (sum[index] ?? 0) + value));
    if (colour !== undefined) sum[3] = (sum[3] ?? 0) + 1;
  }
  const covered = sum[3] ?? 0;
  const channels = sum.slice(0, 3).map((value) => (covered === 0 ? 0 : Math.round(value / covered)));
  return [...channels, Math.round((covered / (FINE * FINE)) * 255)];
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
