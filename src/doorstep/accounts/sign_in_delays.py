"""How long somebody waits after wrong passwords: longer each time, never for ever.  Passwords are checked elsewhere."""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from math import ceil
from threading import Lock

from doorstep.core.errors import TooManyTries
from doorstep.ports import Clock

_FREE_TRIES = 4
_LONGEST_BY_ADDRESS = 15 * 60.0
# Shorter, because a stranger can make the owner wait by it.
_LONGEST_BY_ACCOUNT = 60.0
_FORGOTTEN_AFTER = 24 * 60 * 60.0
_MOST_ROWS = 4096


@dataclass(slots=True)
class _Tries:
    count: int
    next_at: float
    last_at: float


class SignInDelays:
    """Counts tries by account and by address, in memory and in bounded space.  Thread-safe.

    The fifth wrong try in a row has to wait a second, the next two, then four and so on, up to a minute for one account
    and a quarter of an hour for one address.  An address from which an account was opened before does not wait for
    what strangers try with that account elsewhere; it has a count of its own for it, which nobody ends but with that
    account: who lives there and has another must not try this one without waiting.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_account: OrderedDict[str, _Tries] = OrderedDict()
        self._by_address: OrderedDict[str, _Tries] = OrderedDict()
        self._at_home: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._by_both: OrderedDict[str, _Tries] = OrderedDict()
        self._lock = Lock()

    def begin(self, name: str | None, address: str) -> None:
        """Count a try before it is made, so that many at once get no more than many in a row.  Raises TooManyTries.

        A try with a code or a passkey names nobody.
        """
        account, network = (name or "").casefold(), network_of(address)
        with self._lock:
            now = self._clock.monotonic()
            known = name is None or (account, network) in self._at_home
            wait = max(
                _wait(self._by_address, network, now),
                _wait(self._by_both, f"{network} {account}", now) if known else _wait(self._by_account, account, now),
            )
            if wait > 0:
                msg = f"Too many tries. Wait {ceil(wait)} seconds."
                raise TooManyTries(msg, wait)
            _count(self._by_address, network, now, _LONGEST_BY_ADDRESS)
            if name is not None:
                _count(self._by_account, account, now, _LONGEST_BY_ACCOUNT)
                if known:
                    _count(self._by_both, f"{network} {account}", now, _LONGEST_BY_ACCOUNT)

    def succeeded(self, name: str | None, address: str) -> None:
        """The try was right: start over for this account, and for this address."""
        account, network = (name or "").casefold(), network_of(address)
        with self._lock:
            self._by_address.pop(network, None)
            if name is None:
                return
            self._by_account.pop(account, None)
            self._by_both.pop(f"{network} {account}", None)
            self._at_home[account, network] = None
            self._at_home.move_to_end((account, network))
            if len(self._at_home) > _MOST_ROWS:
                self._at_home.popitem(last=False)


def network_of(address: str) -> str:
    """Who an address belongs to: itself in IPv4, its /64 in IPv6, where one household has that many."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))


def _wait(tries: OrderedDict[str, _Tries], key: str, now: float) -> float:
    row = tries.get(key)
    return row.next_at - now if row else 0.0


def _count(tries: OrderedDict[str, _Tries], key: str, now: float, longest: float) -> None:
    row = tries.pop(key, None)
    count = row.count + 1 if row and now - row.last_at < _FORGOTTEN_AFTER else 1
    over = count - _FREE_TRIES
    delay = min(longest, 2.0 ** min(over, 30)) if over >= 0 else 0.0
    tries[key] = _Tries(count, now + delay, now)
    if len(tries) > _MOST_ROWS:
        tries.popitem(last=False)
