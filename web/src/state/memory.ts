// What this browser remembers between visits, and nothing of it secret.  Works without storage (private windows).

const A_DAY_MS = 86_400_000;

/** Alerts that began after this instant are new to this person on this browser; at first, those of the last day. */
export function newSince(person: string): number {
  const stored = Number.parseInt(read(`seen.${person}`) ?? '', 10);
  return Number.isNaN(stored) ? Date.now() - A_DAY_MS : stored;
}

export function rememberSeen(person: string, until: number): void {
  if (until > newSince(person)) write(`seen.${person}`, String(until));
}

/** Single-key shortcuts can be switched off (WCAG 2.2, 2.1.4). */
export function usesShortcuts(): boolean {
  return read('shortcuts') !== 'off';
}

export function rememberShortcuts(on: boolean): void {
  write('shortcuts', on ? 'on' : 'off');
}

/** Whether the way with the least delay is wanted on this browser, even if it costs Doorstep more. */
export function wantsLeastDelay(): boolean {
  return read('least-delay') === 'on';
}

export function rememberLeastDelay(on: boolean): void {
  write('least-delay', on ? 'on' : 'off');
}

/** The id under which Doorstep knows this browser as a device of that person; null where it is not wanted as one. */
export function rememberedDevice(person: string): string | null {
  const id = read(`device.${person}`);
  return id === '' ? null : id;
}

export function rememberDevice(person: string, id: string): void {
  write(`device.${person}`, id);
}

export function forgetDevice(person: string): void {
  write(`device.${person}`, '');
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(`doorstep.${key}`);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(`doorstep.${key}`, value);
  } catch {
    // Full or forbidden: the page works without.
  }
}
