// Builds the pages into a folder of its own and holds them to their budget and to what the server's policy asks.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';

const FIRST_JS = 40_000;
const ALL_JS = 90_000;
const ALL_CSS = 10_000;
const WORKER = 4_000;

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
    ['node_modules/vite/bin/vite.js', 'build', '--outDir', built, '--logLevel', 'error'],
    {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'production' },
    },
  );
}, 120_000);
afterAll(() => {
  rmSync(built, { recursive: true });
});

/** The entry and everything that index.html or a static import loads before the first picture. */
function firstScripts(): string[] {
  const html = read('index.html').toString();
  const wanted = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((match) => match[1] ?? '');
  for (const name of wanted) {
    for (const match of read(name)
      .toString()
      .matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) {
      const imported = `assets/${match[1] ?? ''}`;
      if (!wanted.includes(imported)) wanted.push(imported);
    }
  }
  return wanted;
}

test('the first page needs at most 40 kB of JavaScript', () => {
  expect(firstScripts().length).toBeGreaterThan(0);
  expect(sum(firstScripts())).toBeLessThanOrEqual(FIRST_JS);
});

test('all JavaScript together is at most 90 kB', () => {
  expect(sum(assets('.js'))).toBeLessThanOrEqual(ALL_JS);
});

test('all CSS together is at most 10 kB', () => {
  expect(sum(assets('.css'))).toBeLessThanOrEqual(ALL_CSS);
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
    // Namespaces of XML and the addresses that Svelte's errors point to are names, never fetched.
    expect(
      hosts.filter((host) => host !== 'www.w3.org' && host !== 'svelte.dev'),
      name,
    ).toEqual([]);
  }
});
