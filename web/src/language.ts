// Which language the words are in: the phone's, or the one chosen in Settings.  The words themselves lie in words/
// (English) and words/de/ (German), which is fetched before the first page is drawn, by those alone who read it.
import { chosen } from './state/memory.ts';
import type { Dictionary } from './words/de/dictionary.ts';

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

const parts = new Map<keyof Dictionary, object>();
let translated: Partial<Dictionary> = {};

/** What was chosen on this device; null where it follows the phone. */
export function chosenLanguage(): Language | null {
  const kept = chosen('language') ?? '';
  return kept in LANGUAGES ? (kept as Language) : null;
}

/** The first of the phone's languages that there is, English where there is none. */
export function languageOf(chosen: Language | null, wanted: readonly string[]): Language {
  const known = wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in LANGUAGES);
  return chosen ?? (known as Language | undefined) ?? 'en';
}

export function language(): Language {
  return languageOf(chosenLanguage(), navigator.languages);
}

/** What days and numbers are written in: as the phone writes the language, where it has it ("en-US"). */
export function localeOf(spoken: Language, wanted: readonly string[]): string {
  return wanted.find((tag) => tag.slice(0, 2).toLowerCase() === spoken) ?? spoken;
}

/** Fetches the words of the language; to be awaited before anything is drawn.  English stays where it fails. */
export async function speak(): Promise<void> {
  document.documentElement.lang = language();
  if (language() === 'en') return;
  translated = (await import('./words/de/index.ts')).german;
  for (const [name, english] of parts) Object.assign(english, translated[name]);
}

/** One part of the dictionary, `english` unless another language is spoken.  Read it when drawing, not when loading. */
export function spoken<Part extends object>(name: keyof Dictionary, english: Part): Part {
  parts.set(name, english);
  return Object.assign(english, translated[name]);
}
