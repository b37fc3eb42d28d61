"""The command line of each daemon of the hub, for systemd's units and for who runs them otherwise.  Pure."""

from collections.abc import Mapping, Sequence

from doorstep.hub_machine.shape import HubShape

SSHD_FILE, CADDY_FILE, TURN_FILE, FIREWALL_FILE = "sshd_config", "Caddyfile", "turnserver.conf", "nftables.conf"


def daemons(shape: HubShape) -> Mapping[str, Sequence[str]]:
    """`sshd`, `caddy`, `turn` stay in the foreground; `nft` loads the firewall; `*_test` and `*_reload` end at once."""
    where = shape.folders.settings
    return {
        "sshd": ("/usr/sbin/sshd", "-D", "-f", f"{where}/{SSHD_FILE}"),
        "sshd_test": ("/usr/sbin/sshd", "-t", "-f", f"{where}/{SSHD_FILE}"),
        "caddy": ("/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", f"{where}/{CADDY_FILE}"),
        "caddy_test": ("/usr/bin/caddy", "adapt", "--adapter", "caddyfile", "--config", f"{where}/{CADDY_FILE}"),
        "caddy_reload": (
            *("/usr/bin/caddy", "reload", "--adapter", "caddyfile", "--config", f"{where}/{CADDY_FILE}"),
            *("--address", f"unix/{shape.folders.web_run}/admin.sock"),
        ),
        "turn": ("/usr/bin/turnserver", "-c", f"{where}/{TURN_FILE}", "--pidfile="),
        "nft": ("/usr/sbin/nft", "-f", f"{where}/{FIREWALL_FILE}"),
        "nft_test": ("/usr/sbin/nft", "-c", "-f", f"{where}/{FIREWALL_FILE}"),
    }
