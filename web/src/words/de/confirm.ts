// The German words of the dialog that asks for the password once more.
import type { Dictionary } from './dictionary.ts';

export const confirm: Dictionary['confirm'] = {
  title: 'Noch einmal dein Passwort',
  lead: 'Das öffnet jemandem das Haus. Zeig, dass du es bist.',
  password: 'Dein eigenes Passwort',
  hint: 'Kein Passwort, oder vergessen? Melde dich ab und mit Passwort oder Passkey neu an, dann wird nicht gefragt.',
  wrong: 'Das ist nicht dein Passwort.',
  cancel: 'Abbrechen',
  go: 'Weiter',
};
