"""From a file, or what a camera may send, to packets whose times can be trusted."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import av
import pytest
from av.container import InputContainer

from doorstep.core.errors import SourceLost, SourceRefused
from doorstep.core.media import Codec, Packet, StreamItem, VideoFormat
from doorstep.media.demux import Live, demux, read_file
from doorstep.media.nal import split_length_prefixed
from fakes.clock import FakeClock
from media.make_clips import Recipe, make_png, make_sound, make_video


def split(items: list[StreamItem]) -> tuple[list[VideoFormat], list[Packet]]:
    return [i for i in items if isinstance(i, VideoFormat)], [i for i in items if isinstance(i, Packet)]


def read(path: Path) -> tuple[list[VideoFormat], list[Packet]]:
    return split(list(read_file(path, FakeClock())))


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize(("encoder", "codec"), [("libx264", Codec.H264), ("libx265", Codec.HEVC)])
def test_format_first_then_every_packet(tmp_path: Path, ending: str, encoder: str, codec: Codec) -> None:
    path = make_video(tmp_path / f"clip.{ending}", Recipe(codec=encoder, frames=25))
    items = list(read_file(path, FakeClock()))
    formats, packets = split(items)
    assert items[0] == formats[0]
    assert len(formats) == 1
    assert (formats[0].codec, formats[0].width, formats[0].height) == (codec, 160, 120)
    assert len(packets) == 25
    assert [n for n, packet in enumerate(packets) if packet.key] == [0, 10, 20]
    for packet in packets:
        split_length_prefixed(packet.data, 4)


@pytest.mark.parametrize("b_frames", [0, 2])
def test_decode_times_rise_and_durations_reach_to_the_next(tmp_path: Path, b_frames: int) -> None:
    formats, packets = read(make_video(tmp_path / "clip.mp4", Recipe(b_frames=b_frames)))
    for one, two in itertools.pairwise(packets):
        assert two.dts == one.dts + one.duration
    seconds = (packets[-1].dts + packets[-1].duration - packets[0].dts) / formats[0].timescale
    assert seconds == pytest.approx(3.0)
    shown = sorted(packet.pts for packet in packets)
    assert len(set(shown)) == len(packets)
    assert (shown != [packet.pts for packet in packets]) == (b_frames > 0)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_reordered_packets_of_any_container_have_decode_times(tmp_path: Path, ending: str) -> None:
    formats, packets = read(make_video(tmp_path / f"clip.{ending}", Recipe(b_frames=2)))
    assert len(formats) == 1
    assert len(packets) == 30
    for one, two in itertools.pairwise(packets):
        assert (two.dts - one.dts) / formats[0].timescale == pytest.approx(0.1, abs=0.002)
    assert all(packet.pts >= packet.dts for packet in packets)


def test_packets_say_when_they_were_read(tmp_path: Path) -> None:
    _, packets = split(list(read_file(make_video(tmp_path / "clip.mp4"), FakeClock(monotonic=77.0))))
    assert {packet.arrived for packet in packets} == {77.0}


def test_another_codec_is_refused_in_plain_words(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", Recipe(codec="mpeg4", frames=3))
    with pytest.raises(
        SourceRefused, match=r"no video that Doorstep can record \(found: mpeg4\)\. Set the camera to H\.264\."
    ):
        read(path)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match=r"holds no video \(found: audio\)"):
        read(make_sound(tmp_path / "sound.mp4"))


def write_text(path: Path) -> Path:
    path.write_text("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n")
    return path


def write_concat(path: Path) -> Path:
    path.write_text("ffconcat version 1.0\nfile /etc/passwd\n")
    return path


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: folder / "absent.mp4", "There is no file"),
        (lambda folder: folder, "is a folder"),
        (lambda folder: write_text(folder / "list.m3u8"), "is no video that can be read"),
        (lambda folder: write_concat(folder / "list.ffconcat"), "is no video that can be read"),
        (lambda folder: make_png(folder / "picture.png", 8, 8), "is no video that can be read"),
        (lambda folder: folder / "http:" / "127.0.0.1" / "x.mp4", "There is no file"),
    ],
    ids=["missing", "folder", "playlist", "concat", "image", "address"],
)
def test_what_is_no_video_is_refused_with_a_sentence(tmp_path: Path, make: Callable[[Path], Path], says: str) -> None:
    with pytest.raises(SourceRefused, match=says):
        read(make(tmp_path))


def test_a_file_without_its_index_is_refused(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4")
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(SourceRefused):
        read(path)


def test_a_file_that_ends_too_soon_gives_what_is_there(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.ts")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    _, packets = read(path)
    assert 5 < len(packets) < 30


# ------------------------------------------------------------------------------------- what a camera may send


@dataclass
class FakeContainer:
    """Looks to `demux` like a container of one stream whose packets were tampered with."""

    stream: Any
    raw: list[Any]
    read_timeout: float = 5.0

    @property
    def streams(self) -> SimpleNamespace:
        return SimpleNamespace(video=[self.stream], audio=[])

    def demux(self, stream: object) -> Iterator[Any]:
        del stream
        yield from self.raw


def tampered(
    path: Path, tamper: Callable[[list[Any]], list[Any]], live: Live | None = None, clock: FakeClock | None = None
) -> Iterator[StreamItem]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        raw = [packet for packet in container.demux(stream) if packet.size]
        yield from demux(
            cast("InputContainer", FakeContainer(stream, tamper(raw))),
            clock or FakeClock(),
            what="the camera",
            live=live,
        )


def shifted(raw: list[Any], first: int, ticks: int) -> list[Any]:
    for packet in raw[first:]:
        packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
    return raw


def test_a_stream_is_joined_at_its_first_key_frame(tmp_path: Path) -> None:
    formats, packets = split(list(tampered(make_video(tmp_path / "clip.mp4"), lambda raw: raw[4:])))
    assert len(formats) == 1
    assert packets[0].key
    assert len(packets) == 20


@pytest.mark.parametrize("jump", [-5.0, 60.0, -0.8])
def test_times_that_leap_begin_a_new_connection_on_a_key_frame(tmp_path: Path, jump: float) -> None:
    path = make_video(tmp_path / "clip.mp4")
    ticks = round(jump * 10_240)
    items = list(tampered(path, lambda raw: shifted(raw, 15, ticks)))
    formats, _ = split(items)
    seam = max(place for place, item in enumerate(items) if isinstance(item, VideoFormat))
    after = items[seam + 1]
    assert len(formats) == 2
    assert formats[0] == formats[1]
    assert isinstance(after, Packet)
    assert after.key
    assert len(items) == 2 + 15 + 10


def test_a_stream_whose_times_stand_still_is_lost(tmp_path: Path) -> None:
    def stand_still(raw: list[Any]) -> list[Any]:
        for packet in raw:
            packet.pts = packet.dts = 0
        return raw

    with pytest.raises(SourceLost, match="times do not rise"):
        list(tampered(make_video(tmp_path / "clip.mp4", Recipe(gop=3)), stand_still))


def test_a_stream_without_times_is_lost(tmp_path: Path) -> None:
    def forget(raw: list[Any]) -> list[Any]:
        for packet in raw:
            packet.pts = packet.dts = None
        return raw

    with pytest.raises(SourceLost, match="carry no times"):
        list(tampered(make_video(tmp_path / "clip.mp4"), forget))


def test_a_stream_without_a_key_frame_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="no whole picture"):
        list(tampered(make_video(tmp_path / "clip.mp4"), lambda raw: raw[1:9]))


def test_missing_presentation_times_are_decode_times(tmp_path: Path) -> None:
    def forget(raw: list[Any]) -> list[Any]:
        raw[3].pts = None
        return raw

    _, packets = split(list(tampered(make_video(tmp_path / "clip.mp4"), forget)))
    assert packets[3].pts == packets[3].dts


# ------------------------------------------------------------------------------------------------ a live stream


def shown_only(raw: list[Any]) -> list[Any]:
    """As RTP gives it: no decode time can be believed, the first picture has no time at all."""
    begin = min(packet.pts for packet in raw)
    for packet in raw:
        packet.pts -= begin
        packet.dts = None
    raw[0].pts = None
    return raw


@pytest.mark.parametrize("encoder", ["libx264", "libx265"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_decode_times_of_a_live_stream_come_from_the_order_of_its_pictures(
    tmp_path: Path, encoder: str, b_frames: int
) -> None:
    path = make_video(tmp_path / "clip.mp4", Recipe(codec=encoder, b_frames=b_frames))
    _, whole = read(path)
    formats, packets = split(list(tampered(path, shown_only, Live.SHOWN_ONLY)))
    assert len(formats) == 1
    assert [packet.data for packet in packets] == [packet.data for packet in whole]
    assert [packet.pts - packets[0].pts for packet in packets] == [packet.pts - whole[0].pts for packet in whole]
    assert {two.dts - one.dts for one, two in itertools.pairwise(packets)} == {whole[0].duration}
    assert {packet.duration for packet in packets} == {whole[0].duration}
    assert all(packet.pts >= packet.dts for packet in packets)


def test_b_frames_that_no_parameter_set_tells_of_are_found(tmp_path: Path) -> None:
    """The stream's context does not know of reordering, as with many a camera's."""
    path = make_video(tmp_path / "clip.mp4", Recipe(b_frames=2, frames=60))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        raw = shown_only([packet for packet in container.demux(stream) if packet.size])
        ignorant = SimpleNamespace(
            name="h264", extradata=stream.codec_context.extradata, has_b_frames=False, time_base=stream.time_base
        )
        stand_in = SimpleNamespace(
            index=0, time_base=stream.time_base, average_rate=10, disposition=0, codec_context=ignorant
        )
        fake = cast("InputContainer", FakeContainer(stand_in, raw))
        formats, packets = split(list(demux(fake, FakeClock(), what="the camera", live=Live.SHOWN_ONLY)))
    assert len(formats) == 1
    assert len(packets) == 60
    assert all(two.dts > one.dts for one, two in itertools.pairwise(packets))
    assert len({packet.pts for packet in packets}) == 60
    assert all(packet.pts >= packet.dts for packet in packets[20:])


@pytest.mark.parametrize("live", list(Live))
def test_a_small_step_back_of_a_live_stream_is_repaired(tmp_path: Path, live: Live) -> None:
    path = make_video(tmp_path / "clip.mp4")
    formats, packets = split(list(tampered(path, lambda raw: shifted(raw, 15, -4000), live)))
    assert len(formats) == 1
    assert len(packets) == 30
    assert all(two.dts > one.dts for one, two in itertools.pairwise(packets))


@pytest.mark.parametrize("live", list(Live))
@pytest.mark.parametrize("jump", [-5.0, 60.0, -0.8])
def test_a_live_stream_whose_times_leap_begins_a_new_connection(tmp_path: Path, live: Live, jump: float) -> None:
    path = make_video(tmp_path / "clip.mp4")
    formats, packets = split(list(tampered(path, lambda raw: shifted(raw, 15, round(jump * 10_240)), live)))
    assert len(formats) == 2
    assert len(packets) == 15 + 10


@pytest.mark.parametrize("live", list(Live))
def test_a_live_stream_whose_times_stand_still_is_lost(tmp_path: Path, live: Live) -> None:
    def stand_still(raw: list[Any]) -> list[Any]:
        for packet in raw:
            packet.pts = packet.dts = 0
        return raw

    with pytest.raises(SourceLost, match="times do not rise"):
        list(tampered(make_video(tmp_path / "clip.mp4", Recipe(gop=3)), stand_still, live))


def test_a_live_picture_came_when_the_one_before_it_was_given_out(tmp_path: Path) -> None:
    clock = FakeClock(monotonic=100.0)
    items = tampered(make_video(tmp_path / "clip.mp4"), shown_only, Live.SHOWN_ONLY, clock)
    arrived = []
    for item in items:
        if isinstance(item, Packet):
            arrived.append(item.arrived)
            clock.advance(1.0)
    # The first two were read at once: the second tells the time of the first.
    assert arrived == [100.0, 100.0, 100.0, *(100.0 + number for number in range(2, 29))]


def test_a_live_stream_that_was_silent_for_its_whole_patience_is_lost_at_once(tmp_path: Path) -> None:
    clock = FakeClock()

    class Falls(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            for number, packet in enumerate(list.__iter__(self)):
                if number == 5:
                    clock.advance(5.0)
                yield packet

    items = tampered(make_video(tmp_path / "clip.mp4"), lambda raw: Falls(shown_only(raw)), Live.SHOWN_ONLY, clock)
    taken: list[StreamItem] = []
    with pytest.raises(SourceLost, match="sends nothing any more"):
        taken.extend(items)
    assert len(split(taken)[1]) == 6
