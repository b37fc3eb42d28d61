// What a problem is, by the key and the sentence that Doorstep names it by: for those who say it in words of their own.
import type { Problem } from '../api/shapes.ts';

const DISK = [
  [/read-only/, 'disk-read-only'],
  [/does not answer/, 'disk-silent'],
  [/\bnearly full\b/, 'disk-nearly-full'],
  [/\bfull\b/, 'disk-full'],
] as const;

/** "disk-full", "black", and "packets" of a camera that sends none; empty where it is not known. */
export function kindOf({ key = '', what, minor }: Problem): string {
  const [rule = '', , ofCamera = 'packets'] = key.split(':');
  switch (rule) {
    case 'camera':
      return ofCamera;
    case 'disk':
      return DISK.find(([words]) => words.test(what))?.[1] ?? '';
    case 'nobody-told':
      return what.includes('no channel has been proven') ? 'nobody-proven' : rule;
    case 'model':
      return minor === true ? 'model-remote' : rule;
    case 'hub':
      return what.includes('though the hub answers') ? 'hub-unreached' : rule;
    case 'clock':
      return what.includes('was set by') ? 'clock-set' : rule;
    default:
      return rule;
  }
}

/** The id of the camera that it is about; null for the house's. */
export function cameraOf({ key = '' }: Problem): string | null {
  const [rule, camera] = key.split(':');
  return ['camera', 'test', 'press-storm'].includes(rule ?? '') ? (camera ?? null) : null;
}
