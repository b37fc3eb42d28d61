"""Who counts as one where tries are counted."""

import pytest

from doorstep.core.household import household


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("local", ""),
        ("", ""),
    ],
)
def test_who_can_choose_among_many_addresses_is_one(address: str, counted_as: str) -> None:
    assert household(address) == counted_as
