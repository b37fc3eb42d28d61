// The German words of "All cameras", "Watch in another player" and "Who watches".
import { clock, length, since } from '../../rules/times.ts';
import type { Dictionary } from './dictionary.ts';

const ways: Partial<Record<string, string>> = {
  mse: 'im Browser',
  webrtc: 'im Browser, geringste Verzögerung',
  hls: 'über HLS',
  mjpeg: 'im Browser, geringe Qualität',
  rtmp: 'über RTMP',
};

export const live: Dictionary['live'] = {
  all: 'Alle Kameras',

  atHome: 'Du bist zu Hause, und über den Hub hier.',
  openHome: 'Die Adresse zu Hause öffnen',

  quiet: {
    title: 'Aufpassen pausieren',
    lead: 'So lange hörst du nur die Klingel. Aufgenommen wird weiter.',
    minutes: (minutes) => (minutes < 60 ? `${minutes} min` : `${minutes / 60} h`),
    until: (at, now) => `Ruhe für dich bis ${since(at, now)}.`,
    house: (at, now) => `Das ganze Haus hat Ruhe bis ${since(at, now)}.`,
    end: 'Beenden',
    offLead:
      'Oder schalte die Erkennung an dieser Kamera aus: Dort wird niemand gesucht, bis du sie wieder einschaltest.',
    off: 'Bis ich sie einschalte',
    isOff: 'Die Erkennung ist an dieser Kamera aus. Niemand erfährt, wer kommt, außer es klingelt.',
    on: 'Erkennung einschalten',
    done: 'Erledigt.',
  },

  player: {
    lead: 'VLC und andere Player öffnen so eine Adresse. Wer sie hat, kann zusehen.',
    hls: 'HLS',
    rtmp: 'RTMP',
    until: (at, now) => `Gilt bis ${since(at, now)}, oder bis du dich abmeldest.`,
    copy: (what) => `${what}-Adresse kopieren`,
    copied: 'Kopiert.',
    notCopied: 'Drücke Strg+C zum Kopieren.',
    noRtsp: 'RTSP wird nicht angeboten.',
    make: 'Adressen erzeugen',
    again: 'Neue Adressen erzeugen',
    none: 'Hier wird keine Adresse angeboten.',
  },

  watching: {
    title: 'Wer gerade zusieht',
    nobody: 'Niemand sieht zu.',
    end: 'Beenden',
    endOf: (who, camera) => `Beenden: ${who}, ${camera}`,
    way: (way) => ways[way] ?? way,
    since: (at, now) => `seit ${since(at, now)}`,
    log: 'Wer zugesehen hat',
    noLog: 'Bisher hat niemand zugesehen.',
    when: (at, until, now) => (until === null ? since(at, now) : `${since(at, now)} bis ${clock(until)}`),
    howLong: (seconds) => length(seconds),
  },
};
