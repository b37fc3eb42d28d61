// The German words of the Status page.
import { since } from '../../rules/times.ts';
import { core } from './core.ts';
import type { Dictionary } from './dictionary.ts';

export const status: Dictionary['status'] = {
  title: 'Zustand',
  seeing: 'Doorstep passt auf.',
  blind: 'Etwas stimmt nicht.',
  noProblems: 'Keine Probleme.',
  problems: 'Probleme',
  since: (at, now) => `Seit ${since(at, now)}`,
  cameras: 'Kameras',
  camera: (state, at, now) =>
    state === 'connecting'
      ? core.cameraStates.connecting
      : `${core.cameraStates[state]} seit ${since(at, now)}`,
  detectionOff: 'Die Erkennung ist aus: Doorstep sieht sich diese Kamera nicht an.',
  untold: 'Wer keine Meldung bekommt',
  toChannels: 'Alle Kanäle ansehen',
  storage: 'Speicher',
  used: (used, limit) => (limit === null ? `${used} belegt` : `${used} von ${limit} belegt`),
  written: (amount) => `Die Aufnahme schreibt ${amount} am Tag.`,
  offSite: (place, waiting) =>
    `Außer Haus: ${waiting === 0 ? `alles liegt in ${place}` : waiting === 1 ? '1 Clip wartet' : `${waiting} Clips warten`}.`,
  nearlyFull: (percent) => `Der Speicher ist zu ${percent} % voll. Die ältesten Aufnahmen gehen zuerst.`,
  account: 'Du',
  signedInAs: (name, role) => `Angemeldet als ${name} (${core.roles[role]})`,
  version: (version) => `Doorstep ${version}`,
};
