from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.detection_switch import SwitchedOff, from_json, switched, to_json

OFF = SwitchedOff(datetime(2026, 11, 21, 13, 0, tzinfo=UTC), "ada")
FRONT = CameraId("front-door")


def test_what_is_off_stays_so_since_it_was() -> None:
    later = SwitchedOff(datetime(2026, 11, 21, 14, 0, tzinfo=UTC), "bob")
    off = switched({}, FRONT, OFF)
    assert switched(off, FRONT, later) == {FRONT: OFF}
    assert switched(off, FRONT, None) == {}


@given(
    st.dictionaries(
        st.text(max_size=40).map(CameraId),
        st.builds(SwitchedOff, st.datetimes(timezones=st.just(UTC)), st.text(max_size=40)),
        max_size=20,
    )
)
def test_what_was_written_is_read_again(off: dict[CameraId, SwitchedOff]) -> None:
    assert from_json(to_json(off)) == off


@given(st.binary(max_size=200))
def test_what_is_no_switch_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        from_json(content)


@pytest.mark.parametrize("wrong", [b'{"format": 1, "off": {"a": {}}}', b'{"format": 2, "off": {}}', b"[]"])
def test_another_format_is_refused(wrong: bytes) -> None:
    with pytest.raises(ValueError, match="no detection switches"):
        from_json(wrong)
