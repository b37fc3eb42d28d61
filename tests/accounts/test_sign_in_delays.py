"""How long somebody waits after wrong passwords."""

import re

from hypothesis import given
from hypothesis import strategies as st

from doorstep.accounts.sign_in_delays import SignInDelays, network_of
from doorstep.core.errors import AccessDenied
from fakes.clock import FakeClock


def wait_of(delays: SignInDelays, name: str, address: str) -> int:
    """How long this try has to wait, 0 when it may be made (and then it is counted)."""
    try:
        delays.begin(name, address)
    except AccessDenied as error:
        found = re.fullmatch(r"Too many tries\. Wait (\d+) seconds\.", str(error))
        assert found
        return int(found[1])
    return 0


def waits(delays: SignInDelays, clock: FakeClock, name: str, address: str, tries: int) -> list[int]:
    """The wait before each try, if each is made as soon as it may."""
    found = []
    for _ in range(tries):
        wait = wait_of(delays, name, address)
        if wait:
            clock.advance(wait)
            assert wait_of(delays, name, address) == 0
        found.append(wait)
    return found


def test_the_wait_doubles_up_to_a_quarter_of_an_hour() -> None:
    clock = FakeClock()
    found = waits(SignInDelays(clock), clock, "Anna", "192.0.2.1", 17)
    assert found == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


def test_one_account_waits_a_minute_at_most_wherever_the_tries_come_from() -> None:
    clock = FakeClock()
    delays = SignInDelays(clock)
    found = [waits(delays, clock, "Anna", f"192.0.2.{number}", 1)[0] for number in range(14)]
    assert found == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_one_address_waits_whatever_names_it_tries() -> None:
    delays = SignInDelays(FakeClock())
    assert [wait_of(delays, f"name {number}", "192.0.2.1") for number in range(6)] == [0, 0, 0, 0, 1, 1]
    assert wait_of(delays, "Anna", "192.0.2.2") == 0


def test_waiting_in_vain_does_not_lengthen_the_wait() -> None:
    clock = FakeClock()
    delays = SignInDelays(clock)
    for _ in range(5):
        wait_of(delays, "Anna", "192.0.2.1")
    for _ in range(100):
        assert wait_of(delays, "Anna", "192.0.2.1") == 1
    clock.advance(1)
    assert wait_of(delays, "Anna", "192.0.2.1") == 0


def test_a_right_password_starts_over() -> None:
    delays = SignInDelays(FakeClock())
    for _ in range(10):
        assert wait_of(delays, "Anna", "192.0.2.1") == 0
        delays.succeeded("ANNA", "192.0.2.1")


def test_strangers_do_not_make_the_owner_wait_at_home() -> None:
    clock = FakeClock()
    delays = SignInDelays(clock)
    delays.begin("Anna", "192.0.2.1")
    delays.succeeded("Anna", "192.0.2.1")
    for number in range(8):
        wait_of(delays, "Anna", f"198.51.100.{number}")
    assert wait_of(delays, "anna", "198.51.100.99") > 0
    assert wait_of(delays, "anna", "192.0.2.1") == 0


def test_tries_are_forgotten_after_a_day() -> None:
    clock = FakeClock()
    delays = SignInDelays(clock)
    waits(delays, clock, "Anna", "192.0.2.1", 12)
    clock.advance(24 * 60 * 60)
    assert waits(delays, clock, "Anna", "192.0.2.1", 4) == [0, 0, 0, 0]


def test_a_flood_of_names_and_addresses_stays_in_bounds() -> None:
    delays = SignInDelays(FakeClock())
    for number in range(10_000):
        delays.begin(f"name {number}", f"address {number}")
        delays.succeeded(f"name {number}", f"address {number}")
        delays.begin(f"name {number}", f"address {number}")
    assert len(delays._by_account) == len(delays._by_address) == len(delays._at_home) == 4096


def test_one_household_of_the_new_internet_is_one_address() -> None:
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"


@given(st.text())
def test_no_address_is_too_odd(address: str) -> None:
    assert network_of(network_of(address)) == network_of(address) or "/" in network_of(address)


def test_who_lives_there_cannot_try_anothers_password_between_his_own() -> None:
    clock = FakeClock()
    delays = SignInDelays(clock)
    for name in ("Anna", "Bob"):
        assert wait_of(delays, name, "192.0.2.1") == 0
        delays.succeeded(name, "192.0.2.1")
    found = []
    for _ in range(8):
        found.append(wait_of(delays, "Anna", "192.0.2.1"))
        clock.advance(found[-1])
        if found[-1]:
            assert wait_of(delays, "Anna", "192.0.2.1") == 0
        assert wait_of(delays, "Bob", "192.0.2.1") == 0
        delays.succeeded("Bob", "192.0.2.1")
        delays.succeeded(None, "192.0.2.1")  # nor between codes that he may show
    assert found == [0, 0, 0, 0, 1, 2, 4, 8]
    clock.advance(60)
    assert wait_of(delays, "Anna", "192.0.2.1") == 0
    delays.succeeded("Anna", "192.0.2.1")
    assert [wait_of(delays, "Anna", "192.0.2.1") for _ in range(4)] == [0, 0, 0, 0]
