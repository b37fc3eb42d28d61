"""Machines that are no machines: each a network and files of its own, in namespaces of the kernel's that root can make.

    with places() as made:
        hub = made.place("hub", overlay=tmp_path / "hub")    # its own users, processes and files over this machine's
        phone = made.place("phone")                          # this machine's files, but for what is `written` over
        phone.call(lambda: httpx.get("https://door.example.org"))

What the machines are to each other is `fakes.hub_world`'s.  With the process that made it a place is gone, however
that ends, and all that runs in it: nothing stays in the kernel.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
STEP_SECONDS = 120.0
CALL_SECONDS = 300.0
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PROGRAMS = ("ip", "nft", "conntrack", "tc", "nsenter", "setpriv", "unshare", "mount", "ssh", "sshd", "openssl")
_CLONE_FS, _CLONE_NEWNS, _CLONE_NEWNET = 0x200, 0x20000, 0x40000000  # sched.h

# An overlay gets its own processes too: with the first of them they are all gone.  It buries whom nobody waits for.
_OVERLAY = r"""
set -e
mkdir -p "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount --rbind /dev dev
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mkdir run/lock
ip link set lo up
hostname "$2"
pivot_root . mnt
umount -l /mnt
exec env -i PATH="$PATH" LC_ALL=C.UTF-8 HOME=/root /usr/bin/python3 -c \
  'import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN); print("ready", flush=True)
while True: signal.pause()'
"""
_PLAIN = 'set -e; mount --make-rprivate /; ip link set lo up; hostname "$2"; echo ready; exec sleep infinity'


class Place:
    """One of them.  `overlay` is where what it writes lies, seen from outside; without one it has this machine's."""

    def __init__(self, name: str, overlay: Path | None) -> None:
        self.name, self.overlay = name, overlay
        kinds = ["--net", "--mount", "--uts", *(["--pid", "--fork", "--kill-child"] if overlay else [])]
        words = ["setpriv", "--pdeathsig", "KILL", "unshare", *kinds, "--propagation", "private"]
        script = _OVERLAY if overlay else _PLAIN
        self._outer = subprocess.Popen(
            [*words, "sh", "-c", script, "sh", str(overlay or ""), name],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PATH": PATH},
        )  # fmt: skip
        assert self._outer.stdout is not None
        said = self._outer.stdout.readline()
        assert said == "ready\n", f"{name} could not be made: {said}{self._outer.stdout.read()}"
        self.first = _child_of(self._outer.pid) if overlay else self._outer.pid

    def inside(self, *words: str) -> list[str]:
        """The command that runs these words there: with the same process id, but for an overlay's."""
        kinds = ["--net", "--mount", "--uts", *(["--pid"] if self.overlay else [])]
        return ["setpriv", "--pdeathsig", "KILL", "nsenter", f"--target={self.first}", *kinds, "--", *words]

    def run(
        self, *words: str, check: bool = True, given: str | None = None, seconds: float = STEP_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Until it ended.  Raises AssertionError with its words where it failed and must not."""
        done = subprocess.run(
            self.inside(*words), input=given, stdin=None if given is not None else subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", timeout=seconds, check=False, env=self.environment(),
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{self.name}: {' '.join(words)}: {done.stdout}{done.stderr}"
        return done

    def start(self, *words: str, log: Path | None = None) -> subprocess.Popen[str]:
        """In the background; to be ended by whoever started it, else with the place."""
        with (log or Path(os.devnull)).open("a", encoding="utf-8") as file:
            return subprocess.Popen(
                self.inside(*words), stdin=subprocess.DEVNULL, stdout=file, stderr=file, text=True,
                env=self.environment(),
            )  # fmt: skip

    def environment(self) -> Mapping[str, str]:
        """An overlay is another machine, with nothing of ours."""
        bare = {"PATH": PATH, "HOME": "/root", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        return bare if self.overlay else {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}

    def call(self, what: Callable[[], T], seconds: float = CALL_SECONDS) -> T:
        """What it returns, or raises, in a thread that is there; threads and loops that it begins are there too."""
        answers: list[T] = []
        errors: list[BaseException] = []

        def there() -> None:
            try:
                self._enter()
                answers.append(what())
            except BaseException as error:  # noqa: BLE001 raised below, in the thread that waits
                errors.append(error)

        thread = threading.Thread(target=there, name=f"in {self.name}", daemon=True)
        thread.start()
        thread.join(seconds)
        assert not thread.is_alive(), f"not within {seconds} s in {self.name}"
        if errors:
            raise errors[0]
        return answers[0]

    def write(self, path: str, text: str, folder: Path) -> None:
        """A file of its own in place of this machine's; it may be written again.  `folder` keeps it."""
        if self.overlay:
            self.run("sh", "-c", 'mkdir -p "$(dirname "$1")" && cat > "$1"', "sh", path, given=text)
            return
        kept = folder / f"{self.name}-{Path(path).name}"
        known = kept.exists()
        kept.write_text(text, encoding="utf-8")
        if not known:
            self.run("mount", "--bind", str(kept), path)

    def put(self, path: str, content: bytes) -> None:
        """A program, as a file of an overlay's: written from inside, for its layers are the kernel's."""
        words = self.inside("sh", "-c", 'cat > "$1" && chmod 755 "$1"', "sh", path)
        subprocess.run(words, input=content, check=True, timeout=STEP_SECONDS, env=self.environment())

    def processes(self) -> list[int]:
        """Whatever runs in its network, by this machine's ids; the one that holds it is not told."""
        ours, found = _network(self.first), []
        for folder in Path("/proc").iterdir():
            with suppress(OSError):
                if folder.name.isdecimal() and int(folder.name) != self.first and _network(int(folder.name)) == ours:
                    found.append(int(folder.name))
        return [one for one in found if one not in (os.getpid(), self._outer.pid)]

    def kill_all(self, number: signal.Signals = signal.SIGKILL) -> None:
        """As a machine that goes down does it, or one whose plug is pulled."""
        for process in self.processes():
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def end(self) -> None:
        """It, and all that still runs in it."""
        with suppress(OSError):
            self.kill_all()
        self._outer.kill()
        self._outer.wait(60)
        if self._outer.stdout is not None:
            self._outer.stdout.close()

    def _enter(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        assert not self.overlay, "an overlay has other files: a thread of ours would lose its own"
        assert libc.unshare(_CLONE_FS) == 0, os.strerror(ctypes.get_errno())
        for kind, name in ((_CLONE_NEWNET, "net"), (_CLONE_NEWNS, "mnt")):
            opened = os.open(f"/proc/{self.first}/ns/{name}", os.O_RDONLY)
            try:
                assert libc.setns(opened, kind) == 0, os.strerror(ctypes.get_errno())
            finally:
                os.close(opened)


class Places:
    """All that were made."""

    def __init__(self) -> None:
        self.all: list[Place] = []

    def place(self, name: str, overlay: Path | None = None) -> Place:
        """One more, without a cable."""
        made = Place(name, overlay)
        self.all.append(made)
        return made

    def cable(self, one: tuple[Place, str, str], other: tuple[Place, str, str]) -> None:
        """From a card (place, name, address/bits; no address where it is a bridge's) to another."""
        (a, card, _), (b, far, _) = one, other
        run("ip", "link", "add", card, "netns", str(a.first), "type", "veth", "peer", far, "netns", str(b.first))
        for place, name, address in (one, other):
            if address:
                place.run("ip", "address", "add", address, "dev", name)
            place.run("ip", "link", "set", name, "up")


@contextmanager
def places() -> Iterator[Places]:
    """Until the block ends."""
    made = Places()
    try:
        yield made
    finally:
        for place in reversed(made.all):
            place.end()


@lru_cache
def why_not(*programs: str) -> str:
    """Why there can be none here; empty where there can."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    absent = [program for program in (*_PROGRAMS, *programs) if shutil.which(program, path=path) is None]
    if absent:
        return f"{', '.join(absent)} cannot be found"
    if os.geteuid() != 0:
        return "only root can make network namespaces"
    try:
        with places() as made:
            one, other = made.place("one"), made.place("other")
            made.cable((one, "ds-a", "192.168.3.1/24"), (other, "ds-b", "192.168.3.2/24"))
            other.run("nft", "add table inet tried")
    except (AssertionError, OSError) as error:
        return f"no network namespace can be made here: {error}"
    return ""


def needs_places(*programs: str) -> None:
    """Skip the test where none can be had."""
    if why := why_not(*programs):
        pytest.skip(why)


def run(*words: str) -> str:
    """On this machine itself."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=STEP_SECONDS, check=False,
                          env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"})  # fmt: skip
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr or done.stdout}"
    return done.stdout


def _network(process: int) -> str:
    return os.readlink(f"/proc/{process}/ns/net")  # noqa: PTH115 what it points to is no path


def _child_of(process: int) -> int:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        children: Sequence[str] = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        if children:
            return int(children[0])
        time.sleep(0.01)
    raise TimeoutError
