"""`deploy/ec2/set-up.sh` on a real Debian with Debian's own nginx, Caddy, stunnel and nftables, and its systemd.

Doorstep itself is stood in for, and the certificate's authority is out of reach: there is no network once it runs.
"""

import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from fakes.doorstep_package import write_package
from fakes.fresh_debian import NoFreshDebian, Running, copy_of, fresh_root, in_root, missing, running
from fakes.public_machine import NAME, SCRIPT
from fakes.server_process import wait_for

ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "")
PACKAGES = "caddy libnginx-mod-rtmp nginx nftables stunnel4 unattended-upgrades adduser iproute2 openssl python3"
DOWNLOAD = "apt-get install -y -q --no-install-recommends --download-only"
CERTIFICATES = f"/var/lib/caddy/.local/share/caddy/certificates/acme-v02.api.letsencrypt.org-directory/{NAME}"
ARRIVES = f"""
set -e
mkdir -p {CERTIFICATES}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={NAME} \
    -addext subjectAltName=DNS:{NAME} -keyout {CERTIFICATES}/{NAME}.key -out {CERTIFICATES}/{NAME}.crt 2>/dev/null
chmod 600 {CERTIFICATES}/{NAME}.key
chown -R caddy:caddy /var/lib/caddy
echo '{{}}' > {CERTIFICATES}/{NAME}.json
"""
"""As Caddy writes one: its .json last."""
DROP_IN = "etc/systemd/system/doorstep-rtmps.service.d/here.conf"
BY_FILE = f"""\
[Service]
DynamicUser=no
LoadCredential=
CapabilityBoundingSet=CAP_DAC_READ_SEARCH
ExecStart=
ExecStart=/bin/sh -c 'sed "s#/run/credentials/doorstep-rtmps.service/rtmps#{CERTIFICATES}/{NAME}#" \\
    /etc/doorstep-rtmp/stunnel.conf > /tmp/own.conf && exec /usr/bin/stunnel4 /tmp/own.conf'
"""
"""In these namespaces systemd hands over no credentials: their folder is empty.  So here stunnel reads the files."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),  # the first time Debian and its packages are fetched
    pytest.mark.skipif(missing() is not None, reason=missing() or ""),
    pytest.mark.skipif(ARCH == "", reason="there is no package for this processor"),
    pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed"),
]


@dataclass(frozen=True, slots=True)
class SetUp:
    """The machine, and what the script said there."""

    debian: Running
    said: str


@pytest.fixture(scope="module")
def made() -> Iterator[SetUp]:
    try:
        with copy_of(fresh_root("bookworm")) as root:
            in_root(root, "apt-get", "update", "-q")
            in_root(root, *DOWNLOAD.split(), *PACKAGES.split())
            place = root / "root"
            for folder in ("ec2", "nginx-rtmp", "pi"):
                shutil.copytree(SCRIPT.parents[1] / folder, place / "deploy" / folder)
            package = write_package(place, "12", ARCH)
            with running(root) as debian:
                words = f"cd /root && sh deploy/ec2/set-up.sh --yes {NAME} {package.name}"
                yield SetUp(debian, debian.run("sh", "-c", words))
    except NoFreshDebian as error:
        pytest.skip(str(error))


def state_of(made: SetUp, unit: str) -> str:
    return made.debian.run("systemctl", "is-active", unit, check=False).strip()


def listens(made: SetUp) -> set[str]:
    """Every address and port where somebody waits for connections."""
    lines = made.debian.run("ss", "-Hltn").splitlines()
    return {line.split()[3] for line in lines}


def test_all_of_it_runs_and_nothing_else_listens(made: SetUp) -> None:
    for unit in ("doorstep-firewall", "doorstep-rtmp", "doorstep", "caddy", "doorstep-rtmps-renewed.path"):
        assert state_of(made, unit) == "active", made.debian.run("journalctl", "-u", unit, "-n", "30", check=False)
    found = listens(made)
    assert {"*:80", "*:443", "127.0.0.1:8080", "127.0.0.1:1936", "127.0.0.1:19350"} <= found
    outside = {one for one in found if not one.startswith("127.0.0.") and not one.startswith("[::1]")}
    assert outside - {"*:80", "*:443", "0.0.0.0:1935"} == set()


def test_the_firewall_is_in_the_kernel_and_comes_with_the_next_start(made: SetUp) -> None:
    assert "policy drop" in made.debian.run("nft", "list", "table", "inet", "doorstep_public")
    assert made.debian.run("systemctl", "is-enabled", "doorstep-firewall").strip() == "enabled"


def test_debians_own_web_server_does_not_start(made: SetUp) -> None:
    assert made.debian.run("systemctl", "is-enabled", "nginx", check=False).strip() == "masked"


def test_after_an_update_of_nginx_the_new_one_runs(made: SetUp) -> None:
    """A package that comes again puts new files in the place of those that run, as an update does."""
    asks = ("systemctl", "show", "--property=MainPID", "--value", "doorstep-rtmp")
    before = made.debian.run(*asks)
    made.debian.run("apt-get", "install", "-y", "-q", "--reinstall", "--no-download", "nginx")
    wait_for(lambda: state_of(made, "doorstep-rtmp") == "active", 30, "the intake")
    after = made.debian.run(*asks).strip()
    assert after != before.strip()
    assert "(deleted)" not in made.debian.run("sh", "-c", f"grep r-xp /proc/{after}/maps")
    assert state_of(made, "nginx") == "inactive"


def shown_certificate(made: SetUp) -> str:
    """Which one is shown to who asks at port 1935 in TLS; empty where nobody answers."""
    asks = f"openssl s_client -connect 127.0.0.1:1935 -servername {NAME} </dev/null 2>/dev/null"
    return made.debian.run("sh", "-c", f"{asks} | openssl x509 -noout -fingerprint 2>/dev/null", check=False).strip()


def test_cameras_are_let_in_once_there_is_a_certificate_and_shown_the_newest(made: SetUp) -> None:
    made.debian.run("sh", "-c", f"rm -rf {CERTIFICATES} && systemctl restart doorstep-rtmps")
    assert state_of(made, "doorstep-rtmps") == "inactive"
    assert "ConditionPathExists" in made.debian.run("systemctl", "cat", "doorstep-rtmps")
    (made.debian.folder / DROP_IN).write_text(BY_FILE, encoding="utf-8")
    made.debian.run("systemctl", "daemon-reload")
    made.debian.run("sh", "-c", ARRIVES)
    first = wait_for(lambda: shown_certificate(made), 60, "the first certificate")
    made.debian.run("sh", "-c", ARRIVES)
    wait_for(lambda: shown_certificate(made) not in {"", first}, 60, "the renewed certificate")


def test_run_again_it_finds_all_of_it_and_keeps_the_key(made: SetUp) -> None:
    before = made.debian.run("cat", "/etc/doorstep/secrets.toml")
    package = f"doorstep_0.2.0+deb12_{ARCH}.deb"
    said = made.debian.run("sh", "-c", f"cd /root && sh deploy/ec2/set-up.sh --yes {NAME} {package}")
    assert "installed already" in said
    assert made.debian.run("cat", "/etc/doorstep/secrets.toml") == before
    assert state_of(made, "caddy") == "active"
