// The alerts that the grid shows, page by page, and how one is deleted and brought back.
import { deleteEvent, listEvents, oneEvent, restoreEvent } from '../api/client.ts';
import { asFault, type Fault, type FaultKind } from '../api/fault.ts';
import type { DoorEvent } from '../api/shapes.ts';
import { merged, refreshed } from '../rules/alerts.ts';
import { type InstantRange, instantsOf, isBackwards } from '../rules/range.ts';
import { type AlertFilter, NO_FILTER } from '../rules/router.ts';
import { presence } from './presence.svelte.ts';

export const PAGE = 60;
/** Requests at a time, where many alerts are deleted or brought back. */
const AT_ONCE = 4;

export class Alerts {
  /** null until the first page is there. */
  events = $state.raw<DoorEvent[] | null>(null);
  fault = $state.raw<Fault | null>(null);
  backwards = $state(false);
  loadingMore = $state(false);
  #next = $state<string | null>(null);
  #filter: AlertFilter = NO_FILTER;
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing is drawn from it
  #deleted = new Set<string>();
  #asked = 0;

  get hasMore(): boolean {
    return this.#next !== null;
  }

  async show(filter: AlertFilter): Promise<void> {
    this.#filter = filter;
    this.backwards = isBackwards(this.#range());
    this.fault = null;
    const turn = ++this.#asked;
    if (this.backwards) {
      this.events = [];
      this.#next = null;
      return;
    }
    await this.#ask(turn, undefined, (events) => events);
  }

  /** Asks for the first page again and keeps what was loaded below it. */
  async refresh(): Promise<void> {
    const known = this.events;
    if (this.backwards || this.loadingMore) return;
    if (known === null) return this.show(this.#filter);
    const next = this.#next;
    const isAllKnown = known.length > PAGE;
    const turn = ++this.#asked;
    await this.#ask(turn, undefined, (events, last) => refreshed(known, events, last));
    if (isAllKnown && turn === this.#asked) this.#next = next; // the cursor of the lowest page stays
  }

  async more(): Promise<void> {
    if (this.#next === null || this.loadingMore) return;
    this.loadingMore = true;
    const known = this.events ?? [];
    await this.#ask(++this.#asked, this.#next, (events) => merged(known, events));
    this.loadingMore = false;
  }

  find(id: string): DoorEvent | undefined {
    return this.events?.find((event) => event.id === id);
  }

  /** One alert anew; into the grid too if it is there.  Throws Fault. */
  async fetch(id: string): Promise<DoorEvent> {
    const event = await oneEvent(id);
    if (this.find(id) !== undefined) this.events = merged(this.events ?? [], [event]);
    return event;
  }

  /** Takes it from the grid at once; back into it when the server refuses.  Throws Fault. */
  async remove(event: DoorEvent): Promise<void> {
    const wasListed = this.find(event.id) !== undefined;
    this.#deleted.add(event.id);
    this.events = this.events?.filter((other) => other.id !== event.id) ?? null;
    try {
      await deleteEvent(event.id);
    } catch (thrown) {
      const fault = asFault(thrown);
      if (fault.kind === 'gone') return;
      this.#putBack(event, wasListed);
      throw fault;
    }
  }

  /** Takes all of them from the grid at once; those that the server refuses come back, and are told. */
  async removeAll(events: DoorEvent[]): Promise<DoorEvent[]> {
    for (const { id } of events) this.#deleted.add(id);
    this.events = this.events?.filter((event) => !this.#deleted.has(event.id)) ?? null;
    const refused = await refusedOf(events, (event) => deleteEvent(event.id), 'gone');
    this.#putAllBack(refused);
    return refused;
  }

  /** Those that could not be brought back. */
  async restoreAll(events: DoorEvent[]): Promise<DoorEvent[]> {
    const refused = await refusedOf(events, (event) => restoreEvent(event.id), null);
    this.#putAllBack(events.filter((event) => !refused.includes(event)));
    return refused;
  }

  /** Throws Fault. */
  async restore(event: DoorEvent): Promise<void> {
    await restoreEvent(event.id);
    this.#putBack(event, true);
  }

  #putBack(event: DoorEvent, listed: boolean): void {
    this.#deleted.delete(event.id);
    if (listed) this.events = merged(this.events ?? [], [event]);
  }

  #putAllBack(events: DoorEvent[]): void {
    for (const event of events) this.#deleted.delete(event.id);
    if (events.length > 0) this.events = merged(this.events ?? [], events);
  }

  #range(): InstantRange {
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing reacts to it
    return instantsOf(this.#filter, new Date(presence.serverNow()));
  }

  async #ask(
    turn: number,
    cursor: string | undefined,
    join: (events: DoorEvent[], isLastPage: boolean) => DoorEvent[],
  ): Promise<void> {
    const camera = this.#filter.camera === '' ? undefined : this.#filter.camera;
    const cause = this.#filter.cause === '' ? undefined : this.#filter.cause;
    try {
      const page = await listEvents({ ...this.#range(), camera, cause, cursor, limit: PAGE });
      if (turn !== this.#asked) return; // the filter has changed meanwhile
      this.events = join(page.events, page.next === null).filter((event) => !this.#deleted.has(event.id));
      this.#next = page.next;
      this.fault = null;
    } catch (thrown) {
      if (turn === this.#asked) this.fault = asFault(thrown);
    }
  }
}

/** Does the same with each, some at a time; those with which it failed, but for a fault that makes no odds. */
async function refusedOf(
  events: DoorEvent[],
  act: (event: DoorEvent) => Promise<unknown>,
  fine: FaultKind | null,
): Promise<DoorEvent[]> {
  const waiting = [...events];
  const refused: DoorEvent[] = [];
  const worker = async () => {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      try {
        await act(event);
      } catch (thrown) {
        if (asFault(thrown).kind !== fine) refused.push(event);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return refused;
}
