"""Playlists of every camera that there may be, held against the rules; and each rule against what breaks it."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.media import Packet, StreamItem
from doorstep.live.hls import HlsFeed
from doorstep.live.packet_feed import PacketFeed
from doorstep.mp4.fragment import read_fragment
from fakes.clock import FakeClock
from fakes.footage import CAMERA, FORMAT, TIMESCALE, packet, plain_packets
from fakes.hls_validator import ReadPart, ReadPlaylist, Reloads, faults_of, read

GOOD = """#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.200,HOLD-BACK=6.0
#EXT-X-PART-INF:PART-TARGET=0.400
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="init-1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:00:00.000Z
#EXT-X-PART:DURATION=0.40000,URI="part-7-0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.20000,URI="part-7-1.m4s"
#EXTINF:0.60000,
segment-7.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init-2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:00:05.000Z
#EXT-X-PART:DURATION=0.40000,URI="part-8-0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-8-1.m4s"
"""

BROKEN = {
    "4.4.1.1": ("#EXTM3U\n", ""),
    "4.1": ("\n#EXT-X-VERSION", "\r\n#EXT-X-VERSION"),
    "4.4: unknown": ("#EXT-X-VERSION:6", "#EXT-X-VERSION:6\n#EXT-X-ODD:1"),
    "4.4: EXT-X-VERSION stands twice": ("#EXT-X-VERSION:6", "#EXT-X-VERSION:6\n#EXT-X-VERSION:6"),
    "4.4.3: EXT-X-VERSION behind": ("segment-7.m4s", "segment-7.m4s\n#EXT-X-VERSION:6"),
    "4.4.4.1: EXTINF": ("#EXTINF:0.60000,", "#EXTINF:0.60000"),
    "4.4.4.1: segment-7.m4s has no": ("#EXTINF:0.60000,\n", ""),
    "4.4.4.1: segment 7 lasts no time": ("#EXTINF:0.60000,", "#EXTINF:0.0,"),
    "4.4.5.3: a hint": ("TYPE=PART,", ""),
    "4.4.5.3: the hinted": ("part-8-1", "part-8-0"),
    "4.4.3.1: no": ("#EXT-X-TARGETDURATION:2\n", ""),
    "4.4.3.1: segment 7": ("#EXTINF:0.60000,", "#EXTINF:2.50000,"),
    "4.4.1.2": ("VERSION:6", "VERSION:5"),
    "4.4.3.2": ("#EXT-X-MEDIA-SEQUENCE:7\n", ""),
    "4.4.3.3": ("#EXT-X-DISCONTINUITY-SEQUENCE:3\n", ""),
    "4.4.3.7": ("#EXT-X-PART-INF:PART-TARGET=0.400\n", ""),
    "4.4.3.8: HOLD-BACK": (",HOLD-BACK=6.0", ",HOLD-BACK=5.9"),
    "4.4.3.8: PART-HOLD-BACK": ("PART-HOLD-BACK=1.200", "PART-HOLD-BACK=1.100"),
    "4.4.3.8: reloads": ("CAN-BLOCK-RELOAD=YES", "CAN-BLOCK-RELOAD=NO"),
    "6.2.2: no whole": ("#EXTINF:0.60000,\nsegment-7.m4s\n", ""),
    "4.4.4.5": ('#EXT-X-MAP:URI="init-1.mp4"\n', ""),
    "4.4.4.6": ("#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:00:05.000Z\n", ""),
    "4.4.4.3": ("#EXT-X-DISCONTINUITY\n", ""),
    "4.4.2.1": ('part-8-0.m4s",INDEPENDENT=YES', 'part-8-0.m4s"'),
    "4.4.4.9: a part without": ('DURATION=0.40000,URI="part-8-0', 'URI="part-8-0'),
    "4.4.4.9: part 0 of segment 7 lasts": ("DURATION=0.40000", "DURATION=0.40100"),
    "4.4.4.9: part 0 of segment 8 is shorter": (':DURATION=0.40000,URI="part-8', ':DURATION=0.33000,URI="part-8'),
    "4.4.4.9: the parts of segment 7": ("#EXTINF:0.60000,", "#EXTINF:0.70000,"),
}


def test_a_good_playlist_has_no_fault() -> None:
    assert faults_of(GOOD) == []
    assert Reloads().faults_of(GOOD) == []


@pytest.mark.parametrize("rule", list(BROKEN))
def test_each_rule_finds_a_playlist_that_breaks_it(rule: str) -> None:
    right, wrong = BROKEN[rule]
    assert right in GOOD
    assert [fault for fault in faults_of(GOOD.replace(right, wrong)) if fault.startswith(rule)]


def test_parts_far_from_the_end_are_a_fault() -> None:
    filling = "".join(
        f"#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:00:0{number}.000Z\n#EXTINF:2.0,\nfill-{number}.m4s\n"
        for number in range(4)
    )
    text = GOOD.replace("#EXT-X-DISCONTINUITY\n", filling + "#EXT-X-DISCONTINUITY\n")
    assert [fault for fault in faults_of(text) if fault.startswith("6.2.2: the parts")]


def test_one_address_for_two_segments_is_a_fault() -> None:
    again = "#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:00:01.000Z\n#EXTINF:0.6,\nsegment-7.m4s\n#EXT-X-DISCONTINUITY\n"
    text = GOOD.replace("#EXT-X-DISCONTINUITY\n", again)
    assert [fault for fault in faults_of(text) if fault.startswith("6.2.1: two")]


RELOADED = {
    "6.2.1: the target": ("TARGETDURATION:2", "TARGETDURATION:1"),
    "6.2.1: the part target": ("PART-TARGET=0.400", "PART-TARGET=0.399"),
    "6.2.2: the media": ("MEDIA-SEQUENCE:7", "MEDIA-SEQUENCE:6"),
    "6.2.1: a segment vanished": (GOOD[GOOD.index("#EXT-X-DISCONTINUITY\n") :], ""),
    "6.2.1: the beginning of segment 8": ("12:00:05.000Z", "12:00:05.100Z"),
    "6.2.1: segment 7 changed": ("segment-7.m4s", "segment-7b.m4s"),
    "6.2.1: the parts of segment 8 changed": ("part-8-0.m4s", "part-8-0b.m4s"),
    "6.2.2: a removal": ("MEDIA-SEQUENCE:7", "MEDIA-SEQUENCE:8"),
}


@pytest.mark.parametrize("rule", list(RELOADED))
def test_each_rule_of_reloads_finds_what_breaks_it(rule: str) -> None:
    reloads = Reloads()
    assert reloads.faults_of(GOOD) == []
    right, wrong = RELOADED[rule]
    assert right in GOOD
    assert [fault for fault in reloads.faults_of(GOOD.replace(right, wrong)) if fault.startswith(rule)]


# ---------------------------------------------------------------------------------------------------- our own feed


class Viewed:
    """A feed of one camera, and a client that reloads after each packet."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.packets = PacketFeed()
        self.feed = HlsFeed(self.packets, self.clock, first_segment_seconds=0.0)
        self.reloads = Reloads()
        self.texts: list[str] = []
        self.faults: list[str] = []

    async def begin(self) -> None:
        await self.feed.playlist(CAMERA, None, "")

    async def put(self, item: StreamItem) -> None:
        if isinstance(item, Packet):
            self.clock.advance(item.duration / TIMESCALE)
        self.packets.put(CAMERA, item)
        await self.load()

    async def load(self) -> None:
        text = await self.feed.playlist(CAMERA, None, "")
        if text is not None and text != (self.texts[-1] if self.texts else ""):
            self.faults += [*self.reloads.faults_of(text), *self._hint_faults(read(text))]
            self.faults += [fault for part in _new_parts(text, self.texts) for fault in await self._part_faults(part)]
            self.texts.append(text)

    def _hint_faults(self, now: ReadPlaylist) -> list[str]:
        """What was hinted at is what comes next, whatever came."""
        before = read(self.texts[-1]) if self.texts else now
        listed = {part.uri for segment in now.segments for part in segment.parts}
        came = not before.hint or before.hint == now.hint or before.hint in listed
        return [] if came else [f"{before.hint} was hinted at and did not come"]

    async def _part_faults(self, part: ReadPart) -> list[str]:
        piece = read_fragment(b"".join(await self.feed.piece(CAMERA, part.uri)))
        lasts = sum(piece.samples.durations) / TIMESCALE
        return [] if abs(lasts - part.seconds) <= 0.001 else [f"{part.uri} lasts {lasts}, not {part.seconds}"]


def _new_parts(text: str, before: Sequence[str]) -> Sequence[ReadPart]:
    known = {part.uri for segment in read(before[-1]).segments for part in segment.parts} if before else set()
    return [part for segment in read(text).segments for part in segment.parts if part.uri not in known]


def viewed(*connections: Sequence[Packet]) -> Viewed:
    async def act() -> Viewed:
        one = Viewed()
        await one.begin()
        for packets in connections:
            await one.put(FORMAT)
            for item in packets:
                await one.put(item)
            one.packets.disconnected(CAMERA)
            await one.load()
        return one

    return asyncio.run(act())


@st.composite
def films(draw: st.DrawFn) -> list[Packet]:
    """A camera at its own pace, with key frames when it likes, that stutters and stalls."""
    usual = draw(st.sampled_from([33, 40, 66, 100, 200, 500, 1000]))
    odd = st.sampled_from([1, usual // 2 + 1, usual * 2, 700, 1900, 2600, 12_000])
    packets, dts = [], draw(st.integers(0, 10_000))
    for _ in range(draw(st.integers(2, 5))):
        gop = draw(st.integers(1, 1 + 6000 // usual))
        oddities = draw(st.dictionaries(st.integers(0, gop), odd, max_size=3))
        for number in range(gop):
            step = oddities.get(number, usual)
            said = draw(st.sampled_from([usual, step])) if number in oddities else step
            packets.append(packet(dts, key=number == 0, duration=said))
            dts += step
    return packets


@settings(max_examples=25, deadline=None)
@given(st.lists(films(), min_size=1, max_size=3))
def test_whatever_a_camera_does_its_playlists_keep_every_rule(connections: list[list[Packet]]) -> None:
    assert viewed(*connections).faults == []


@st.composite
def uneven_films(draw: st.DrawFn) -> list[Packet]:
    """A camera whose pictures come late and then in a rush, a key frame each second or two; it says its own pace."""
    step = draw(st.sampled_from([33, 40, 67, 100, 250]))
    late = draw(st.lists(st.sampled_from([0, 0, 0, 1, 5, 10, 20, 90, 400, 900]), min_size=150, max_size=150))
    key_every = draw(st.sampled_from([1000, 2000])) // step
    packets, dts = [], 0
    for number, lateness in enumerate(late):
        dts = max(dts + 1, number * step + lateness)
        packets.append(packet(dts, key=number % key_every == 0, duration=step))
    return packets


@settings(max_examples=25, deadline=None)
@given(uneven_films())
def test_uneven_pictures_are_told_in_lawful_parts_that_come_as_hinted(film: list[Packet]) -> None:
    one = viewed(film)
    assert one.faults == []
    assert all(segment.parts for segment in read(one.texts[-1]).whole[-1:])


def test_a_picture_far_longer_than_the_others_has_a_part_of_its_own() -> None:
    """Media Source drops what comes behind a hole of more than twice the longest picture, up to a key frame."""
    late = [replace(one, dts=one.dts + 280, pts=one.pts + 280) for one in plain_packets(200, first=6240)]
    one = viewed([*plain_packets(156), *late])
    assert one.faults == []
    segment = next(
        segment for segment in read(one.texts[-1]).whole if segment.parts and not segment.parts[0].independent
    )
    assert segment.parts[0].seconds == pytest.approx(0.32)


def test_a_stall_is_a_discontinuity_behind_a_segment_that_is_whole() -> None:
    one = viewed([*plain_packets(160), *plain_packets(160, first=160 * 40 + 1100)])
    assert one.faults == []
    assert one.texts[-1].count("#EXT-X-DISCONTINUITY\n") == 1


@pytest.mark.parametrize("rate", [1, 4, 5, 10, 12, 15, 25, 30])
@pytest.mark.parametrize("gop_seconds", [1, 4, 10])
def test_even_cameras_are_told_in_parts_of_a_third_of_a_second(rate: int, gop_seconds: int) -> None:
    one = viewed(plain_packets(rate * 32, step=1000 // rate, key_every=rate * gop_seconds))
    assert one.faults == []
    playlist = read(one.texts[-2])
    assert 0.3 <= playlist.part_target <= max(0.54, 1.09 / rate)
    *older, _newest, _last = playlist.whole
    for segment in older:
        assert 1.9 <= segment.seconds <= max(2.1, gop_seconds + 0.1)
    assert all(segment.parts for segment in playlist.whole[-2:-1])
    parts = [part.seconds for segment in playlist.segments for part in segment.parts]
    assert all(round(seconds * TIMESCALE) % (1000 // rate) == 0 for seconds in parts)
    assert "#EXT-X-INDEPENDENT-SEGMENTS" in one.texts[-2]


def test_key_frames_that_stop_coming_do_not_stop_the_segments() -> None:
    one = viewed([*plain_packets(100), *plain_packets(500, first=4000, key_every=10_000)])
    assert one.faults == []
    assert "#EXT-X-INDEPENDENT-SEGMENTS" not in one.texts[-1]
    assert max(segment.seconds for segment in read(one.texts[-1]).whole) < 2.5


def test_a_new_connection_is_a_discontinuity_with_its_own_init() -> None:
    one = viewed(plain_packets(150), plain_packets(150))
    assert one.faults == []
    first, second = {segment.map_uri for segment in read(one.texts[-1]).segments}
    assert first != second
    assert one.texts[-1].count("#EXT-X-DISCONTINUITY\n") == 1


def test_the_playlist_stays_while_the_camera_is_away() -> None:
    one = viewed(plain_packets(150))
    assert "PRELOAD-HINT" not in one.texts[-1]
    assert read(one.texts[-1]).whole


def test_a_picture_says_when_it_was_taken() -> None:
    one = viewed(plain_packets(500))
    dates = [segment.at for segment in read(one.texts[-1]).segments if segment.at is not None]
    steps = [(after - before).total_seconds() for before, after in pairwise(dates)]
    assert steps == pytest.approx([2.0] * len(steps), abs=0.01)


def test_every_address_of_a_playlist_carries_the_key() -> None:
    async def act() -> str:
        one = Viewed()
        await one.begin()
        await one.put(FORMAT)
        for item in plain_packets(120):
            await one.put(item)
        return await one.feed.playlist(CAMERA, None, "?key=abc") or ""

    text = asyncio.run(act())
    addresses = [*re.findall(r'URI="([^"]*)"', text), *(line for line in text.split("\n") if line[:1] not in ("#", ""))]
    assert len(addresses) > 10
    assert all(address.endswith("?key=abc") for address in addresses)
