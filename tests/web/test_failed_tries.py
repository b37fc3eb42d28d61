"""What the audit log hears of tries to sign in that fail: lines that nobody multiplies."""

from doorstep.web.sign_ins import FAILURES_TOGETHER_SECONDS, MANY, FailedTries
from fakes.house import House


def test_one_household_has_one_line_however_many_addresses_it_has() -> None:
    with House() as house:
        failed = FailedTries()
        lines = [failed.entry(house.parts, f"2001:db8:1:2::{number:x}", "password") for number in range(40)]
    assert len({line.id for line in lines}) == 1
    assert lines[-1].way == "password, 40 tries"


def test_a_crowd_shares_a_line_and_pushes_out_nothing() -> None:
    with House() as house:
        failed = FailedTries()
        lines = [failed.entry(house.parts, f"2001:db8:{number:x}::1", "password") for number in range(3000)]
        assert len({line.id for line in lines}) < 300
        assert lines[-1].address == MANY
        assert failed.entry(house.parts, "2001:db8:5::1", "password").way == "password, 2 tries"
        house.clock.advance(FAILURES_TOGETHER_SECONDS + 1)
        assert failed.entry(house.parts, "192.0.2.9", "password").address == "192.0.2.9"
