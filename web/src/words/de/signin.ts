// The German words of one's own sign-in: password, passkeys, phones, and where one is signed in.
import { day, isSameDay, length, since } from '../../rules/times.ts';
import type { Dictionary } from './dictionary.ts';

export const signin: Dictionary['signin'] = {
  barred: (code) =>
    code === 'time-unknown'
      ? 'Dieses Gerät kennt die Uhrzeit noch nicht. Versuch es in einer Minute noch einmal.'
      : 'Deine Zeit hier ist vorbei. Frag den Eigentümer dieses Doorstep.',
  cancel: 'Abbrechen',

  entry: {
    passkey: 'Mit Passkey anmelden',
    passkeyBusy: 'Dein Gerät ist dran…',
    passkeyWrong: 'Dieser Passkey öffnet hier nichts. Melde dich mit deinem Passwort an.',
    or: 'oder',
    forgot: 'Passwort vergessen?',
    forgotHow:
      'Frag den Eigentümer: Einstellungen, Personen, dein Name, Link erzeugen. Auf dem Gerät, auf dem Doorstep läuft, macht das hier einen, auch für den Eigentümer:',
    phoneHint:
      'Auf einem anderen Gerät angemeldet? Öffne dort Einstellungen, Deine Anmeldung und Geräte, Handy hinzufügen.',
  },

  password: {
    title: 'Passwort',
    lead: 'Wenn du es änderst, wirst du überall sonst abgemeldet.',
    none: 'Du hast noch kein Passwort. Mit einem kannst du dich auf jedem Gerät anmelden.',
    change: 'Passwort ändern',
    choose: 'Passwort wählen',
    old: 'Dein jetziges Passwort',
    new: 'Neues Passwort',
    hint: '12 Zeichen oder mehr. Drei, vier zufällige Wörter merkst du dir leicht.',
    short: (missing) => (missing === 1 ? 'Noch 1 Zeichen, bitte.' : `Noch ${missing} Zeichen, bitte.`),
    longEnough: 'Lang genug.',
    save: 'Ändern',
    busy: 'Ändern…',
    wrong: 'Dein jetziges Passwort ist ein anderes.',
    done: (ended) =>
      ended === 0
        ? 'Dein Passwort ist geändert.'
        : ended === 1
          ? 'Dein Passwort ist geändert. Eine andere Anmeldung ist beendet.'
          : `Dein Passwort ist geändert. ${ended} andere Anmeldungen sind beendet.`,
    stillOpen: (passkeys) =>
      `Hereinkommen kann noch: ${passkeys} ${passkeys === 1 ? 'Passkey' : 'Passkeys'}.`,
    toPasskeys: 'Ansehen',
  },

  passkeys: {
    title: 'Passkeys',
    lead: 'Melde dich mit Finger, Gesicht oder der PIN deines Geräts an, ohne Passwort.',
    none: 'Du hast noch keinen.',
    add: 'Passkey hinzufügen',
    busy: 'Dein Gerät ist dran…',
    name: 'Wie er heißen soll',
    failed: 'Der Passkey wurde nicht erstellt. Versuch es noch einmal.',
    known: 'Dieses Gerät hat schon einen Passkey für Doorstep.',
    added: 'Der Passkey ist hinzugefügt.',
    remove: 'Entfernen',
    removeOf: (name) => `Passkey ${name} entfernen`,
    removed: 'Der Passkey ist entfernt. Lösch ihn auch auf deinem Gerät.',
    notHere: (host) => `nur für ${host}`,
    facts: (made, used, now) =>
      `hinzugefügt ${dayOrTime(made, now)}, ${used === null ? 'noch nie benutzt' : `zuletzt benutzt ${since(used, now)}`}`,
    whyNumber:
      'Passkeys gehören zu einem Namen, und diese Seite wurde über eine Nummer geöffnet. Öffne Doorstep über seinen Namen.',
    whyPlain: 'Passkeys brauchen die sichere Adresse, die mit https beginnt.',
    noSupport: 'Dieser Browser kann keine Passkeys.',
    toAddress: 'Sichere Adresse einrichten',
    unnamed: 'Passkey',
  },

  phone: {
    title: 'Handy hinzufügen',
    lead: 'Zeig hier einen Code und halte die Kamera des Handys darauf. Das Handy ist dann als du angemeldet.',
    show: 'Code zeigen',
    again: 'Neuen Code zeigen',
    alt: (host) => `Code für ein Handy, über ${host}`,
    steps: 'Öffne die Kamera des Handys, richte sie auf den Code und tippe auf die Adresse, die erscheint.',
    left: (seconds) => `Er gilt einmal, noch ${length(seconds)} Minuten.`,
    over: 'Der Code ist abgelaufen. Zeig einen neuen.',
    used: 'Das Handy ist angemeldet.',
    copy: 'Adresse kopieren',
    copied: 'Kopiert.',
    notCopied: 'Drücke Strg+C zum Kopieren.',
    address: 'Adresse mit dem Code',
    unsure:
      'Diese Seite wurde auf dem Gerät geöffnet, auf dem Doorstep läuft. Kann das Handy die eine Adresse nicht öffnen, nimm die andere.',
    unreachable:
      'Über diese Adresse erreicht nur dieses Gerät Doorstep, kein Handy. Öffne Doorstep über seine Adresse in deinem Netz und füge das Handy dort hinzu.',
    onlyHere:
      'Doorstep ist nur auf diesem Gerät selbst zu erreichen, von keinem Handy. Starte es mit „make run LISTEN=0.0.0.0:8080“, oder setze unter Einstellungen, Meldungen und Aufnahme, Erweitert server.listen auf 0.0.0.0:8080 und starte es neu.',
    stop: 'Code ausblenden',
  },

  logins: {
    title: 'Wo du angemeldet bist',
    here: 'dieses Gerät',
    end: 'Abmelden',
    endOf: (name) => `Abmelden: ${name}`,
    endOthers: 'Überall sonst abmelden',
    onlyHere: 'Nur hier.',
    ended: 'Dort abgemeldet.',
    othersEnded: (count) =>
      count === 1 ? 'Eine andere Anmeldung ist beendet.' : `${count} andere Anmeldungen sind beendet.`,
    how: {
      password: 'mit dem Passwort',
      passkey: 'mit einem Passkey',
      pairing: 'mit einem Code',
      setup: 'bei der Einrichtung',
      reset: 'über einen Link',
    },
    facts: (used, began, how, address, now) =>
      [
        used === null ? '' : `zuletzt benutzt ${since(used, now)}`,
        `angemeldet ${dayOrTime(began, now)}${how === '' ? '' : ` ${how}`}`,
        address === '' ? '' : `von ${address}`,
      ]
        .filter(Boolean)
        .join(', '),
  },

  pair: {
    title: 'Auf diesem Handy anmelden',
    ask: (name) => `Auf diesem Gerät als ${name} anmelden?`,
    askReplace: (name, now) => `Du bist hier als ${now} angemeldet. Stattdessen als ${name} anmelden?`,
    already: (name) => `Du bist hier schon als ${name} angemeldet.`,
    yes: 'Anmelden',
    busy: 'Anmelden…',
    no: 'Nein',
    warn: 'Mach nur weiter, wenn du oder jemand neben dir diesen Code gerade gezeigt hat.',
    over: 'Dieser Code ist benutzt, zu alt oder falsch. Zeig auf dem anderen Gerät einen neuen und scanne den.',
    noCode:
      'Der Code fehlt. Zeig einen auf einem Gerät, das angemeldet ist: Einstellungen, Deine Anmeldung und Geräte, Handy hinzufügen.',
    toApp: 'Doorstep öffnen',
    toLogin: 'Mit Passwort anmelden',
  },

  reset: {
    title: 'Neues Passwort wählen',
    welcome: (name) => `Willkommen, ${name}`,
    first: 'Wähle ein Passwort.',
    lead: (name) => `Für ${name}. Überall sonst wirst du abgemeldet.`,
    name: 'Name',
    save: 'Passwort setzen',
    busy: 'Setzen…',
    over: 'Dieser Link ist benutzt, zu alt oder falsch. Bitte den Eigentümer um einen neuen.',
    noCode: 'Der Code des Links fehlt. Öffne den ganzen Link.',
    toLogin: 'Anmelden',
  },
};

/** "14:02" today, "Fr 20. Nov." on another day. */
function dayOrTime(at: Date, now: Date): string {
  return isSameDay(at, now) ? since(at, now) : day(at, now);
}
