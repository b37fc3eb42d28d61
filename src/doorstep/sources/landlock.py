"""Landlock of Linux: which files a process may still read and where it may still connect.

Source of every number: include/uapi/linux/landlock.h and Documentation/userspace-api/landlock.rst of Linux.
"""

import ctypes
import os
import struct
from collections.abc import Sequence
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION = 1
_PATH_BENEATH, _NET_PORT = 1, 2

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_TRUNCATE = 1 << 14
_IOCTL_DEV = 1 << 15
_CONNECT_TCP = 1 << 1
_BIND_AND_CONNECT = 0b11
_SIGNALS_AND_ABSTRACT_SOCKETS = 0b11
# How many file rights each version of the interface knows, version 1 first.
_FILE_RIGHTS = (13, 14, 15, 15, 16)
_FIRST_WITH_NETWORK, _FIRST_WITH_SCOPES = 4, 6
_DNS_PORT = 53


class Landlock:
    """One set of rules, made and enforced once."""

    def __init__(self, libc: ctypes.CDLL, version: int) -> None:
        self._libc = libc
        self._version = version
        self._files = (1 << _FILE_RIGHTS[min(version, len(_FILE_RIGHTS)) - 1]) - 1

    @classmethod
    def of_this_kernel(cls, libc: ctypes.CDLL) -> "Landlock | None":
        """None where the kernel has none, or has it switched off."""
        version = libc.syscall(ctypes.c_long(_CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
        return cls(libc, version) if version > 0 else None

    @property
    def version(self) -> int:
        """Of the kernel's interface: 4 is the first with rules for ports."""
        return self._version

    def restrict(
        self,
        reads: Sequence[Path],
        devices: Sequence[Path],
        writes: Sequence[Path],
        tcp_ports: frozenset[int] | None,
    ) -> bool:
        """Nothing but these from here on, in this thread and all it starts; whether the kernel took it.

        The process must have given up new privileges.  No port is ever listened on.
        """
        network = self._version >= _FIRST_WITH_NETWORK
        handled_network = (_BIND_AND_CONNECT if tcp_ports is not None else 1) if network else 0
        attributes = struct.pack("<Q", self._files)
        if network:
            attributes += struct.pack("<Q", handled_network)
        if self._version >= _FIRST_WITH_SCOPES:
            attributes += struct.pack("<Q", _SIGNALS_AND_ABSTRACT_SOCKETS)
        ruleset = self._call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
        if ruleset < 0:
            return False
        try:
            added = [self._allow(ruleset, path, _READ_FILE | _READ_DIR) for path in reads]
            added += [self._allow(ruleset, path, _READ_FILE | _WRITE_FILE | _IOCTL_DEV) for path in devices]
            added += [self._allow(ruleset, path, _READ_FILE | _WRITE_FILE | _TRUNCATE) for path in writes]
            if network and tcp_ports is not None:
                added += [self._allow_port(ruleset, port) for port in (*tcp_ports, _DNS_PORT)]
            return all(added) and self._call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)) == 0
        finally:
            os.close(ruleset)

    def _allow(self, ruleset: int, path: Path, rights: int) -> bool:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return True  # what cannot be opened here cannot be opened later: nothing to allow
        try:
            usable = rights if path.is_dir() else rights & ~_READ_DIR
            rule = struct.pack("<Qi", usable & self._files, descriptor)
            return self._add(ruleset, _PATH_BENEATH, rule)
        finally:
            os.close(descriptor)

    def _allow_port(self, ruleset: int, port: int) -> bool:
        return self._add(ruleset, _NET_PORT, struct.pack("<QQ", _CONNECT_TCP, port))

    def _add(self, ruleset: int, kind: int, rule: bytes) -> bool:
        return self._call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(kind), rule, ctypes.c_uint32(0)) == 0

    def _call(self, number: int, *arguments: object) -> int:
        return int(self._libc.syscall(ctypes.c_long(number), *arguments))
