"""Installs the release as people do, on a fresh Debian, to the first alert of the demo; prints seconds for each step.

make release && python tests/release/fresh_debian.py [--suite trixie] [--routes deb pipx by-hand models]

Needs root, debootstrap and the network for Debian's own packages (by pipx, and for the models: also for Python's).
Only the route `models` fetches models; for the others they are those of DOORSTEP_MODELS.
"""

import argparse
import json
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.fresh_debian import Running, copy_of, fresh_root, in_root, running
from fakes.kept_house import gone_from, house_on_disk
from fakes.server_process import model_folder
from faults.older_doorstep import older_environment, older_file

DIST = Path(__file__).resolve().parents[2] / "dist"
ARCHES = {"x86_64": "amd64", "aarch64": "arm64"}
NUMBERS = {"bookworm": 12, "trixie": 13}
CAMERA = '\n[[camera]]\nid = "porch"\nname = "Porch"\nsource = "demo://"\n\n[events]\nclose_after = 3\npost_roll = 2\n'
OLDER = "0.0.9"
FIRST_ALERT_SECONDS = 150
PYTHON = "/opt/doorstep/bin/python3"
ASK = """
import sys, json, httpx
method, path, body, token = sys.argv[1:5]
headers = {"Authorization": "Bearer " + token} if token else {}
headers["Sec-Fetch-Site"] = "same-origin"
with httpx.Client(base_url="http://127.0.0.1:8080/api/v1", headers=headers, timeout=30) as client:
    if len(sys.argv) > 5:
        told = client.post("/session", json={"name": "me", "password": sys.argv[5]})
        assert told.status_code < 300, told.text
    told = client.request(method, path, json=json.loads(body) if body else None)
    print(told.status_code, told.text)
"""
PASSWORD = "correct horse battery staple"


@contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{time.monotonic() - began:7.1f} s  {what}", flush=True)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--suite", choices=NUMBERS, default="bookworm")
    asked.add_argument("--routes", nargs="+", choices=ROUTES, default=list(ROUTES))
    chosen = asked.parse_args()
    with timed(f"a fresh {chosen.suite} (kept)"):
        root = fresh_root(chosen.suite)
    for route in chosen.routes:
        with copy_of(root) as folder:
            ROUTES[route](folder, chosen.suite)


def by_deb(folder: Path, suite: str) -> None:
    """First an older one, then this over it; removed, installed again, purged."""
    package = package_for(suite)
    with timed(f"an older package of the same files ({OLDER})"):
        older_of(package, folder / "srv" / "older.deb")
    shutil.copy(package, folder / "srv" / "doorstep.deb")
    with timed("apt-get update"):
        in_root(folder, "apt-get", "update", "-q")
    refused(folder, suite)
    with timed("Debian's packages fetched"):
        in_root(folder, "apt-get", "install", "-y", "-q", "--download-only", "/srv/doorstep.deb")
    assert not (folder / "usr" / "bin" / "gcc").exists()
    assert not (folder / "usr" / "bin" / "node").exists()
    with running(folder) as machine:
        began = time.monotonic()
        with timed("apt install, with the network gone, to a service that runs"):
            said = machine.run("apt-get", "install", "-y", "-q", "/srv/older.deb")
            assert "sudo doorstep models fetch" in said, said
        looked_after(machine)
        with_a_model(machine, folder)
        token = told_by(machine)
        with timed("to the first alert of the demo"):
            first_alert(lambda path: ask(machine, path, token))
        print(f"{time.monotonic() - began:7.1f} s  altogether, from `apt install` to the first alert", flush=True)
        settings_are_written(machine)
        survives(machine, "SIGKILL of the server", lambda: machine.run("systemctl", "kill", "-s", "KILL", "doorstep"))
        before = kept_of(machine, token)
        with timed("upgrade"):
            survives(
                machine,
                "the upgrade",
                lambda: machine.run("apt-get", "install", "-y", "-q", "/srv/doorstep.deb"),
            )
        assert kept_of(machine, token)[: len(before)] == before
        removed(machine)


def by_pipx(folder: Path, _suite: str) -> None:
    """As a person without root would, apart from pipx itself."""
    [wheel] = DIST.glob("doorstep-*.whl")
    shutil.copy(wheel, folder / "srv" / wheel.name)
    shutil.copy(DIST / "constraints.txt", folder / "srv" / "constraints.txt")
    with timed("apt install pipx"):
        in_root(folder, "apt-get", "update", "-q")
        in_root(folder, "apt-get", "install", "-y", "-q", "--no-install-recommends", "pipx", "python3-venv")
        in_root(folder, "useradd", "--create-home", "me")
    began = time.monotonic()
    me = ("runuser", "-u", "me", "--", "env", "HOME=/home/me", "PATH=/home/me/.local/bin:/usr/bin:/bin")
    with timed("pipx install"):
        line = "cd /srv && pipx install --pip-args='--constraint constraints.txt' './" + wheel.name + "[server]'"
        in_root(folder, *me, "sh", "-c", line)
    models = model_folder()
    assert models is not None
    shutil.copytree(models, folder / "srv" / "models")
    with running(folder) as machine:
        environment = (*me, "DOORSTEP_MODELS=/srv/models")
        words = (*environment, "doorstep", "run", "--demo", "--data", "/home/me/door", "--listen", "127.0.0.1:8080")
        with subprocess.Popen(machine.words(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                token = waited(
                    lambda: machine.run(*me, *TOKEN, "--data", "/home/me/door", check=False), is_token
                ).strip()
                python = machine.run(*me, "sh", "-c", VENV, check=False).split()[0]
                with timed("to the first alert of the demo"):
                    first_alert(lambda path: machine.run(python, "-c", ASK, "GET", path, "", token, check=False))
            finally:
                server.terminate()
    print(f"{time.monotonic() - began:7.1f} s  altogether, from `pipx install` to the first alert", flush=True)


def over_by_hand(folder: Path, suite: str) -> None:
    """Over a 0.1.0 with its own code and unit, as its guide had it installed: it is taken over, and nothing is lost."""
    package = package_for(suite)
    shutil.copy(package, folder / "srv" / "doorstep.deb")
    with timed("Debian's packages fetched"):
        in_root(folder, "apt-get", "update", "-q")
        in_root(folder, "apt-get", "install", "-y", "-q", "--download-only", "/srv/doorstep.deb")
        in_root(folder, "apt-get", "install", "-y", "-q", "python3", "libstdc++6", "adduser")
    laid_by_hand(package, folder)
    with running(folder) as machine:
        machine.run("systemctl", "enable", "--now", "doorstep")
        token = waited(lambda: machine.run(*AS_0_1_0, *TOKEN, "--data", "/var/lib/doorstep", check=False), is_token)
        token = token.strip()
        with timed("to the first alert of 0.1.0"):
            first_alert(lambda path: ask(machine, path, token))
        before = kept_of(machine, token)
        config = folder / "etc" / "doorstep" / "doorstep.toml"
        machine.run("systemctl", "stop", "doorstep")  # what is compared must stand still
        house = house_on_disk(folder / "var" / "lib" / "private" / "doorstep", config)
        machine.run("systemctl", "start", "doorstep")
        with timed("the package over it"):
            said = machine.run("apt-get", "install", "-y", "-q", "/srv/doorstep.deb")
        assert "took over what was installed by hand" in said, said
        serves(machine)
        assert kept_of(machine, token)[: len(before)] == before
        machine.run("systemctl", "stop", "doorstep")
        assert gone_from(house, folder / "var" / "lib" / "doorstep", config) == []
        machine.run("systemctl", "start", "doorstep")
        assert "User=doorstep" in machine.run("systemctl", "show", "doorstep", "--property=User")
        assert machine.run("find", "/var/lib/doorstep", "!", "-user", "doorstep") == ""
        assert "sound" in machine.run("doorstep", "models", "verify")
        print(f"          {len(before)} events, models and settings are there, and all of it is doorstep's", flush=True)


def laid_by_hand(package: Path, folder: Path) -> None:
    """Our libraries and its code; its unit; a camera; secrets and models as it kept them."""
    models = model_folder()
    assert models is not None
    subprocess.run(["dpkg-deb", "-x", str(package), str(folder / "srv" / "tree")], check=True)
    shutil.move(folder / "srv" / "tree" / "opt" / "doorstep", folder / "opt" / "doorstep")
    shutil.rmtree(folder / "srv" / "tree")
    [code] = (folder / "opt" / "doorstep").glob("lib/python3*/site-packages/doorstep")
    shutil.rmtree(code)
    shutil.copytree(Path(older_environment()["PYTHONPATH"]) / "doorstep", code)
    shutil.copytree(models, folder / "opt" / "doorstep" / "models")
    settings = folder / "etc" / "doorstep"
    settings.mkdir()
    (settings / "doorstep.toml").write_text(f'[server]\nlisten = "127.0.0.1:8080"\n{CAMERA}')
    (settings / "doorstep.env").write_text("DOORSTEP_MODELS=/opt/doorstep/models\n")
    (settings / "doorstep.env").chmod(0o600)
    (folder / "etc" / "systemd" / "system" / "doorstep.service").write_text(
        older_file("deploy/systemd/doorstep.service")
    )


def models_fetched(folder: Path, suite: str) -> None:
    """By the package's own command, which asks the network: not while the machine runs, for then it has none."""
    shutil.copy(package_for(suite), folder / "srv" / "doorstep.deb")
    with timed("apt install, in a root whose systemd does not run"):
        in_root(folder, "apt-get", "update", "-q")
        in_root(folder, "apt-get", "install", "-y", "-q", "/srv/doorstep.deb")
    with timed("doorstep models fetch"):
        print(f"          {in_root(folder, 'doorstep', 'models', 'fetch').strip()}", flush=True)
    assert "sound" in in_root(folder, "doorstep", "models", "verify")


ROUTES: dict[str, Callable[[Path, str], None]] = {
    "deb": by_deb,
    "pipx": by_pipx,
    "by-hand": over_by_hand,
    "models": models_fetched,
}
VENV = "ls -d ~/.local/share/pipx/venvs/doorstep/bin/python ~/.local/pipx/venvs/doorstep/bin/python 2> /dev/null"
"""Which of the two depends on the age of pipx."""
TOKEN = ("doorstep", "tokens", "create", "--scope", "events:read,status:read")
AS_0_1_0 = ("env", "PATH=/opt/doorstep/bin:/usr/bin:/bin")
"""As root: its guide's own way, `systemd-run --wait`, wants a bus, which a smallest Debian has not."""


def package_for(suite: str) -> Path:
    """Of this machine's processor."""
    [package] = DIST.glob(f"doorstep_*+deb{NUMBERS[suite]}_{ARCHES[platform.machine()]}.deb")
    return package


def refused(folder: Path, suite: str) -> None:
    """A package for another Debian or processor says so, in apt's words."""
    for other in sorted(DIST.glob("doorstep_*.deb")):
        if f"+deb{NUMBERS[suite]}_{ARCHES[platform.machine()]}" in other.name:
            continue
        shutil.copy(other, folder / "srv" / "other.deb")
        line = "apt-get install -y -q /srv/other.deb && echo INSTALLED; true"
        said = in_root(folder, "sh", "-c", f"{line} 2>&1")
        assert "INSTALLED" not in said
        print(f"          {other.name}: {[line for line in said.splitlines() if 'doorstep' in line][-1].strip()}")


def older_of(package: Path, older: Path) -> None:
    with TemporaryDirectory() as scratch:
        subprocess.run(["dpkg-deb", "-R", str(package), f"{scratch}/tree"], check=True)
        control = Path(scratch, "tree", "DEBIAN", "control")
        lines = control.read_text().splitlines()
        control.write_text(
            "".join(f"Version: {OLDER}\n" if line.startswith("Version: ") else f"{line}\n" for line in lines)
        )
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Znone", "-b", f"{scratch}/tree", str(older)],
            check=True,
            stdout=subprocess.DEVNULL,
        )


def looked_after(machine: Running) -> None:
    """The unit's own words for how it runs, and what a first owner is told."""
    shown = machine.run(
        "systemctl", "show", "doorstep", "--property=ActiveState,User,MemoryMax,WatchdogUSec,StatusText"
    )
    assert "ActiveState=active" in shown
    assert "User=doorstep" in shown
    print("          " + ", ".join(shown.split("\n")).strip(", "))
    journal = machine.run("journalctl", "-u", "doorstep", "--no-pager")
    assert "Make your account (within 10 minutes): http://" in journal, journal
    assert "Run `doorstep models fetch`." in journal, journal
    score = machine.run("systemd-analyze", "security", "doorstep.service", "--no-pager").strip().splitlines()[-1]
    print(f"          {score.strip()}")


def with_a_model(machine: Running, folder: Path) -> None:
    """Laid where `doorstep models fetch` lays it, and a camera, as the page would write it."""
    models = model_folder()
    assert models is not None
    shutil.copytree(models, folder / "srv" / "models")
    as_doorstep = ("setpriv", "--reuid=doorstep", "--regid=doorstep", "--clear-groups", "--")
    machine.run(*as_doorstep, "cp", "-r", "/srv/models", "/var/lib/doorstep/")
    machine.run(*as_doorstep, "sh", "-c", f"cat >> /etc/doorstep/doorstep.toml <<'END'{CAMERA}END\n")
    assert "sound" in machine.run("doorstep", "models", "verify")
    machine.run("systemctl", "restart", "doorstep")


def told_by(machine: Running) -> str:
    return waited(lambda: machine.run(*TOKEN, check=False), is_token).strip()


def is_token(said: str) -> bool:
    return len(said.split()) == 1 and len(said) > 20


def ask(machine: Running, path: str, token: str) -> str:
    """Status and text; what Python says where nobody answers."""
    return machine.run(PYTHON, "-c", ASK, "GET", path, "", token, check=False)


def first_alert(get: Callable[[str], str]) -> None:
    waited(lambda: get("/events"), lambda said: said.startswith("200") and '"person"' in said, FIRST_ALERT_SECONDS)


def settings_are_written(machine: Running) -> None:
    """As the page does it, in the unit's sandbox: the file and the secrets change, and stay the service's alone."""
    journal = machine.run("journalctl", "-u", "doorstep", "--no-pager", "-o", "cat")
    code = [line for line in journal.splitlines() if "/setup#" in line][-1].rpartition("#")[2]
    made = {"code": code, "name": "me", "password": PASSWORD}
    said = machine.run(PYTHON, "-c", ASK, "POST", "/setup", json.dumps(made), "")
    assert said.startswith("201"), said
    shown = machine.run(PYTHON, "-c", ASK, "GET", "/settings", "", "", PASSWORD)
    view = json.loads(shown.partition(" ")[2])
    assert view["writable"], view["why_not"]
    changes = [
        {"path": ["events", "close_after"], "value": 4},
        {"secret": "SMTP_PASSWORD", "value": "s3cret"},
        {"path": ["notify", "email", "smtp"], "value": "smtps://me:${SMTP_PASSWORD}@mail.example.org"},
        {"path": ["notify", "email", "from"], "value": "me@example.org"},
        {"path": ["notify", "email", "to"], "value": ["me@example.org"]},
    ]
    wanted = json.dumps({"version": view["version"], "changes": changes})
    said = machine.run(PYTHON, "-c", ASK, "PUT", "/settings", wanted, "", PASSWORD)
    assert said.startswith("200"), said
    assert "close_after = 4" in machine.run("cat", "/etc/doorstep/doorstep.toml")
    rights = machine.run("stat", "-c", "%U %a %n", "/etc/doorstep/doorstep.toml", "/etc/doorstep/secrets.toml")
    assert rights.count("doorstep 600 ") == 2, rights
    assert "600" in machine.run("stat", "-c", "%a", "/etc/doorstep/secrets.toml")
    print("          the page writes doorstep.toml and secrets.toml (0600) under the unit", flush=True)


def survives(machine: Running, what: str, happen: Callable[[], object]) -> None:
    """Another process serves afterwards, and has most of the last minutes."""
    before, process = segments(machine), main_process(machine)
    happen()
    waited(lambda: main_process(machine), lambda said: said not in {"0", process})
    serves(machine)
    kept = before & segments(machine)
    print(f"          {what}: {len(kept)} of {len(before)} seconds of the buffer are still there", flush=True)
    assert len(kept) > len(before) / 2


def serves(machine: Running) -> None:
    """Once it does; raises AssertionError with the last words of the service."""
    try:
        waited(lambda: machine.run("systemctl", "is-active", "doorstep", check=False), lambda said: said == "active\n")
    except AssertionError as error:
        last = machine.run("journalctl", "-u", "doorstep", "--no-pager", "-o", "cat", "-n", "40", check=False)
        raise AssertionError(last) from error


def main_process(machine: Running) -> str:
    return machine.run("systemctl", "show", "doorstep", "--property=MainPID", "--value").strip()


def segments(machine: Running) -> set[str]:
    return set(machine.run("find", "/run/doorstep", "-name", "*.m4s").split())


def kept_of(machine: Running, token: str) -> list[str]:
    """The events, oldest first."""
    said = waited(lambda: ask(machine, "/events", token), lambda said: said.startswith("200"))
    told = json.loads(said.partition(" ")[2])
    return [event["id"] for event in reversed(told["events"])]


def removed(machine: Running) -> None:
    """`remove` keeps settings and recordings, a new installation takes them up, `purge` leaves nothing."""
    with timed("remove"):
        machine.run("apt-get", "remove", "-y", "-q", "doorstep")
    assert "inactive" in machine.run("systemctl", "is-active", "doorstep", check=False)
    assert machine.run("sh", "-c", "ls -A /opt/doorstep 2>/dev/null; true") == ""
    machine.run("test", "-e", "/etc/doorstep/secrets.toml")
    machine.run("test", "-d", "/var/lib/doorstep/recordings")
    with timed("installed again, with what was kept"):
        machine.run("apt-get", "install", "-y", "-q", "/srv/doorstep.deb")
    assert "close_after = 4" in machine.run("cat", "/etc/doorstep/doorstep.toml")
    assert "active" in machine.run("systemctl", "is-active", "doorstep").split()
    with timed("purge"):
        machine.run("apt-get", "purge", "-y", "-q", "doorstep")
    places = " ".join(f"/{each}/doorstep" for each in ("etc", "var/lib", "opt", "run", "usr/bin", "usr/share"))
    left = machine.run("sh", "-c", f"ls -d {places} 2> /dev/null; true")
    assert left == "", left


def waited(ask_once: Callable[[], str], is_well: Callable[[str], bool], seconds: float = 60) -> str:
    until = time.monotonic() + seconds
    said = ""
    while time.monotonic() < until:
        said = ask_once()
        if is_well(said):
            return said
        time.sleep(0.5)
    msg = f"not within {seconds:.0f} s; last: {said[-2000:]}"
    raise AssertionError(msg)


if __name__ == "__main__":
    main()
