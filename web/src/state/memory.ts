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

/** The role of who was last signed in here, for the frame of the pages while nobody answers; null after a sign-out. */
export function lastRole(): string | null {
  const role = read('role') ?? '';
  return role === '' ? null : role;
}

export function rememberRole(role: string): void {
  if (role !== lastRole()) write('role', role);
}

/** What was chosen on this device for how the pages speak; null where it follows the phone. */
export type Choice = 'language' | 'hours' | 'zone';

export function chosen(what: Choice): string | null {
  const kept = read(what) ?? '';
  return kept === '' ? null : kept;
}

/** Holds from the next load of the page on; null: as the phone has it. */
export function choose(what: Choice, value: string | null): void {
  write(what, value ?? '');
}

/** Whether a hint was put away on this device. */
export function wasPutAway(hint: string): boolean {
  return read(`put-away.${hint}`) === 'yes';
}

export function putAway(hint: string): void {
  write(`put-away.${hint}`, 'yes');
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
