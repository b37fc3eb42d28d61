// What every page knows: who is signed in, and the cameras as they are now.
import { listCameras, observe, setupState, signOut } from '../api/client.ts';
import type { Camera, Session } from '../api/shapes.ts';
import { lastRole, rememberRole } from './memory.ts';
import { beginPictures, forgetPictures } from './pictures.ts';
import { presence } from './presence.svelte.ts';

/** Why the sign-in page is shown, if there is something to say. */
export type Leaving = 'ended' | 'signed-out' | null;

class House {
  /** undefined until Doorstep has answered. */
  session = $state.raw<Session | null | undefined>(undefined);
  leaving = $state<Leaving>(null);
  cameras = $state.raw<Camera[] | null>(null);
  /** "Europe/Berlin": where the house stands; null until somebody is signed in. */
  timezone = $state<string | null>(null);

  constructor() {
    observe({
      reached: () => (presence.reachable = true),
      unreachable: () => (presence.reachable = false),
      serverTime: (date, asked) => {
        presence.learnServerTime(date, asked);
      },
      signedOut: () => {
        this.#leave(this.session ? 'ended' : this.leaving);
      },
    });
  }

  /** Asks who is signed in; leaves `session` as it is when nobody answers. */
  async arrive(): Promise<void> {
    const { session = null, timezone } = await setupState();
    this.timezone = timezone ?? null;
    if (session !== null) {
      beginPictures();
      this.leaving = null;
    }
    rememberRole(session?.role ?? '');
    this.session = session;
  }

  async refreshCameras(): Promise<void> {
    this.cameras = await listCameras();
  }

  async signOut(): Promise<void> {
    await signOut();
    this.#leave('signed-out');
    if ('serviceWorker' in navigator) {
      // Whoever left is told nothing more here.
      const registration = await navigator.serviceWorker.getRegistration();
      registration?.active?.postMessage('signed-out');
    }
  }

  cameraName(id: string): string {
    return this.cameras?.find((camera) => camera.id === id)?.name ?? id;
  }

  get seesAlerts(): boolean {
    return (this.session?.role ?? lastRole()) !== 'guest';
  }

  #leave(why: Leaving): void {
    rememberRole('');
    this.session = null;
    this.leaving = why;
    this.cameras = null;
    forgetPictures();
  }
}

export const house = new House();
