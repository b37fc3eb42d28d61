// What is typed into a form as a table of the config file: addresses, providers, and secrets that stand apart.
import { describe, expect, it } from 'vitest';
import {
  changesFor,
  isMail,
  isToken,
  mailChannel,
  mailServer,
  newTopic,
  ntfyChannel,
  ntfyLink,
  telegramChannel,
} from '../src/rules/channels.ts';

const TOKEN = `123456:${'A'.repeat(35)}`;
const MAIL = { address: 'ann@gmail.com', password: 'p', server: '', user: '', to: '' };

describe('ntfy', () => {
  it('makes a topic that nobody guesses', () => {
    const topics = new Set(Array.from({ length: 100 }, () => newTopic()));
    expect(topics.size).toBe(100);
    for (const topic of topics) expect(topic).toMatch(/^doorstep-[a-z2-9]{22}$/);
  });

  it('takes a server as somebody types it', () => {
    expect(ntfyChannel('ntfy.sh', 'door')?.keys.url).toBe('ntfys://ntfy.sh/door');
    expect(ntfyChannel(' https://ntfy.example.org/ ', 'door')?.keys.url).toBe(
      'ntfys://ntfy.example.org/door',
    );
    expect(ntfyChannel('http://192.168.1.5:2586', 'door')?.keys.url).toBe('ntfy://192.168.1.5:2586/door');
    expect(ntfyLink('http://192.168.1.5:2586', 'door')).toBe('http://192.168.1.5:2586/door');
  });

  it.each(['', 'a b', 'ftp://x', 'https://me:secret@x', 'javascript:alert(1)', '<b>', 'http://'])(
    'takes no server %j',
    (server) => {
      expect(ntfyChannel(server, 'door')).toBeNull();
    },
  );

  it.each(['', 'a/b', 'a b', 'ö', 'x'.repeat(65)])('takes no topic %j', (topic) => {
    expect(ntfyChannel('ntfy.sh', topic)).toBeNull();
  });
});

describe('telegram', () => {
  it('knows a token when it sees one', () => {
    expect([TOKEN, ` ${TOKEN} `].map(isToken)).toEqual([true, true]);
    expect(['', '123456', 'abc:def', `${TOKEN}/..`].map(isToken)).toEqual([false, false, false, false]);
  });

  it('puts the token into its address', () => {
    expect(telegramChannel(` ${TOKEN} `, '-42').keys.url).toBe(`tgram://${TOKEN}/-42`);
  });
});

describe('mail', () => {
  it('knows the server of a provider, and what its password must be', () => {
    expect(mailServer('ann@gmail.com')).toMatchObject({ host: 'smtp.gmail.com:465', password: 'app' });
    expect(mailServer('Ann@GMX.de')).toMatchObject({ host: 'mail.gmx.net:465', known: true });
    expect(mailServer('ann@outlook.com').password).toBe('none');
    expect(mailServer('ann@example.org')).toMatchObject({ host: 'smtp.example.org:465', known: false });
    expect(mailServer('nonsense').host).toBe('');
  });

  it('makes an address of it', () => {
    expect(mailChannel(MAIL)?.keys).toEqual({
      smtp: 'smtps://ann%40gmail.com:p@smtp.gmail.com:465',
      from: 'ann@gmail.com',
      to: ['ann@gmail.com'],
    });
    const own = { ...MAIL, server: 'mail.example.org:587', user: 'ann', to: 'ben@example.org' };
    expect(mailChannel(own)?.keys.smtp).toBe('smtp://ann:p@mail.example.org:587');
    expect(mailChannel({ ...MAIL, password: '', server: '192.168.1.5:25' })?.keys.smtp).toBe(
      'smtp://192.168.1.5:25',
    );
  });

  it('takes a server with or without TLS from the first byte, as somebody says', () => {
    const smtp = (server: string): unknown => mailChannel({ ...MAIL, password: '', server })?.keys.smtp;
    expect(smtp('smtp://mail.example.org:2525')).toBe('smtp://mail.example.org:2525');
    expect(smtp('SMTPS://mail.example.org:587')).toBe('smtps://mail.example.org:587');
    expect(smtp('mail.example.org:2525')).toBe('smtps://mail.example.org:2525');
  });

  it('takes a password with any sign', () => {
    const password = `a:/@%?#[] !'()*$\${HOME}🚪`;
    const smtp = String(mailChannel({ ...MAIL, password })?.keys.smtp);
    expect(decodeURIComponent(new URL(smtp.replace('smtps', 'https')).password)).toBe(password);
    expect(smtp).not.toContain('${');
  });

  it.each(['', 'ann', 'ann@', '@x', 'a b@c', 'ann@x, ben@y', '"a"@b', '<ann@x>'])(
    'is no address: %j',
    (typed) => {
      expect(isMail(typed)).toBe(false);
      expect(mailChannel({ ...MAIL, address: typed })).toBeNull();
    },
  );

  it.each(['a b', 'x/y', 'x?y', 'a@b', 'http://x'])('takes no server %j', (server) => {
    expect(mailChannel({ ...MAIL, server })).toBeNull();
  });
});

describe('writing it down', () => {
  it('keeps the secret apart', () => {
    const plan = changesFor(telegramChannel(TOKEN, '42'), {}, 'Ann');
    expect(plan.channel).toBe('apprise:telegram');
    expect(plan.changes).toEqual([
      { secret: 'NOTIFY_TELEGRAM', value: TOKEN },
      {
        path: ['notify', 'apprise', 0],
        value: { name: 'telegram', url: 'tgram://${NOTIFY_TELEGRAM}/42', person: 'Ann' },
      },
    ]);
  });

  it('takes a name that is free, at the end of the list', () => {
    const ntfy = ntfyChannel('ntfy.sh', 'door');
    if (ntfy === null) throw new Error('none');
    const there = { notify: { apprise: [{ name: 'ntfy' }, { name: 'ntfy-2' }] } };
    const plan = changesFor(ntfy, there, null);
    expect(plan.channel).toBe('apprise:ntfy-3');
    expect(plan.changes.at(-1)).toEqual({
      path: ['notify', 'apprise', 2],
      value: { name: 'ntfy-3', url: 'ntfys://ntfy.sh/${NOTIFY_NTFY_3}' },
    });
  });

  it('finds the password also where it stands in the address twice', () => {
    const mail = mailChannel({ ...MAIL, address: 'smtp@gmail.com', password: 'smtp' });
    if (mail === null) throw new Error('none');
    const [secret, table] = changesFor(mail, {}, 'Ann').changes;
    expect(secret).toEqual({ secret: 'NOTIFY_MAIL', value: 'smtp' });
    expect(table).toMatchObject({
      path: ['notify', 'email'],
      value: { smtp: 'smtps://smtp%40gmail.com:${NOTIFY_MAIL}@smtp.gmail.com:465' },
    });
  });

  it('has no secret where there is no password', () => {
    const mail = mailChannel({ ...MAIL, password: '' });
    if (mail === null) throw new Error('none');
    expect(changesFor(mail, {}, null).changes).toHaveLength(1);
  });
});
