// The English words of the first steps, and of adding a way to be told.
import { spoken } from '../language.ts';
import type { Reached } from '../api/channels.ts';

export const firstWords = spoken('first', {
  title: 'First steps',
  lead: 'Four steps, a few minutes. You can leave and come back: this page knows how far you are.',
  step: (number: number, of: number) => `Step ${number} of ${of}`,
  next: 'Next',
  skip: 'Skip for now',
  open: 'Open',
  done: 'Done',
  skipped: 'Skipped',
  finish: 'Go to Live',
  allDone: 'All done. Doorstep watches, and you will be told.',
  notDone: 'You can go on later: Settings, Notifications.',
  toHere: 'Open the first steps',
  ownerOnly: 'The owner of this Doorstep sets it up. Your own notifications are under Settings.',
  toNotifications: 'My notifications',

  camera: {
    title: 'A camera',
    lead: 'Here is what Doorstep sees now.',
    none: 'No camera is set up yet.',
    add: 'Add a camera',
    another: 'Add another camera',
    waiting: 'Waiting for the first picture…',
    seen: (count: number) => (count === 1 ? 'One camera' : `${count} cameras`),
  },

  tell: {
    title: 'Who tells you?',
    lead: 'Choose one way at least. Doorstep sends a test, and you say whether it arrived.',
    told: 'You will be told.',
    skipped: 'Skipped. Nobody will be told until you set this up.',
    choices: {
      push: { title: 'This device', lead: 'A notification, right here' },
      phone: { title: 'Another phone', lead: 'Scan a code with it' },
      ntfy: { title: 'ntfy', lead: 'A free app, no account' },
      telegram: { title: 'Telegram', lead: 'A message from your own bot' },
      mail: { title: 'Mail', lead: 'With a picture' },
    },
    needsSecure: 'Needs the secure address (https).',
    back: 'Other ways',
    more: 'Add a way to be told',
    moreLead: 'ntfy, Telegram, mail or another phone.',
    phoneLead:
      'Open the camera of the phone and point it at the code. It signs in, and asks about notifications.',
    phonePlain:
      'On this address the phone can watch, but not show notifications: they need the secure address. ntfy, Telegram and mail work without.',
    makeCode: 'Show the code',
    codeHolds: 'It works once, for two minutes.',
    codeLink: 'Or open this on the phone',
    codeOver: 'This code is over.',
    copy: 'Copy',
    copied: 'Copied.',
    notCopied: 'Select it and copy it yourself.',
  },

  proof: {
    send: 'Send a test',
    sending: 'Sending…',
    ask: 'Did it arrive?',
    yes: 'Yes, it is here',
    no: 'No',
    again: 'Send it again',
    notSent: 'It was not sent.',
    saving: 'Saving…',
    restarting: 'Doorstep begins anew with it. That takes a few seconds…',
    proving: 'Sending one more, through the saved way…',
    done: 'Done. You will be told this way.',
    saved: 'Saved, but the last test did not get through:',
    notSaved: 'It works, but could not be saved.',
    changedMeanwhile: 'The settings were changed elsewhere in the meantime. Save again.',
    save: 'Save again',
    readOnly: 'This Doorstep cannot write its settings:',
    late: 'Saved. It holds once Doorstep was restarted.',
    help: {
      push: [
        'Look at the top of the screen: it may be there, silently.',
        'Do not disturb or a battery saver may hold it back.',
        'On a computer, notifications of the browser may be off in the system settings.',
      ],
      ntfy: [
        'Is the topic in the app spelt exactly as here? Copy it.',
        'Is the same server chosen in the app?',
        'On Android, let ntfy run in the background; on iPhone, allow its notifications.',
      ],
      telegram: [
        'Look into the chat with your bot, not into another one.',
        'Was the bot blocked or deleted? Make a new one with BotFather.',
        'Is the chat muted? Then it is there, silently.',
      ],
      mail: [
        'Look into spam.',
        'It can take a few minutes. Wait, then look again.',
        'Is the address spelt right?',
      ],
    },
  },

  ntfy: {
    title: 'ntfy',
    steps: [
      'Install the app ntfy on the phone: Play Store, App Store or F-Droid.',
      'In it, tap + and enter this topic. Nobody can guess it; whoever knows it can read your alerts.',
    ],
    topic: 'Topic',
    open: 'Open on this phone',
    own: 'A server of your own',
    server: 'Server',
    serverHint: 'ntfy.sh, or yours: http://192.168.1.5:2586',
    wrongServer: 'That is not the address of a server.',
    leaves: 'The alert and its picture pass through this server.',
  },

  telegram: {
    title: 'Telegram',
    steps: [
      'In Telegram, write to @BotFather: /newbot. Give it any name.',
      'It answers with a token. Copy the whole of it here.',
    ],
    botFather: 'Open BotFather',
    token: 'Token',
    wrongToken: 'A token looks like 123456:ABC… Copy the whole of it.',
    next: 'Next',
    looking: 'Asking Telegram…',
    write: (bot: string) => `Now open @${bot} in Telegram and tap Start, or write it a word.`,
    openBot: (bot: string) => `Open @${bot}`,
    waiting: 'Waiting for your word…',
    choose: 'Who should be told?',
    leaves: 'The alert and its picture pass through Telegram.',
  },

  mail: {
    title: 'Mail',
    address: 'Your mail address',
    wrongAddress: 'That is not a mail address.',
    password: 'Its password',
    appPassword: (host: string) =>
      `${host} wants a password made for this alone (an app password), not your usual one. Make one in the settings of your account.`,
    usualPassword: 'Some providers first want access for programs (IMAP/SMTP) switched on.',
    noPassword:
      'This provider takes no passwords from programs any more. Send from another address, or choose another way.',
    more: 'Server, sender and receiver',
    server: 'Outgoing server',
    serverHint: (host: string) =>
      host === ''
        ? 'smtp.example.org:465'
        : `Empty: ${host}. With another port, smtp:// before it means STARTTLS.`,
    user: 'User name',
    userHint: 'Empty: the address above.',
    to: 'Send to',
    toHint: 'Empty: the address above.',
    replaces: 'Mail is set up already. This takes its place.',
  },

  walk: {
    title: 'Walk past the door',
    lead: 'Walk past the camera, or send somebody who is not there.',
    seen: 'Somebody was seen.',
    toAlerts: 'Show the alerts',
  },

  secure: {
    title: 'The secure address',
    lead: 'Live, alerts, timeline and downloads work as you are. Notifications on phones, installing and passkeys need https.',
    have: 'This is the secure address. Doorstep can be installed like an app.',
    install: 'Install Doorstep',
    installHow:
      'On iPhone and iPad: Share, then Add to Home Screen. Elsewhere: the menu of the browser, then Install.',
    show: 'Show the ways',
  },

  /** Of the person who reads it. */
  mine: {
    told: 'You will be told.',
    failing: 'You will not be told: your ways of being told do not get through at the moment.',
    unproven: 'Nobody knows whether you will be told: nothing has come through to you yet.',
    'no-channel': 'You will not be told: there is no way to tell you.',
  } satisfies Record<Reached, string>,
  people: {
    title: 'Who is told',
    states: {
      told: 'Is told',
      failing: 'Not told: it does not get through',
      unproven: 'Not proven yet',
      'no-channel': 'Not told: no way to',
    } satisfies Record<Reached, string>,
  },
});
