// The German words of People, and of what its pages share with the other pages of the house.
import type { Dictionary } from './dictionary.ts';
import type { Role } from '../../api/shapes.ts';
import { lastMoment } from '../../rules/days.ts';
import { day, isSameDay, since } from '../../rules/times.ts';
import { words } from '../core.ts';

const hows: Partial<Record<string, string>> = {
  password: 'mit dem Passwort',
  passkey: 'mit einem Passkey',
  pairing: 'mit einem Code',
  setup: 'bei der Einrichtung',
  reset: 'über einen Link',
};

const may: Record<Role, string> = {
  owner: 'Alles: Kameras, Personen, Einstellungen.',
  family: 'Sieht live und Meldungen, sichert und teilt Clips, pausiert Mitteilungen.',
  guest: 'Sieht live und sonst nichts. Gut für Babysitter oder Nachbarn.',
};

export const people: Dictionary['people'] = {
  cancel: 'Abbrechen',
  keep: 'So lassen',
  copy: 'Kopieren',
  copied: 'Kopiert.',
  notCopied: 'Drücke Strg+C zum Kopieren.',
  send: 'Teilen…',
  add: 'Person hinzufügen',
  you: 'du',
  back: 'Alle Personen',
  gone: (name) => `${name} gibt es hier nicht mehr.`,
  what: (person, cameraName) => [words.roles[person.role], seen(person.cameras, cameraName)].join(', '),
  when: (person, now) =>
    [
      person.over
        ? 'Zeit ist abgelaufen'
        : person.until === null
          ? ''
          : `bis ${day(lastMoment(person.until), now)}`,
      person.last_seen_at !== null
        ? `zuletzt da: ${since(new Date(person.last_seen_at), now)}`
        : person.has_password
          ? 'nirgends angemeldet'
          : 'noch nicht da gewesen',
    ]
      .filter(Boolean)
      .join(', '),

  cameras: { title: 'Kameras', all: 'Alle, auch spätere', some: 'Nur diese' },

  form: {
    name: 'Name',
    nameMissing: 'Sag, wer es ist.',
    noCamera: 'Wähle eine Kamera oder alle.',
    role: 'Was die Person darf',
    may,
    until: 'Bis zum Ende dieses Tages (freiwillig)',
    untilHint: 'Danach wird die Person abgemeldet. Leer: auf Dauer.',
    add: 'Hinzufügen',
    save: 'Sichern',
  },
  saved: 'Gesichert.',
  change: 'Was die Person darf',

  invite: {
    title: 'Hereinlassen',
    lead: 'Schicke einen Link oder zeige dem Handy einen Code. Das Passwort wählt die Person selbst.',
    again: 'Passwort vergessen oder neues Handy',
    againLead: 'Ein Link setzt ein neues Passwort. Ein Code meldet das Handy ohne Passwort an.',
    byLink: 'Link erzeugen',
    byCode: 'Code zeigen',
    link: 'Link für die Person',
    shareTitle: 'Komm zu Doorstep',
    linkUntil: (at, now) =>
      `Er gilt einmal, bis ${since(at, now)}. Er wird nicht noch einmal gezeigt: jetzt schicken oder kopieren.`,
    qrAlt: (host) => `Code für ein Handy, über ${host}`,
    codeUntil: (at, now) => `Richte die Handykamera darauf. Er gilt einmal, bis ${since(at, now)}.`,
    codeOver: 'Der Code ist abgelaufen. Zeige einen neuen.',
  },

  logins: {
    title: 'Angemeldet auf',
    none: 'Nirgends.',
    here: 'dieses hier',
    unnamed: 'Ein Browser',
    end: 'Abmelden',
    endOf: (name) => `Abmelden: ${name}`,
    facts: (one, now) =>
      [
        one.last_seen_at === null ? '' : `zuletzt benutzt ${since(new Date(one.last_seen_at), now)}`,
        `angemeldet ${dayOrTime(new Date(one.created_at), now)}${one.how === null ? '' : ` ${hows[one.how] ?? one.how}`}`,
        one.address === '' ? '' : `von ${one.address}`,
      ]
        .filter(Boolean)
        .join(', '),
  },

  remove: {
    button: 'Entfernen',
    lead: 'Die Person wird überall abgemeldet; Passkeys, Geräte und Links verfallen. Aufnahmen bleiben.',
    title: (name) => `${name} entfernen?`,
    done: (name) => `${name} wurde entfernt.`,
    yourself: 'Das bist du: Du wirst sofort abgemeldet.',
    lastOwner: 'Der letzte Eigentümer bleibt: Mach erst jemand anderen zum Eigentümer.',
  },
};

function seen(cameras: string[] | null, cameraName: (id: string) => string): string {
  if (cameras === null) return 'alle Kameras';
  return cameras.length === 0 ? 'keine Kamera' : cameras.map(cameraName).join(', ');
}

function dayOrTime(at: Date, now: Date): string {
  return isSameDay(at, now) ? since(at, now) : day(at, now);
}
