// The English words of one's own sign-in: password, passkeys, phones, and where one is signed in.
import { spoken } from '../language.ts';
import { day, isSameDay, length, since } from '../rules/times.ts';

const hows: Partial<Record<string, string>> = {
  password: 'with the password',
  passkey: 'with a passkey',
  pairing: 'with a code',
  setup: 'at the set-up',
  reset: 'by a link',
};

export const signinWords = spoken('signin', {
  /** Why somebody who was known is not let in, by the server's short name. */
  barred: (code: string) =>
    code === 'time-unknown'
      ? 'This box does not know the time yet. Try again in a minute.'
      : 'Your time here is over. Ask the owner of this Doorstep.',
  cancel: 'Cancel',

  /** On the sign-in page. */
  entry: {
    passkey: 'Sign in with a passkey',
    passkeyBusy: 'Waiting for your device…',
    passkeyWrong: 'That passkey opens nothing here. Sign in with your password.',
    or: 'or',
    forgot: 'Forgot your password?',
    forgotHow:
      'Ask the owner: Settings, People, your name, Make a link. On the box itself this makes one, for the owner too:',
    phoneHint: 'Signed in on another device? Open Settings there, Your sign-in and devices, Add a phone.',
  },

  password: {
    title: 'Password',
    lead: 'Everywhere else you are signed out when you change it.',
    none: 'You have no password yet. With one you can sign in on any device.',
    change: 'Change password',
    choose: 'Choose a password',
    old: 'The password that you have now',
    new: 'New password',
    hint: '12 characters or more. Three or four random words are easy to remember.',
    short: (missing: number) =>
      missing === 1 ? '1 more character, please.' : `${missing} more characters, please.`,
    longEnough: 'Long enough.',
    save: 'Change it',
    busy: 'Changing…',
    wrong: 'The password that you have now is another one.',
    done: (ended: number) =>
      ended === 0
        ? 'Your password is changed.'
        : ended === 1
          ? 'Your password is changed. One other sign-in ended.'
          : `Your password is changed. ${ended} other sign-ins ended.`,
    stillOpen: (passkeys: number) =>
      `Still able to come in: ${passkeys} ${passkeys === 1 ? 'passkey' : 'passkeys'}.`,
    toPasskeys: 'Look at them',
  },

  passkeys: {
    title: 'Passkeys',
    lead: 'Sign in with your finger, your face or the PIN of your device, without a password.',
    none: 'You have none yet.',
    add: 'Add a passkey',
    busy: 'Waiting for your device…',
    name: 'What to call it',
    failed: 'The passkey was not made. Try again.',
    known: 'This device has a passkey for Doorstep already.',
    added: 'The passkey was added.',
    remove: 'Remove',
    removeOf: (name: string) => `Remove the passkey ${name}`,
    removed: 'The passkey was removed. Delete it on your device, too.',
    notHere: (host: string) => `for ${host} only`,
    facts: (made: Date, used: Date | null, now: Date) =>
      `added ${dayOrTime(made, now)}, ${used === null ? 'not used yet' : `last used ${since(used, now)}`}`,
    whyNumber:
      'Passkeys belong to a name, and this page was opened by a number. Open Doorstep by its host name.',
    whyPlain: 'Passkeys need the secure address, which begins with https.',
    noSupport: 'This browser has no passkeys.',
    toAddress: 'Set up the secure address',
    unnamed: 'Passkey',
  },

  phone: {
    title: 'Add a phone',
    lead: 'Show a code here and point the camera of the phone at it. The phone is signed in as you.',
    show: 'Show a code',
    again: 'Show a new code',
    alt: (host: string) => `Code for a phone, by ${host}`,
    steps: 'Open the camera of the phone, point it at the code, and tap the address that it shows.',
    left: (seconds: number) => `It works once, for another ${length(seconds)} minutes.`,
    over: 'The code is over. Show a new one.',
    used: 'The phone is signed in.',
    copy: 'Copy the address',
    copied: 'Copied.',
    notCopied: 'Press Ctrl+C to copy.',
    address: 'Address with the code',
    unsure: 'This page was opened on the box itself. If the phone cannot open one address, try the other.',
    unreachable:
      'Only this machine reaches Doorstep by this address, no phone does. Open Doorstep by its address in your network, and add the phone there.',
    onlyHere:
      'Doorstep listens to this machine alone, so no phone reaches it. Start it with “make run LISTEN=0.0.0.0:8080”, or under Settings, Alerts and recording, Advanced set server.listen to 0.0.0.0:8080 and restart it.',
    stop: 'Hide the code',
  },

  logins: {
    title: 'Where you are signed in',
    here: 'this one',
    end: 'Sign out',
    endOf: (name: string) => `Sign out: ${name}`,
    endOthers: 'Sign out everywhere else',
    onlyHere: 'Only here.',
    ended: 'Signed out there.',
    othersEnded: (count: number) =>
      count === 1 ? 'One other sign-in ended.' : `${count} other sign-ins ended.`,
    how: hows,
    facts: (used: Date | null, began: Date, how: string, address: string, now: Date) =>
      [
        used === null ? '' : `last used ${since(used, now)}`,
        `signed in ${dayOrTime(began, now)}${how === '' ? '' : ` ${how}`}`,
        address === '' ? '' : `from ${address}`,
      ]
        .filter(Boolean)
        .join(', '),
  },

  pair: {
    title: 'Sign in on this phone',
    ask: (name: string) => `Sign in as ${name} on this device?`,
    askReplace: (name: string, now: string) =>
      `You are signed in as ${now} here. Sign in as ${name} instead?`,
    already: (name: string) => `You are signed in as ${name} here already.`,
    yes: 'Sign in',
    busy: 'Signing in…',
    no: 'No',
    warn: 'Only go on if you, or somebody beside you, have just shown this code.',
    over: 'This code is used up, too old or wrong. Show a new one on the other device and scan that.',
    noCode:
      'The code is missing. Show one on a device that is signed in: Settings, Your sign-in and devices, Add a phone.',
    toApp: 'Open Doorstep',
    toLogin: 'Sign in with a password',
  },

  reset: {
    title: 'Choose a new password',
    welcome: (name: string) => `Welcome, ${name}`,
    first: 'Choose a password.',
    lead: (name: string) => `For ${name}. Everywhere else you are signed out.`,
    name: 'Name',
    save: 'Set the password',
    busy: 'Setting…',
    over: 'This link is used up, too old or wrong. Ask the owner for a new one.',
    noCode: 'The code of the link is missing. Open the whole link.',
    toLogin: 'Sign in',
  },
});

/** "14:02" today, "Fri 20 Nov" on another day. */
function dayOrTime(at: Date, now: Date): string {
  return isSameDay(at, now) ? since(at, now) : day(at, now);
}
