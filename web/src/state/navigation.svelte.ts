// Where the person is: the browser's history as one reactive route.  What addresses mean is in rules/router.
import { addressOf, type Route, routeOf } from '../rules/router.ts';

class Navigation {
  route = $state.raw<Route>(routeOf(location.pathname, location.search));

  constructor() {
    window.addEventListener('popstate', () => {
      this.#read();
    });
    document.addEventListener('click', (event) => {
      this.#follow(event);
    });
    // A tapped notification: only where there is https there is a service worker to say so.
    if ('serviceWorker' in navigator) {
      navigator.serviceWorker.addEventListener('message', (event: MessageEvent<{ go?: string } | null>) => {
        const path = event.data?.go;
        if (path === undefined) return;
        const { pathname, search } = new URL(path, location.origin);
        this.go(routeOf(pathname, search));
        event.ports[0]?.postMessage('gone');
      });
    }
  }

  go(route: Route, how: 'push' | 'replace' = 'push'): void {
    const address = addressOf(route);
    if (how === 'replace') history.replaceState(history.state, '', address);
    else history.pushState({ within: true }, '', address);
    this.route = route;
  }

  /** Back where this app came from, or to `route` where it was opened by a link from outside. */
  backOr(route: Route): void {
    if (isWithin(history.state)) history.back();
    else this.go(route, 'replace');
  }

  #read(): void {
    this.route = routeOf(location.pathname, location.search);
  }

  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link?.target !== '' || link.hasAttribute('download')) return;
    if (link.origin !== location.origin || link.pathname.startsWith('/api/') || link.hash !== '') return;
    event.preventDefault();
    this.go(routeOf(link.pathname, link.search));
  }
}

function isWithin(state: unknown): boolean {
  return typeof state === 'object' && state !== null && 'within' in state;
}

export const navigation = new Navigation();
