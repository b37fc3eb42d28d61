// The key that a browser is subscribed with, as text and as bytes: base64 for addresses without padding (RFC 7515, 2).

export function keyBytes(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** Whether a subscription was made with this key; one that was not is told nothing any more. */
export function isMadeWith(key: string, used: ArrayBuffer | null): boolean {
  if (used === null) return true; // some browsers do not tell
  const [wanted, had] = [keyBytes(key), new Uint8Array(used)];
  return wanted.length === had.length && wanted.every((byte, index) => byte === had[index]);
}
