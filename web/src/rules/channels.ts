// What is typed into a form as a table of the config file, with its secrets apart.  Sending and writing live elsewhere.
import type { Change, ChannelKeys, ChannelKind, Written } from '../api/channels.ts';

/** A channel that can be tried: `place` is its value in the file once `secret` stands apart. */
export interface NewChannel {
  kind: ChannelKind;
  /** "ntfy", "telegram", "mail": the beginning of its name in the file. */
  name: string;
  keys: ChannelKeys;
  /** The key that holds the secret, what it is, and the key's value with something else in its place. */
  secret: { key: string; value: string; apart: (reference: string) => string };
}

const TOPIC_LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const TOPIC_LENGTH = 22; // 31^22: about 109 bits, so that nobody comes upon it

/** A topic that nobody can guess: whoever knows it reads the alerts. */
export function newTopic(
  random: Uint32Array = crypto.getRandomValues(new Uint32Array(TOPIC_LENGTH)),
): string {
  return `doorstep-${[...random].map((one) => TOPIC_LETTERS.charAt(one % TOPIC_LETTERS.length)).join('')}`;
}

/** A server of ntfy as somebody types it ("ntfy.sh", "https://ntfy.example.org/", "http://192.168.1.5:2586"); null: none. */
export function ntfyServer(typed: string): { host: string; secure: boolean } | null {
  const text = typed.trim();
  try {
    const url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
    const fits = /^https?:$/.test(url.protocol) && url.host !== '' && url.username === '';
    return fits ? { host: url.host, secure: url.protocol === 'https:' } : null;
  } catch {
    return null;
  }
}

export function ntfyChannel(server: string, topic: string): NewChannel | null {
  const at = ntfyServer(server);
  if (at === null || !/^[A-Za-z0-9_-]{1,64}$/.test(topic)) return null;
  const apart = (reference: string) => `${at.secure ? 'ntfys' : 'ntfy'}://${at.host}/${reference}`;
  return {
    kind: 'apprise',
    name: 'ntfy',
    keys: { url: apart(topic) },
    secret: { key: 'url', value: topic, apart },
  };
}

/** What opens the topic in a browser, and on phones with the app in the app. */
export function ntfyLink(server: string, topic: string): string {
  const at = ntfyServer(server);
  return at === null ? '' : `${at.secure ? 'https' : 'http'}://${at.host}/${topic}`;
}

export const isToken = (typed: string): boolean => /^\d{4,20}:[\w-]{20,100}$/.test(typed.trim());

export function telegramChannel(token: string, chat: string): NewChannel {
  const secret = token.trim();
  const apart = (reference: string) => `tgram://${reference}/${chat}`;
  return {
    kind: 'apprise',
    name: 'telegram',
    keys: { url: apart(secret) },
    secret: { key: 'url', value: secret, apart },
  };
}

export interface MailServer {
  host: string;
  /** TLS from the first byte; else STARTTLS. */
  secure: boolean;
  /** What to know of its password: an own one for programs, or none is taken at all. */
  password: 'app' | 'usual' | 'none';
}

const MAIL_SERVERS: [domains: RegExp, server: MailServer][] = [
  // support.google.com/a/answer/176600: smtp.gmail.com, 465 with TLS; passwords for apps alone
  [/^(gmail|googlemail)\.com$/, { host: 'smtp.gmail.com:465', secure: true, password: 'app' }],
  // support.apple.com/102525: smtp.mail.me.com, 587 with STARTTLS; passwords for apps alone
  [/^(icloud|me|mac)\.com$/, { host: 'smtp.mail.me.com:587', secure: false, password: 'app' }],
  // help.yahoo.com/kb/SLN4075: smtp.mail.yahoo.com, 465 with TLS; passwords for apps alone
  [/^(yahoo|ymail)\./, { host: 'smtp.mail.yahoo.com:465', secure: true, password: 'app' }],
  // hilfe.gmx.net/pop-imap: mail.gmx.net, 465 with TLS; has to be switched on there first
  [/^gmx\.(net|de|at|ch|com)$/, { host: 'mail.gmx.net:465', secure: true, password: 'usual' }],
  // hilfe.web.de/pop-imap: smtp.web.de, 587 with STARTTLS; has to be switched on there first
  [/^web\.de$/, { host: 'smtp.web.de:587', secure: false, password: 'usual' }],
  // support.microsoft.com, "POP, IMAP, and SMTP settings for Outlook.com": OAuth2 alone, which Doorstep does not speak
  [/^(outlook|hotmail|live|msn)\./, { host: 'smtp-mail.outlook.com:587', secure: false, password: 'none' }],
];

export const domainOf = (address: string): string => address.trim().split('@')[1]?.toLowerCase() ?? '';

export const isMail = (typed: string): boolean => /^[^@\s<>,;"\\]+@[^@\s<>,;"\\]+$/.test(typed.trim());

/** The outgoing server of a mail address; a guess where its provider is not known. */
export function mailServer(address: string): MailServer & { known: boolean } {
  const domain = domainOf(address);
  const found = MAIL_SERVERS.find(([domains]) => domains.test(domain));
  if (found !== undefined) return { ...found[1], known: true };
  return { host: domain === '' ? '' : `smtp.${domain}:465`, secure: true, password: 'usual', known: false };
}

export interface MailForm {
  address: string;
  password: string;
  /** Empty: as the address says; smtp:// before it is STARTTLS, smtps:// TLS from the first byte. */
  server: string;
  user: string;
  to: string;
}

export function mailChannel(form: MailForm): NewChannel | null {
  const address = form.address.trim();
  const known = mailServer(address);
  const [, wanted, typed] = /^(?:(smtps?):\/\/)?(.*)$/i.exec(form.server.trim()) ?? [];
  const host = typed === undefined || typed === '' ? known.host : typed;
  const usual = host === known.host ? known.secure : !/:(25|587|1025)$/.test(host);
  const secure = wanted === undefined ? usual : wanted.toLowerCase() === 'smtps';
  const to = form.to.trim() === '' ? address : form.to.trim();
  if (!isMail(address) || !isMail(to) || !/^[\w.-]+(:\d{1,5})?$|^\[[\da-f:.]+\](:\d{1,5})?$/i.test(host))
    return null;
  const user = form.user.trim() === '' ? address : form.user.trim();
  const scheme = secure ? 'smtps' : 'smtp';
  const apart = (password: string) =>
    form.password === '' ? `${scheme}://${host}` : `${scheme}://${encoded(user)}:${password}@${host}`;
  const password = encoded(form.password);
  return {
    kind: 'email',
    name: 'mail',
    keys: { smtp: apart(password), from: address, to: [to] },
    secret: { key: 'smtp', value: password, apart },
  };
}

/** As the user or password of an address, also of the signs that encodeURIComponent leaves. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*$]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** What to write into the config file for it, its secret apart; `person` is whose it is, null for the whole house's. */
export function changesFor(
  channel: NewChannel,
  values: Written['values'],
  person: string | null,
): {
  changes: Change[];
  /** By which it is tested afterwards. */
  channel: string;
} {
  const { key, value, apart } = channel.secret;
  const there = (channel.kind === 'webhook' ? values.notify?.webhook : values.notify?.apprise) ?? [];
  const name = freeName(
    channel.name,
    there.map((one) => one.name),
  );
  const secret = `NOTIFY_${name.toUpperCase().replaceAll('-', '_')}`;
  const keys: ChannelKeys = { ...channel.keys };
  if (value !== '') keys[key] = apart(`\${${secret}}`);
  const table = {
    ...(channel.kind === 'email' ? {} : { name }),
    ...keys,
    ...(person === null ? {} : { person }),
  };
  const path = channel.kind === 'email' ? ['notify', 'email'] : ['notify', channel.kind, there.length];
  const changes: Change[] = value === '' ? [] : [{ secret, value }];
  return {
    changes: [...changes, { path, value: table }],
    channel: channel.kind === 'email' ? 'email' : `${channel.kind}:${name}`,
  };
}

function freeName(wanted: string, taken: string[]): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    if (!taken.includes(name)) return name;
  }
}
