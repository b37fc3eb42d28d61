// What an entry of the log says beside who and what, taken apart: "passkey, Mozilla/5.0 …", "for Ben".
import { deviceName } from './devicename.ts';

/** "setup, Mozilla/5.0 …" of who came in: how, and with which device; empty where nothing is said. */
export function entryOf(about: string): { how: string; device: string } {
  const [how = '', ...agent] = about.split(', ');
  return { how, device: agent.length === 0 ? '' : deviceName(agent.join(', ')) };
}

/** "password, 2 tries" of who did not: how, and how often. */
export function triesOf(about: string): { how: string; tries: number } {
  const [how = '', tries = ''] = about.split(', ');
  return { how, tries: Number.parseInt(tries, 10) || 1 };
}

/** "Mozilla/5.0 … of Ben": which device was signed out, and whose it was; empty for one's own. */
export function endedOf(about: string): { device: string; whose: string } {
  const [agent = '', whose = ''] = about.split(' of ');
  return { device: deviceName(agent), whose };
}

/** "for Ben", "of Ben": whom it was about; empty for oneself. */
export const whomOf = (about: string): string => about.replace(/^(for|of) /, '');
