// The English words of "From anywhere": the hub.
import { spoken } from '../language.ts';
import type { HubWhy } from '../api/hub.ts';
import type { HubRemedy } from '../rules/hub.ts';
import { decimal, since, size } from '../rules/times.ts';

const remedies: Record<HubRemedy, string> = {
  code: 'On the hub, sudo doorstep-hub pair prints a new pairing code. Paste it here:',
  ssh: 'On this machine: sudo apt install openssh-client. Then it comes back by itself.',
  internet: 'Check the internet at home, and where the name of the hub leads. It comes back by itself.',
  hub: 'Look whether that machine runs. On it, sudo doorstep-hub status says more. It comes back by itself.',
};

export const anywhereWords = spoken('anywhere', {
  lead: 'The phone on a train sees the door, with a real certificate. No port is opened at home, and no account is needed.',
  what: 'What a hub is',
  whatLead:
    'A small public machine of your own, such as a rented server with Debian. Doorstep at home calls it and keeps that line open; your phone opens its address. It passes on what is asked and keeps no video and no alerts. It ends the encryption of the page to pass it on: so let it be a machine that you trust.',
  set: 'Set it up',
  steps: [
    'Rent a small machine with Debian 12 or 13, and let a name lead to it, such as door.example.org.',
    'Bring the file doorstep-hub there (“doorstep hub init door.example.org” on this machine says how), then run there, with your name:',
    'It ends with a pairing code, which holds for an hour. Paste it here:',
  ],
  commandName: 'The command for the hub',
  command: 'sudo python3 doorstep-hub init door.example.org',
  code: 'Pairing code',
  codeHint: 'It begins with dh1-.',
  noCode: 'That is no pairing code: one begins with dh1-.',
  join: 'Join the hub',
  joining: 'Joining: the hub is called and asked. That takes up to half a minute.',
  joined: (host: string) => `Joined. Your door is at ${host}.`,
  guide: 'The whole story stands in docs/guide/from-anywhere.md.',

  now: 'As it is now',
  open: 'Your door is reached from anywhere.',
  asking: 'The hub is connected. It has not looked yet whether your door is reached from outside.',
  connecting: (at: Date | null, now: Date) =>
    at === null ? 'Connecting to the hub…' : `Connecting to the hub since ${since(at, now)}.`,
  down: (at: Date | null, now: Date) =>
    at === null
      ? 'Your door cannot be reached from outside.'
      : `Your door cannot be reached from outside since ${since(at, now)}.`,
  unreached: 'The hub is connected, but your door cannot be reached from outside.',
  hubSays: (why: string) => `The hub says: ${why}`,
  unused: 'The hub is not used: the config file says enabled = false in [hub].',
  untouched:
    'At home everything goes on: Live, recording and the chime. Alerts go out where the internet lets them.',
  why: (_why: HubWhy, sentence: string) => sentence,
  remedies,
  unreachedRemedy:
    'On the hub, sudo doorstep-hub status says what to do. Ports 80 and 443 must be open there.',

  facts: {
    address: 'Address',
    since: 'Connected since',
    reached: 'Reached from outside',
    reachedYes: 'yes, the hub looks twice a minute',
    reachedNo: 'no',
    trip: 'To the hub and back',
    certificate: 'Certificate',
    bytes: 'By way of the hub this month',
    unknown: 'not told yet',
  },
  since: (at: Date, now: Date) => since(at, now),
  trip: (milliseconds: number) => `${decimal(milliseconds, { maximumFractionDigits: 0 })} ms`,
  certificate: (days: number) =>
    days < 0
      ? 'over: browsers refuse it'
      : days === 0
        ? 'ends today'
        : days === 1
          ? 'ends in 1 day'
          : `renews itself, ${days} days left`,
  certificateSoon: (days: number) =>
    `was not renewed: ${days < 0 ? 'it is over' : days === 0 ? 'it ends today' : days === 1 ? '1 day left' : `${days} days left`}. On the hub: sudo doorstep-hub certificates`,
  bytes: (bytes: number) => size(bytes),
  phones: 'Let a phone in',

  restart: (address: string) => `Links in alerts begin with ${address} once Doorstep was restarted.`,
  restartNow: 'Restart Doorstep',
  restarting: 'Doorstep begins anew in a few seconds.',

  leave: 'Leave the hub',
  leaveTitle: 'Leave the hub?',
  leaveLead:
    'Your door is then reached at home only, and links that were sent lead nowhere. The hub keeps its record of this house until you end it there.',
  leaveHere: 'You are here by way of the hub: this page ends with it.',
  left: 'You have left the hub. Your door is reached at home only.',
  leftLead: 'The hub still knows this house, but has no way in. To end that too, run there:',
  leftName: 'The command that ends it on the hub',
  leftCommand: (box: string) => `sudo doorstep-hub revoke ${box}`,
});
