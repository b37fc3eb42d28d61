// The German words of "Access for scripts".
import type { Dictionary } from './dictionary.ts';
import { day, since } from '../../rules/times.ts';

const scopes: Partial<Record<string, string>> = {
  'press:write': 'An der Tür klingeln',
  'motion:write': 'Bewegung melden',
  'live:read': 'Livebilder sehen',
  'events:read': 'Meldungen und Verlauf lesen',
  'clip:read': 'Clips holen und teilen',
  'events:write': 'Meldungen löschen und Clips sichern',
  'status:read': 'Zustand und Messwerte lesen',
  admin: 'Alles, was ein Eigentümer darf, auch Einstellungen und Personen',
};

export const tokens: Dictionary['tokens'] = {
  lead: 'Ein Token lässt einen Taster, ein Skript oder ein anderes Programm herein: für das, was du wählst, und sonst nichts. Er wird als Kopfzeile "Authorization: Bearer …" geschickt.',
  none: 'Noch kein Token.',
  unnamed: 'Ohne Namen',
  revoke: 'Widerrufen',
  revokeOf: (name) => `${name} widerrufen`,
  revokeTitle: (name) => `${name} widerrufen?`,
  revokeLead: 'Was ihn benutzt, ist sofort ausgesperrt. Ein Token lässt sich nicht zurückholen.',
  revoked: 'Er öffnet nichts mehr.',
  facts: (token, now) =>
    [
      `erzeugt ${since(new Date(token.created_at), now)}`,
      token.expires_at === null ? 'endet nie' : `bis ${day(new Date(token.expires_at), now)}`,
    ].join(', '),
  cameras: (names) => (names === null ? 'alle Kameras' : names.join(', ')),
  make: 'Token erzeugen',
  name: 'Name',
  nameHint: 'Was ihn benutzt, etwa "Klingeltaster".',
  scopes: 'Was er öffnet',
  scope: (scope) => scopes[scope] ?? scope,
  noScope: 'Wähle mindestens etwas, das er öffnet.',
  noCamera: 'Wähle eine Kamera oder alle.',
  ends: 'Er endet nach',
  lasts: [
    [30, '30 Tagen'],
    [365, 'einem Jahr'],
    [0, 'nie'],
  ],
  once: 'Der Token',
  onceLead: 'Er wird nur dieses eine Mal gezeigt. Kopiere ihn jetzt; geht er verloren, erzeuge einen neuen.',
  done: 'Fertig',
};
