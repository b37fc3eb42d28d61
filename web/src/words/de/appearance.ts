// The German words of "Language and times" and "About", and of the zone where a day is chosen.
import type { Dictionary } from './dictionary.ts';

export const appearance: Dictionary['appearance'] = {
  saved: 'Gesichert.',
  language: 'Sprache',
  hours: 'Uhrzeiten',
  hoursOf: { 12: '12 Stunden', 24: '24 Stunden' },
  zone: 'Zeitzone',
  zoneLead: 'Auch Tage beginnen und enden nach dieser Uhr.',
  phone: 'Wie dieses Gerät',
  phoneZone: 'Die dieses Geräts',
  houseZone: 'Die des Hauses',
  now: (clock) => `jetzt ${clock}`,
  sameZone: 'Doorstep steht in derselben Zeitzone.',
  ofPhone: (here, house) => `Tage und Zeiten von ${here}. Das Haus steht in ${house}.`,
  ofHouse: (house) => `Tage und Zeiten des Hauses, in ${house}.`,
  change: 'Ändern',

  about: {
    version: (version) => `Version ${version}`,
    licence:
      'Freie Software unter der Apache-Lizenz 2.0. Niemand außer dir betreibt es, und es braucht nirgends ein Konto.',
    install: 'Auf diesem Gerät',
    installed: 'Doorstep ist auf diesem Gerät installiert.',
    add: 'Zum Startbildschirm hinzufügen',
    adding: 'Dein Browser fragt dich jetzt.',
    ios: 'Tippe in Safari auf Teilen, dann auf „Zum Home-Bildschirm“.',
    byMenu:
      'Das Menü deines Browsers kann es installieren: Such nach „Installieren“ oder „Zum Startbildschirm“.',
    offline:
      'Es öffnet sich auch ohne Netz und sagt das dann. Bilder und Filme bleiben nie auf diesem Gerät.',
    stores: 'Was es speichert',
    kept: [
      'Filme und Bilder deiner Kameras: auf dem Rechner, auf dem Doorstep läuft, so lange, wie es unter Speicher steht.',
      'Meldungen, und warum jede entstand.',
      'Namen von Personen und Geräten. Von Passwörtern und Links nur, was man braucht, um sie zu prüfen.',
      'Wer was angesehen hat, neunzig Tage lang.',
      'Nichts geht an jemand anderen, solange der Eigentümer das nicht eingeschaltet hat.',
    ],
  },
};
