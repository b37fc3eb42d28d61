#!/bin/sh
# Makes a public machine with Debian 12 or 13 a Doorstep that is reached from anywhere: Doorstep itself, nginx with its
# rtmp module for cameras that push, Caddy with a certificate, a firewall, and security updates by themselves.  Run again
# it renews what it wrote, and with a newer package it upgrades.  See docs/guide/public-server.md.
#
#   sudo sh deploy/ec2/set-up.sh [--yes] [--dry-run] [--mail ADDRESS] NAME doorstep_VERSION+debNUMBER_ARCH.deb
#
#   NAME        the machine's name on the internet, such as door.example.org; its DNS must lead here
#   --mail      where the certificate's authority writes to when something is wrong with it
#   --yes       do not ask
#   --dry-run   look at everything, say what would be done, change nothing
#
# SHA256SUMS of the release must lie beside the package, and the folders nginx-rtmp and pi beside this one.
set -eu

# Where the machine's own files lie: tests make up another machine.
ROOT=${SETUP_ROOT-}
HERE=$(cd "$(dirname "$0")" && pwd)
OWN=/etc/doorstep-public
RTMP=/etc/doorstep-rtmp
UNITS=/etc/systemd/system
# As Caddy names them; the authority stands in the Caddyfile below.
CERTIFICATES=/var/lib/caddy/.local/share/caddy/certificates/acme-v02.api.letsencrypt.org-directory
DOORSTEP_PORT=8080
# nginx listens here for Doorstep alone; stunnel holds the public port.
FETCH_PORT=1936
SETUP_SECONDS=60
PACKAGES="caddy libnginx-mod-rtmp nginx nftables stunnel4 unattended-upgrades"

name=
mail=
package=
agreed=no
dry=no
ssh_ports=
before=

say() {
    printf '%s\n' "$*"
}

fail() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

# What changes something goes through here.
run() {
    say "+ $*"
    [ "$dry" = yes ] || "$@"
}

# A file of ours, whole or not at all, out of standard input; $2 is its mode.
write() {
    say "+ writes $1"
    if [ "$dry" = yes ]; then
        cat >/dev/null
        return 0
    fi
    mkdir -p "$(dirname "$ROOT$1")"
    (umask 077 && cat >"$ROOT$1.new")
    chmod "$2" "$ROOT$1.new"
    mv "$ROOT$1.new" "$ROOT$1"
}

usage() {
    sed -n '2,13s/^# \{0,1\}//p' "$0"
}

wrong_words() {
    usage >&2
    exit 2
}

read_words() {
    while [ $# -gt 0 ]; do
        case $1 in
        --yes) agreed=yes ;;
        --dry-run) dry=yes ;;
        --mail)
            [ $# -gt 1 ] || wrong_words
            mail=$2
            shift
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        -*) wrong_words ;;
        *)
            if [ -z "$name" ]; then
                name=$1
            elif [ -z "$package" ]; then
                package=$1
            else
                wrong_words
            fi
            ;;
        esac
        shift
    done
    [ -n "$package" ] || wrong_words
}

# --- what is looked at before anything is changed --------------------------------------------------------------------

check_words() {
    case $name in
    *[!a-z0-9.-]*) name_is_none ;;
    esac
    printf '%s' "$name" | grep -Eqx '([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])' || name_is_none
    case $mail in
    *[!A-Za-z0-9._+@-]*) mail_is_none ;;
    esac
    [ -z "$mail" ] || printf '%s' "$mail" | grep -Eqx '[^@]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+' || mail_is_none
    for file in nginx-rtmp/nginx.conf pi/install.sh; do
        [ -f "$HERE/../$file" ] ||
            fail "$file is not beside this folder. Bring the whole folder deploy of the same Doorstep."
    done
}

# Both go into files of other programs, where a line of their own would be a word to these.
name_is_none() {
    fail "$name is no name on the internet. Write it in small letters, such as door.example.org."
}

mail_is_none() {
    fail "$mail is no mail address. Leave --mail out, or write one such as ann@example.org."
}

check_root() {
    [ "$dry" = yes ] || [ "$(id -u)" = 0 ] || fail "Only root may do this. Run it with sudo in front: sudo sh $0 …"
}

# Whether Doorstep was here before this run: then somebody has an account, and nobody waits for the address to make one.
find_doorstep() {
    # shellcheck disable=SC2016 # dpkg-query's own words, not the shell's
    before=$(dpkg-query -W -f '${db:Status-Abbrev}' doorstep 2>/dev/null | grep '^.i' || true)
}

# The script for the package knows which machine is good for it, and whether the package is whole.
check_package() {
    said=$(sh "$HERE/../pi/install.sh" --dry-run --no-camera "$package" 2>&1) || fail "$(printf '%s\n' "$said" | tail -n 1)"
}

check_ports() {
    for port in 80 443 1935; do
        others=$(ss -Hltnp "sport = :$port" 2>/dev/null | grep -Ev '"(caddy|stunnel4?)"' || true)
        [ -z "$others" ] || fail "Another program listens at port $port of this machine. Nothing was changed." \
            "Stop it, or take another machine: $(printf '%s' "$others" | sed -n 's/.*users:((\("[^"]*"\).*/\1/p' | head -n 1)"
    done
}

# What runs here with settings of somebody's is not pushed aside.  A Caddyfile as Debian brings it is nobody's.
check_others() {
    theirs=$ROOT/etc/caddy/Caddyfile
    if [ -f "$theirs" ] && ! grep -q 'Made by deploy/ec2/set-up.sh' "$theirs"; then
        # A package that is not installed is not verified either; then whoever wrote the file did so before.
        verified=$(dpkg --verify caddy 2>/dev/null) || verified=${verified:-/etc/caddy/Caddyfile}
        case $verified in
        */etc/caddy/Caddyfile*)
            fail "/etc/caddy/Caddyfile here is somebody's own, and Caddy would serve Doorstep alone. Nothing was changed." \
                "Take another machine; or, if nobody needs it, move that file away and run this again."
            ;;
        esac
    fi
    ! systemctl is-active --quiet nginx ||
        fail "nginx runs here, and would be stopped. Nothing was changed." \
            "Take another machine; or, if nobody needs it: sudo systemctl disable --now nginx"
}

# Whoever set up this machine comes in by them, so they stay open.
find_ssh_ports() {
    ssh_ports=$(sshd -T 2>/dev/null | awk '$1 == "port" { printf "%s%s", between, $2; between = ", " }' || true)
    [ -n "$ssh_ports" ] || ssh_ports=22
}

say_plan() {
    say "On this machine, for https://$name, this will:"
    say "  - close all ports but 80, 443, 1935 and those of your SSH ($ssh_ports)"
    say "  - install $PACKAGES from Debian"
    say "  - let Debian's security updates install themselves, and restart the machine at 4:30 where one needs that"
    say "  - install Doorstep from $(basename "$package"), or upgrade it, and start it behind Caddy"
    say "  - take cameras that push at rtmps://$name:1935, in TLS alone"
}

ask() {
    [ "$agreed" = no ] && [ "$dry" = no ] || return 0
    [ -t 0 ] || fail "Nobody is there to agree. Read the lines above, then run it again. Add --yes."
    printf 'Go on? [y/N] '
    read -r answer || answer=
    case $answer in
    y | Y | yes | Yes) ;;
    *) fail "Nothing was changed." ;;
    esac
}

# --- what is done ----------------------------------------------------------------------------------------------------

# First of all, so that no package of those below is reachable before it is set up.
close_ports() {
    [ -x "$ROOT/usr/sbin/nft" ] || run apt-get install -y -q --no-install-recommends nftables ||
        fail "nftables could not be installed. Nothing else was changed; see above, and run this again."
    firewall | write $OWN/nftables.nft 0644
    firewall_unit | write $UNITS/doorstep-firewall.service 0644
    run systemctl daemon-reload
    run systemctl enable doorstep-firewall
    run systemctl restart doorstep-firewall || fail "The firewall could not be set. See: journalctl -u doorstep-firewall -n 20"
}

firewall() {
    cat <<END
#!/usr/sbin/nft -f
# Made by deploy/ec2/set-up.sh of Doorstep, which writes it anew.  It only ever closes: what other tables drop stays so.

define ssh = { $ssh_ports }

table inet doorstep_public
delete table inet doorstep_public

table inet doorstep_public {
	set newcomers4 {
		type ipv4_addr
		flags dynamic, timeout
		size 65536
		timeout 1m
	}

	set newcomers6 {
		type ipv6_addr
		flags dynamic, timeout
		size 65536
		timeout 1m
	}

	chain input {
		type filter hook input priority filter; policy drop;
		ct state established,related accept
		ct state invalid drop
		iif lo accept
		icmp type { destination-unreachable, echo-request, parameter-problem, time-exceeded } accept
		icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem, echo-request } accept
		icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query } accept
		udp sport 67 udp dport 68 accept
		ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept
		tcp dport { 80, 443, 1935 } ct state new jump newcomers
		tcp dport \$ssh ct state new jump newcomers
	}

	# A browser opens six connections at once; who opens hundreds is none.
	chain newcomers {
		ip protocol tcp add @newcomers4 { ip saddr limit rate over 200/minute burst 100 packets } drop
		ip6 nexthdr tcp add @newcomers6 { ip6 saddr & ffff:ffff:ffff:ffff:: limit rate over 200/minute burst 100 packets } drop
		accept
	}

	# Where clouds keep the credentials of their machines: for root alone.
	chain output {
		type filter hook output priority filter; policy accept;
		ip daddr 169.254.169.254 tcp dport 80 meta skuid != 0 reject with tcp reset
		ip6 daddr { fd00:ec2::254, fd20:ce::254 } tcp dport 80 meta skuid != 0 reject with tcp reset
	}
}
END
}

firewall_unit() {
    cat <<END
[Unit]
Description=Firewall of a Doorstep on a public machine
DefaultDependencies=no
Before=network-pre.target shutdown.target
Wants=network-pre.target
After=local-fs.target nftables.service
Conflicts=shutdown.target
# Whoever loads the machine's own rules anew takes away all tables first; ours comes back with them.
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f $OWN/nftables.nft
ExecReload=/usr/sbin/nft -f $OWN/nftables.nft
ExecStop=/usr/sbin/nft delete table inet doorstep_public

[Install]
WantedBy=sysinit.target
END
}

install_packages() {
    # Debian would start nginx with a page of its own at Caddy's port; the rtmp half has a unit of its own.
    run systemctl mask --now nginx
    # shellcheck disable=SC2086 # a list of words
    run apt-get install -y -q --no-install-recommends $PACKAGES ||
        fail "Debian's packages could not be installed, so Doorstep was not either; the ports are closed. Run this again."
    after_updates | write $OWN/after-updates 0755
    updates | write /etc/apt/apt.conf.d/52doorstep-public 0644
}

updates() {
    cat <<END
// Made by deploy/ec2/set-up.sh of Doorstep.  Which updates they are, says Debian's own 50unattended-upgrades: security.
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Automatic-Reboot "true";
Unattended-Upgrade::Automatic-Reboot-Time "04:30";
// Debian restarts its own units only; this restarts the intake where it still runs what was replaced.
DPkg::Post-Invoke { "if [ -x $OWN/after-updates ]; then $OWN/after-updates; fi"; };
END
}

# What runs keeps the file that it began with, which is deleted once dpkg put another in its place: proc(5), maps.
after_updates() {
    cat <<'END'
#!/bin/sh
# Made by deploy/ec2/set-up.sh of Doorstep; apt runs this after each change: units that run a program or a library which
# was replaced begin anew.
for unit in doorstep-rtmp.service doorstep-rtmps.service; do
    for pid in $(cat /sys/fs/cgroup/system.slice/$unit/cgroup.procs 2>/dev/null); do
        if grep -Eqs ' r-xp .* /usr/.* \(deleted\)$' /proc/$pid/maps; then
            echo "Doorstep: restarts $unit, which runs what was updated"
            systemctl try-restart $unit
            break
        fi
    done
done
exit 0
END
}

set_up_caddy() {
    caddyfile | write /etc/caddy/Caddyfile 0644
    run systemctl enable caddy
    run systemctl restart caddy || fail "Caddy does not start. Why: journalctl -u caddy -n 50"
}

caddyfile() {
    say "# Made by deploy/ec2/set-up.sh of Doorstep, which writes it anew."
    say "{"
    [ -z "$mail" ] || say "	email $mail"
    cat <<END
	acme_ca https://acme-v02.api.letsencrypt.org/directory
	admin off
	servers {
		protocols h1 h2
		max_header_size 32KB
		timeouts {
			read_header 10s
			idle 5m
		}
	}
}

$name {
	# What a client wrote itself must not look like our word: Caddy sets X-Forwarded-For, -Proto and -Host anew.
	request_header -Forwarded

	# Live pictures go out as they come.
	reverse_proxy 127.0.0.1:$DOORSTEP_PORT {
		flush_interval -1
	}
}
END
}

set_up_rtmp() {
    from=$HERE/../nginx-rtmp
    sed "s/listen 1935;/listen 127.0.0.1:$FETCH_PORT;/" "$from/nginx.conf" | write $RTMP/nginx.conf 0644
    sed "s/^accept = 1936\$/accept = 1935/; s/HOST:1936/$name:1935/" "$from/stunnel.conf" | write $RTMP/stunnel.conf 0644
    write $RTMP/README.md 0644 <"$from/README.md"
    for unit in doorstep-rtmp doorstep-rtmps; do
        write "$UNITS/$unit.service" 0644 <"$from/$unit.service"
    done
    certificate_of_caddy | write $UNITS/doorstep-rtmps.service.d/caddy.conf 0644
    renewed_path | write $UNITS/doorstep-rtmps-renewed.path 0644
    renewed_unit | write $UNITS/doorstep-rtmps-renewed.service 0644
    run systemctl daemon-reload
    run systemctl enable doorstep-rtmp doorstep-rtmps doorstep-rtmps-renewed.path
    # The one with TLS stays silent till there is a certificate; then the path starts it.
    run systemctl restart doorstep-rtmp doorstep-rtmps doorstep-rtmps-renewed.path ||
        fail "The RTMP intake does not start. Why: journalctl -u doorstep-rtmp -u doorstep-rtmps -n 50"
}

certificate_of_caddy() {
    cat <<END
[Unit]
ConditionPathExists=$CERTIFICATES/$name/$name.json

[Service]
LoadCredential=
LoadCredential=rtmps.crt:$CERTIFICATES/$name/$name.crt
LoadCredential=rtmps.key:$CERTIFICATES/$name/$name.key
END
}

# Of a certificate Caddy writes this file last.
renewed_path() {
    cat <<END
[Unit]
Description=Caddy's certificate for the RTMP intake of Doorstep

[Path]
PathChanged=$CERTIFICATES/$name/$name.json

[Install]
WantedBy=multi-user.target
END
}

renewed_unit() {
    cat <<END
[Unit]
Description=A new certificate for the RTMP intake of Doorstep

[Service]
Type=oneshot
ExecStart=/usr/bin/systemctl restart doorstep-rtmps.service
END
}

# The package takes up what lies here when it is installed, and hands it to the user of the service.
first_settings() {
    [ ! -e "$ROOT/etc/doorstep/doorstep.toml" ] || return 0
    key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    say "DOOR_KEY = \"$key\"" | write /etc/doorstep/secrets.toml 0600
    settings | write /etc/doorstep/doorstep.toml 0600
}

settings() {
    cat <<END
# Doorstep's settings.  The page (Settings) writes here, too; what you write by hand stays.
# By hand:  sudoedit -u doorstep /etc/doorstep/doorstep.toml   then   sudo systemctl reload doorstep
# Every key: docs/reference/config.md

[server]
listen = "127.0.0.1:$DOORSTEP_PORT"      # Caddy stands in front
data = "/var/lib/doorstep"
address = "https://$name"
trusted_proxies = ["127.0.0.1", "::1"]

[[camera]]
id = "front-door"
name = "Front door"
source = "rtmp://127.0.0.1:$FETCH_PORT/live/\${DOOR_KEY}"
stream_key = "\${DOOR_KEY}"
END
}

install_doorstep() {
    # It would show the address of the account, which is not for a log.
    run env INSTALL_SETUP_SECONDS=0 sh "$HERE/../pi/install.sh" --yes --no-camera "$package" ||
        fail "Doorstep was not installed; all else is set up. Do what stands above, and run this again."
}

# --- what is said at the end -----------------------------------------------------------------------------------------

# Of the start that runs now: an older one's address is good for nothing.
setup_code() {
    run_now=$(systemctl show --property=InvocationID --value doorstep 2>/dev/null || true)
    journalctl "_SYSTEMD_INVOCATION_ID=$run_now" -o cat --no-pager 2>/dev/null |
        sed -n 's/.*\/setup#\([^ ]*\).*/\1/p' | tail -n 1
}

wait_for_code() {
    waited=0
    while [ -z "$code" ] && [ -z "$before" ] && [ "$waited" -lt "$SETUP_SECONDS" ]; do
        sleep 1
        waited=$((waited + 1))
        code=$(setup_code)
    done
}

say_next() {
    [ "$dry" = no ] || {
        say "Nothing was changed."
        return 0
    }
    say ""
    if ! grep -q "^address *= *\"https://$name\"" "$ROOT/etc/doorstep/doorstep.toml"; then
        say "Settings were there already and stay. Under [server] they must say:"
        settings | sed -n '/^listen/p; /^address/p; /^trusted_proxies/p' | sed 's/^/  /'
    fi
    say "Once the DNS of $name leads here, Caddy fetches the certificate, within a minute or so."
    # What is said to no terminal is kept somewhere, by a cloud for one.
    code=
    [ ! -t 1 ] || wait_for_code
    if [ -n "$code" ]; then
        say "Make your account within ten minutes:"
        say "  https://$name/setup#$code"
    else
        say "The address to make your account with, good for ten minutes after a start of Doorstep:"
        say "  sudo systemctl restart doorstep; sleep 5; sudo journalctl -u doorstep -g account -n 1"
    fi
    say "The camera pushes to rtmps://$name:1935/live/KEY, where KEY is DOOR_KEY of"
    say "  sudo cat /etc/doorstep/secrets.toml"
}

main() {
    read_words "$@"
    check_words
    check_root
    check_package
    check_ports
    check_others
    find_ssh_ports
    find_doorstep
    say_plan
    ask
    export DEBIAN_FRONTEND=noninteractive
    run apt-get update -q || fail "Debian's list of packages could not be fetched. Check the network; nothing was changed."
    close_ports
    install_packages
    set_up_rtmp
    first_settings
    install_doorstep
    set_up_caddy
    say_next
}

main "$@"
