// The English words of "All cameras", "Watch in another player" and "Who watches", which are loaded when asked for.
import { spoken } from '../language.ts';
import { clock, length, since } from '../rules/times.ts';

const ways: Partial<Record<string, string>> = {
  mse: 'in the browser',
  webrtc: 'in the browser, least delay',
  hls: 'by HLS',
  mjpeg: 'in the browser, low quality',
  rtmp: 'by RTMP',
};

export const liveWords = spoken('live', {
  all: 'All cameras',

  atHome: 'You are at home, and here by way of the hub.',
  openHome: 'Open the address at home',

  quiet: {
    title: 'Pause watching',
    lead: 'For this long you are told nothing but the doorbell. Recording goes on.',
    minutes: (minutes: number) => (minutes < 60 ? `${minutes} min` : `${minutes / 60} h`),
    until: (at: Date, now: Date) => `Quiet for you until ${since(at, now)}.`,
    house: (at: Date, now: Date) => `The whole house is quiet until ${since(at, now)}.`,
    end: 'End it',
    offLead:
      'Or switch detection off at this camera: nobody is looked for there, until you turn it on again.',
    off: 'Until I turn it on',
    isOff: 'Detection is off at this camera. Nobody is told who comes, unless they ring.',
    on: 'Turn detection on',
    done: 'Done.',
  },

  player: {
    lead: 'VLC and other players open an address like this. Whoever has it can watch.',
    hls: 'HLS',
    rtmp: 'RTMP',
    until: (at: Date, now: Date) => `Good until ${since(at, now)}, or until you sign out.`,
    copy: (what: string) => `Copy ${what} address`,
    copied: 'Copied.',
    notCopied: 'Press Ctrl+C to copy.',
    noRtsp: 'RTSP is not offered.',
    make: 'Make addresses',
    again: 'Make new addresses',
    none: 'No address is served here.',
  },

  watching: {
    title: 'Who watches now',
    nobody: 'Nobody watches.',
    end: 'End',
    endOf: (who: string, camera: string) => `End: ${who}, ${camera}`,
    way: (way: string) => ways[way] ?? way,
    since: (at: Date, now: Date) => `since ${since(at, now)}`,
    log: 'Who watched',
    noLog: 'Nobody has watched yet.',
    when: (at: Date, until: Date | null, now: Date) =>
      until === null ? since(at, now) : `${since(at, now)} to ${clock(until)}`,
    howLong: (seconds: number) => length(seconds),
  },
});
