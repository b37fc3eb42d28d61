// The German words of the Settings page itself.
import type { Dictionary } from './dictionary.ts';

export const settings: Dictionary['settings'] = {
  title: 'Einstellungen',
  back: 'Alle Einstellungen',
  groups: { mine: 'Du', house: 'Das Haus', far: 'Von außen' },
  notYours: { family: 'Gäste können das nicht sehen.', owner: 'Das kann nur der Eigentümer sehen.' },
  lost: {
    title: 'Hier ist nichts',
    lead: 'Diese Seite gehört nicht zu Doorstep.',
    home: 'Zu Live',
  },
  sections: {
    notifications: { title: 'Mitteilungen', lead: 'Wer was erfährt, wie und wann' },
    devices: { title: 'Deine Anmeldung und Geräte', lead: 'Passwort, Passkeys, Handys' },
    appearance: { title: 'Sprache und Uhrzeit', lead: 'Sprache, 12 oder 24 Stunden, Zeitzone' },
    cameras: { title: 'Kameras', lead: 'Hinzufügen, Zonen, was verborgen bleibt' },
    rules: { title: 'Meldungen und Aufnahme', lead: 'Was zählt, wie lange es bleibt' },
    people: { title: 'Personen', lead: 'Wer hereindarf, und was sie sehen' },
    shares: { title: 'Links zu Clips', lead: 'Wer was öffnen kann, und bis wann' },
    activity: { title: 'Wer was angesehen hat', lead: 'Die letzten neunzig Tage' },
    storage: { title: 'Speicher und Kosten', lead: 'Wie voll er ist, wie lange er reicht' },
    health: { title: 'Zustand', lead: 'Ob Doorstep sieht und Bescheid gibt' },
    backup: { title: 'Sicherung', lead: 'Eine Datei mit allem außer dem Video' },
    anywhere: { title: 'Von überall', lead: 'Dein eigener Hub: kein Port wird geöffnet' },
    address: { title: 'Sichere Adresse', lead: 'Für Mitteilungen, Installieren und von außen' },
    tokens: { title: 'Zugang für Skripte', lead: 'Schlüssel für Knöpfe und Programme' },
    about: { title: 'Über Doorstep', lead: 'Version, Lizenz, was es speichert' },
  },
};
