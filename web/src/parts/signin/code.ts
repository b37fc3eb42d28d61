// The code that stands behind the "#" of an address, where no server, log or Referer sees it.

/** Takes it out of the address bar; empty where there is none. */
export function takeCode(path: string): string {
  if (location.pathname !== path || location.hash.length < 2) return '';
  const code = location.hash.slice(1);
  history.replaceState(history.state, '', path);
  return code;
}
