"""Of whatever lies in a bucket only what is called as ours is taken, and never under a name that leads elsewhere."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.event import EventId
from doorstep.core.off_site_key import part_key, parts_folder
from doorstep.core.recovery_plan import Listed, ListingReader, RecoveryWish
from fakes.footage import CAMERA, NOON

KEY = "front-door/2026/11/21/20261121_120000.mp4"
EVENT = EventId("front-door-20261121T120002000")
NAMES = st.sampled_from(
    ["", ".", "..", "front-door", "running", "2026", "11", "21", "20261121", "told", "\x00", "é", "20261121_120000.mp4"]
)


def read(*objects: Listed) -> ListingReader:
    reader = ListingReader(RecoveryWish())
    for listed in objects:
        reader.take(listed)
    return reader


@given(st.lists(st.one_of(NAMES, st.text(max_size=12)), max_size=9), st.integers(0, 2**63))
def test_no_key_leads_out_of_the_folder(names: list[str], size: int) -> None:
    listing = read(Listed("/".join(names), size))
    for root in listing.roots():
        for copy in listing.plan(root).copies:
            parts = copy.key.plain.split("/")
            assert len(parts) == 5
            assert all(part.isascii() and part.strip(".") and not part.startswith(".") for part in parts)


def test_marks_of_what_was_told_are_ours_and_of_no_use() -> None:
    mark = f"home/told/{KEY}.json"
    assert read(Listed(f"home/{KEY}", 1), Listed(mark, 1)).plan("home").strangers == 0
    assert read(Listed(f"home/{KEY}", 1), Listed(mark.replace("told", "tolled"), 1)).plan("home").strangers == 1


@pytest.mark.parametrize("end", ["", ".spare", ".enc", ".spare.enc", ".none", ".enc.none"])
def test_what_check_left_there_is_ours_and_of_no_use(end: str) -> None:
    probe = f"home/running/check/0123456789abcdef.txt{end}"
    assert read(Listed(f"home/{KEY}", 1), Listed(probe, 15)).plan("home").strangers == 0
    for other in (probe.replace("0123", "xyz"), probe.replace("check", "checks"), f"{probe}.exe"):
        assert read(Listed(f"home/{KEY}", 1), Listed(other, 15)).plan("home").strangers == 1


def test_a_clip_is_found_near_the_parts_of_its_event() -> None:
    folder = parts_folder(CAMERA, EVENT, NOON)
    parts = [part_key(folder, NOON + timedelta(seconds=at), at + 1) for at in range(3)]
    far = "front-door/2026/11/21/20261121_130000.mp4"
    listing = read(*(Listed(f"home/{key}", 1) for key in (*parts, KEY, far)))
    plan = listing.plan("home")
    (event,) = plan.events
    assert [copy.key.plain for copy in plan.clips_near(event)] == [KEY]
    assert plan.size == 5


def test_the_shallowest_folder_is_the_doorsteps_and_what_lies_deeper_a_strangers() -> None:
    listing = read(Listed(f"home/{KEY}", 1), Listed(f"home/evil/{KEY}", 1))
    assert listing.roots() == ["home"]
    assert listing.plan("home").strangers == 1


def test_of_two_with_one_name_the_sealed_one_is_taken() -> None:
    for keys in ((KEY, f"{KEY}.enc"), (f"{KEY}.enc", KEY)):
        plan = read(*(Listed(key, 1) for key in keys)).plan("")
        assert [copy.at.key for copy in plan.copies] == [f"{KEY}.enc"]
        assert plan.named_strangers == (KEY,)


def test_a_wish_takes_what_begins_in_its_time() -> None:
    wish = RecoveryWish(frozenset({CAMERA}), NOON, NOON + timedelta(seconds=1))
    assert wish.takes(CAMERA, NOON)
    assert not wish.takes(CAMERA, NOON + timedelta(seconds=1))
    assert not wish.takes(CAMERA, NOON - timedelta(seconds=1))
    assert not wish.takes(CameraId("garden"), NOON)
