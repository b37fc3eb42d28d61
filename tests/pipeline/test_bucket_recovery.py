"""Saving what lies in a bucket of which some is forbidden, broken or smaller than it should be."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from doorstep.core.clip_words import ClipWords
from doorstep.core.errors import BlobMissing, StoreForbidden, StoreUnavailable
from doorstep.core.event import EventId
from doorstep.core.media import Codec
from doorstep.core.off_site_key import part_key, parts_folder
from doorstep.core.recovery_plan import Listed, ListingReader, RecoveryWish
from doorstep.mp4.recording import entry, header
from doorstep.pipeline.bucket_recovery import (
    LEAST_OF_PARTS,
    Bucket,
    BucketRecovery,
    NotSaved,
    Outcome,
    RebuiltClips,
    SavedCopy,
)
from doorstep.pipeline.recovered_folder import RecoveredFolder
from fakes.footage import CAMERA, NOON, real_stream, segments_of
from fakes.whole_clips import played, whole_clip

COUNT = 150
FORMAT, SMALL = real_stream(Codec.H264, COUNT, b_frames=0)
FILLER = (1002).to_bytes(4) + b"\x0c" + b"\xff" * 1000 + b"\x80"
"""Filler data of H.264, which shows nothing: with it the pictures are as large as those of a camera."""
PACKETS = [replace(packet, data=packet.data + FILLER) for packet in SMALL]
SEGMENTS = segments_of(PACKETS, timescale=FORMAT.timescale)
WHOLE = whole_clip(FORMAT, SEGMENTS, 0, COUNT / 25).data
KEY = "front-door/2026/11/21/20261121_120000.mp4"
EVENT = EventId("front-door-20261121T120002000")
FORBIDDEN = "The keys may not read what lies there."


@dataclass
class FakeBucket:
    """`forbidden` are keys that may not be read, `gone` those that vanished since they were listed."""

    to: Path
    objects: dict[str, bytes] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    def send_clip(self, key: str = KEY, data: bytes = WHOLE, event: EventId = EVENT) -> str:
        self.objects[key] = data
        self.words[key] = ClipWords(event, CAMERA, "Front door", NOON, 6.0).text()
        return key

    def send_parts(self) -> list[str]:
        """One of each segment."""
        folder = parts_folder(CAMERA, EVENT, NOON)
        keys = []
        for number, one in enumerate(SEGMENTS, 1):
            keys.append(part_key(folder, one[0].starts_at, number))
            self.objects[keys[-1]] = header(FORMAT, b'{"event": "e"}') + entry(*one)
        return keys

    def recover(self) -> list[Outcome]:
        listing = ListingReader(RecoveryWish())
        for key, data in self.objects.items():
            listing.take(Listed(key, len(data)))
        plan = listing.plan("")
        bucket = Bucket(self._read, self._words, lambda _at, size: size, lambda _seconds: None)
        recovery = BucketRecovery(bucket, RecoveredFolder(self.to), plan, lambda _done, _all: None)
        return list(recovery.run())

    def _read(self, at: Listed) -> Iterator[bytes]:
        self._check(at)
        yield self.objects[at.key]

    def _words(self, at: Listed) -> str:
        self._check(at)
        return self.words.get(at.key, "")

    def _check(self, at: Listed) -> None:
        if at.key in self.forbidden:
            raise StoreForbidden(FORBIDDEN)
        if at.key in self.gone:
            raise BlobMissing(at.key)


@pytest.fixture(name="bucket")
def _bucket(tmp_path: Path) -> FakeBucket:
    return FakeBucket(tmp_path / "recovered")


@pytest.mark.parametrize("what", ["parts", "clips", "both"])
def test_keys_that_may_read_nothing_end_it(bucket: FakeBucket, what: str) -> None:
    if what != "clips":
        bucket.send_parts()
    if what != "parts":
        for number in range(20):
            bucket.send_clip(f"front-door/2026/11/20/20261120_1200{number:02}.mp4", event=EventId(f"e{number}"))
    bucket.forbidden = set(bucket.objects)
    with pytest.raises(StoreForbidden, match=FORBIDDEN):
        bucket.recover()
    assert not list(bucket.to.rglob("*.mp4"))


def test_one_part_that_is_forbidden_or_gone_is_passed_over_and_told(bucket: FakeBucket) -> None:
    for trouble in (bucket.forbidden, bucket.gone):
        parts = bucket.send_parts()
        trouble.add(parts[3])
        (rebuilt,) = bucket.recover()
        assert isinstance(rebuilt, RebuiltClips)
        (told,) = rebuilt.damaged
        assert told.startswith(parts[3])
        (bucket.to / KEY).unlink()
        trouble.clear()


def test_one_copy_that_is_forbidden_or_gone_is_passed_over_and_told(bucket: FakeBucket) -> None:
    first = bucket.send_clip("front-door/2026/11/20/20261120_120000.mp4", event=EventId("e1"))
    second = bucket.send_clip("front-door/2026/11/20/20261120_130000.mp4", event=EventId("e2"))
    third = bucket.send_clip(event=EventId("e3"))
    bucket.forbidden.add(second)
    bucket.gone.add(third)
    outcomes = bucket.recover()
    assert {type(one): one.key for one in outcomes if isinstance(one, SavedCopy | NotSaved)}[SavedCopy] == first
    assert {one.key for one in outcomes if isinstance(one, NotSaved)} == {second, third}
    assert (bucket.to / first).read_bytes() == WHOLE


def test_a_line_that_is_dead_while_others_are_asked_is_no_right_to_read(bucket: FakeBucket) -> None:
    """Told by what was forbidden: that is what the owner can mend."""
    parts = bucket.send_parts()
    bucket.forbidden.add(parts[0])

    class Dead(FakeBucket):
        def _check(self, at: Listed) -> None:
            super()._check(at)
            msg = "The bucket cannot be reached."
            raise StoreUnavailable(msg)

    dead = Dead(bucket.to, bucket.objects, forbidden=bucket.forbidden)
    with pytest.raises(StoreUnavailable):
        dead.recover()


def test_a_clip_much_smaller_than_its_parts_does_not_stand_for_them(bucket: FakeBucket) -> None:
    """Each clip is a good one; how much of the parts it has decides."""
    parts_size = sum(len(bucket.objects[key]) for key in bucket.send_parts())
    rebuilt_at = []
    for end in (1.0, 3.0, 4.6, 5.4, COUNT / 25):
        clip = whole_clip(FORMAT, SEGMENTS, 0, end).data
        house = FakeBucket(bucket.to.parent / str(end), dict(bucket.objects))
        house.send_clip(data=clip)
        outcomes = house.recover()
        assert (house.to / KEY).read_bytes() == clip
        rebuilt = [one for one in outcomes if isinstance(one, RebuiltClips)]
        share = len(clip) / parts_size
        assert len(rebuilt) == (share < LEAST_OF_PARTS), (end, share)
        rebuilt_at += [end] if rebuilt else []
        for one in rebuilt:
            (made,) = one.clips
            assert made.key == KEY.replace(".mp4", "_2.mp4")
            assert [number for number, _ in played((house.to / made.key).read_bytes())] == list(range(COUNT))
    assert rebuilt_at == [1.0, 3.0, 4.6]
