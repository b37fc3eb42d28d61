// The German words of the page about the secure address.
import type { Dictionary } from './dictionary.ts';

export const address: Dictionary['address'] = {
  lead: 'Live, Meldungen, Verlauf und Herunterladen gehen zu Hause auch mit einfachem http. Nur Mitteilungen auf Handys, Installieren und Passkeys brauchen https, weil die Browser es verlangen.',
  now: 'So bist du gerade hier',
  secure: 'Das ist eine sichere Adresse. Alles geht.',
  local:
    'Diesem Gerät selbst vertrauen Browser, darum geht hier alles. Handys kommen über eine andere Adresse: prüfe es dort.',
  plain: 'Das ist einfaches http. Mitteilungen, Installieren und Passkeys gehen hier nicht.',
  untrusted:
    'Die Adresse ist https, aber dieser Browser vertraut dem Zertifikat nicht. So lange gehen keine Mitteilungen.',
  check: 'Jetzt prüfen',
  checking: 'Prüfe…',
  facts: {
    address: 'Adresse',
    listens: 'Doorstep hört auf',
    certificate: 'Eigenes Zertifikat',
    proxy: 'Davor steht',
    links: 'Links in Meldungen beginnen mit',
    yes: 'ja',
    no: 'keins',
    nobody: 'nichts',
  },
  left: 'Was noch fehlt',
  nothingLeft: 'Nichts. Es ist eingerichtet.',
  proxyUnlisted: (proxy) =>
    `Vor Doorstep steht etwas, das diese Seite von ${proxy} weiterreicht. Doorstep glaubt ihm nicht, wer fragt, bis du es einträgst:`,
  proxyBelieve: 'Ihm glauben',
  believed: 'Eingetragen. Doorstep startet in ein paar Sekunden damit neu; prüfe dann noch einmal.',
  linksPlain: (link) =>
    `Links in Meldungen beginnen noch mit ${link}. Lass sie mit dieser sicheren Adresse beginnen:`,
  linksHere: 'Links mit dieser Adresse beginnen',
  linksSet: 'Gesetzt. Doorstep startet in ein paar Sekunden damit neu.',
  notSaved: 'Das ließ sich nicht sichern.',
  byHand: 'Schreib es in die Konfigurationsdatei und starte Doorstep neu:',
  workerMissing: 'Diesem Browser fehlt der Teil, der Mitteilungen zeigt.',

  ways: 'Wege zu einer sicheren Adresse',
  waysLead: 'Wähle einen. Jeder ist kostenlos.',
  open: 'So geht es',
  costs: 'Kostet',
  needs: 'Braucht',
  gives: 'Geht',
  lines: (number) => `Zeilen zu Schritt ${number}`,
  restartLast: 'Starte dann Doorstep neu, öffne die neue Adresse auf jedem Handy und prüfe sie dort.',
  way: {
    tailscale: {
      title: 'Tailscale',
      best: 'Am einfachsten, und auch von unterwegs',
      costs:
        'Nichts für eine Familie (kostenloser Tarif). Sie sehen, welche Geräte sich treffen, nie was gesendet wird.',
      needs: 'Ihre App auf diesem Gerät und auf jedem Handy.',
      gives: 'Zu Hause und unterwegs. Kein offener Port, nichts zu erneuern.',
      steps: [
        'Installiere Tailscale auf diesem Gerät und melde dich an. Schalte in der Konsole unter DNS MagicDNS und HTTPS-Zertifikate ein.',
        'Stell es vor Doorstep:',
        'Es nennt die Adresse, https://NAME.NETZ.ts.net. Schreib sie in die Konfigurationsdatei, und dass ihm geglaubt wird:',
      ],
    },
    domain: {
      title: 'Eine eigene Domain',
      best: 'Am besten, wenn du eine hast',
      costs: 'Die Domain, etwa 10 im Jahr, oder eine kostenlose Subdomain eines DynDNS.',
      needs:
        'Einen Eintrag in ihrem DNS, der zu dir nach Hause führt, und die Ports 80 und 443 des Routers auf dieses Gerät geleitet. Oder, ohne offene Ports, einen DNS-Anbieter, den Caddy kennt.',
      gives: 'Zu Hause und unterwegs. Jeder im Internet kann die Anmeldeseite erreichen.',
      steps: [
        'Installiere Caddy auf diesem Gerät:',
        'Seine ganze Datei, /etc/caddy/Caddyfile, mit deiner Domain statt door.example.org:',
        'Lade sie neu. Caddy holt ein Zertifikat und erneuert es selbst:',
        'In der Konfigurationsdatei von Doorstep:',
      ],
    },
    lan: {
      title: 'Caddy zu Hause',
      best: 'Nur zu Hause, ohne Konto irgendwo',
      costs: 'Nichts.',
      needs: 'Eine Datei auf jedem Handy, einmal.',
      gives: 'Nur zu Hause, oder über dein VPN.',
      steps: [
        'Installiere Caddy auf diesem Gerät:',
        'Seine ganze Datei, /etc/caddy/Caddyfile:',
        'Lade sie neu. Caddy macht seine eigene Zertifizierungsstelle und erneuert selbst:',
        'Bring diese Datei auf jedes Handy und vertraue ihr dort (die Anleitung sagt, wie auf iPhone und Android). Gib nie den Schlüssel daneben her.',
        'In der Konfigurationsdatei von Doorstep:',
      ],
    },
    own: {
      title: 'Ein eigenes Zertifikat',
      best: 'Wenn du schon eins hast',
      costs: 'So, wie du es bekommen hast.',
      needs: 'Seine Datei und seinen Schlüssel auf diesem Gerät, für Doorstep lesbar.',
      gives: 'So, wie sein Name erreichbar ist.',
      steps: ['Schreib auf, wo die beiden Dateien liegen:'],
      cert: 'Zertifikat mit seiner Kette (PEM)',
      key: 'Privater Schlüssel (PEM)',
      certHint: '/run/credentials/doorstep.service/door.pem',
      keyHint: '/run/credentials/doorstep.service/door.key',
      name: 'Der Name darin',
      nameHint: 'door.example.org',
      write: 'In die Konfiguration schreiben',
      written: (href) =>
        `Geschrieben. Doorstep startet in ein paar Sekunden neu. Dann ist es unter ${href}; http geht nicht mehr.`,
      missing: 'Füll alle drei aus.',
    },
    hub: {
      title: 'Ein eigener Hub',
      best: 'Geht von überall, ohne Konto und ohne offenen Port zu Hause',
      costs: 'Eine kleine gemietete Maschine, etwa 4 im Monat, und ein Name, der zu ihr führt.',
      needs: 'Ein Befehl dort, und sein Code hier eingefügt.',
      gives: 'Zu Hause und unterwegs. Er erneuert sein Zertifikat selbst.',
      steps: [],
    },
  },
  guide: 'Alles dazu, mit iPhone und Android, steht in docs/guide/https.md.',
  tunnel:
    'Wer sonst vor Doorstep steht (nginx, Traefik): dieselbe Anleitung sagt, was er weiterreichen muss.',
};
