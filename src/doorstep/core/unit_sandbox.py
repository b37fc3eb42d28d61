"""What shuts the service in, and what of that somebody opened.  The unit itself: deploy/systemd/doorstep.service."""

from collections.abc import Mapping, Sequence

_YES = (
    *("LockPersonality", "NoNewPrivileges", "PrivateIPC", "PrivateMounts", "PrivateTmp", "ProtectClock"),
    *("ProtectControlGroups", "ProtectHome", "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules"),
    *("ProtectKernelTunables", "RemoveIPC", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID"),
)
SHUT: Mapping[str, frozenset[str]] = {
    **{name: frozenset({"yes"}) for name in _YES},
    "AmbientCapabilities": frozenset({""}),
    "CapabilityBoundingSet": frozenset({""}),
    "DevicePolicy": frozenset({"closed", "strict"}),
    "ProtectProc": frozenset({"invisible", "noaccess"}),
    "ProtectSystem": frozenset({"strict"}),
    "SystemCallArchitectures": frozenset({"native"}),
    "UMask": frozenset({"0077"}),
}
"""Settings of systemd.exec(5) and systemd.resource-control(5), each with what it may say."""

NEEDED = ("MemoryMax", "RestrictAddressFamilies", "SystemCallFilter", "User", "WatchdogUSec")
"""Those that must say something, whatever it is."""

_NOTHING = frozenset({"", "0", "infinity", "root"})


def opened(shown: str) -> Sequence[str]:
    """The names of settings that shut in less than they shall, from lines NAME=VALUE of `systemctl show`.

    Never a value: an owner's may name users and folders.  A setting that is not shown is one that this systemd does
    not know.
    """
    told = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    wrong = {name for name, allowed in SHUT.items() if name in told and told[name].strip() not in allowed}
    return sorted(wrong | {name for name in NEEDED if name in told and told[name].strip() in _NOTHING})
