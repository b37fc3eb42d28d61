"""Who has a box's key and wants more with it than a tunnel: the real ssh, at any place that reaches the hub."""

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from select import select

from fakes.hub_places import Place
from fakes.hub_world import HUB_HOST

SSH_PORT = 2222
USER = "doorstep-hub"
PATIENCE_SECONDS, MOMENT_SECONDS = 60.0, 1.0
_STRICT = (
    *("BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "GlobalKnownHostsFile=none"),
    *("ControlMaster=no", "ConnectTimeout=10"),
)

_TRIES = count()
_ANYBODY = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null")


class Thief:
    """With copies of the key and the known hosts of a box.  Each try comes from an address of its own, so that no
    count of strangers refuses what the key's own lines should refuse.
    """

    def __init__(self, place: Place, key: Path, known_hosts: Path, folder: Path, host: str = HUB_HOST) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._place, self._host = place, host
        self.folder = folder
        self.key, self._known = folder / "key", folder / "known_hosts"
        shutil.copy(key, self.key)
        shutil.copy(known_hosts, self._known)
        self.key.chmod(0o600)

    def words(self, *options: str, program: str = "ssh", user: str = USER, port: int = SSH_PORT) -> list[str]:
        """The command line up to the host."""
        own = f"45.30.1.{10 + next(_TRIES) % 240}"
        self._place.run("ip", "address", "add", f"{own}/24", "dev", "mobile", check=False)
        whom = (f"UserKnownHostsFile={self._known}",) if port == SSH_PORT else _ANYBODY
        strict = [word for option in (*whom, *_STRICT) for word in ("-o", option)]
        where = ["-P" if program == "sftp" else "-p", str(port), "-o", f"BindAddress={own}"]
        return [program, "-F", "none", *strict, "-i", str(self.key), *where, *options, f"{user}@{self._host}"]

    def ssh(
        self, *options: str, command: str = "", user: str = USER, port: int = SSH_PORT, until: Sequence[str] = ()
    ) -> str:
        """Everything that was said until it ended; or a moment after one of `until` was, which a tunnel outlives."""
        more = [command] if command else []
        return self._said([*self.words("-v", *options, user=user, port=port), *more], until)

    def sftp(self) -> str:
        return self._said(self.words("-v", "-b", "-", program="sftp"), (), b"ls /\n")

    def _said(self, words: list[str], until: Sequence[str], given: bytes = b"") -> str:
        said, end = b"", time.monotonic() + PATIENCE_SECONDS
        with subprocess.Popen(
            self._place.inside(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=self._place.environment(),
        ) as running:  # fmt: skip
            assert running.stdin is not None
            assert running.stdout is not None
            if given:  # else it stays open, as a box's does: its end is the session's
                with suppress(BrokenPipeError):
                    running.stdin.write(given)
                    running.stdin.close()
            while time.monotonic() < end:
                if select([running.stdout], [], [], 0.1)[0]:
                    if not (chunk := os.read(running.stdout.fileno(), 65536)):
                        break
                    said += chunk
                    if any(word.encode() in said for word in until):
                        end, until = min(end, time.monotonic() + MOMENT_SECONDS), ()
            running.kill()
        return said.decode("utf-8", "replace")
