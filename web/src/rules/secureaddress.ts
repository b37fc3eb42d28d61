// How one has come to Doorstep, what is left until the address is secure, and the lines for this very machine.
import type { HouseAddress } from '../api/channels.ts';

export const WAYS = ['tailscale', 'hub', 'domain', 'lan', 'own'] as const;
export type Way = (typeof WAYS)[number];

/** `local`: this machine itself, which browsers trust without https. */
export type Standing = 'secure' | 'local' | 'plain' | 'untrusted';

export function standing(protocol: string, hostname: string, isSecure: boolean): Standing {
  if (protocol === 'https:') return isSecure ? 'secure' : 'untrusted';
  const isLoopback = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  return isLoopback ? 'local' : 'plain';
}

export type Left = 'list-proxy' | 'set-links';

export function leftToDo(told: HouseAddress, origin: string, isSecure: boolean): Left[] {
  const left: Left[] = [];
  if (told.asked.proxy !== '' && !told.asked.believed) left.push('list-proxy');
  const isHttps = origin.startsWith('https://');
  if (isHttps && isSecure && told.link.replace(/\/$/, '') !== origin) left.push('set-links');
  return left;
}

/** Caddy writes X-Forwarded-For and passes on what a client wrote into the other header. */
const STRANGE = 'request_header -Forwarded';

/** The lines of each step of a way; '' where a step has none. */
export function linesOf(way: Way, told: HouseAddress): string[] {
  const port = told.port === 0 ? 8080 : told.port;
  const proxied = told.tls
    ? `reverse_proxy https://127.0.0.1:${port} {\n\t\ttransport http {\n\t\t\ttls_insecure_skip_verify\n\t\t}\n\t}`
    : `reverse_proxy 127.0.0.1:${port}`;
  const name = told.hostname === '' ? 'doorstep' : (told.hostname.split('.')[0] ?? 'doorstep');
  const believe = 'trusted_proxies = ["127.0.0.1", "::1"]';
  switch (way) {
    case 'tailscale':
      return [
        '',
        `sudo tailscale serve --bg ${told.tls ? `https+insecure://127.0.0.1:${port}` : port}`,
        `[server]\naddress = "https://${name}.NET.ts.net"\n${believe}`,
      ];
    case 'domain':
      return [
        'sudo apt install caddy',
        `door.example.org {\n\t${STRANGE}\n\t${proxied}\n}`,
        'sudo systemctl reload caddy',
        `[server]\naddress = "https://door.example.org"\n${believe}`,
      ];
    case 'lan':
      return [
        'sudo apt install caddy',
        `${name}.local {\n\ttls internal\n\t${STRANGE}\n\t${proxied}\n}`,
        'sudo systemctl reload caddy',
        '/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt',
        `[server]\naddress = "https://${name}.local"\n${believe}`,
      ];
    case 'own':
    case 'hub':
      return [];
  }
}
