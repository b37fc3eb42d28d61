"""`deploy/ec2/set-up.sh` on machines that are made up: what it refuses and writes, and that the real tools take it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from doorstep.config.load import load_settings
from fakes.bare_debian import DPKG, OS_RELEASE, PACKAGE
from fakes.nginx_rtmp import DEPLOY, NGINX, missing
from fakes.public_machine import NAME, SCRIPT, PublicMachine

NGINX_FILE, STUNNEL_FILE = "/etc/doorstep-rtmp/nginx.conf", "/etc/doorstep-rtmp/stunnel.conf"
UNITS = "/etc/systemd/system"
CERTIFICATES = "/var/lib/caddy/.local/share/caddy/certificates/acme-v02.api.letsencrypt.org-directory"

LISTENS = """case $* in *:443*) echo 'LISTEN 0 511 *:443 *:* users:(("{}",pid=7,fd=4))' ;; esac"""
"""What `ss` says of a program that has Caddy's port."""


@pytest.fixture
def machine(tmp_path: Path) -> PublicMachine:
    return PublicMachine(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> PublicMachine:
    """One that was set up."""
    machine = PublicMachine(tmp_path_factory.mktemp("machine"))
    done = machine.set_up("--yes", "--mail", "ann@example.org")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return machine


def refused(machine: PublicMachine, *words: str, name: str = NAME, package: str = PACKAGE) -> str:
    """What it says when it changes nothing."""
    done = machine.set_up("--yes", *words, name=name, package=package)
    assert done.returncode == 1, done.stdout + done.stderr
    assert machine.steps == []
    assert not (machine.root / "etc/doorstep-public").exists()
    return done.stderr.strip()


def place(machine: PublicMachine, word: str) -> int:
    return next(number for number, step in enumerate(machine.steps) if word in step)


def test_it_closes_the_ports_before_it_installs_what_listens(made: PublicMachine) -> None:
    firewall = place(made, "restart doorstep-firewall")
    assert firewall < place(made, "mask --now nginx") < place(made, "install -y -q --no-install-recommends caddy")
    assert firewall < place(made, PACKAGE)
    assert made.steps[-1] == "systemctl restart caddy"


def test_doorsteps_settings_are_laid_before_its_package_starts_it(made: PublicMachine) -> None:
    path = made.root / "etc/doorstep/doorstep.toml"
    secrets = (made.root / "etc/doorstep/secrets.toml").read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    assert (made.root / "etc/doorstep/secrets.toml").stat().st_mode & 0o777 == 0o600
    found = re.fullmatch(r'DOOR_KEY = "([0-9a-f]{32})"\n', secrets)
    assert found is not None
    settings = load_settings(path, {"DOOR_KEY": found[1]})
    assert settings.server.address == f"https://{NAME}"
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8080)
    assert [str(one) for one in settings.server.trusted_proxies] == ["127.0.0.1/32", "::1/128"]
    [camera] = settings.cameras
    assert camera.source == f"rtmp://127.0.0.1:1936/live/{found[1]}"


def test_two_machines_have_two_keys(made: PublicMachine, machine: PublicMachine) -> None:
    assert machine.set_up("--yes").returncode == 0
    assert machine.written("/etc/doorstep/secrets.toml") != made.written("/etc/doorstep/secrets.toml")


def test_no_secret_is_said_where_nobody_sits(machine: PublicMachine) -> None:
    done = machine.set_up("--yes")
    key = machine.written("/etc/doorstep/secrets.toml").split('"')[1]
    assert key not in done.stdout + done.stderr
    assert "/setup#" not in done.stdout
    assert "sudo journalctl -u doorstep -g account" in done.stdout


def test_a_second_run_keeps_settings_and_key_and_writes_the_rest_anew(machine: PublicMachine) -> None:
    assert machine.set_up("--yes").returncode == 0
    before = machine.written("/etc/doorstep/secrets.toml"), machine.written("/etc/doorstep/doorstep.toml")
    machine.says("etc/doorstep-public/nftables.nft", "changed")
    assert machine.set_up("--yes").returncode == 0
    assert before == (machine.written("/etc/doorstep/secrets.toml"), machine.written("/etc/doorstep/doorstep.toml"))
    assert "policy drop" in machine.written("/etc/doorstep-public/nftables.nft")


def test_settings_that_were_there_stay_and_it_says_what_they_need(machine: PublicMachine) -> None:
    machine.says("etc/doorstep/doorstep.toml", '[server]\nlisten = "0.0.0.0:8080"\n')
    done = machine.set_up("--yes")
    assert done.returncode == 0
    assert machine.written("/etc/doorstep/doorstep.toml") == '[server]\nlisten = "0.0.0.0:8080"\n'
    assert f'address = "https://{NAME}"' in done.stdout
    assert 'trusted_proxies = ["127.0.0.1", "::1"]' in done.stdout


@pytest.mark.parametrize(
    "verified", ["exit 1", "echo '??5?????? c /etc/caddy/Caddyfile'"], ids=["not installed", "changed"]
)
def test_a_caddyfile_of_the_owner_is_not_pushed_aside(machine: PublicMachine, verified: str) -> None:
    machine.says("etc/caddy/Caddyfile", "mine.example.org {\n}\n")
    machine.has_program("dpkg", f'case "$*" in "--verify caddy") {verified}; exit;; esac\n{DPKG}')
    assert "is somebody's own" in refused(machine)
    assert machine.written("/etc/caddy/Caddyfile") == "mine.example.org {\n}\n"


def test_a_caddyfile_as_debian_brings_it_gives_way_and_so_does_its_own(machine: PublicMachine) -> None:
    machine.says("etc/caddy/Caddyfile", "# The Caddyfile is an easy way to configure your Caddy web server.\n")
    for _ in range(2):
        assert machine.set_up("--yes").returncode == 0
        assert f"\n{NAME} {{\n" in machine.written("/etc/caddy/Caddyfile")
        machine.has_program("dpkg", f'[ "$*" != "--verify caddy" ] || exit 1\n{DPKG}')


def test_an_nginx_that_runs_is_not_stopped(machine: PublicMachine) -> None:
    machine.has_program("systemctl", 'case "$*" in show*) echo abc123 ;; *nginx) exit 0 ;; is-active*) exit 3 ;; esac')
    assert "nginx runs here" in refused(machine)


def test_a_dry_run_changes_nothing_and_needs_no_root(machine: PublicMachine) -> None:
    machine.has_program("id", "echo 1000")
    done = machine.set_up("--dry-run")
    assert done.returncode == 0, done.stderr
    assert "Nothing was changed." in done.stdout
    assert "+ systemctl restart doorstep-firewall" in done.stdout
    assert machine.steps == []
    assert not (machine.root / "etc/doorstep").exists()
    assert not (machine.root / "etc/caddy").exists()


def test_nothing_is_done_before_somebody_agrees(machine: PublicMachine) -> None:
    done = machine.set_up()
    assert done.returncode == 1
    assert "Add --yes" in done.stderr
    assert machine.steps == []


@pytest.mark.parametrize(
    "name", ["door", "Door.example.org", "192.0.2.1", "door.example.org {", "-a.example.org", "a..org", "a.org\nb.org"]
)
def test_a_name_that_is_none_is_refused(machine: PublicMachine, name: str) -> None:
    if name.startswith("-"):
        assert machine.set_up("--yes", name=name).returncode == 2
    else:
        assert "is no name on the internet" in refused(machine, name=name)


def test_a_mail_address_that_is_none_is_refused(machine: PublicMachine) -> None:
    assert "is no mail address" in refused(machine, "--mail", "ann@example.org\nadmin")
    assert "is no mail address" in refused(machine, "--mail", "{$SECRET}")


def test_what_another_program_listens_at_is_not_taken_from_it(machine: PublicMachine) -> None:
    machine.has_program(
        "ss", """case $* in *:443*) echo 'LISTEN 0 511 *:443 *:* users:(("apache2",pid=7,fd=4))' ;; esac"""
    )
    said = refused(machine)
    assert "Another program listens at port 443" in said
    assert '"apache2"' in said
    machine.has_program(
        "ss", """case $* in *:443*) echo 'LISTEN 0 511 *:443 *:* users:(("caddy",pid=7,fd=4))' ;; esac"""
    )
    assert machine.set_up("--yes").returncode == 0


def test_what_the_package_needs_is_looked_at_first(machine: PublicMachine) -> None:
    machine.says("etc/os-release", OS_RELEASE.replace("12", "11").replace("bookworm", "bullseye"))
    assert "needs Debian 12 (bookworm) or 13 (trixie)" in refused(machine)


def test_a_package_that_is_not_whole_is_refused(machine: PublicMachine) -> None:
    assert "There is no file" in refused(machine, package="elsewhere.deb")
    (machine.folder / PACKAGE).write_bytes(b"a packagE")
    assert "its checksum is another" in refused(machine)


def test_only_root_may(machine: PublicMachine) -> None:
    machine.has_program("id", "echo 1000")
    assert "sudo sh" in refused(machine)


def test_the_owners_way_in_stays_open_wherever_it_is(machine: PublicMachine) -> None:
    machine.has_program("sshd", "printf 'port 2200\\nport 22\\naddressfamily any\\n'")
    assert machine.set_up("--yes").returncode == 0
    assert "define ssh = { 2200, 22 }" in machine.written("/etc/doorstep-public/nftables.nft")


def test_packages_that_do_not_come_leave_the_ports_closed_and_say_so(machine: PublicMachine) -> None:
    machine.has_program("apt-get", "case $* in *caddy*) exit 100 ;; esac")
    done = machine.set_up("--yes")
    assert done.returncode == 1
    assert "the ports are closed" in done.stderr
    assert not (machine.root / "etc/doorstep").exists()


def test_updates_install_themselves(made: PublicMachine) -> None:
    written = made.written("/etc/apt/apt.conf.d/52doorstep-public")
    for wanted in ("Update-Package-Lists", "Periodic::Unattended-Upgrade"):
        assert re.search(rf'{wanted} "1";', written), wanted
    assert 'Automatic-Reboot "true"' in written
    assert (made.root / "etc/doorstep-public/after-updates").stat().st_mode & 0o777 == 0o755


def test_apt_restarts_the_units_that_run_what_was_replaced_and_no_others(made: PublicMachine, tmp_path: Path) -> None:
    """The real script among files that are made up: what the kernel says of each process."""
    maps = {
        ("doorstep-rtmp", "7"): "55-56 r-xp 00 fe:00 1    /usr/sbin/nginx (deleted)\n",
        (
            "doorstep-rtmps",
            "8",
        ): "55-56 r-xp 00 fe:00 1    /usr/bin/stunnel4\n57-58 rw-s 00 00:01 2  /dev/zero (deleted)\n",
    }
    for (unit, pid), text in maps.items():
        group, process = tmp_path / "system.slice" / f"{unit}.service", tmp_path / "proc" / pid
        group.mkdir(parents=True)
        process.mkdir(parents=True)
        (group / "cgroup.procs").write_text(f"1\n{pid}\n")
        (process / "maps").write_text(text)
    script = made.written("/etc/doorstep-public/after-updates")
    script = script.replace("/sys/fs/cgroup", str(tmp_path)).replace("/proc/", f"{tmp_path}/proc/")
    script = script.replace("systemctl", "echo systemctl")
    done = subprocess.run(["/bin/sh", "-eu", "-c", script], capture_output=True, text=True, check=True)
    assert [line for line in done.stdout.splitlines() if "try-restart" in line] == [
        "systemctl try-restart doorstep-rtmp.service"
    ]


def test_the_intake_differs_from_the_one_of_the_guide_by_where_it_listens(made: PublicMachine) -> None:
    wanted = (DEPLOY / "nginx.conf").read_text(encoding="utf-8").replace("listen 1935;", "listen 127.0.0.1:1936;")
    assert made.written(NGINX_FILE) == wanted
    listens = re.findall(r"listen ([^ ;]+)", made.written(NGINX_FILE))
    assert all(one.startswith("127.0.0.1:") for one in listens)
    for question in ("on_publish", "on_play", "on_update"):
        assert f"{question} http://127.0.0.1:8080/api/v1/ingest/rtmp/" in made.written(NGINX_FILE)
    tls = made.written(STUNNEL_FILE)
    assert "\naccept = 1935\n" in tls
    assert "\nprotocol = proxy\n" in tls


def test_the_intakes_certificate_is_caddys_and_a_new_one_is_taken_up(made: PublicMachine) -> None:
    drop_in = made.written(f"{UNITS}/doorstep-rtmps.service.d/caddy.conf")
    assert f"LoadCredential=\nLoadCredential=rtmps.crt:{CERTIFICATES}/{NAME}/{NAME}.crt\n" in drop_in
    assert f"LoadCredential=rtmps.key:{CERTIFICATES}/{NAME}/{NAME}.key\n" in drop_in
    assert f"PathChanged={CERTIFICATES}/{NAME}/{NAME}.json\n" in made.written(f"{UNITS}/doorstep-rtmps-renewed.path")
    assert "acme_ca https://acme-v02.api.letsencrypt.org/directory\n" in made.written("/etc/caddy/Caddyfile")


@pytest.mark.skipif(missing() is not None, reason=missing() or "")
def test_the_real_nginx_takes_its_file(made: PublicMachine, tmp_path: Path) -> None:
    assert NGINX is not None
    path = tmp_path / "nginx.conf"
    path.write_text(made.written(NGINX_FILE).replace("/run/doorstep-rtmp", str(tmp_path)), encoding="utf-8")
    words = [NGINX, "-t", "-q", "-c", str(path), "-p", str(tmp_path), "-e", "stderr"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not installed: `make test-deps`")
@pytest.mark.parametrize("mail", [(), ("--mail", "ann@example.org")], ids=["without a mail address", "with one"])
def test_the_real_caddy_takes_its_file_as_it_is(machine: PublicMachine, tmp_path: Path, mail: tuple[str, ...]) -> None:
    assert machine.set_up("--yes", *mail).returncode == 0
    file = machine.root / "etc/caddy/Caddyfile"
    home = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    words = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, env=home, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    words = ["caddy", "fmt", str(file)]
    shown = subprocess.run(words, capture_output=True, text=True, env=home, timeout=120, check=False)
    assert shown.stdout == file.read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_real_systemd_takes_its_units(made: PublicMachine) -> None:
    units = made.root / UNITS.lstrip("/")
    names = ["doorstep-firewall.service", "doorstep-rtmps-renewed.service", "doorstep-rtmps-renewed.path"]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *(str(units / name) for name in names)],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert [line for line in done.stderr.splitlines() if "doorstep" in line] == []


def test_wrong_words_are_told_how_it_is_used(machine: PublicMachine) -> None:
    for words in (("--maul",), ("--mail",)):
        done = machine.set_up(*words, name="--yes")
        assert done.returncode == 2
        assert "--dry-run" in done.stderr


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_the_script_is_clean() -> None:
    done = subprocess.run(["shellcheck", "-s", "sh", SCRIPT], capture_output=True, text=True, check=False)
    assert done.stdout == ""
