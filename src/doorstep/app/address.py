"""How a phone at home reaches this server: its address in links and on the first line."""

import fcntl
import socket
import struct

from doorstep.core.settings import ServerSettings

SIOCGIFADDR = 0x8915
LOOPBACK = "127.0.0.1"
EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not bound


def link_address(settings: ServerSettings, port: int) -> str:
    """What links begin with: the address from outside where there is one, else the one at home."""
    return settings.address.rstrip("/") or base_address(settings, port)


def base_address(settings: ServerSettings, port: int) -> str:
    """`scheme://host:port` at home; the first configured name, else the address it listens on, else the LAN's."""
    scheme = "https" if settings.tls else "http"
    host = settings.names[0] if settings.names else listening_address(settings)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def listening_address(settings: ServerSettings) -> str:
    """The address it listens on; where that is every one, the LAN's."""
    return lan_address() if settings.host in EVERYWHERE else settings.host


def lan_address() -> str:
    """The first address of this machine that is not its loopback.  Asks the kernel, sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(probe, SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
            except OSError:
                continue
            address = socket.inet_ntoa(answer[20:24])
            if not address.startswith("127."):
                return address
    return LOOPBACK
