"""The side room of the local store: what is moved there keeps its bytes, and nothing is moved over another."""

from pathlib import Path

import pytest

from doorstep.core.errors import StoreUnavailable
from doorstep.stores.local import LocalStore
from doorstep.stores.lost_and_found import LostAndFound


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path)


@pytest.fixture
def room(tmp_path: Path, store: LocalStore) -> LostAndFound:
    store.put("porch/a.mp4", b"first")
    return LostAndFound(tmp_path)


def test_what_is_set_aside_is_no_blob_any_more_and_keeps_its_bytes(
    store: LocalStore, room: LostAndFound, tmp_path: Path
) -> None:
    place = room.set_aside("porch/a.mp4")
    assert (tmp_path / place).read_bytes() == b"first"
    assert list(store.keys()) == []
    assert room.held() == (1, 5)
    assert (room.leftovers(), room.foreign()) == ([], [])


def test_a_second_one_of_that_name_lies_beside_the_first(store: LocalStore, room: LostAndFound, tmp_path: Path) -> None:
    first = room.set_aside("porch/a.mp4")
    store.put("porch/a.mp4", b"second")
    second = room.set_aside("porch/a.mp4")
    assert [(tmp_path / place).read_bytes() for place in (first, second)] == [b"first", b"second"]


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "porch/../../outside", ".hidden", ""])
def test_what_is_no_key_is_not_moved(room: LostAndFound, key: str) -> None:
    with pytest.raises(StoreUnavailable):
        room.set_aside(key)


@pytest.mark.parametrize("name", ["../.0123456789abcdef", "porch/a.mp4", ".0123", "x/../../.0123456789abcdef"])
def test_what_is_no_leftover_is_not_cleared(room: LostAndFound, name: str, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        room.clear(name)
    assert (tmp_path / "porch/a.mp4").exists()


def test_a_leftover_is_known_by_its_exact_form(store: LocalStore, room: LostAndFound, tmp_path: Path) -> None:
    ours = "porch/.0123456789abcdef"
    strange = ["porch/.0123456789ABCDEF", "porch/.0123456789abcdef0", "porch/ .0123456789abcdef", "porch/.notes"]
    for name in (ours, *strange):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "porch/.00000000000000aa").symlink_to(tmp_path / "porch/a.mp4")
    (tmp_path / "porch/.00000000000000bb").mkdir()
    (tmp_path / "my stuff").mkdir()
    (tmp_path / "my stuff/.0123456789abcdef").write_bytes(b"x")
    assert room.leftovers() == [ours]
    strange += ["porch/.00000000000000aa", "porch/.00000000000000bb", "my stuff"]
    assert room.foreign() == sorted(strange)
    for name in (*strange, "my stuff/.0123456789abcdef"):
        with pytest.raises(StoreUnavailable):
            room.clear(name)
    assert room.clear(ours) == "removed"
    assert room.foreign() == sorted(strange)
    assert (room.leftovers(), list(store.keys())) == ([], ["porch/a.mp4"])


def test_beside_the_disks_own_lost_and_found_things_are_set_aside(room: LostAndFound, tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir(mode=0)
    assert room.foreign() == ["lost+found"]
    assert (tmp_path / room.set_aside("porch/a.mp4")).read_bytes() == b"first"
    assert room.held() == (1, 5)


def test_a_blob_that_is_gone_is_said(room: LostAndFound) -> None:
    with pytest.raises(StoreUnavailable):
        room.set_aside("porch/b.mp4")
