from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.event import EventId
from doorstep.core.off_site_key import (
    SEALED,
    CopyKind,
    day_of_part,
    next_key,
    part_key,
    parts_folder,
    read_copy_key,
    read_part_key,
)
from doorstep.core.recording_key import recording_key, still_key, thumbnail_key

CAMERAS = st.from_regex(r"\A[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?\Z").filter(lambda name: name != "running")
INSTANTS = st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(CAMERAS, INSTANTS, st.integers(1, 10**7), st.sampled_from(["", SEALED]))
def test_the_key_of_a_part_tells_whose_it_is_and_when(camera: str, at: datetime, number: int, end: str) -> None:
    event = EventId(f"{camera}-20261122T061122123")
    key = part_key(parts_folder(CameraId(camera), event, at), at, number)
    found = read_part_key(key + end)
    assert found is not None
    assert (found.camera, found.event, found.number) == (camera, event, number)
    assert 0 <= (at - found.first_at).total_seconds() < 0.001
    assert day_of_part(key) == f"{at.year:04}{at.month:02}{at.day:02}"
    assert read_copy_key(key) is None


@given(CAMERAS, INSTANTS, st.integers(0, 3), st.sampled_from(["", SEALED]))
def test_the_key_of_a_copy_tells_its_camera_its_second_and_what_it_is(
    camera: str, at: datetime, taken: int, end: str
) -> None:
    left = iter([True] * taken)
    key = recording_key(CameraId(camera), at, lambda _: next(left, False))
    names = {key: CopyKind.CLIP, still_key(key): CopyKind.STILL, thumbnail_key(key): CopyKind.THUMBNAIL}
    for name, kind in names.items():
        found = read_copy_key(name + end)
        assert found is not None
        assert (found.camera, found.kind, found.plain) == (camera, kind, name)
        assert found.starts_at == at.replace(microsecond=0)
        assert read_part_key(name) is None


@given(CAMERAS, INSTANTS)
def test_the_next_keys_are_those_that_a_recording_would_get(camera: str, at: datetime) -> None:
    keys = [recording_key(CameraId(camera), at, lambda _: False)]
    for _ in range(12):
        keys.append(recording_key(CameraId(camera), at, lambda key: key in keys))
        assert next_key(keys[-2]) == keys[-1]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "x",
        "running/a/20261122/e/20261122T061122123-000001.mp4.exe",
        "running/a/20261122/e/20261322T061122123-000001.mp4",
        "running/a/20261122/../20261122T061122123-000001.mp4",
        "running/2026/11/22/20261122_061122.mp4",
        "door/2026/11/22/20261123_061122.mp4",
        "door/2026/11/31/20261131_061122.mp4",
        "../2026/11/22/20261122_061122.mp4",
        "told/door/2026/11/22/20261122_061122.mp4.json",
    ],
)
def test_what_is_called_otherwise_is_none_of_ours(key: str) -> None:
    assert read_part_key(key) is None
    assert read_copy_key(key) is None
