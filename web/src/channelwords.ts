// What the channels are called that have no name of their own; on Status and in Settings.
const names: Partial<Record<string, string>> = {
  push: 'Notifications',
  email: 'Email',
  ses: 'Email (SES)',
  mqtt: 'MQTT',
  webhook: 'Webhook',
  apprise: 'Apprise',
};

/** Of "apprise:loud" and the like. */
export const channelName = (channel: string): string => names[channel.split(':')[0] ?? ''] ?? channel;
