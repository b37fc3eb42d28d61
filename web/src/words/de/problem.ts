// The German words of what is wrong, by its kind: what is wrong, and what to do.  What is rare stays the server's.
import type { Dictionary } from './dictionary.ts';
import { kindOf } from '../../rules/problemkind.ts';

type Said = readonly [what: (camera: string) => string, remedy: string];
const house = (what: string, remedy: string): Said => [() => what, remedy];

const GOES_ON = 'Live und Meldungen laufen weiter, und die Aufnahme beginnt von selbst wieder.';
const SET_UP = 'Geh zu Einstellungen, Mitteilungen.';
const MOTION = 'Bis dahin löst nur Bewegung aus.';

const said: Partial<Record<string, Said>> = {
  'nobody-told': house('Niemand bekommt eine Meldung.', `${SET_UP} Schalte sie auf einem Handy ein.`),
  'nobody-proven': house(
    'Soweit bekannt, bekommt niemand eine Meldung: noch kam keine an.',
    `${SET_UP} Schick von dort eine Testmeldung.`,
  ),
  packets: [
    (camera) => `Von ${camera} kommt kein Bild.`,
    'Prüfe Strom und WLAN der Kamera, dann Adresse und Passwort.',
  ],
  black: [(camera) => `${camera} zeigt nur Schwarz.`, 'Prüfe das Licht, und ob etwas die Kamera verdeckt.'],
  covered: [
    (camera) => `${camera} zeigt nur eine Fläche: vielleicht ist die Kamera verdeckt.`,
    'Sieh nach, was vor der Linse ist.',
  ],
  frozen: [(camera) => `${camera} steht: immer dasselbe Bild.`, 'Schalte die Kamera aus und wieder ein.'],
  blurred: [(camera) => `${camera} ist unscharf.`, 'Putze die Linse, oder stelle sie scharf.'],
  turned: [
    (camera) => `${camera} zeigt nicht mehr dasselbe: verdreht, oder etwas steht davor.`,
    'Dreh die Kamera zurück, oder lass sie so: nach zwei Stunden gilt das neue Bild.',
  ],
  drift: [
    (camera) => `Die Uhr von ${camera} geht falsch.`,
    'Lass die Kamera ihre Uhr über das Netz stellen, oder erneuere ihre Software.',
  ],
  buffer: [(camera) => `Die letzten Minuten von ${camera} werden nicht behalten.`, 'Gib Speicher frei.'],
  record: [
    (camera) => `${camera} wird nicht so aufgenommen, wie du es willst.`,
    'Bring den Datenträger in Ordnung.',
  ],
  test: [(camera) => `Der Test von ${camera} ging nicht durch.`, `${SET_UP} Teste von dort noch einmal.`],
  'disk-full': house('Der Speicher ist voll: es wird nicht aufgenommen.', `Schaff Platz. ${GOES_ON}`),
  'disk-nearly-full': house(
    'Der Speicher ist fast voll: die ältesten Aufnahmen gehen früher.',
    'Schaff Platz, oder lass Aufnahmen weniger Platz.',
  ),
  'disk-read-only': house(
    'Es wird nicht aufgenommen: auf den Datenträger lässt sich nicht schreiben.',
    `Prüfe ihn, er geht vielleicht kaputt. ${GOES_ON}`,
  ),
  'disk-silent': house(
    'Die Aufnahme wartet: der Datenträger antwortet nicht.',
    `Prüfe ihn und sein Kabel, oder das Netz dorthin. ${GOES_ON}`,
  ),
  clock: house(
    'Die Uhr von Doorstep stimmt vielleicht nicht.',
    'Prüfe das Netz und den Zeitdienst. Bis dahin wird nichts wegen seines Alters gelöscht.',
  ),
  'clock-set': house(
    'Die Uhr von Doorstep wurde um mehr als eine Stunde verstellt: einen Tag lang wird nichts wegen seines Alters gelöscht.',
    'Prüfe, ob die Zeit jetzt stimmt.',
  ),
  model: house(
    'Niemand wird erkannt: das Modell fehlt oder ist noch nicht bereit.',
    `Hol es mit „doorstep models fetch“. ${MOTION}`,
  ),
  'model-remote': house(
    'Nur der entfernte Erkenner sieht hin: hier ist kein Modell bereit.',
    'Hol es mit „doorstep models fetch“. Fällt der andere aus, sieht sonst niemand hin.',
  ),
  detector: house('Niemand wird erkannt: die Erkennung läuft nicht.', `Starte Doorstep neu. ${MOTION}`),
  'remote-detector': house(
    'Der entfernte Erkenner antwortet nicht.',
    'Prüfe die andere Maschine und das Netz dorthin.',
  ),
  outbox: house(
    'Meldungen warten und kommen nicht an.',
    'Prüfe die Kanäle unter Einstellungen, Mitteilungen.',
  ),
  'push-key': house('Handys bekommen keine Meldungen.', 'Was fehlt, steht unter Details.'),
  certificate: house('Das Zertifikat läuft ab oder ist abgelaufen.', 'Erneuere es.'),
  hub: house(
    'Deine Tür ist von außen nicht erreichbar. Aufnahme, Gong und Meldungen gehen weiter.',
    'Warum, und was zu tun ist, steht unter Einstellungen, Von überall.',
  ),
  'hub-unreached': house(
    'Deine Tür ist von außen nicht erreichbar, obwohl der Hub antwortet. Aufnahme, Gong und Meldungen gehen weiter.',
    'Auf dem Hub sagt „sudo doorstep-hub status“, was zu tun ist.',
  ),
  'hub-certificate': house(
    'Das Zertifikat des Hubs läuft ab oder ist abgelaufen.',
    'Auf dem Hub sagt „sudo doorstep-hub certificates“, warum: die Ports 80 und 443 müssen dort offen sein.',
  ),
  'hub-clock': house(
    'Die Uhren des Hubs und dieses Geräts gehen auseinander: eine geht falsch.',
    'Lass beide ihre Uhr über das Netz stellen: „timedatectl“ sagt auf jedem, ob es das tut.',
  ),
  restarted: house(
    'Doorstep wurde neu gestartet: es war ohne ein Wort ausgegangen.',
    'Kommt das wieder vor, sieh in sein Protokoll und nach dem Netzteil.',
  ),
  store: house('Aufnahmen können nicht behalten werden.', 'Prüfe den Datenträger.'),
  catalog: house('Was geschieht, kann nicht aufgeschrieben werden.', 'Prüfe den Datenträger.'),
};

export const problem: Dictionary['problem'] = {
  what: (problem, camera) => said[kindOf(problem)]?.[0](camera) ?? problem.what,
  remedy: (problem) => said[kindOf(problem)]?.[1] ?? problem.remedy,
};
