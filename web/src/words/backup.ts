// The English words of Backup.
import { spoken } from '../language.ts';
import { size, since } from '../rules/times.ts';

export const backupWords = spoken('backup', {
  lead: 'One file with the alerts, people and settings, without the video. It is enough to move to a new machine.',
  last: (at: Date, withSecrets: boolean, now: Date) =>
    `The last backup was made ${since(at, now)}${withSecrets ? ', with passwords and keys' : ', without passwords and keys'}.`,
  never: 'No backup was made yet.',
  old: 'That is more than 30 days ago. Take a new one.',
  title: 'Take a backup',
  what: 'What is in it',
  withSecrets: 'Everything, locked with a passphrase',
  withSecretsLead: 'Passwords of cameras, keys and phones come along. Nothing has to be typed again.',
  withoutSecrets: 'Without passwords and keys',
  withoutSecretsLead:
    'They have to be set again after it is brought back. Phones turn notifications on again.',
  passphrase: 'Passphrase',
  passphraseHint:
    'At least 12 letters, such as four random words. Doorstep does not keep it: without it the file opens to nobody.',
  again: 'The passphrase again',
  tooShort: 'The passphrase needs 12 letters or more. Three or four random words are easy to remember.',
  notSame: 'The two passphrases are not the same.',
  password: 'Your own password',
  passwordHint: 'Asked once more, because a backup holds the whole house.',
  passwordMissing: 'Enter your own password.',
  make: 'Make backup',
  making: 'Making the backup…',
  receiving: (percent: number) => `Fetching it: ${percent} %`,
  cancel: 'Cancel',
  cancelled: 'Nothing was saved.',
  done: (name: string, bytes: number) => `Saved as ${name}, ${size(bytes)}. Keep it on another disk.`,
  saveAgain: 'Save it again',
  restore: 'Bring one back',
  restoreLead: 'That is done on the machine itself, with Doorstep stopped and no alerts there yet:',
  restoreSteps: [
    'Install Doorstep on the new machine and stop it.',
    'Copy the file there and run:',
    'Start Doorstep. Whatever still has to be set is printed as "to do".',
    'Everybody signs in again, also who has only a passkey. If it does not open there, Settings > People makes a link.',
  ],
  command: 'sudo doorstep restore doorstep-….age',
});
