#!/bin/sh
# Installs Doorstep on a Raspberry Pi, or on any machine with Debian 12 or 13, from one package file; run again with a
# newer file it upgrades.  It says what it will do and asks.  See docs/guide/pi.md.
#
#   sudo sh install.sh [--yes] [--dry-run] [--spare-the-card] [--no-camera] doorstep_VERSION+debNUMBER_ARCH.deb
#
#   --yes              do not ask
#   --dry-run          look at everything, say what would be done, change nothing
#   --spare-the-card   keep the system's journal in memory, so that it wears out no SD card (it is gone after a reboot)
#   --no-camera        leave out what only the Pi's own camera needs
#
# SHA256SUMS of the release must lie beside the package: it is checked before anything is changed.
set -eu

# Where the machine's own files lie: tests make up another machine.
ROOT=${INSTALL_ROOT-}
# Beside what the package itself says that it takes: its modules compiled, about as large as they are, Debian's Python,
# the model (4 MB), and room for the first recordings; and what picamera2 brings along, which was not measured.
BESIDE_MB=200
CAMERA_MB=500
LEAST_MEMORY_MB=300
SERVER_MEMORY_MB=900
SETUP_SECONDS=${INSTALL_SETUP_SECONDS-60}
JOURNAL_FILE=/etc/systemd/journald.conf.d/50-doorstep.conf
CAMERA_PACKAGE=python3-picamera2
CAMERA_TOOLS=rpicam-apps-lite

package=
package_mb=
agreed=no
dry=no
spare=no
camera=yes
board=
codename=
arch=
version=
installed=

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

usage() {
    sed -n '2,13s/^# \{0,1\}//p' "$0"
}

read_words() {
    while [ $# -gt 0 ]; do
        case $1 in
        --yes) agreed=yes ;;
        --dry-run) dry=yes ;;
        --spare-the-card) spare=yes ;;
        --no-camera) camera=no ;;
        -h | --help)
            usage
            exit 0
            ;;
        -*)
            usage >&2
            exit 2
            ;;
        *)
            [ -z "$package" ] || fail "Name one package file, not two: $package and $1."
            package=$1
            ;;
        esac
        shift
    done
    if [ -z "$package" ]; then
        usage >&2
        exit 2
    fi
}

# --- the machine -----------------------------------------------------------------------------------------------------

check_root() {
    [ "$dry" = yes ] || [ "$(id -u)" = 0 ] || fail "Only root may install. Run it with sudo in front: sudo sh $0 $package"
}

check_system() {
    if ! command -v dpkg >/dev/null || ! command -v apt-get >/dev/null; then
        fail "This is not Debian. Use Raspberry Pi OS or Debian 12 or 13, or another way of docs/guide/install.md."
    fi
    codename=$(said_by_system VERSION_CODENAME)
    case $(said_by_system ID):$(said_by_system VERSION_ID) in
    debian:12 | debian:13 | raspbian:12 | raspbian:13) ;;
    debian:* | raspbian:*)
        fail "Doorstep needs Debian 12 (bookworm) or 13 (trixie), and this is $(said_by_system PRETTY_NAME)." \
            "Write a newer Raspberry Pi OS to a card, 64-bit, and run this there."
        ;;
    *)
        fail "This is $(said_by_system PRETTY_NAME), for which there is no package." \
            "Use Raspberry Pi OS or Debian 12 or 13, or another way of docs/guide/install.md."
        ;;
    esac
}

said_by_system() {
    sed -n "s/^$1=//p" "$ROOT/etc/os-release" 2>/dev/null | tr -d "\"'" | head -n 1
}

# A 64-bit kernel runs a 32-bit system too, and Raspberry Pi OS has shipped just that.
check_bits() {
    machine=$(uname -m)
    arch=$(dpkg --print-architecture)
    case $machine:$arch in
    aarch64:arm64 | x86_64:amd64) ;;
    aarch64:* | x86_64:*)
        fail "The kernel is a 64-bit one, but the system on it is of 32 bits ($arch), and Doorstep needs 64." \
            "Write Raspberry Pi OS (64-bit) to a card, and run this there."
        ;;
    armv* | i?86)
        fail "This is a 32-bit system ($machine), and Doorstep needs 64 bits: a Pi Zero 2 W, 3, 4 or 5." \
            "Write Raspberry Pi OS (64-bit) to a card, and run this there."
        ;;
    *) fail "There is no package for this processor ($machine); Doorstep runs on x86-64 and aarch64." ;;
    esac
}

check_python() {
    python=$ROOT/usr/bin/python3
    [ -x "$python" ] || return 0 # the package brings it along
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Doorstep needs Python 3.11 or later, and the system's is $("$python" -c 'import platform; print(platform.python_version())')." \
            "Debian 12 and 13 have a newer one: write Raspberry Pi OS (64-bit) to a card, and run this there."
}

check_room() {
    # An upgrade lays the new files beside the old ones before it takes these away.
    needed=$((package_mb + BESIDE_MB))
    [ "$camera" = no ] || [ -n "$installed" ] || needed=$((needed + CAMERA_MB))
    [ "$installed" != "$version" ] || needed=0
    for folder in / /opt /var; do
        [ -d "$ROOT$folder" ] || continue
        free=$(df -Pk "$ROOT$folder" | awk 'NR == 2 { print int($4 / 1024) }')
        [ "${free:-0}" -ge "$needed" ] ||
            fail "Only $free MB are free for $folder, and $needed are needed." \
                "Free some (sudo apt-get clean), or use a larger card; nothing was changed."
    done
    memory=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' "$ROOT/proc/meminfo")
    [ "${memory:-0}" -ge "$LEAST_MEMORY_MB" ] ||
        fail "This machine has $memory MB of memory, too little for Doorstep. Let it send its camera: docs/guide/publish.md."
    if [ "$memory" -lt "$SERVER_MEMORY_MB" ]; then
        say "Note: $memory MB of memory is enough for one camera at most; it is better at sending its camera to" \
            "another machine (docs/guide/publish.md)."
    fi
}

check_writable() {
    if grep -q '^[^ ]* / overlay ' "$ROOT/proc/mounts" 2>/dev/null; then
        fail "The system lies on an overlay, so what is installed would be gone after a reboot." \
            "Switch it off (sudo raspi-config nonint do_overlayfs 1; docs/guide/pi.md), reboot, run this, and switch it on again."
    fi
    if grep -q '^[^ ]* / [^ ]* \(ro\|ro,[^ ]*\) ' "$ROOT/proc/mounts" 2>/dev/null; then
        fail "The system is mounted read-only. Make it writable (sudo mount -o remount,rw /), and run this again."
    fi
}

# --- the package -----------------------------------------------------------------------------------------------------

check_package() {
    [ -f "$package" ] || fail "There is no file $package. Name the package that you downloaded."
    folder=$(cd "$(dirname "$package")" && pwd)
    name=$(basename "$package")
    package=$folder/$name
    check_sum
    [ "$(dpkg-deb -f "$package" Package 2>/dev/null)" = doorstep ] ||
        fail "$name is no package of Doorstep. Download it again."
    for_arch=$(dpkg-deb -f "$package" Architecture)
    case $for_arch in
    "$arch" | all) ;;
    *) fail "$name is for $for_arch, and this machine is $arch. Download the one whose name ends in _$arch.deb." ;;
    esac
    version=$(dpkg-deb -f "$package" Version)
    number=$(said_by_system VERSION_ID)
    case $version in
    *+deb"$number") ;;
    *) fail "$name is for another Debian than this, which is $number ($codename). Download the one with +deb$number in its name." ;;
    esac
    package_mb=$(($(dpkg-deb -f "$package" Installed-Size) / 1024))
}

check_sum() {
    sums=$folder/SHA256SUMS
    [ -f "$sums" ] || fail "SHA256SUMS is not beside $name. Download it from the same release into the same folder."
    wanted=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1; exit }' "$sums")
    [ -n "$wanted" ] || fail "SHA256SUMS does not name $name. Download both from the same release."
    found=$(sha256sum "$package" | cut -d ' ' -f 1)
    [ "$wanted" = "$found" ] ||
        fail "$name is damaged, or not the one that was released: its checksum is another. Download it again."
}

check_installed() {
    # shellcheck disable=SC2016 # dpkg-query's own words, not the shell's
    state=$(dpkg-query -W -f '${db:Status-Abbrev}${Version}' doorstep 2>/dev/null || true)
    # What is wanted of it (i, or h for held), and that it is installed.
    installed=$(printf '%s' "$state" | sed -n 's/^.i *//p')
    [ -n "$installed" ] || return 0
    if dpkg --compare-versions "$version" lt "$installed"; then
        fail "Doorstep $installed is installed, and $version is older. The way back is in docs/guide/upgrade.md."
    fi
    case $state in
    h*)
        [ "$installed" = "$version" ] ||
            fail "Doorstep $installed is held, so apt leaves it as it is. Let it go, and run this again: sudo apt-mark unhold doorstep"
        ;;
    esac
}

# --- what is done ----------------------------------------------------------------------------------------------------

find_board() {
    if [ -r "$ROOT/proc/device-tree/model" ]; then
        board=$(tr -d '\0' <"$ROOT/proc/device-tree/model")
    fi
    case $board in
    "Raspberry Pi"*) ;;
    *) camera=no ;;
    esac
}

say_plan() {
    say "Machine: ${board:-not a Raspberry Pi}, $(said_by_system PRETTY_NAME), $arch, $memory MB of memory."
    say "This will:"
    if [ "$camera" = yes ]; then
        say "  - install $CAMERA_PACKAGE, and $CAMERA_TOOLS where they are missing, which the Pi's own camera needs"
    fi
    if [ -z "$installed" ]; then
        say "  - install Doorstep $version, fetch the model that knows a person, and start it with the machine"
    elif [ "$installed" = "$version" ]; then
        say "  - leave Doorstep $version as it is: it is installed already"
    else
        say "  - upgrade Doorstep from $installed to $version; settings and recordings stay"
    fi
    if [ "$spare" = yes ]; then
        say "  - keep the system's journal in memory ($JOURNAL_FILE): after a reboot it is gone"
    fi
}

ask() {
    if [ "$agreed" = yes ] || [ "$dry" = yes ]; then
        return 0
    fi
    [ -t 0 ] || fail "Nobody is there to agree. Add --yes, and run it again."
    printf 'Go on? [y/N] '
    read -r answer || answer=
    case $answer in
    y | Y | yes) ;;
    *) fail "Nothing was changed." ;;
    esac
}

install_camera() {
    [ "$camera" = yes ] || return 0
    run apt-get update -q ||
        fail "The list of packages cannot be had. Check the network and the clock (timedatectl), and run this again."
    packages=
    tools=$CAMERA_TOOLS
    # A desktop has the larger ones, in whose place apt would put these.
    ! command -v rpicam-hello >/dev/null || tools=
    for each in $CAMERA_PACKAGE $tools; do
        if apt-cache show "$each" >/dev/null 2>&1; then
            packages="$packages $each"
        elif [ "$each" = "$CAMERA_PACKAGE" ] && [ "$dry" = no ]; then
            fail "This system has no package $each: it is not Raspberry Pi OS." \
                "Use that, or add --no-camera where cameras of the network are enough."
        fi
    done
    # shellcheck disable=SC2086 # one word for each package
    run apt-get install -y -q --no-install-recommends $packages ||
        fail "The camera's packages could not be installed; see the lines above." \
            "Often this helps: sudo dpkg --configure -a; then run this again. Doorstep was not touched."
    look_for_camera
}

look_for_camera() {
    if [ "$dry" = yes ] || ! command -v rpicam-hello >/dev/null; then
        return 0
    fi
    # A running Doorstep has the camera open.
    if systemctl is-active --quiet doorstep 2>/dev/null; then
        return 0
    fi
    case $(timeout 20 rpicam-hello --list-cameras 2>&1 || true) in
    *"No cameras available"*)
        say "Note: no camera is attached. Switch the Pi off, push the ribbon in straight (docs/guide/pi.md), and start it" \
            "again. Cameras of the network and USB need none of this."
        ;;
    esac
}

install_package() {
    if [ "$installed" = "$version" ]; then
        return 0
    fi
    if [ "$camera" = no ]; then
        run apt-get update -q || say "Note: the list of packages is an old one; the network does not answer."
    fi
    run apt-get install -y -q "$package" ||
        fail "Doorstep could not be installed; see the lines above. What was there before still is." \
            "Often this helps: sudo dpkg --configure -a; then run this again."
}

spare_card() {
    [ "$spare" = yes ] || return 0
    wanted_words='# Made by Doorstep'"'"'s install.sh --spare-the-card.  Remove this file to have the journal on the card again.
[Journal]
Storage=volatile
RuntimeMaxUse=32M'
    if [ -f "$ROOT$JOURNAL_FILE" ] && [ "$(cat "$ROOT$JOURNAL_FILE")" = "$wanted_words" ]; then
        return 0
    fi
    say "+ write $JOURNAL_FILE"
    if [ "$dry" = no ] && ! write_journal_file; then
        fail "$JOURNAL_FILE could not be written. Doorstep is installed; only the journal is still on the card."
    fi
    [ -d "$ROOT/run/systemd/system" ] || return 0
    run systemctl restart systemd-journald || say "Note: the journal moves into memory with the next reboot."
}

write_journal_file() {
    mkdir -p "$(dirname "$ROOT$JOURNAL_FILE")" || return 1
    printf '%s\n' "$wanted_words" >"$ROOT$JOURNAL_FILE.new" || return 1
    mv "$ROOT$JOURNAL_FILE.new" "$ROOT$JOURNAL_FILE"
}

# No package holds it; it lies in the data folder, as the service's user.  Asked again it says that it is there.
fetch_model() {
    run doorstep models fetch ||
        say "Note: what knows a person could not be fetched; till then Doorstep tells of presses alone. When the network" \
            "is there: sudo doorstep models fetch && sudo systemctl restart doorstep"
}

start() {
    if [ ! -d "$ROOT/run/systemd/system" ]; then
        say "Note: systemd does not run here, so Doorstep is not started. Start it yourself: doorstep run"
        return 0
    fi
    if [ -n "$installed" ]; then
        run systemctl enable --now doorstep || does_not_start
        return 0
    fi
    # The package has started it, but without the model.
    run systemctl enable doorstep || does_not_start
    run systemctl restart doorstep || does_not_start
}

does_not_start() {
    fail "Doorstep is installed but does not start. See why: sudo journalctl -u doorstep -n 50"
}

# Of the start that runs now: an older one's address is good for nothing.
setup_address() {
    run_now=$(systemctl show --property=InvocationID --value doorstep 2>/dev/null || true)
    journalctl "_SYSTEMD_INVOCATION_ID=$run_now" -o cat --no-pager 2>/dev/null |
        sed -n 's/.*\(https\{0,1\}:[^ ]*\/setup#[^ ]*\).*/\1/p' | tail -n 1
}

say_next() {
    [ "$dry" = no ] || {
        say "Nothing was changed."
        return 0
    }
    address=
    waited=0
    while [ -d "$ROOT/run/systemd/system" ] && [ -z "$installed" ] && [ "$waited" -lt "$SETUP_SECONDS" ]; do
        address=$(setup_address)
        [ -z "$address" ] || break
        sleep 1
        waited=$((waited + 1))
    done
    say ""
    if [ -n "$address" ]; then
        say "Doorstep $version runs. Make it yours within ten minutes, on a phone or computer of the same network:"
        say "  $address"
    elif [ -n "$installed" ]; then
        say "Doorstep $version is installed. Settings and recordings are as they were."
    else
        say "Doorstep $version is installed. The address to make it yours with:"
        say "  sudo journalctl -u doorstep | grep account"
    fi
    say "Whether all is well:"
    say "  sudo doorstep check"
}

main() {
    read_words "$@"
    check_root
    check_system
    check_bits
    check_python
    check_package
    check_installed
    check_writable
    find_board
    check_room
    say_plan
    ask
    export DEBIAN_FRONTEND=noninteractive
    install_camera
    install_package
    fetch_model
    spare_card
    start
    say_next
}

main "$@"
