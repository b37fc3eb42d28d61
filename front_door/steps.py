"""What the steps of `make run` and `make test` share: saying things plainly, running programs, doing a step once.

Python's standard library alone: this runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

TROUBLES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("No space left", "ENOSPC", "Disk quota"),
        "The disk is full. Free two gigabytes and run the same command again; what is here is kept.",
    ),
    (
        (
            "CERTIFICATE_VERIFY_FAILED",
            "SELF_SIGNED_CERT",
            "certificate verify failed",
            "UNABLE_TO_GET_ISSUER",
            "SSLError",
        ),
        (
            "A certificate on the way to the package registry is not trusted, as behind a company's proxy. "
            "Name its certificate file in PIP_CERT and NODE_EXTRA_CA_CERTS and run the same command again."
        ),
    ),
    (
        (
            "Temporary failure in name resolution",
            "Name or service not known",
            "ENOTFOUND",
            "EAI_AGAIN",
            "ECONNREFUSED",
            "Network is unreachable",
            "NewConnectionError",
            "ConnectTimeout",
            "ETIMEDOUT",
            "Connection refused",
            "Connection to",
            "ProxyError",
            "Failed to establish",
        ),
        (
            "The package registry cannot be reached. Check the network and run the same command again; "
            "what was fetched is kept."
        ),
    ),
    (
        ("No matching distribution found",),
        (
            "The package registry cannot be reached, or it has no package for this Python and processor. "
            "Doorstep needs a 64-bit system (x86-64 or aarch64). Check the network and run the same command again."
        ),
    ),
    (
        ("HASHES", "do not match the hashes", "EINTEGRITY"),
        "A package is not the one that was pinned. Run the same command again; if it happens twice, report it.",
    ),
    (
        ("Read-only file system", "Permission denied", "EACCES", "EROFS"),
        "A folder cannot be written. Clone Doorstep into a folder of your own and run the command there.",
    ),
)


def say(line: str) -> None:
    """One line for the person who waits."""
    print(line, flush=True)


def give_up(sentence: str, log: Path | None = None) -> NoReturn:
    """One sentence with the remedy, and where the details are."""
    details = f" (Details: {log.relative_to(ROOT)})" if log is not None and log.exists() else ""
    print(f"\n{sentence}{details}", file=sys.stderr, flush=True)
    sys.exit(1)


def run(
    what: str,
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
    progress: Callable[[str], None] | None = None,
) -> None:
    """Run a program with its words in a log; when it fails, say why in one sentence and end."""
    log = ROOT / "var" / "log" / f"{what.replace(' ', '-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            log.open("w", encoding="utf-8") as file,
            subprocess.Popen(
                [str(part) for part in command],
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            ) as process,
        ):
            for line in process.stdout or ():
                file.write(line)
                if progress is not None:
                    progress(line)
    except OSError as error:
        give_up(trouble_in(str(error), what), None)
    if process.returncode != 0:
        give_up(trouble_in(log.read_text(encoding="utf-8", errors="replace"), what), log)


def trouble_in(text: str, what: str) -> str:
    """The sentence for a failed program's words."""
    for marks, sentence in TROUBLES:
        if any(mark in text for mark in marks):
            return sentence
    return f"{what.capitalize()} failed."


def fingerprint(paths: Iterable[Path], *also: str) -> str:
    """Changes when a file's name or content does."""
    digest = hashlib.sha256("\0".join(also).encode())
    for path in sorted(paths):
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_done(stamp: Path, inputs: str) -> bool:
    """Whether the step was finished for just these inputs."""
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == inputs


def done(stamp: Path, inputs: str) -> None:
    """Remember it, once everything else is on the disk."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(inputs, encoding="utf-8")


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two `make run` at once: the second waits for the first one's set-up."""
    try:
        lock = (ROOT / ".front-door.lock").open("a", encoding="utf-8")
    except OSError as error:
        give_up(trouble_in(str(error), "making a lock file"))
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Another set-up is running in this folder; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
