"""The systemd units of the hub, systemd.exec(5): each daemon shut in, none of the distribution's own is used.  Pure."""

from collections.abc import Mapping
from typing import Final

from doorstep.hub_machine.daemons import daemons
from doorstep.hub_machine.firewall_text import TABLE
from doorstep.hub_machine.shape import HubShape

SSH, WEB, TURN, FIREWALL, TRAFFIC, TRAFFIC_TIMER = (
    *(f"doorstep-hub-{name}.service" for name in ("ssh", "web", "turn", "firewall", "traffic")),
    "doorstep-hub-traffic.timer",
)
RUNNING: Final = (FIREWALL, SSH, WEB, TURN, TRAFFIC_TIMER)
"""What runs from the start of the machine on, the firewall first."""

_SHUT_IN: Final = """\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateTmp=yes
PrivateMounts=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
UMask=0077
"""

_HEAD: Final = """\
# Written by doorstep-hub; changes here are lost.  Your own go into a drop-in: systemctl edit {unit}
[Unit]
Description={description}
"""

_ALWAYS: Final = """\
Restart=always
RestartSec=1
"""

# Not Requires=: that would end the tunnels with each restart of the firewall.  So nothing begins while it is not there,
# which is tried again each second, and what runs goes on (systemd.unit(5)).
_CLOSED_FIRST: Final = f"ExecStartPre=+/usr/bin/systemctl --quiet is-active {FIREWALL}\n"

# Without ProtectProc: who lets go of a tunnel must see its sshd, which hides from its own user (proc(5), hidepid).
# A session is two of sshd, a shell and `serve` with two threads.  A box has seats for two, and for one that lets go of
# them: a hundred boxes are 1500 tasks at most.  Where they use up the memory, the kernel ends one process and its box
# comes again; systemd by itself would end all (OOMPolicy).
_SSH: Final = """\
Wants=network-online.target
After=network-online.target doorstep-hub-firewall.service
StartLimitIntervalSec=0

[Service]
Type=notify
{closed_first}ExecStartPre=+/usr/bin/systemd-tmpfiles --create {tmpfiles}/doorstep-hub.conf
ExecStartPre={sshd_test}
ExecStart={sshd}
ExecReload={sshd_test}
ExecReload=/bin/kill -HUP $MAINPID
{always}ReadWritePaths=-{run} {state}
CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_SYS_CHROOT CAP_KILL CAP_AUDIT_WRITE
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallFilter=@system-service chroot seccomp
TasksMax=2048
MemoryMax=60%
OOMPolicy=continue
{shut_in}
[Install]
WantedBy=multi-user.target
"""

_WEB: Final = """\
Wants=network-online.target
After=network-online.target doorstep-hub-firewall.service
StartLimitIntervalSec=0

[Service]
Type=notify
User={web_user}
Group={web_user}
Environment=HOME={web_state} XDG_CONFIG_HOME={web_state} XDG_DATA_HOME={web_state}
{closed_first}ExecStart={caddy}
ExecReload={caddy_reload}
TimeoutStopSec=5
{always}StateDirectory={web_state_name}
StateDirectoryMode=0700
RuntimeDirectory={web_run_name}
RuntimeDirectoryMode=0700
LimitNOFILE=65536
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallFilter=@system-service
MemoryMax=60%
PrivateIPC=yes
ProtectProc=invisible
RemoveIPC=yes
{shut_in}
[Install]
WantedBy=multi-user.target
"""

_TURN: Final = """\
Wants=network-online.target
After=network-online.target doorstep-hub-firewall.service
StartLimitIntervalSec=0

[Service]
Type=notify
User={turn_user}
Group={turn_user}
{closed_first}ExecStart={turn}
{always}RuntimeDirectory={turn_run_name}
RuntimeDirectoryMode=0700
LimitNOFILE=8192
CapabilityBoundingSet=
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallFilter=@system-service
MemoryMax=40%
PrivateIPC=yes
ProtectProc=invisible
RemoveIPC=yes
{shut_in}
[Install]
WantedBy=multi-user.target
"""

_FIREWALL: Final = """\
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target
# Whoever loads the machine's own rules anew takes away all tables first; ours comes back with them.
After=nftables.service
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={nft}
ExecReload={nft}
ExecStop=/usr/sbin/nft delete table inet {table}
Restart=on-failure
RestartSec=5
CapabilityBoundingSet=CAP_NET_ADMIN
RestrictAddressFamilies=AF_NETLINK AF_UNIX
SystemCallFilter=@system-service
{shut_in}
[Install]
WantedBy=sysinit.target
"""

_TRAFFIC: Final = """\

[Service]
Type=oneshot
User={user}
Group={user}
ExecStart={program} --settings {settings}/hub.json traffic --count
ReadWritePaths={state}
CapabilityBoundingSet=
RestrictAddressFamilies=AF_UNIX
SystemCallFilter=@system-service
PrivateIPC=yes
ProtectProc=invisible
{shut_in}"""

_TIMER: Final = """\

[Timer]
OnBootSec=30s
OnUnitActiveSec=60s
AccuracySec=10s

[Install]
WantedBy=timers.target
"""

_TEXTS: Final = {
    SSH: ("Doorstep hub: where boxes at home bring their tunnels (an sshd of its own)", _SSH),
    WEB: ("Doorstep hub: Caddy, for the boxes' public names", _WEB),
    TURN: ("Doorstep hub: coturn, for phones whose network blocks the direct way", _TURN),
    FIREWALL: ("Doorstep hub: what may come in", _FIREWALL),
    TRAFFIC: ("Doorstep hub: counts the bytes of the month", _TRAFFIC),
    TRAFFIC_TIMER: ("Doorstep hub: counts the bytes of the month, each minute", _TIMER),
}


def unit_texts(shape: HubShape) -> Mapping[str, str]:
    """Each unit's name and file."""
    words = _words(shape)
    return {
        unit: _HEAD.format(unit=unit, description=description) + text.format_map(words)
        for unit, (description, text) in _TEXTS.items()
    }


def _words(shape: HubShape) -> Mapping[str, str]:
    folders, argv = shape.folders, {name: " ".join(words) for name, words in daemons(shape).items()}
    return {
        "always": _ALWAYS,
        "closed_first": _CLOSED_FIRST,
        "shut_in": _SHUT_IN,
        "table": TABLE,
        "user": shape.user,
        "web_user": shape.web_user,
        "turn_user": shape.turn_user,
        "settings": folders.settings,
        "state": folders.state,
        "run": folders.run,
        "web_state": folders.web_state,
        "web_state_name": folders.web_state.removeprefix("/var/lib/"),
        "web_run_name": folders.web_run.removeprefix("/run/"),
        "turn_run_name": folders.turn_run.removeprefix("/run/"),
        "program": folders.program,
        "tmpfiles": folders.tmpfiles,
        **argv,
    }
