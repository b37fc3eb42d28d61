// What the channels are called in German.
import type { Dictionary } from './dictionary.ts';

export const channel: Dictionary['channel'] = {
  push: 'Mitteilungen',
  email: 'E-Mail',
  ses: 'E-Mail (SES)',
  mqtt: 'MQTT',
  webhook: 'Webhook',
  apprise: 'Apprise',
};
