"""The Debian packages that only tests need: `make test-deps`.  Without them the suite runs and names what it skips."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steps import run, say

PACKAGES = {
    "alsa-utils": "/usr/bin/aplay",
    "caddy": "/usr/bin/caddy",
    "chromium": "/usr/bin/chromium",
    "coturn": "/usr/bin/turnserver",
    "e2fsprogs": "/sbin/mkfs.ext4",
    "ffmpeg": "/usr/bin/ffprobe",
    "gir1.2-gst-rtsp-server-1.0": "/usr/lib/*/girepository-1.0/GstRtspServer-1.0.typelib",
    "gstreamer1.0-plugins-bad": "/usr/lib/*/gstreamer-1.0/libgstvideoparsersbad.so",
    "gstreamer1.0-plugins-good": "/usr/lib/*/gstreamer-1.0/libgstrtp.so",
    "gstreamer1.0-plugins-ugly": "/usr/lib/*/gstreamer-1.0/libgstx264.so",
    "libnginx-mod-rtmp": "/usr/lib/nginx/modules/ngx_rtmp_module.so",
    "mosquitto": "/usr/sbin/mosquitto",
    "nftables": "/usr/sbin/nft",
    "nginx": "/usr/sbin/nginx",
    "openssh-client": "/usr/bin/ssh",
    "openssh-server": "/usr/sbin/sshd",
    "python3-gi": "/usr/lib/python3/dist-packages/gi/__init__.py",
    "shellcheck": "/usr/bin/shellcheck",
    "strace": "/usr/bin/strace",
    "stunnel4": "/usr/bin/stunnel4",
    "util-linux": "/bin/mount",
    "libvlc5": "/usr/lib/*/libvlc.so.5",
    "vlc-plugin-base": "/usr/lib/*/vlc/plugins/demux/libadaptive_plugin.so",
    "fonts-dejavu-core": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "libatomic1": "/usr/lib/*/libatomic.so.1",  # of the node that drives chromium in the tests
    "openssl": "/usr/bin/openssl",
    "ceph-mon": "/usr/bin/ceph-mon",
    "ceph-osd": "/usr/bin/ceph-osd",
    "radosgw": "/usr/bin/radosgw",
    "postgresql": "/usr/lib/postgresql/*/bin/postgres",
    "debootstrap": "/usr/sbin/debootstrap",
    "qemu-user-static": "/usr/bin/qemu-aarch64-static",
}
DAEMONS = {"coturn", "mosquitto", "nginx", "postgresql", "radosgw", "stunnel4"}
"""Of these the packages would have the machine run one that listens, from its next start on; tests start their own."""
UNITS = {
    "caddy": ("caddy.service",),
    "ceph-mon": ("ceph.target", "ceph-crash.service", "rbdmap.service"),
    "openssh-server": ("ssh.service", "ssh.socket"),
}
"""What a package, or one that it brings along, would have systemd run besides."""
POLICY = Path("/usr/sbin/policy-rc.d")


def main() -> None:
    """Install what is missing: as root at once, else after asking, else say how."""
    missing = [package for package, proof in PACKAGES.items() if not any(Path("/").glob(proof.lstrip("/")))]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        say(f"Not a Debian system: tests that need {', '.join(missing)} will be skipped, with their names.")
        return
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
    if os.geteuid() == 0:
        install(command)
    elif agreed(missing):
        subprocess.run(["sudo", sys.executable, __file__], check=False)
    else:
        say(f"Tests that need them will be skipped. To install: sudo {' '.join(command)}")


def install(command: list[str]) -> None:
    """Without a daemon that starts: not now, by a moment's rule, and not when the machine does."""
    packages = command[5:]
    say(f"Installing for the tests: {' '.join(packages)}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    with no_daemons():
        run("updating the package list", ["apt-get", "update", "-q"], environment=quiet)
        run("installing test packages", command, environment=quiet)
    for daemon in sorted(DAEMONS.intersection(packages)):
        subprocess.run(["update-rc.d", daemon, "disable"], stdout=subprocess.DEVNULL, check=False)
    units = [unit for package in packages for unit in UNITS.get(package, ())]
    if units and shutil.which("systemctl") is not None:
        subprocess.run(["systemctl", "--quiet", "disable", *units], stdout=subprocess.DEVNULL, check=False)


def agreed(missing: list[str]) -> bool:
    """Only a person at a terminal can agree."""
    if not sys.stdin.isatty() or shutil.which("sudo") is None:
        return False
    return input(f"Some tests need {', '.join(missing)}. Install them with sudo? [y/N] ").strip().lower() == "y"


@contextmanager
def no_daemons() -> Iterator[None]:
    """invoke-rc.d asks policy-rc.d; 101 means: do not start it.  An existing policy is left as it is."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
