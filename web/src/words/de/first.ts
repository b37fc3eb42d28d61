// The German words of the first steps, and of adding a way to be told.
import type { Dictionary } from './dictionary.ts';

export const first: Dictionary['first'] = {
  title: 'Erste Schritte',
  lead: 'Vier Schritte, ein paar Minuten. Du kannst gehen und wiederkommen: diese Seite weiß, wie weit du bist.',
  step: (number, of) => `Schritt ${number} von ${of}`,
  next: 'Weiter',
  skip: 'Erst einmal überspringen',
  open: 'Öffnen',
  done: 'Fertig',
  skipped: 'Übersprungen',
  finish: 'Zu Live',
  allDone: 'Fertig. Doorstep passt auf, und du erfährst es.',
  notDone: 'Du kannst später weitermachen: Einstellungen, Mitteilungen.',
  toHere: 'Erste Schritte öffnen',
  ownerOnly:
    'Eingerichtet wird dieses Doorstep vom Eigentümer. Deine eigenen Mitteilungen stehen in den Einstellungen.',
  toNotifications: 'Meine Mitteilungen',

  camera: {
    title: 'Eine Kamera',
    lead: 'Das sieht Doorstep jetzt.',
    none: 'Noch ist keine Kamera eingerichtet.',
    add: 'Kamera hinzufügen',
    another: 'Noch eine Kamera hinzufügen',
    waiting: 'Warte auf das erste Bild…',
    seen: (count) => (count === 1 ? 'Eine Kamera' : `${count} Kameras`),
  },

  tell: {
    title: 'Wer sagt es dir?',
    lead: 'Wähle mindestens einen Weg. Doorstep schickt einen Test, und du sagst, ob er ankam.',
    told: 'Du erfährst es.',
    skipped: 'Übersprungen. Niemand erfährt etwas, bis du das einrichtest.',
    choices: {
      push: { title: 'Dieses Gerät', lead: 'Eine Mitteilung, gleich hier' },
      phone: { title: 'Ein anderes Handy', lead: 'Einen Code damit scannen' },
      ntfy: { title: 'ntfy', lead: 'Eine kostenlose App, ohne Konto' },
      telegram: { title: 'Telegram', lead: 'Eine Nachricht von deinem eigenen Bot' },
      mail: { title: 'Mail', lead: 'Mit Bild' },
    },
    needsSecure: 'Braucht die sichere Adresse (https).',
    back: 'Andere Wege',
    more: 'Weg hinzufügen',
    moreLead: 'ntfy, Telegram, Mail oder ein anderes Handy.',
    phoneLead:
      'Öffne die Kamera des Handys und richte sie auf den Code. Es meldet sich an und fragt, ob es Mitteilungen zeigen soll.',
    phonePlain:
      'Unter dieser Adresse kann das Handy zuschauen, aber keine Mitteilungen zeigen: die brauchen die sichere Adresse. ntfy, Telegram und Mail gehen ohne.',
    makeCode: 'Code zeigen',
    codeHolds: 'Er gilt einmal, zwei Minuten lang.',
    codeLink: 'Oder öffne das auf dem Handy',
    codeOver: 'Dieser Code ist abgelaufen.',
    copy: 'Kopieren',
    copied: 'Kopiert.',
    notCopied: 'Markiere es und kopiere es selbst.',
  },

  proof: {
    send: 'Test schicken',
    sending: 'Wird geschickt…',
    ask: 'Ist er angekommen?',
    yes: 'Ja, er ist da',
    no: 'Nein',
    again: 'Noch einmal schicken',
    notSent: 'Er wurde nicht geschickt.',
    saving: 'Wird gesichert…',
    restarting: 'Doorstep startet damit neu. Das dauert ein paar Sekunden…',
    proving: 'Noch einer geht über den gesicherten Weg…',
    done: 'Fertig. So erfährst du es.',
    saved: 'Gesichert, aber der letzte Test kam nicht durch:',
    notSaved: 'Es geht, ließ sich aber nicht sichern.',
    changedMeanwhile: 'Die Einstellungen wurden inzwischen anderswo geändert. Sichere noch einmal.',
    save: 'Noch einmal sichern',
    readOnly: 'Dieses Doorstep kann seine Einstellungen nicht schreiben:',
    late: 'Gesichert. Es gilt, sobald Doorstep neu gestartet wurde.',
    help: {
      push: [
        'Schau oben auf dem Bildschirm: vielleicht ist er still da.',
        '„Nicht stören“ oder ein Energiesparmodus kann ihn zurückhalten.',
        'Am Computer können Mitteilungen des Browsers in den Systemeinstellungen aus sein.',
      ],
      ntfy: [
        'Steht das Thema in der App genau so wie hier? Kopiere es.',
        'Ist in der App derselbe Server gewählt?',
        'Lass ntfy unter Android im Hintergrund laufen; erlaube auf dem iPhone seine Mitteilungen.',
      ],
      telegram: [
        'Schau in den Chat mit deinem Bot, nicht in einen anderen.',
        'Wurde der Bot blockiert oder gelöscht? Mach mit BotFather einen neuen.',
        'Ist der Chat stumm? Dann ist er still da.',
      ],
      mail: [
        'Schau in den Spam.',
        'Es kann ein paar Minuten dauern. Warte und schau noch einmal.',
        'Ist die Adresse richtig geschrieben?',
      ],
    },
  },

  ntfy: {
    title: 'ntfy',
    steps: [
      'Installiere die App ntfy auf dem Handy: Play Store, App Store oder F-Droid.',
      'Tippe darin auf + und gib dieses Thema ein. Niemand kann es erraten; wer es kennt, kann deine Meldungen lesen.',
    ],
    topic: 'Thema',
    open: 'Auf diesem Handy öffnen',
    own: 'Ein eigener Server',
    server: 'Server',
    serverHint: 'ntfy.sh, oder deiner: http://192.168.1.5:2586',
    wrongServer: 'Das ist keine Adresse eines Servers.',
    leaves: 'Meldung und Bild gehen über diesen Server.',
  },

  telegram: {
    title: 'Telegram',
    steps: [
      'Schreib in Telegram an @BotFather: /newbot. Gib ihm irgendeinen Namen.',
      'Er antwortet mit einem Token. Kopiere ihn ganz hierher.',
    ],
    botFather: 'BotFather öffnen',
    token: 'Token',
    wrongToken: 'Ein Token sieht so aus: 123456:ABC… Kopiere ihn ganz.',
    next: 'Weiter',
    looking: 'Telegram wird gefragt…',
    write: (bot) => `Öffne jetzt @${bot} in Telegram und tippe auf Start, oder schreib ihm ein Wort.`,
    openBot: (bot) => `@${bot} öffnen`,
    waiting: 'Warte auf dein Wort…',
    choose: 'Wer soll es erfahren?',
    leaves: 'Meldung und Bild gehen über Telegram.',
  },

  mail: {
    title: 'Mail',
    address: 'Deine Mailadresse',
    wrongAddress: 'Das ist keine Mailadresse.',
    password: 'Ihr Passwort',
    appPassword: (host) =>
      `${host} will ein Passwort nur hierfür (ein App-Passwort), nicht dein gewohntes. Mach eins in den Einstellungen deines Kontos.`,
    usualPassword:
      'Bei manchen Anbietern muss der Zugang für Programme (IMAP/SMTP) erst eingeschaltet werden.',
    noPassword:
      'Dieser Anbieter nimmt von Programmen keine Passwörter mehr an. Sende von einer anderen Adresse, oder wähle einen anderen Weg.',
    more: 'Server, Absender und Empfänger',
    server: 'Postausgangsserver',
    serverHint: (host) =>
      host === ''
        ? 'smtp.example.org:465'
        : `Leer: ${host}. Bei einem anderen Port heißt smtp:// davor STARTTLS.`,
    user: 'Benutzername',
    userHint: 'Leer: die Adresse oben.',
    to: 'Schicken an',
    toHint: 'Leer: die Adresse oben.',
    replaces: 'Mail ist schon eingerichtet. Das hier kommt an die Stelle.',
  },

  walk: {
    title: 'An der Tür vorbeigehen',
    lead: 'Geh an der Kamera vorbei, oder schick jemanden, den es nicht gibt.',
    seen: 'Jemand wurde gesehen.',
    toAlerts: 'Meldungen zeigen',
  },

  secure: {
    title: 'Die sichere Adresse',
    lead: 'Live, Meldungen, Verlauf und Herunterladen gehen so, wie du hier bist. Mitteilungen auf Handys, Installieren und Passkeys brauchen https.',
    have: 'Das ist die sichere Adresse. Doorstep lässt sich wie eine App installieren.',
    install: 'Doorstep installieren',
    installHow:
      'Auf iPhone und iPad: Teilen, dann Zum Home-Bildschirm. Sonst: das Menü des Browsers, dann Installieren.',
    show: 'Die Wege zeigen',
  },

  mine: {
    told: 'Du erfährst es.',
    failing: 'Du erfährst nichts: deine Wege kommen gerade nicht durch.',
    unproven: 'Niemand weiß, ob du es erfährst: zu dir ist noch nichts durchgekommen.',
    'no-channel': 'Du erfährst nichts: es gibt keinen Weg zu dir.',
  },
  people: {
    title: 'Wer es erfährt',
    states: {
      told: 'Erfährt es',
      failing: 'Erfährt nichts: es kommt nicht durch',
      unproven: 'Noch nicht erprobt',
      'no-channel': 'Erfährt nichts: kein Weg',
    },
  },
};
