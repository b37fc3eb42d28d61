// Builds the pages into a folder of its own and holds them to their budget and to what the server's policy asks.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reachable } from '../plugins/daily.ts';

const FIRST_JS = 40_000;
const DAILY_JS = 130_000;
const SECTION_JS = 24_000;
const DAILY_CSS = 14_000;
const GERMAN = 30_000;
const WORKER = 6_000;
/** Namespaces of XML, what Svelte's errors point to, links that a person follows and examples: nothing is fetched there. */
const NAMES = ['www.w3.org', 'svelte.dev', 't.me', '127.0.0.1', '192.168.1.5', 'door.example.org'];

const root = fileURLToPath(new URL('..', import.meta.url));
const built = mkdtempSync(join(tmpdir(), 'doorstep-web-'));
const read = (name: string) => readFileSync(join(built, name));
const compressed = (name: string) => gzipSync(read(name), { level: 9 }).length;
const sum = (names: string[]) => names.reduce((total, name) => total + compressed(name), 0);
const assets = (ending: string) =>
  readdirSync(join(built, 'assets'))
    .filter((name) => name.endsWith(ending))
    .map((name) => `assets/${name}`);

beforeAll(() => {
  execFileSync(
    process.execPath,
    ['node_modules/vite/bin/vite.js', 'build', '--outDir', built, '--manifest', '--logLevel', 'error'],
    {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'production' },
    },
  );
}, 120_000);
afterAll(() => {
  rmSync(built, { recursive: true });
});

/** Of vite's manifest: a file of the app, by the source that it is made of where it is loaded by itself. */
interface Made {
  file: string;
  src?: string;
  imports?: string[];
  dynamicImports?: string[];
  css?: string[];
}
const ENTRY = 'index.html';
const manifest = () => JSON.parse(read('.vite/manifest.json').toString()) as Partial<Record<string, Made>>;

/** What `from` needs, with all that it may ask for later or without; see plugins/daily.ts for what is not daily. */
function madeFor(from: string, isAll: boolean): Made[] {
  const all = manifest();
  const pieceOf = (name: string) => {
    const made = all[name];
    if (made === undefined) return undefined;
    const { imports = [], dynamicImports = [] } = made;
    return { source: made.src ?? null, imports, dynamicImports };
  };
  return reachable(from, pieceOf, isAll).flatMap((name) => all[name] ?? []);
}
const scripts = (made: Made[]) =>
  [...new Set(made.map(({ file }) => file))].filter((file) => file.endsWith('.js'));
const styles = (made: Made[]) => [...new Set(made.flatMap(({ css = [] }) => css))];

test('the first page needs at most 40 kB of JavaScript', () => {
  const first = scripts(madeFor(ENTRY, false));
  expect(first.length).toBeGreaterThan(0);
  expect(sum(first)).toBeLessThanOrEqual(FIRST_JS);
});

test('index.html loads that and nothing else', () => {
  const html = read('index.html').toString();
  const named = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((match) => match[1] ?? '');
  const first = scripts(madeFor(ENTRY, false));
  expect(named.filter((name) => !first.includes(name))).toEqual([]);
});

test('what is used from day to day is at most 130 kB of JavaScript and 14 kB of CSS', () => {
  const daily = madeFor(ENTRY, true);
  const sources = daily.map(({ src }) => src);
  for (const page of ['Alerts', 'Timeline', 'Answer', 'Login'])
    expect(sources).toContain(`src/pages/${page}.svelte`);
  expect(sum(scripts(daily))).toBeLessThanOrEqual(DAILY_JS);
  expect(sum(styles(daily))).toBeLessThanOrEqual(DAILY_CSS);
});

test('each page of now and then adds at most 24 kB to what is there', () => {
  const there = scripts([...madeFor(ENTRY, false), ...madeFor('src/pages/Settings.svelte', false)]);
  const rare = Object.keys(manifest()).filter((name) =>
    /^src\/pages\/(?:settings\/)?\w+\.svelte$/.test(name),
  );
  expect(rare.length).toBeGreaterThan(15);
  const own = (page: string) => sum(scripts(madeFor(page, false)).filter((name) => !there.includes(name)));
  const large = rare.map((page) => [page, own(page)] as const).filter(([, bytes]) => bytes > SECTION_JS);
  // The alerts are daily, and in that sum.
  expect(large.filter(([page]) => !/\/(?:Alerts|Timeline)\.svelte$/.test(page))).toEqual([]);
});

test('another language is one file, which no page of English loads', () => {
  const german = Object.values(manifest()).filter((made) => made?.src?.startsWith('src/words/de/') === true);
  expect(german.length).toBe(1);
  expect(sum(german.map((made) => made?.file ?? ''))).toBeLessThanOrEqual(GERMAN);
  expect(scripts(madeFor(ENTRY, true))).not.toContain(german[0]?.file);
});

test('the service worker is one small classic script at an address that never changes', () => {
  const script = read('sw.js').toString();
  expect(compressed('sw.js')).toBeLessThanOrEqual(WORKER);
  expect(script).not.toMatch(/\bimport\b|\bexport\b/);
});

test('the app can be installed: what the manifest names is there, as large as it says', () => {
  expect(read('index.html').toString()).toContain('rel="manifest" href="/manifest.webmanifest"');
  const { icons } = JSON.parse(read('manifest.webmanifest').toString()) as {
    icons: { src: string; sizes: string }[];
  };
  for (const { src, sizes } of icons.filter(({ src }) => src.endsWith('.png'))) {
    const picture = read(src.slice(1));
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
    expect(`${picture.readUInt32BE(16)}x${picture.readUInt32BE(20)}`, src).toBe(sizes);
  }
});

test('the service worker keeps the first page and what is daily, each there, and nothing of the API', () => {
  const script = read('sw.js').toString();
  const kept =
    script
      .match(/\/[\w./-]+\.(?:js|css|png|svg|webmanifest)(?=[,`"'])/g)
      ?.filter((path) => path.startsWith('/assets/')) ?? [];
  for (const path of kept) expect(existsSync(join(built, path)), path).toBe(true);
  const daily = madeFor(ENTRY, true);
  for (const name of [...scripts(daily), ...styles(daily)]) expect(kept).toContain(`/${name}`);
});

test('every asset lies compressed beside itself, byte for byte', () => {
  for (const name of [...assets('.js'), ...assets('.css'), 'index.html', 'sw.js']) {
    expect(existsSync(join(built, `${name}.gz`)), name).toBe(true);
    expect(gunzipSync(read(`${name}.gz`)).equals(read(name)), name).toBe(true);
  }
});

test('the page holds nothing inline that the content security policy forbids', () => {
  const html = read('index.html').toString();
  expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:/i);
  for (const [script] of html.matchAll(/<script[^>]*>/g)) expect(script).toContain('src="/assets/');
});

test('no asset is named by another host', () => {
  for (const name of [...assets('.js'), ...assets('.css'), 'index.html']) {
    const hosts = [
      ...read(name)
        .toString()
        .matchAll(/https?:\/\/([a-z0-9.-]+)/g),
    ].map((match) => match[1]);
    expect(
      hosts.filter((host) => !NAMES.includes(host ?? '')),
      name,
    ).toEqual([]);
  }
});
