// The shapes of a camera in the settings, as Settings > Cameras reads and writes them.  No behaviour.
import type { Corner } from '../rules/polygon.ts';

export interface ZoneSettings {
  name: string;
  polygon: Corner[];
  exclude: boolean;
  least_heights: Record<string, number | null> | null;
}

/** As in the file, with defaults filled in; of addresses the passwords are dots. */
export interface CameraSettings {
  id: string;
  name: string;
  source: string | null;
  source_file: string | null;
  detect: string | null;
  record: 'events' | 'always';
  audio: boolean;
  enabled: boolean;
  masks: Corner[][];
  reencode: boolean;
  rotation: 0 | 90 | 180 | 270;
  transport: 'tcp' | 'udp';
  zones: ZoneSettings[];
  least_heights: Record<string, number | null> | null;
  motion_masks: Corner[][];
}
