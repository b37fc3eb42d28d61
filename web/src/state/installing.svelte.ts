// Whether Doorstep can be put on the home screen of this device, and doing it.

/** What browsers of the Chromium family send; TypeScript's library leaves it out. */
interface InstallOffer extends Event {
  prompt(): Promise<{ outcome: 'accepted' | 'dismissed' }>;
}

class Installing {
  /** The browser has offered it; on iPhone and iPad a person does it by the Share menu, and no page is asked. */
  canInstall = $state(false);
  isInstalled = $state(matchMedia('(display-mode: standalone)').matches || isOnIosHomeScreen());
  /** iPads call themselves Macs, which have no touch screen. */
  readonly isIos =
    /iPhone|iPad/.test(navigator.userAgent) ||
    (navigator.userAgent.includes('Macintosh') && navigator.maxTouchPoints > 1);
  #offer: InstallOffer | null = null;

  constructor() {
    window.addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault(); // asked when the person wants it, not when the browser does
      this.#offer = event as InstallOffer;
      this.canInstall = true;
    });
    window.addEventListener('appinstalled', () => {
      this.canInstall = false;
      this.isInstalled = true;
    });
  }

  /** In a tap.  An offer is good for once; the browser makes another one later. */
  async install(): Promise<boolean> {
    const offer = this.#offer;
    this.#offer = null;
    this.canInstall = false;
    return (await offer?.prompt())?.outcome === 'accepted';
  }
}

function isOnIosHomeScreen(): boolean {
  return 'standalone' in navigator && navigator.standalone === true;
}

export const installing = new Installing();
