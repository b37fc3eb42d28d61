// The settings as they are, and what somebody is about to change of them: only keys that were touched are ever sent, so
// that who else changes others loses nothing.
import { SvelteMap } from 'svelte/reactivity';
import { asFault, type Fault } from '../api/fault.ts';
import {
  type Change,
  ChangedMeanwhile,
  type Path,
  preview,
  type Preview,
  Refused,
  save,
  type Saved,
  settings,
  type Settings,
  type Value,
  type WrongKey,
} from '../api/settings.ts';

const keyOf = (path: Path): string => JSON.stringify(path);

export const same = (a: Value | undefined, b: Value | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** As a field shows it; nothing of tables. */
export const textOf = (value: Value | undefined): string =>
  value === null || value === undefined || typeof value === 'object' ? '' : String(value);

/** What stands at a path; cameras by their id. */
export function valueAt(file: Settings, path: Path): Value | undefined {
  let found: Value | undefined =
    path[0] === 'camera' ? file.cameras.find(({ id }) => id === path[1]) : file.values[String(path[0])];
  for (const part of path.slice(path[0] === 'camera' ? 2 : 1)) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string | number, Value>)[part];
  }
  return found;
}

export class SettingsDraft {
  file = $state.raw<Settings | null>(null);
  fault = $state.raw<Fault | null>(null);
  shown = $state.raw<Preview | null>(null);
  wrong = $state.raw<WrongKey[]>([]);
  saved = $state.raw<Saved | null>(null);
  busy = $state(false);
  /** Words about who changed the file meanwhile; empty while nobody did. */
  meanwhile = $state('');
  readonly #touched = new SvelteMap<string, { path: Path; value: Value }>();

  get changes(): Change[] {
    return [...this.#touched.values()];
  }

  async load(): Promise<void> {
    this.fault = null;
    try {
      this.file = await settings();
      for (const [key, { path, value }] of this.#touched)
        if (same(valueAt(this.file, path), value)) this.#touched.delete(key);
    } catch (thrown) {
      this.fault = asFault(thrown);
    }
  }

  value(path: Path): Value | undefined {
    const touched = this.#touched.get(keyOf(path));
    return touched ? touched.value : this.file === null ? undefined : valueAt(this.file, path);
  }

  set(path: Path, value: Value): void {
    this.shown = this.saved = null;
    this.wrong = this.wrong.filter((one) => keyOf(one.path) !== keyOf(path));
    if (this.file !== null && same(valueAt(this.file, path), value)) this.#touched.delete(keyOf(path));
    else this.#touched.set(keyOf(path), { path, value });
  }

  wrongAt(path: Path): string {
    return this.wrong.find((one) => keyOf(one.path) === keyOf(path))?.what ?? '';
  }

  forget(): void {
    this.#touched.clear();
    this.shown = null;
    this.wrong = [];
    this.meanwhile = '';
  }

  /** What would be, of the file as it is now. */
  async show(): Promise<void> {
    await this.#ask(async (version) => {
      this.shown = await preview(version, this.changes);
      this.wrong = this.shown.faults;
    });
  }

  async save(): Promise<void> {
    await this.#ask(async (version) => {
      const saved = await save(version, this.changes);
      this.forget();
      await this.load();
      this.saved = saved;
    });
  }

  async #ask(doing: (version: string) => Promise<void>): Promise<void> {
    if (this.file === null || this.busy) return;
    this.busy = true;
    this.fault = null;
    try {
      await doing(this.file.version);
    } catch (thrown) {
      if (thrown instanceof Refused) this.wrong = thrown.faults;
      else if (thrown instanceof ChangedMeanwhile) {
        this.shown = null;
        this.meanwhile = thrown.message;
        await this.load();
      } else this.fault = asFault(thrown);
    } finally {
      this.busy = false;
    }
  }
}

/** One for the page: who goes from the rules to Advanced and back loses nothing. */
export const draft = new SettingsDraft();
