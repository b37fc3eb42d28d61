// What a new camera is called in the config, and how its address is written there: never with its password.

/** A short name of small letters for addresses and file names, which no other camera has. */
export function idFor(name: string, taken: readonly string[]): string {
  const plain = name
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  const wanted = trimmed(plain.slice(0, 36)) || 'camera';
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? wanted : `${wanted}-${number}`;
    if (!taken.includes(id)) return id;
  }
}

/** Under which name its password lies beside the config. */
export function secretNameOf(id: string): string {
  return `CAM_${id.toUpperCase().replaceAll('-', '_')}_PASSWORD`;
}

/** As it stands in an address, whatever signs it holds (RFC 3986, 3.2.1). */
export function encoded(secret: string): string {
  return encodeURIComponent(secret).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The address with the user in it, and where the password stands the name of its secret. */
export function sourceOf(address: string, user: string, password: string, id: string): string {
  const [scheme, rest] = cut(address);
  if (user === '' || rest === null) return address;
  const secret = password === '' ? '' : `:\${${secretNameOf(id)}}`;
  return `${scheme}://${encoded(user)}${secret}@${rest.slice(rest.slice(0, endOfHost(rest)).lastIndexOf('@') + 1)}`;
}

export interface Typed {
  address: string;
  user: string;
  password: string;
}

/** What was typed, with a user and a password that stand in the address taken out of it. */
export function takenApart(typed: string): Typed {
  const address = typed.trim();
  const [scheme, rest] = cut(address);
  const inside = rest ?? address;
  const at = inside.slice(0, endOfHost(inside)).lastIndexOf('@');
  if (at < 0) return { address, user: '', password: '' };
  const [user = '', ...others] = inside.slice(0, at).split(':');
  const bare = inside.slice(at + 1);
  return {
    address: rest === null ? bare : `${scheme}://${bare}`,
    user: decoded(user),
    password: decoded(others.join(':')),
  };
}

/** What kind a camera is, as far as pages must know: who encodes its pictures. */
export function kindOf(source: string): 'ip' | 'pushes' | 'own' {
  const scheme = source.slice(0, source.indexOf(':')).toLowerCase();
  if (scheme.endsWith('-listen')) return 'pushes';
  return /^(rtsp|rtmp)s?$/.test(scheme) || scheme === 'file' ? 'ip' : 'own';
}

function cut(address: string): [string, string | null] {
  const at = address.indexOf('://');
  return at < 0 ? ['', null] : [address.slice(0, at), address.slice(at + 3)];
}

/** A password may hold a slash although it should not: the host ends behind the last @ then. */
function endOfHost(rest: string): number {
  const end = rest.search(/[/?#]/);
  if (end < 0) return rest.length;
  const at = rest.lastIndexOf('@');
  return at > end && rest.slice(0, end).includes(':') && !rest.slice(0, end).includes('@') ? at + 1 : end;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that stands for itself
  }
}

function trimmed(text: string): string {
  return text.replace(/^-+|-+$/g, '');
}
