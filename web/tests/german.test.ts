// Every part of the dictionary has its German, of the same shape: the same keys, functions of as many arguments, and
// sentences that are not the English ones.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { languageOf, localeOf } from '../src/language.ts';
import { german } from '../src/words/de/index.ts';

const folder = fileURLToPath(new URL('../src/words/', import.meta.url));
const names = readdirSync(folder).flatMap((name) => (name.endsWith('.ts') ? [name.slice(0, -3)] : []));
/** What is typed as it stands: a command, a piece of the config. */
const TYPED = /^(?:sudo |\[)/;

type Words = Record<string, unknown>;
const parts = Object.entries(german) as [string, Words][];

async function english(name: string): Promise<Words> {
  const module = (await import(`../src/words/${name}.ts`)) as Record<string, Words>;
  const found = Object.entries(module).find(([key]) => key === 'words' || key.endsWith('Words'))?.[1];
  if (found === undefined) throw new Error(`words/${name}.ts exports no words`);
  return found;
}

/** "live.verdict()", "keys.rows.0.1": where words stand, and what kind they are of. */
function shapeOf(words: unknown, path = ''): string[] {
  if (typeof words === 'function') return [`${path}()`];
  if (typeof words !== 'object' || words === null) return [path];
  return Object.entries(words).flatMap(([key, value]) =>
    shapeOf(value, path === '' ? key : `${path}.${key}`),
  );
}

function sentencesOf(words: unknown, path = ''): [string, string][] {
  if (typeof words === 'string') return [[path, words]];
  if (typeof words !== 'object' || words === null) return [];
  return Object.entries(words).flatMap(([key, value]) => sentencesOf(value, `${path}.${key}`));
}

test('every part that is spoken in English is spoken in German', () => {
  expect(Object.keys(german).sort()).toEqual([...names].sort());
});

test.each(parts)('%s says the same things in both', async (name, said) => {
  expect(shapeOf(said).sort()).toEqual(shapeOf(await english(name)).sort());
});

test.each(parts)('%s leaves no English sentence standing', async (name, said) => {
  const before = new Map(sentencesOf(await english(name)));
  const same = sentencesOf(said).filter(([path, text]) => before.get(path) === text && / \w+ \w+/.test(text));
  expect(same.filter(([, text]) => !TYPED.test(text))).toEqual([]);
});

test('a part of the dictionary is no longer than a phone is wide: the tabs', () => {
  for (const tab of Object.values(german.core.tabs)) expect(tab.length).toBeLessThanOrEqual(13);
});

test.each([
  [null, ['de-AT', 'en'], 'de'],
  [null, ['fr-FR', 'de'], 'de'],
  [null, ['fr-FR'], 'en'],
  [null, [], 'en'],
  ['en', ['de'], 'en'],
] as const)('chosen %s on a phone of %j is %s', (chosen, wanted, spoken) => {
  expect(languageOf(chosen, wanted)).toBe(spoken);
});

test('days are written as the phone writes the language', () => {
  expect(localeOf('en', ['de-DE', 'en-US'])).toBe('en-US');
  expect(localeOf('de', ['en-US'])).toBe('de');
});
