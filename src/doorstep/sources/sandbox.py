"""What a process that reads a hostile camera gives up before it touches a byte of it: everything it can do without.

Linux only, each measure where the kernel has it; what is missing is told, never fatal.  The filter of system calls
lives in `syscall_filter`, the rules for files and ports in `landlock`.
"""

import ctypes
import os
import resource
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from doorstep.sources.landlock import Landlock
from doorstep.sources.syscall_filter import install_filter

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522
_MOST_MEMORY_BYTES = 1536 * 2**20  # address space: 4K video needs a third of it
_MOST_DESCRIPTORS = 64
_KILLED_FIRST = b"500"  # of the 1000 of oom_score_adj: a camera before the house


class Measure(StrEnum):
    """One part of the sandbox, as the owner reads it."""

    LIMITS = "limits"
    NO_NEW_PRIVILEGES = "no new privileges"
    CAPABILITIES = "no capabilities"
    FILES = "files (Landlock)"
    SYSTEM_CALLS = "system calls (seccomp)"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one camera's process, or another that reads what a camera sent, still needs.

    `reads` are files and folders it may read, `devices` it may also write to, `writes` are files that are there and
    that it may fill anew, at most `largest_file` bytes each; `tcp_ports` are where it may connect (None: anywhere);
    `local_sockets` are for a resolver that is spoken to over one, as for names in `.local`.
    """

    reads: tuple[Path, ...] = ()
    devices: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    largest_file: int = 256 * 2**20  # the memory of one shared picture
    tcp_ports: frozenset[int] | None = None
    local_sockets: bool = False


def die_with_parent(parent: int) -> None:
    """Be killed as soon as the process that forked this one is gone; ends at once if it is gone already."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def keep_only(descriptor: int) -> None:
    """Close every descriptor but this one; standard input, output and error lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard, inheritable=False)
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def confine(allowance: Allowance) -> tuple[Measure, ...]:
    """Give up everything else, for good; from the only thread.  Returns the measures that this kernel lacks."""
    libc = ctypes.CDLL(None, use_errno=True)
    _be_killed_first()
    missing: list[Measure] = []
    if not _limit(libc, allowance.largest_file):
        missing.append(Measure.LIMITS)
    landlock = Landlock.of_this_kernel(libc)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return (Measure.NO_NEW_PRIVILEGES, Measure.FILES, Measure.SYSTEM_CALLS)
    if landlock is None or not landlock.restrict(
        _existing((*READABLE, *allowance.reads)),
        _existing(allowance.devices),
        _existing(allowance.writes),
        allowance.tcp_ports,
    ):
        missing.append(Measure.FILES)
    if not _drop_capabilities(libc):
        missing.append(Measure.CAPABILITIES)
    if not install_filter(libc, local_sockets=allowance.local_sockets):
        missing.append(Measure.SYSTEM_CALLS)
    return tuple(missing)


def _existing(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if path.exists()]


def _be_killed_first() -> None:
    try:
        Path("/proc/self/oom_score_adj").write_bytes(_KILLED_FIRST)
    except OSError:
        return  # a kernel or container without it chooses by itself


def _limit(libc: ctypes.CDLL, largest_file: int) -> bool:
    limits = (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, _MOST_MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, _MOST_DESCRIPTORS),
        (resource.RLIMIT_FSIZE, largest_file),
    )
    try:
        for which, most in limits:
            hard = resource.getrlimit(which)[1]
            least = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(which, (least, least))
    except (OSError, ValueError):
        return False
    return bool(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)


def _drop_capabilities(libc: ctypes.CDLL) -> bool:
    """Matters where Doorstep runs as root, as in a container; capabilities(7), capset(2)."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    return bool(libc.capset(header, none) == 0)


def _code_folders() -> tuple[Path, ...]:
    """Where Python and its packages lie, for what is imported late."""
    import sysconfig  # noqa: PLC0415 - used once, at import of this module

    names = ("stdlib", "platstdlib", "purelib", "platlib")
    own = Path(__file__).resolve().parents[1]
    return (own, *{Path(path) for name in names if (path := sysconfig.get_path(name))})


READABLE: tuple[Path, ...] = (
    *_code_folders(),
    Path("/lib"),
    Path("/lib64"),
    Path("/usr/lib"),
    Path("/usr/lib64"),
    # How names are resolved: resolver(5), nsswitch.conf(5), gai.conf(5).
    Path("/etc/resolv.conf"),
    Path("/etc/hosts"),
    Path("/etc/host.conf"),
    Path("/etc/nsswitch.conf"),
    Path("/etc/gai.conf"),
    Path("/etc/services"),
    Path("/etc/localtime"),
    # Whom to trust over TLS: certificates, never keys.
    Path("/etc/ssl/certs"),
    Path("/etc/ssl/openssl.cnf"),
    Path("/etc/pki/tls/certs"),
    Path("/etc/pki/ca-trust/extracted"),
    Path("/usr/share/ca-certificates"),
    Path("/usr/local/share/ca-certificates"),
    Path("/dev/null"),
    Path("/dev/urandom"),
)
