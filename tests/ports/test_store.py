"""The contract of `ports.Store`, held by every store, and of `ports.GrowingStore`, held by those in the house."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import BlobMissing, StoreUnavailable
from doorstep.ports import GrowingStore, Store
from doorstep.stores.local import LocalStore
from doorstep.stores.memory import MemoryStore
from fakes.moto_s3 import MotoS3, moto_s3
from fakes.radosgw import missing, radosgw
from fakes.s3_stores import ceph_settings, moto_settings, sealed, store_of

KEY = "front-door/2026/11/21/20261121_140203.mp4"
BAD_KEYS = [
    "",
    "/etc/passwd",
    "../outside",
    "a/../../outside",
    "a/./b",
    "a//b",
    "a/",
    ".hidden",
    "a/.hidden",
    "a\0b",
    "a\\b",
    "a\nb",
    "a b",
    "tür",
    "a/\N{FULLWIDTH FULL STOP}\N{FULLWIDTH FULL STOP}/b",
    "\ud800",
    "x" * 201,
    "/".join(["x" * 100] * 20),
]


on_ceph = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoS3]:
    with moto_s3() as server:
        yield server


@pytest.fixture(
    params=[
        "local",
        "memory",
        "s3 on moto",
        "sealed on moto",
        pytest.param("s3 on radosgw", marks=on_ceph),
        pytest.param("sealed on radosgw", marks=on_ceph),
    ]
)
def whole(request: pytest.FixtureRequest, tmp_path: Path, moto: MotoS3) -> Store:
    """Whole blobs, wherever they lie."""
    stores: dict[str, Callable[[], Store]] = {
        "local": lambda: LocalStore(tmp_path / "blobs"),
        "memory": MemoryStore,
        "s3 on moto": lambda: store_of(moto_settings(moto)),
        "sealed on moto": lambda: store_of(sealed(moto_settings(moto))),
        "s3 on radosgw": lambda: store_of(ceph_settings(radosgw())),
        "sealed on radosgw": lambda: store_of(sealed(ceph_settings(radosgw()))),
    }
    return stores[request.param]()


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> GrowingStore:
    stores: dict[str, Callable[[], GrowingStore]] = {
        "local": lambda: LocalStore(tmp_path / "blobs"),
        "memory": MemoryStore,
    }
    return stores[request.param]()


def filled(store: GrowingStore, key: str, data: bytes) -> None:
    blob = store.create(key)
    blob.append(data)
    blob.close()


def test_what_was_appended_is_read_back_while_it_grows(store: GrowingStore) -> None:
    blob = store.create(KEY)
    blob.append(b"one")
    assert store.read(KEY, 0, 100) == b"one"
    blob.append(b"two")
    blob.sync()
    assert blob.size == 6
    assert store.size(KEY) == 6
    assert store.read(KEY, 2, 2) == b"et"
    assert store.read(KEY, 5, 100) == b"o"
    assert store.read(KEY, 6, 100) == b""
    blob.close()


def test_an_empty_blob_exists_from_the_start(store: GrowingStore) -> None:
    blob = store.create(KEY)
    assert store.exists(KEY)
    assert store.size(KEY) == 0
    blob.close()


def test_a_taken_key_is_not_created_again(store: GrowingStore) -> None:
    filled(store, KEY, b"first")
    with pytest.raises(StoreUnavailable):
        store.create(KEY)
    assert store.read(KEY, 0, 100) == b"first"


def test_closing_twice_is_fine_and_a_closed_blob_takes_nothing(store: GrowingStore) -> None:
    blob = store.create(KEY)
    blob.append(b"abc")
    blob.close()
    blob.close()
    assert blob.size == 3
    with pytest.raises(StoreUnavailable):
        blob.append(b"d")
    with pytest.raises(StoreUnavailable):
        blob.sync()
    assert store.read(KEY, 0, 100) == b"abc"


def test_resume_cuts_off_what_lies_behind_the_size(store: GrowingStore) -> None:
    filled(store, KEY, b"whole segments and half of one")
    blob = store.resume(KEY, 14)
    assert blob.size == 14
    blob.append(b"!")
    blob.close()
    assert store.read(KEY, 0, 100) == b"whole segments!"


def test_resume_needs_the_bytes_it_goes_on_behind(store: GrowingStore) -> None:
    with pytest.raises(BlobMissing):
        store.resume(KEY, 0)
    filled(store, KEY, b"short")
    with pytest.raises(BlobMissing):
        store.resume(KEY, 6)
    assert store.read(KEY, 0, 100) == b"short"


def test_put_writes_and_replaces(whole: Store) -> None:
    whole.put("front-door/still.jpg", b"one")
    whole.put("front-door/still.jpg", b"a longer one")
    assert whole.read("front-door/still.jpg", 0, 100) == b"a longer one"
    whole.put("front-door/still.jpg", b"")
    assert whole.size("front-door/still.jpg") == 0
    assert whole.read("front-door/still.jpg", 0, 100) == b""


def test_any_part_of_a_blob_is_read(whole: Store) -> None:
    data = bytes(range(256)) * 1024
    whole.put(KEY, data)
    assert whole.size(KEY) == len(data)
    for offset, length in ((0, 1), (0, 0), (65_535, 2), (100_000, 100_000), (len(data) - 1, 5), (len(data), 5)):
        assert whole.read(KEY, offset, length) == data[offset : offset + length]


def test_what_is_missing_is_said_to_be(whole: Store) -> None:
    assert not whole.exists(KEY)
    with pytest.raises(BlobMissing):
        whole.read(KEY, 0, 1)
    with pytest.raises(BlobMissing):
        whole.read(KEY, 0, 0)
    with pytest.raises(BlobMissing):
        whole.size(KEY)


def test_a_folder_is_no_blob(store: GrowingStore) -> None:
    filled(store, "a/b/c", b"x")
    assert not store.exists("a/b")
    with pytest.raises(BlobMissing):
        store.read("a/b", 0, 1)
    with pytest.raises(BlobMissing):
        store.resume("a/b", 0)
    with pytest.raises(StoreUnavailable):
        store.put("a/b", b"")
    with pytest.raises(StoreUnavailable):
        store.create("a/b/c/d")
    store.delete("a/b")
    assert store.read("a/b/c", 0, 1) == b"x"
    with pytest.raises(BlobMissing):
        store.size("a/b/c/d")


def test_deleting_is_idempotent(whole: Store) -> None:
    whole.put(KEY, b"x")
    assert whole.exists(KEY)
    whole.delete(KEY)
    whole.delete(KEY)
    assert not whole.exists(KEY)
    whole.put(KEY, b"y")
    assert whole.read(KEY, 0, 9) == b"y"


def test_a_deleted_key_is_free(store: GrowingStore) -> None:
    filled(store, KEY, b"x")
    store.delete(KEY)
    store.delete(KEY)
    assert not store.exists(KEY)
    filled(store, KEY, b"y")
    assert store.read(KEY, 0, 9) == b"y"


def test_keys_lists_everything(whole: Store) -> None:
    assert list(whole.keys()) == []
    for key in ("a", "b/c", "b/d/e.mp4", "b/f.jpg"):
        whole.put(key, b"x")
    whole.delete("a")
    assert sorted(whole.keys()) == ["b/c", "b/d/e.mp4", "b/f.jpg"]


def test_free_space_is_a_number_or_unbounded(whole: Store) -> None:
    free = whole.free_bytes()
    assert free is None or free > 0


def test_no_key_but_plain_names(whole: Store) -> None:
    for key in BAD_KEYS:
        assert_refused(whole, key)
    assert list(whole.keys()) == []


@pytest.mark.parametrize("key", BAD_KEYS)
def test_nothing_grows_under_another_name(store: GrowingStore, key: str) -> None:
    with pytest.raises(StoreUnavailable):
        store.create(key)
    with pytest.raises(BlobMissing):
        store.resume(key, 0)


@given(st.text())
def test_a_key_is_plain_or_refused(key: str) -> None:
    store = MemoryStore()
    try:
        store.put(key, b"x")
    except StoreUnavailable:
        assert_refused(store, key)
    else:
        assert not key.startswith(("/", "."))
        assert ".." not in key.split("/")
        assert key.isascii()
        assert key.isprintable()


def assert_refused(store: Store, key: str) -> None:
    with pytest.raises(StoreUnavailable):
        store.put(key, b"")
    with pytest.raises(StoreUnavailable):
        store.delete(key)
    with pytest.raises(BlobMissing):
        store.read(key, 0, 1)
    with pytest.raises(BlobMissing):
        store.size(key)
    assert not store.exists(key)
