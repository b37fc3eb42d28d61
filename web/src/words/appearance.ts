// The English words of "Language and times" and "About", and of the zone where a day is chosen.
import { spoken } from '../language.ts';

export const appearanceWords = spoken('appearance', {
  saved: 'Saved.',
  language: 'Language',
  hours: 'Times',
  hoursOf: { 12: '12 hours', 24: '24 hours' },
  zone: 'Time zone',
  zoneLead: 'Days begin and end by this clock, too.',
  phone: 'As this device',
  phoneZone: 'Of this device',
  houseZone: 'Of the house',
  now: (clock: string) => `now ${clock}`,
  sameZone: 'Doorstep stands in the same time zone.',
  /** Where a day is chosen, and the house has another zone. */
  ofPhone: (here: string, house: string) => `Days and times of ${here}. The house is in ${house}.`,
  ofHouse: (house: string) => `Days and times of the house, in ${house}.`,
  change: 'Change',

  about: {
    version: (version: string) => `Version ${version}`,
    licence:
      'Free software under the Apache License 2.0. Nobody but you runs it, and it needs no account anywhere.',
    install: 'On this device',
    installed: 'Doorstep is installed on this device.',
    add: 'Add to home screen',
    adding: 'Your browser asks you now.',
    ios: 'In Safari tap Share, then Add to Home Screen.',
    byMenu: "Your browser's menu can install it: look for Install or Add to home screen.",
    offline: 'It opens without a network, and says so. Pictures and film are never kept on this device.',
    stores: 'What it stores',
    kept: [
      'Film and pictures of your cameras: on the machine that Doorstep runs on, as long as Storage says.',
      'Alerts, and why each was made.',
      'Names of people and devices. Of passwords and links only what is needed to check them.',
      'Who watched what, for ninety days.',
      'Nothing goes to anybody else unless the owner has switched that on.',
    ],
  },
});
