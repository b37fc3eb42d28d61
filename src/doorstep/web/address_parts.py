"""What the machine is called at home, as far as the web must know it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AddressParts:
    """`lan` is the address it listens on (where that is every one, the one at home).

    `link` is what links to Doorstep begin with.  `is_tls` says whether it shows a certificate of its own.
    """

    lan: str = ""
    link: str = ""
    is_tls: bool = False
