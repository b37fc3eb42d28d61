// The German words of Backup.
import type { Dictionary } from './dictionary.ts';
import { since, size } from '../../rules/times.ts';

export const backup: Dictionary['backup'] = {
  lead: 'Eine Datei mit Meldungen, Personen und Einstellungen, ohne das Video. Sie reicht für den Umzug auf ein neues Gerät.',
  last: (at, withSecrets, now) =>
    `Die letzte Sicherung ist von ${since(at, now)}, ${withSecrets ? 'mit' : 'ohne'} Passwörter und Schlüssel.`,
  never: 'Noch wurde keine Sicherung gemacht.',
  old: 'Das ist mehr als 30 Tage her. Hol eine neue.',
  title: 'Sicherung holen',
  what: 'Was darin ist',
  withSecrets: 'Alles, mit einem Kennsatz verschlossen',
  withSecretsLead:
    'Passwörter der Kameras, Schlüssel und Handys kommen mit. Nichts muss neu eingegeben werden.',
  withoutSecrets: 'Ohne Passwörter und Schlüssel',
  withoutSecretsLead:
    'Sie müssen nach dem Zurückholen neu gesetzt werden. Auf den Handys schaltest du die Mitteilungen wieder ein.',
  passphrase: 'Kennsatz',
  passphraseHint:
    'Mindestens 12 Buchstaben, etwa vier zufällige Wörter. Doorstep merkt ihn sich nicht: Ohne ihn öffnet niemand die Datei.',
  again: 'Der Kennsatz noch einmal',
  tooShort:
    'Der Kennsatz braucht 12 Buchstaben oder mehr. Drei, vier zufällige Wörter merkt man sich leicht.',
  notSame: 'Die beiden Kennsätze sind nicht gleich.',
  password: 'Dein eigenes Passwort',
  passwordHint: 'Noch einmal gefragt, denn eine Sicherung enthält das ganze Haus.',
  passwordMissing: 'Gib dein eigenes Passwort ein.',
  make: 'Sicherung machen',
  making: 'Die Sicherung wird gemacht…',
  receiving: (percent) => `Wird geholt: ${percent} %`,
  cancel: 'Abbrechen',
  cancelled: 'Es wurde nichts gespeichert.',
  done: (name, bytes) =>
    `Gespeichert als ${name}, ${size(bytes)}. Heb sie auf einem anderen Datenträger auf.`,
  saveAgain: 'Noch einmal speichern',
  restore: 'Eine zurückholen',
  restoreLead: 'Das geht am Gerät selbst, mit angehaltenem Doorstep und noch ohne Meldungen dort:',
  restoreSteps: [
    'Installiere Doorstep auf dem neuen Gerät und halte es an.',
    'Kopiere die Datei dorthin und führe aus:',
    'Starte Doorstep. Was noch zu setzen ist, steht dann als "to do" da.',
    'Alle melden sich neu an, auch wer nur einen Passkey hat. Öffnet er dort nicht, erzeugt Einstellungen > Personen einen Link.',
  ],
  command: 'sudo doorstep restore doorstep-….age',
};
