// The alert that is opened: from the list, or asked for by itself where its address led to it and it is not listed.
import { asFault, type Fault } from '../api/fault.ts';
import type { DoorEvent } from '../api/shapes.ts';
import type { Alerts } from './alerts.svelte.ts';

export class OnTop {
  fault = $state.raw<Fault | null>(null);
  #unlisted = $state.raw<DoorEvent | null>(null);
  readonly #alerts: Alerts;

  constructor(alerts: Alerts) {
    this.#alerts = alerts;
  }

  find(id: string): DoorEvent | null {
    return this.#alerts.find(id) ?? (this.#unlisted?.id === id ? this.#unlisted : null);
  }

  /** Throws Fault, which `fault` tells, too. */
  async fetch(id: string): Promise<void> {
    try {
      this.#unlisted = await this.#alerts.fetch(id);
      this.fault = null;
    } catch (thrown) {
      this.fault = asFault(thrown);
      if (this.fault.kind === 'gone') this.#unlisted = null;
      throw thrown;
    }
  }
}
