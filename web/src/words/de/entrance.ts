// The German words of "Sign in" and "Set up".
import { span } from '../../rules/times.ts';
import { core } from './core.ts';
import type { Dictionary } from './dictionary.ts';

export const entrance: Dictionary['entrance'] = {
  login: {
    title: 'Anmelden',
    name: 'Name',
    password: 'Passwort',
    show: 'Passwort zeigen',
    hide: 'Passwort verbergen',
    submit: 'Anmelden',
    busy: 'Anmelden…',
    wrong: 'Name und Passwort passen nicht zusammen.',
    wait: (seconds) =>
      seconds === null
        ? core.faults.wait
        : `Zu viele Versuche. Versuch es in ${span(seconds * 1000)} noch einmal.`,
    ended: core.faults['signed-out'],
    signedOut: 'Du bist abgemeldet.',
    notSetUp:
      'Dieses Doorstep ist neu. Öffne die Einrichtungsadresse, die es beim Start ausgegeben hat, oder',
    toSetUp: 'gib den Einrichtungscode ein',
  },

  setup: {
    title: 'Doorstep einrichten',
    lead: 'Wähle Name und Passwort, mit denen du dich anmelden willst. Du wirst der Eigentümer.',
    code: 'Einrichtungscode',
    codeHint: 'Doorstep hat ihn beim Start ausgegeben. Er gilt einmal, zehn Minuten lang.',
    name: 'Dein Name',
    password: 'Passwort',
    passwordHint: '12 Zeichen oder mehr. Drei oder vier zufällige Wörter merkt man sich leicht.',
    short: (missing) => (missing === 1 ? 'Noch 1 Zeichen, bitte.' : `Noch ${missing} Zeichen, bitte.`),
    longEnough: 'Lang genug.',
    next: 'Danach kommen eine Kamera und wie du Bescheid bekommst. Das dauert ein paar Minuten.',
    submit: 'Einrichten',
    busy: 'Richte ein…',
    closed: 'Doorstep ist schon eingerichtet.',
    toLogin: 'Anmelden',
    staleCode:
      'Dieser Code ist falsch, verbraucht oder zu alt. Starte Doorstep neu, um einen neuen zu bekommen.',
  },
};
