// The English words of the Settings page itself; each of its sections has words of its own.
import { spoken } from '../language.ts';

export const settingsWords = spoken('settings', {
  title: 'Settings',
  back: 'All settings',
  groups: { mine: 'You', house: 'The house', far: 'From outside' },
  /** Of a section that begins with this role, to who has a lesser one. */
  notYours: { family: 'Guests cannot see this.', owner: 'Only the owner can see this.' },
  lost: { title: 'Nothing here', lead: 'This page is not part of Doorstep.', home: 'Go to Live' },
  sections: {
    notifications: { title: 'Notifications', lead: 'Who is told what, how and when' },
    devices: { title: 'Your sign-in and devices', lead: 'Password, passkeys, phones' },
    appearance: { title: 'Language and times', lead: 'Language, 12 or 24 hours, time zone' },
    cameras: { title: 'Cameras', lead: 'Add one, zones, what is hidden' },
    rules: { title: 'Alerts and recording', lead: 'What counts, how long it is kept' },
    people: { title: 'People', lead: 'Who may come in, and what they see' },
    shares: { title: 'Links to clips', lead: 'Who can open what, and until when' },
    activity: { title: 'Who watched what', lead: 'The last ninety days' },
    storage: { title: 'Storage and costs', lead: 'How full it is, how long it lasts' },
    health: { title: 'Health', lead: 'Whether Doorstep sees and tells' },
    backup: { title: 'Backup', lead: 'One file with everything but the video' },
    anywhere: { title: 'From anywhere', lead: 'Your own hub: no port is opened at home' },
    address: { title: 'Secure address', lead: 'For notifications, installing and from outside' },
    tokens: { title: 'Access for scripts', lead: 'Tokens for buttons and programs' },
    about: { title: 'About Doorstep', lead: 'Version, licence, what it stores' },
  },
});

export type Section = keyof typeof settingsWords.sections;
