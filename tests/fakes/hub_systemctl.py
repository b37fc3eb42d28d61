"""Stands in for systemctl in a hub of the tests, where no systemd runs: it starts what the real unit files say.

It heeds the lines that decide what runs and as whom, and none of those that confine it; a unit that ends is not begun
again.  The file is copied there, behind a line that names that machine's own Python.
"""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

FOLDERS = (Path("/etc/systemd/system"), Path("/run/systemd/system"), Path("/lib/systemd/system"))
STATE = Path("/run/stand-in")
READY_SECONDS = 60.0
STOP_SECONDS = 10.0
DIRECTORIES = {"RuntimeDirectory": "/run", "StateDirectory": "/var/lib", "LogsDirectory": "/var/log",
               "CacheDirectory": "/var/cache", "ConfigurationDirectory": "/etc"}  # fmt: skip
Unit = dict[str, list[str]]


def read(name: str) -> Unit:
    """Its lines, those of its drop-ins after them; an empty one forgets what was said before (systemd.syntax(7))."""
    files = [folder / name for folder in FOLDERS if (folder / name).is_file()][:1]
    assert files, f"Unit {name} could not be found."
    files += sorted(one for folder in FOLDERS for one in (folder / f"{name}.d").glob("*.conf"))
    unit: Unit = {}
    for file in files:
        text = re.sub(r"\\\n", " ", file.read_text(encoding="utf-8"))
        for line in text.splitlines():
            key, equals, value = line.partition("=")
            if not equals or line.lstrip().startswith(("#", ";")):
                continue
            if not value.strip():
                unit.pop(key.strip(), None)
            else:
                unit.setdefault(key.strip(), []).append(value.strip())
    return unit


def last(unit: Unit, key: str, otherwise: str = "") -> str:
    return unit.get(key, [otherwise])[-1]


def start(name: str) -> None:
    if pid_of(name):
        return
    assert not is_masked(name), f"Unit {name} is masked."
    unit = read(name)
    STATE.mkdir(exist_ok=True)
    (STATE / f"{name}.began").touch()
    if name.endswith(".timer"):
        served = last(unit, "Unit", name.replace(".timer", ".service"))
        begin(name, {}, f"/bin/sh -c 'while :; do {sys.argv[0]} start {served}; sleep 60; done'")
        return
    directories(unit)
    for words in unit.get("ExecStartPre", []):
        finish(unit, words)
    if last(unit, "Type") == "oneshot":
        for words in unit.get("ExecStart", []):
            finish(unit, words)
        return
    begin(name, unit, last(unit, "ExecStart"))


def directories(unit: Unit) -> None:
    for key, base in DIRECTORIES.items():
        for word in " ".join(unit.get(key, [])).split():
            made = Path(base) / word
            made.mkdir(parents=True, exist_ok=True)
            made.chmod(int(last(unit, f"{key}Mode", "755"), 8))
            if user := last(unit, "User"):
                subprocess.run(["chown", f"{user}:", str(made)], check=True)


def command(unit: Unit, words: str, pid: str = "") -> Sequence[str]:
    """With the rights of its user.  A dash before it forgives its failure; other marks are not known here."""
    plain = words.lstrip("-+!@:")
    line = [word.replace("$MAINPID", pid) for word in shlex.split(plain) if not re.fullmatch(r"\$\w+", word) or pid]
    if not (user := last(unit, "User")) or words.startswith(("+", "!")):
        return line
    raised = [f"+{one.removeprefix('CAP_').lower()}" for one in last(unit, "AmbientCapabilities").split()]
    caps = ["--inh-caps", ",".join(raised), "--ambient-caps", ",".join(raised)] if raised else []
    rights = ["--no-new-privs"] if last(unit, "NoNewPrivileges") in {"yes", "true"} else []
    group = last(unit, "Group") or subprocess.check_output(["id", "-gn", user], text=True).strip()
    return ["setpriv", "--reuid", user, "--regid", group, "--init-groups", *caps, *rights, "--", *line]


def environment(unit: Unit) -> dict[str, str]:
    user = last(unit, "User", "root")
    home = subprocess.check_output(["getent", "passwd", user], text=True).split(":")[5]
    words = [word for line in unit.get("Environment", []) for word in shlex.split(line)]
    for file in unit.get("EnvironmentFile", []):
        with suppress(OSError):
            words += shlex.split(Path(file.lstrip("-")).read_text(encoding="utf-8"), comments=True)
    own = dict(word.split("=", 1) for word in words if "=" in word)
    return {"PATH": os.environ["PATH"], "HOME": home, "USER": user, "LANG": "C.UTF-8", **own}


def finish(unit: Unit, words: str, pid: str = "") -> None:
    done = subprocess.run(command(unit, words, pid), env=environment(unit), check=False, stdin=subprocess.DEVNULL)
    assert not done.returncode or words.startswith("-"), f"{words} ended with {done.returncode}"


def begin(name: str, unit: Unit, words: str) -> None:
    """In the background; where it says when it is ready, from then on."""
    notify = STATE / f"{name}.notify"
    notify.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told, (STATE / f"{name}.log").open("a") as log:
        told.bind(str(notify))
        notify.chmod(0o777)
        told.settimeout(0.2)
        process = subprocess.Popen(
            command(unit, words), env={**environment(unit), "NOTIFY_SOCKET": str(notify)} if unit else None,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
        )  # fmt: skip
        (STATE / f"{name}.pid").write_text(str(process.pid))
        end = time.monotonic() + READY_SECONDS
        while last(unit, "Type", "simple").startswith("notify") and time.monotonic() < end:
            assert process.poll() is None, f"{name} ended: {(STATE / f'{name}.log').read_text()[-1500:]}"
            with suppress(TimeoutError):
                if b"READY=1" in told.recv(4096):
                    return


def pid_of(name: str) -> int:
    """0 where it does not run."""
    with suppress(OSError, ValueError):
        pid = int((STATE / f"{name}.pid").read_text())
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            return pid
    return 0


def stop(name: str) -> None:
    """All of its session, as a control group would be; those of an sshd that has one of their own as well."""
    (STATE / f"{name}.began").unlink(missing_ok=True)
    if not (pid := pid_of(name)):
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        for one in [pid, *below(pid)]:
            with suppress(ProcessLookupError):
                os.kill(one, number)
        end = time.monotonic() + STOP_SECONDS
        while pid_of(name) and time.monotonic() < end:
            time.sleep(0.02)
    (STATE / f"{name}.pid").unlink(missing_ok=True)


def below(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
            found += [child, *below(child)]
    return found


def reload(name: str) -> None:
    unit, pid = read(name), pid_of(name)
    assert pid, f"{name} is not active, cannot reload."
    for words in unit.get("ExecReload", []):
        finish(unit, words, str(pid))


def is_active(name: str) -> bool:
    unit = read(name)
    lasting = last(unit, "Type") == "oneshot" and last(unit, "RemainAfterExit") in {"yes", "true"}
    return bool(pid_of(name)) or (lasting and (STATE / f"{name}.began").exists())


def enable(name: str, *, on: bool) -> None:
    """Beside the unit files, so that it is known after a boot."""
    _noted("stand-in.enabled", name, on=on)


def _noted(folder: str, name: str, *, on: bool) -> None:
    mark = FOLDERS[0] / folder
    mark.mkdir(parents=True, exist_ok=True)
    (mark / name).touch() if on else (mark / name).unlink(missing_ok=True)


def boot() -> None:
    """Every enabled unit, as when the machine came up."""
    for name in sorted(path.name for path in (FOLDERS[0] / "stand-in.enabled").glob("*")):
        start(name)


def restart(name: str) -> None:
    stop(name)
    start(name)


def refresh(name: str) -> None:
    """Reload where that is known, else begin anew."""
    reload(name) if pid_of(name) and "ExecReload" in read(name) else restart(name)


def is_enabled(name: str) -> bool:
    return (FOLDERS[0] / "stand-in.enabled" / name).exists()


def is_masked(name: str) -> bool:
    return (FOLDERS[0] / "stand-in.masked" / name).exists()


def mask(name: str, *, on: bool) -> None:
    """It cannot be begun, for the link that systemd puts there says so."""
    _noted("stand-in.masked", name, on=on)


ACTS = {
    **dict.fromkeys(("start",), start),
    **dict.fromkeys(("stop", "kill"), stop),
    **dict.fromkeys(("restart", "try-restart"), restart),
    **dict.fromkeys(("reload-or-restart", "try-reload-or-restart"), refresh),
    "reload": reload,
}
ANSWERS = {"is-active": (is_active, "active"), "status": (is_active, "active"), "is-enabled": (is_enabled, "enabled")}


def main(words: Sequence[str]) -> int:
    flags, (verb, *names) = {word for word in words if word[0] == "-"}, [word for word in words if word[0] != "-"]
    if verb == "boot":
        boot()
    known = True
    for name in [name if "." in name else f"{name}.service" for name in names]:
        if verb in {"enable", "disable", "mask", "unmask"}:
            enable(name, on=verb == "enable")
            mask(name, on=verb == "mask")
        if act := ACTS.get(("start" if verb == "enable" else "stop") if "--now" in flags else verb):
            act(name)
        if answer := ANSWERS.get(verb):
            known = answer[0](name)
            if "--quiet" not in flags:
                print(answer[1] if known else "masked" if is_masked(name) else "inactive")
    return 0 if known else 3


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except AssertionError as failed:
        sys.exit(str(failed))
