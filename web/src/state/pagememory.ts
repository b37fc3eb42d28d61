// What the pages that are loaded when asked for remember between visits, beside memory.ts.
import { type Choice, newSince, read, write } from './memory.ts';

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

/** Holds from the next load of the page on; null: as the phone has it. */
export function choose(what: Choice, value: string | null): void {
  write(what, value ?? '');
}

export function rememberWarningRoom(height: number): void {
  write('warning', String(height));
}

/** Whether a hint was put away on this device. */
export function wasPutAway(hint: string): boolean {
  return read(`put-away.${hint}`) === 'yes';
}

export function putAway(hint: string): void {
  write(`put-away.${hint}`, 'yes');
}
