// How this device shows times: as its phone does, or as chosen in Settings.  What that means is in rules/zone.
import { language, localeOf } from '../language.ts';
import { showTimes } from '../rules/zone.ts';
import { chosen } from './memory.ts';

/** What was chosen; null: as the phone has it. */
export function chosenHours(): 12 | 24 | null {
  const kept = chosen('hours');
  return kept === '12' ? 12 : kept === '24' ? 24 : null;
}

export function phoneHours(): 12 | 24 {
  const { hour12 } = new Intl.DateTimeFormat(undefined, { hour: 'numeric' }).resolvedOptions();
  return hour12 === true ? 12 : 24;
}

/** "Europe/Berlin" */
export const phoneZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** To be called before anything is drawn. */
export function takeManner(): void {
  showTimes({
    locale: localeOf(language(), navigator.languages),
    zone: chosen('zone') ?? undefined,
    hours: chosenHours() ?? phoneHours(),
  });
}
