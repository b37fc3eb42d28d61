"""Where clouds tell a machine its own secrets: neither a camera nor a detector lives at such an address."""

from ipaddress import ip_address
from typing import Final

CLOUD_METADATA: Final = frozenset(
    (
        *map(ip_address, ("169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200")),
        *map(ip_address, ("168.63.129.16", "192.0.0.192", "169.254.42.42")),  # Azure, Oracle, Scaleway
        *map(ip_address, ("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42")),
    )
)
