"""What a recording is called."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.recording_key import recording_key, still_key, thumbnail_key

DOOR = CameraId("front-door")
AT = datetime(2026, 11, 21, 14, 2, 3, 987654, tzinfo=UTC)


def free(_: str) -> bool:
    return False


def test_key_names_camera_day_and_second() -> None:
    assert recording_key(DOOR, AT, free) == "front-door/2026/11/21/20261121_140203.mp4"


def test_key_is_in_utc_wherever_the_time_was_read() -> None:
    elsewhere = datetime(2026, 11, 22, 1, 2, 3, tzinfo=timezone(timedelta(hours=11)))
    assert recording_key(DOOR, elsewhere, free) == "front-door/2026/11/21/20261121_140203.mp4"


@given(st.datetimes(timezones=st.just(UTC)), st.integers(1, 20))
def test_recordings_of_one_second_all_get_names_of_their_own(at: datetime, count: int) -> None:
    taken: set[str] = set()
    for _ in range(count):
        key = recording_key(DOOR, at, taken.__contains__)
        assert key not in taken
        taken.add(key)
    first = recording_key(DOOR, at, free)
    assert taken == {first} | {first.replace(".mp4", f"_{number}.mp4") for number in range(2, count + 1)}


def test_pictures_lie_beside_their_recording() -> None:
    key = recording_key(DOOR, AT, free)
    assert still_key(key) == "front-door/2026/11/21/20261121_140203.jpg"
    assert thumbnail_key(key) == "front-door/2026/11/21/20261121_140203.thumb.jpg"
