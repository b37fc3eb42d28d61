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
from doorstep.core.media import Codec, Packet, VideoFormat
from doorstep.media.demux import demux, read_file
from doorstep.media.nal import split_length_prefixed
from fakes.clock import FakeClock
from media.make_clips import Recipe, make_png, make_sound, make_video

Item = VideoFormat | Packet


def split(items: list[Item]) -> tuple[list[VideoFormat], list[Packet]]:
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

    @property
    def streams(self) -> SimpleNamespace:
        return SimpleNamespace(video=[self.stream])

    def demux(self, stream: object) -> Iterator[Any]:
        del stream
        yield from self.raw


def tampered(path: Path, tamper: Callable[[list[Any]], list[Any]]) -> Iterator[Item]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        raw = [packet for packet in container.demux(stream) if packet.size]
        yield from demux(cast("InputContainer", FakeContainer(stream, tamper(raw))), FakeClock(), what="the camera")


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
