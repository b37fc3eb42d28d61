// The German words of the first page and of what several pages say.
import type { CameraState, Cause, Heading, Role } from '../../api/shapes.ts';
import type { FaultKind } from '../../api/fault.ts';
import type { Verdict } from '../../rules/freshness.ts';
import {
  clock,
  clockWithSeconds,
  day,
  isDayBefore,
  isSameDay,
  since,
  span,
  tenths,
} from '../../rules/times.ts';
import type { Dictionary } from './dictionary.ts';

const causes: Record<Cause, string> = {
  person: 'Person',
  press: 'Klingel',
  trigger: 'Bewegung',
  motion: 'Bewegung',
  loitering: 'Jemand blieb stehen',
  saved: 'Gesichert',
};

const faults: Record<FaultKind, string> = {
  'signed-out': 'Deine Sitzung ist zu Ende. Melde dich an, um weiterzumachen.',
  forbidden: 'Das darf dein Konto nicht. Frag den Eigentümer.',
  gone: 'Das gibt es hier nicht mehr.',
  refused: 'Doorstep hat das nicht angenommen.',
  wait: 'Zu viele Versuche. Warte einen Moment und versuch es noch einmal.',
  broken: 'Bei Doorstep ist ein Fehler passiert. Versuch es noch einmal.',
  unreachable: 'Doorstep ist nicht erreichbar. Bist du im Heimnetz oder im VPN?',
};

const roles: Record<Role, string> = { owner: 'Eigentümer', family: 'Familie', guest: 'Gast' };

const headings: Record<Heading, string> = { arriving: 'kommt', leaving: 'geht' };

const cameraStates: Record<CameraState, string> = {
  live: 'Live',
  connecting: 'Verbinde…',
  stalled: 'Offline',
  refused: 'Abgewiesen',
  faulted: 'Störung',
  off: 'Aus',
};

export const core: Dictionary['core'] = {
  product: 'Doorstep',
  title: (page) => `${page} · Doorstep`,
  loading: 'Lädt…',
  details: 'Einzelheiten',
  close: 'Schließen',
  tryAgain: 'Noch einmal versuchen',
  updated: 'Doorstep wurde aktualisiert.',
  reload: 'Neu laden',
  notKept: 'Dieser Teil von Doorstep ist noch nicht auf diesem Gerät. Er braucht einmal eine Verbindung.',
  skip: 'Zum Inhalt springen',
  mainMenu: 'Hauptmenü',
  tabs: { live: 'Live', alerts: 'Meldungen', timeline: 'Verlauf', settings: 'Einstellungen' },
  signOut: 'Abmelden',
  causes,
  causesOf: (of) => [...new Set(of.map((cause) => causes[cause]))].join(', '),
  faults,
  roles,
  cameraStates,

  insecure: 'Mitteilungen und Installieren brauchen die sichere Adresse.',
  secure: 'Einrichten',
  notNow: 'Jetzt nicht',

  connection: { offline: 'Du bist offline.', unreachable: faults.unreachable, why: 'Was nicht stimmt' },

  live: {
    title: 'Live',
    pictureAlt: (camera) => `Bild von ${camera}`,
    filmOf: (camera) => `Livebild von ${camera}`,
    noPictureYet: 'Noch kein Bild',
    cameras: 'Kameras',
    pause: 'Anhalten',
    resume: 'Weiter',
    ended: 'Der Eigentümer hat das beendet.',
    savePicture: 'Bild sichern',
    saveLast: 'Letzte 30 s sichern',
    otherLength: 'Andere Länge sichern',
    quiet: 'Aufpassen pausieren',
    recording: 'Nimmt auf',
    notRecording: 'Nimmt nicht auf',
    lastAlert: 'Letzte Meldung',
    latest: 'Zuletzt',
    allAlerts: 'Alle Meldungen',
    noCameras: 'Es ist noch keine Kamera eingerichtet.',
    addCamera: 'Kamera hinzufügen',
    cameraGone: 'Diese Kamera gibt es nicht mehr.',
    toFirstCamera: 'Die anderen Kameras zeigen',
    watching: (lookAge) =>
      lookAge === null ? 'Passt auf, noch nicht hingesehen' : `Passt auf, zuletzt vor ${ago(lookAge)}`,
    overdue: (lookAge) => `Kommt nicht nach: zuletzt vor ${ago(lookAge)} hingesehen`,
    notWatching: 'Passt nicht auf',
    detectionOff: 'Erkennung ist aus',
    remote: 'Dein entfernter Detektor sieht hin',
    verdict: liveVerdict,
    delay: (milliseconds) =>
      milliseconds < 100 ? 'Weniger als 0,1 s verzögert' : `${tenths(milliseconds / 1000)} s verzögert`,
    lowQuality: (why) => `Live, geringe Qualität (${why})`,
    secondBest: (why) => `Nicht der beste Weg (${why})`,
    another: 'In einem anderen Player ansehen',
    retryBest: 'Besten Weg versuchen',
    tapToPlay: 'Zum Abspielen tippen',
    leastDelay: 'Geringste Verzögerung',
    mute: 'Stumm',
    unmute: 'Ton einschalten',
    fullScreen: 'Vollbild',
    leaveFullScreen: 'Vollbild beenden',
    pip: 'Bild im Bild',
    zoomIn: 'Vergrößern',
    zoomOut: 'Verkleinern',
    zoomReset: 'Ganzes Bild zeigen',
    zoom: 'Zoom',
    allCameras: 'Alle Kameras',
    all: 'Alle',
  },

  way: {
    noFilm: 'dieser Browser spielt keine Livebilder',
    noSocket: 'das Netz lässt keinen WebSocket durch',
    noHls: 'dieser Browser spielt kein HLS',
    noWebRtc: 'dieser Browser hat kein WebRTC',
    noPath: 'das Netz lässt kein WebRTC durch',
    slow: 'langsame Verbindung',
    silent: 'es kam kein Bild',
    cut: 'die Verbindung wurde getrennt',
    undecodable: 'dieser Browser konnte das Bild nicht abspielen',
    codec: (mime) =>
      /hvc1|hev1/i.test(mime)
        ? 'dieser Browser spielt kein HEVC'
        : `dieser Browser spielt kein ${codecOf(mime)}`,
  },

  alerts: {
    title: 'Meldungen',
    filter: 'Filter',
    filterOn: 'Filter (an)',
    camera: 'Kamera',
    allCameras: 'Alle Kameras',
    fromDay: 'Ab Tag',
    fromTime: 'Ab Uhrzeit',
    toDay: 'Bis Tag',
    toTime: 'Bis Uhrzeit',
    today: 'Heute',
    yesterday: 'Gestern',
    week: 'Letzte 7 Tage',
    clear: 'Filter aufheben',
    none: 'Noch keine Meldungen. Geh an der Tür vorbei, um es auszuprobieren.',
    more: 'Mehr laden',
    loadingMore: 'Lädt mehr…',
    moreLoaded: (count) => `${count} Meldungen werden gezeigt.`,
    isNew: 'Neu',
    now: 'Gerade jetzt',
    dayHeading: (at, now) => {
      if (isSameDay(at, now)) return 'Heute';
      return isDayBefore(at, now) ? 'Gestern' : day(at, now);
    },
    noThumbnail: 'Kein Bild',
    place: (camera, zone, heading) => {
      const rest = [zone, heading === null ? '' : headings[heading]].filter((word) => word !== '').join(', ');
      return rest === '' ? camera : `${camera} · ${rest}`;
    },
    undo: 'Rückgängig',
  },
};

/** "3 Tagen", as it stands behind "vor". */
const ago = (milliseconds: number): string => span(milliseconds).replace(/Tage$/, 'Tagen');

function liveVerdict(
  verdict: Verdict,
  about: { takenAt: Date | null; since: Date | null; now: Date },
): string {
  const picture = about.takenAt === null ? '' : ` Bild von ${momentOf(about.takenAt, about.now)}.`;
  const sinceThen = about.since === null ? '' : ` seit ${since(about.since, about.now)}`;
  switch (verdict.kind) {
    case 'live':
      return 'Live';
    case 'behind':
      return `${span(Math.round(verdict.milliseconds / 1000) * 1000)} zurück`;
    case 'connecting':
      return 'Verbinde…';
    case 'reconnecting':
      return about.takenAt === null
        ? 'Verbinde neu…'
        : `Verbinde neu… Bild von ${momentOf(about.takenAt, about.now)}`;
    case 'no-picture':
      return `Kein Livebild. Versuche es weiter.${picture}`;
    case 'paused':
      return `Angehalten.${picture}`;
    case 'offline':
      return `Du bist offline.${picture}`;
    case 'unreachable':
      return `Doorstep ist nicht erreichbar.${picture}`;
    case 'camera':
      return `${cameraTrouble[verdict.state].what}${sinceThen}. ${cameraTrouble[verdict.state].remedy}`.trim();
  }
}

const cameraTrouble = {
  stalled: { what: 'Kamera offline', remedy: 'Prüfe ihren Strom und ihr WLAN.' },
  refused: {
    what: 'Kamera weist Doorstep ab',
    remedy: 'Prüfe ihre Adresse, den Benutzernamen und das Passwort.',
  },
  faulted: {
    what: 'Kamera hat eine Störung',
    remedy: 'Doorstep versucht es alle fünf Minuten. Starte sie neu.',
  },
  off: { what: 'Kamera aus', remedy: '' },
} as const;

/** "avc1.640028" of 'video/mp4; codecs="avc1.640028"' */
function codecOf(mime: string): string {
  return /codecs="?([^"]+)/.exec(mime)?.[1] ?? mime;
}

function momentOf(at: Date, now: Date): string {
  return isSameDay(at, now) ? clockWithSeconds(at) : `${day(at, now)}, ${clock(at)}`;
}
