// What the channels are called that have no name of their own; on Status and in Settings.
import { spoken } from '../language.ts';

export const channelWords = spoken<Partial<Record<string, string>>>('channel', {
  push: 'Notifications',
  email: 'Email',
  ses: 'Email (SES)',
  mqtt: 'MQTT',
  webhook: 'Webhook',
  apprise: 'Apprise',
});

/** Of "apprise:loud" and the like. */
export const channelName = (channel: string): string => channelWords[channel.split(':')[0] ?? ''] ?? channel;
