// The English words of the page about the secure address.
import { spoken } from '../language.ts';

export const addressWords = spoken('address', {
  lead: 'Live, Alerts, Timeline and downloads work on plain http at home. Only notifications on phones, installing and passkeys need https, because browsers ask for it.',
  now: 'As you are here now',
  secure: 'This is a secure address. Everything works.',
  local:
    'Browsers trust this machine itself, so everything works here. Phones come by another address: check it there.',
  plain: 'This is plain http. Notifications, installing and passkeys do not work here.',
  untrusted:
    'The address is https, but this browser does not trust its certificate. Notifications will not work until it does.',
  check: 'Check now',
  checking: 'Checking…',
  facts: {
    address: 'Address',
    listens: 'Doorstep listens on',
    certificate: 'Its own certificate',
    proxy: 'In front of it',
    links: 'Links in alerts begin with',
    yes: 'yes',
    no: 'none',
    nobody: 'nothing',
  },
  left: 'What is left',
  nothingLeft: 'Nothing. It is set up.',
  proxyUnlisted: (proxy: string) =>
    `Something in front of Doorstep passes this page on, from ${proxy}. Doorstep does not believe what it says about who asks until you list it:`,
  proxyBelieve: 'Believe it',
  believed: 'It is listed. Doorstep begins anew with it in a few seconds; then check again.',
  linksPlain: (link: string) =>
    `Links in alerts still begin with ${link}. Let them begin with this secure address:`,
  linksHere: 'Begin links with this address',
  linksSet: 'It is set. Doorstep begins anew with it in a few seconds.',
  notSaved: 'That could not be saved.',
  byHand: 'Write it into the config file, then restart Doorstep:',
  workerMissing: 'This browser has no part that shows notifications.',

  ways: 'Ways to a secure address',
  waysLead: 'Choose one. Each is free.',
  open: 'Show how',
  costs: 'Costs',
  needs: 'Needs',
  gives: 'Works',
  lines: (number: number) => `Lines of step ${number}`,
  restartLast: 'Then restart Doorstep, open the new address on each phone and check it there.',
  way: {
    tailscale: {
      title: 'Tailscale',
      best: 'Easiest, and works from outside too',
      costs: 'Nothing for a family (their free plan). They see which devices meet, never what is sent.',
      needs: 'Their app on this machine and on each phone.',
      gives: 'At home and away. No open port, nothing to renew.',
      steps: [
        'Install Tailscale on this machine and sign in. In its console, under DNS, switch on MagicDNS and HTTPS certificates.',
        'Let it stand in front of Doorstep:',
        'It prints the address, https://MACHINE.NET.ts.net. Write that into the config file, and that its word is believed:',
      ],
    },
    domain: {
      title: 'A domain of your own',
      best: 'Best where you have one',
      costs: 'The domain, about 10 a year, or a free subdomain of a dynamic DNS.',
      needs:
        'A record in its DNS that leads to your home, and ports 80 and 443 of the router forwarded to this machine. Or, without open ports, a DNS provider that Caddy knows.',
      gives: 'At home and away. Anybody on the internet can reach the sign-in page.',
      steps: [
        'Install Caddy on this machine:',
        'Its whole file, /etc/caddy/Caddyfile, with your domain in place of door.example.org:',
        'Reload it. It fetches a certificate and renews it by itself:',
        'In the config file of Doorstep:',
      ],
    },
    lan: {
      title: 'Caddy at home',
      best: 'Only at home, no account anywhere',
      costs: 'Nothing.',
      needs: 'A file on each phone, once.',
      gives: 'At home alone, or over a VPN of yours.',
      steps: [
        'Install Caddy on this machine:',
        'Its whole file, /etc/caddy/Caddyfile:',
        'Reload it. It makes its own authority and renews by itself:',
        'Bring this file to each phone and trust it there (the guide says how on iPhone and Android). Never give away the key beside it.',
        'In the config file of Doorstep:',
      ],
    },
    own: {
      title: 'A certificate of your own',
      best: 'Where you have one already',
      costs: 'As you got it.',
      needs: 'Its file and its key on this machine, readable for Doorstep.',
      gives: 'As its name can be reached.',
      steps: ['Write down where both files are:'],
      cert: 'Certificate with its chain (PEM)',
      key: 'Private key (PEM)',
      certHint: '/run/credentials/doorstep.service/door.pem',
      keyHint: '/run/credentials/doorstep.service/door.key',
      name: 'The name in it',
      nameHint: 'door.example.org',
      write: 'Write it into the config',
      written: (href: string) =>
        `Written. Doorstep begins anew in a few seconds. Then it is at ${href}; http no longer works.`,
      missing: 'Fill in all three.',
    },
    hub: {
      title: 'A hub of your own',
      best: 'Works from anywhere, with no account and no open port at home',
      costs: 'A small rented machine, about 4 a month, and a name that leads to it.',
      needs: 'One command there, and its code pasted here.',
      gives: 'At home and away. It renews its certificate by itself.',
      steps: [] as string[],
    },
  },
  guide: 'The whole story, with iPhone and Android, stands in docs/guide/https.md.',
  tunnel:
    'Whoever else stands in front of Doorstep (nginx, Traefik): the same guide says what it must pass on.',
});
