// The German words of "Storage and costs".
import type { Dictionary } from './dictionary.ts';
import { clock, decimal, isSameDay, since, size } from '../../rules/times.ts';

export const storage: Dictionary['storage'] = {
  title: 'Aufnahmen',
  used: (used, limit) => `${size(used)} von ${size(limit)} belegt`,
  forecast: ({ days_kept: kept, days_left: left, bound }) => {
    if (kept === null || bound === null)
      return 'Noch zu wenig aufgenommen, um zu sagen, wie lange es reicht.';
    if (bound === 'age') return `Platz für alles aus den letzten ${days(kept)}: Älteres geht bis dahin.`;
    if (left !== null && left >= 1)
      return `Platz für noch etwa ${days(left)}. Danach bleiben die letzten ${days(kept)}.`;
    return `Es bleiben die letzten ${days(kept)}, für mehr ist kein Platz.`;
  },
  keep: (keep) => `Spätestens nach ${days(keep)} gelöscht.`,
  goes: 'Das Älteste geht zuerst; Meldungen bleiben länger als das, was dazwischen aufgenommen wurde. Gesicherte Clips bleiben.',
  change: 'Wie lange Aufnahmen bleiben',
  nearlyFull: (percent) => `Der Speicher ist zu ${percent} % voll. Das Älteste geht zuerst.`,
  stopped: (at, now) =>
    `Speicher voll. Die Aufnahme steht seit ${isSameDay(at, now) ? clock(at) : since(at, now)}.`,
  manage: 'Speicher verwalten',
  cameras: 'Nach Kamera',
  noCameras: 'Noch ist nichts aufgenommen.',
  written: (bytes) => `Die Aufnahme schreibt ${size(bytes)} am Tag.`,
  wear: 'Eine Speicherkarte nutzt sich davon ab; eine USB-Platte hält länger.',
  offSite: 'Außer Haus',
  offSiteAll: (place) => `Alles liegt auch in ${place}.`,
  offSiteWaits: (place, waiting) =>
    waiting === 1 ? `1 Clip wartet noch auf ${place}.` : `${waiting} Clips warten noch auf ${place}.`,
};

/** In the dative, as every sentence here asks: "3 Tagen". */
function days(count: number): string {
  const shown = Math.floor(count);
  if (shown < 1) {
    const hours = Math.max(1, Math.floor(count * 24));
    return hours === 1 ? '1 Stunde' : `${decimal(hours)} Stunden`;
  }
  return shown === 1 ? '1 Tag' : `${decimal(shown)} Tagen`;
}
