// How one has come here, what is left, the lines for this machine; and which of the first steps are done.
import { describe, expect, it } from 'vitest';
import type { HouseAddress } from '../src/api/channels.ts';
import { stepsOf } from '../src/rules/firststeps.ts';
import { leftToDo, linesOf, standing } from '../src/rules/secureaddress.ts';

const BOX: HouseAddress = {
  lan: '192.168.1.20',
  port: 8080,
  tls: false,
  hostname: 'pi.home',
  names: [],
  link: 'http://192.168.1.20:8080',
  trusted_proxies: [],
  asked: { scheme: 'http', host: '192.168.1.20', client: '192.168.1.30', proxy: '', believed: false },
};

describe('standing', () => {
  it.each([
    ['https:', 'door.example.org', true, 'secure'],
    ['https:', 'door.example.org', false, 'untrusted'],
    ['http:', '192.168.1.20', false, 'plain'],
    ['http:', 'pi.local', false, 'plain'],
    ['http:', 'localhost', true, 'local'],
    ['http:', '127.0.0.1', true, 'local'],
    ['http:', '[::1]', true, 'local'],
    ['http:', 'localhost.evil.example', false, 'plain'],
  ])('%s//%s', (protocol, host, secure, expected) => {
    expect(standing(protocol, host, secure)).toBe(expected);
  });
});

describe('what is left', () => {
  it('is nothing on plain http at home', () => {
    expect(leftToDo(BOX, 'http://192.168.1.20:8080', false)).toEqual([]);
  });

  it('is to list a proxy that is not believed, and to let links begin with this address', () => {
    const proxied = { ...BOX, asked: { ...BOX.asked, proxy: '127.0.0.1' } };
    expect(leftToDo(proxied, 'https://pi.local', true)).toEqual(['list-proxy', 'set-links']);
    const listed = { ...proxied, link: 'https://pi.local/', asked: { ...proxied.asked, believed: true } };
    expect(leftToDo(listed, 'https://pi.local', true)).toEqual([]);
  });
});

describe('lines', () => {
  it('are made for this box', () => {
    const lan = linesOf('lan', BOX).join('\n');
    expect(lan).toContain('pi.local {\n\ttls internal');
    expect(lan).toContain('reverse_proxy 127.0.0.1:8080');
    expect(lan).toContain('address = "https://pi.local"');
    expect(linesOf('tailscale', { ...BOX, port: 9000 })[1]).toBe('sudo tailscale serve --bg 9000');
    expect(linesOf('domain', { ...BOX, tls: true }).join('\n')).toContain('https://127.0.0.1:8080');
  });
});

describe('first steps', () => {
  it('are done by what is so, also where one was skipped', () => {
    const so = { camera: true, tell: false, walk: false, secure: false };
    expect(stepsOf(so, ['camera', 'tell']).map((one) => one.state)).toEqual([
      'done',
      'skipped',
      'open',
      'open',
    ]);
  });
});
