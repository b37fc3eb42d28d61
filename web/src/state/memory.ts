// What this browser remembers between visits, and nothing of it secret.  Works without storage (private windows).
// What only pages need that are loaded later is in pagememory.ts.

const A_DAY_MS = 86_400_000;

/** Alerts that began after this instant are new to this person on this browser; at first, those of the last day. */
export function newSince(person: string): number {
  const stored = Number.parseInt(read(`seen.${person}`) ?? '', 10);
  return Number.isNaN(stored) ? Date.now() - A_DAY_MS : stored;
}

/** Whether the way with the least delay is wanted on this browser, even if it costs Doorstep more. */
export function wantsLeastDelay(): boolean {
  return read('least-delay') === 'on';
}

export function rememberLeastDelay(on: boolean): void {
  write('least-delay', on ? 'on' : 'off');
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

/** How much room the warning above the pages took when they were last open, in px: what is below it need not jump. */
export function warningRoom(): number {
  return Number(read('warning'));
}

/** Null where nothing is kept. */
export function read(key: string): string | null {
  try {
    return localStorage.getItem(`doorstep.${key}`);
  } catch {
    return null;
  }
}

export function write(key: string, value: string): void {
  try {
    localStorage.setItem(`doorstep.${key}`, value);
  } catch {
    // Full or forbidden: the page works without.
  }
}
