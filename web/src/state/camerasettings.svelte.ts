// The cameras of the settings while somebody changes them: which version is shown, and what became of a change.
import type { CameraSettings } from '../api/camerasettings.ts';
import { asFault, type Fault } from '../api/fault.ts';
import { type Change, ChangedMeanwhile, Refused, save, settings, type WrongKey } from '../api/settings.ts';
import { house } from './house.svelte.ts';

export interface CameraView {
  version: string;
  writable: boolean;
  why_not: string;
  cameras: CameraSettings[];
}

export class CameraBook {
  view = $state.raw<CameraView | null>(null);
  /** Why the settings could not be read or changed; null while all is well. */
  fault = $state.raw<Fault | null>(null);
  /** What of the last change the settings do not allow. */
  wrong = $state.raw<WrongKey[]>([]);
  /** Somebody else changed them; what is shown now is theirs, and nothing was written. */
  changedMeanwhile = $state(false);
  busy = $state(false);
  saved = $state(false);
  /** It was written, and is not used: why. */
  trouble = $state('');

  async read(): Promise<void> {
    try {
      const read = await settings();
      this.view = { ...read, cameras: read.cameras as unknown as CameraSettings[] };
      this.fault = null;
    } catch (thrown) {
      this.fault = asFault(thrown);
    }
  }

  camera(id: string): CameraSettings | null {
    return this.view?.cameras.find((camera) => camera.id === id) ?? null;
  }

  get ids(): string[] {
    return this.view?.cameras.map((camera) => camera.id) ?? [];
  }

  /** Whether all of it was written; what is shown is read anew either way. */
  async change(changes: Change[]): Promise<boolean> {
    if (this.view === null || this.busy) return false;
    this.forget();
    this.busy = true;
    let fault: Fault | null = null;
    let meanwhile = false;
    try {
      this.trouble = (await save(this.view.version, changes)).trouble;
      this.saved = true;
      await house.refreshCameras().catch(() => undefined); // the next page asks again
    } catch (thrown) {
      if (thrown instanceof ChangedMeanwhile) meanwhile = true;
      else if (thrown instanceof Refused) this.wrong = thrown.faults;
      else fault = asFault(thrown);
    }
    await this.read();
    this.changedMeanwhile = meanwhile; // said when theirs is shown: what is typed before would be lost
    if (fault !== null) this.fault = fault;
    this.busy = false;
    return this.saved;
  }

  /** What was said of an earlier change. */
  forget(): void {
    this.fault = null;
    this.wrong = [];
    this.changedMeanwhile = false;
    this.saved = false;
    this.trouble = '';
  }
}
