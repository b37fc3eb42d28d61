"""The sound of a stream as AAC packets: what it is, where it is in time, and what damage does to it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import structlog

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioPacket
from doorstep.media.audio import AacReader, G711Reader, open_audio
from doorstep.media.audio_config import config_of
from fakes.beeps import MOMENTS, Film, make_film
from media.make_clips import make_sound


@contextmanager
def opened(path: Path) -> Iterator[tuple["AacReader | G711Reader | None", list["av.Packet[Any]"]]]:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        yield open_audio(stream), [one for one in container.demux(stream) if one.size]


def sound_of(path: Path) -> list[AudioPacket]:
    with opened(path) as (reader, raw):
        assert reader is not None
        return [packet for one in raw for packet in reader.take(one, arrived=7.0)]


def beeps(packets: list[AudioPacket], config: bytes, rate: int) -> list[float]:
    """When it gets loud, by FFmpeg's decoder."""
    decoder: Any = av.CodecContext.create("aac", "r")
    decoder.extradata, decoder.sample_rate = config, rate
    loud: list[float] = []
    for packet in packets:
        raw = av.Packet(packet.data)
        raw.pts, raw.time_base = packet.pts, Fraction(1, rate)
        for frame in decoder.decode(raw):
            samples = np.abs(frame.to_ndarray()[0])
            loud += [packet.pts / rate + int(place) / rate for place in np.flatnonzero(samples > 0.2)]
    return [at for before, at in pairwise([-1.0, *loud]) if at - before > 0.1]


@pytest.mark.parametrize("name", ["a.mp4", "a.ts", "a.flv", "a.mkv"])
def test_aac_is_kept_as_it_comes(tmp_path: Path, name: str) -> None:
    path = make_film(tmp_path, Film(name, sample_rate=44_100))
    with opened(path) as (reader, raw):
        assert isinstance(reader, AacReader)
        assert (reader.format.sample_rate, reader.format.channels) == (44_100, 1)
        packets = [packet for one in raw for packet in reader.take(one, arrived=7.0)]
        begins_at = float((raw[0].pts or 0) * (raw[0].time_base or 0))

    assert all(b.pts - a.pts == 1024 for a, b in pairwise(packets))
    assert packets[0].pts / 44_100 == pytest.approx(begins_at, abs=0.001)
    assert not any(packet.data.startswith(b"\xff\xf1") for packet in packets)
    begin = beeps(packets, reader.format.decoder_config, 44_100)[0] - MOMENTS[0]
    expected = [begin + moment for moment in MOMENTS]
    assert beeps(packets, reader.format.decoder_config, 44_100) == pytest.approx(expected, abs=0.003)


@pytest.mark.parametrize("codec", ["pcm_alaw", "pcm_mulaw"])
@pytest.mark.parametrize("channels", [1, 2])
def test_g711_becomes_aac_that_sounds_when_it_did(tmp_path: Path, codec: str, channels: int) -> None:
    path = make_film(tmp_path, Film("a.mov", sound=codec, sample_rate=8_000, channels=channels))
    with opened(path) as (reader, raw):
        assert isinstance(reader, G711Reader)
        assert (reader.format.sample_rate, reader.format.channels) == (16_000, 1)
        packets = [packet for one in raw for packet in reader.take(one, arrived=7.0)]

    assert all(b.pts - a.pts == b.duration == 1024 for a, b in pairwise(packets))
    assert beeps(packets, reader.format.decoder_config, 16_000) == pytest.approx(list(MOMENTS), abs=0.003)
    assert {packet.arrived for packet in packets} == {7.0}


def test_other_sound_is_left_out_and_that_is_said(tmp_path: Path) -> None:
    path = make_film(tmp_path, Film("a.mkv", sound="pcm_s16le", sample_rate=8_000))
    with structlog.testing.capture_logs() as logs, opened(path) as (reader, _):
        assert reader is None
    assert [line["event"] for line in logs] == ["the camera's sound is not kept"]
    assert "pcm_s16le" in logs[0]["reason"]


def test_aac_of_an_unknown_kind_is_left_out_and_that_is_said(tmp_path: Path) -> None:
    path = make_sound(tmp_path / "a.mp4")
    data = bytearray(path.read_bytes())
    begin = data.index(b"\x05\x80\x80\x80\x05")
    data[begin + 5] = 0xB9  # low delay
    path.write_bytes(bytes(data))
    with structlog.testing.capture_logs() as logs, opened(path) as (reader, _):
        assert reader is None
    assert len(logs) == 1


def g711(packets: Sequence[tuple[int | None, bytes]]) -> list[AudioPacket]:
    """Packets of (time in 1/8000 s, bytes) through a reader."""
    reader = G711Reader("pcm_mulaw", 8_000, 1, Fraction(1, 8_000))
    found = []
    for pts, data in packets:
        raw = av.Packet(data)
        raw.pts = pts
        found += reader.take(raw, 0.0)
    return found


def of_second(second: float, count: int = 50) -> list[tuple[int | None, bytes]]:
    """Packets of 20 ms."""
    return [(round(second * 8_000) + number * 160, b"\x10" * 160) for number in range(count)]


def test_a_short_hole_becomes_silence() -> None:
    found = g711([*of_second(0), *of_second(1.5)])

    assert all(b.pts - a.pts == 1024 for a, b in pairwise(found))
    assert found[-1].pts > 2.2 * 16_000


def test_after_a_long_hole_it_begins_anew_where_the_camera_says() -> None:
    found = g711([*of_second(0), *of_second(10)])

    (hole,) = [b.pts for a, b in pairwise(found) if b.pts - a.pts != 1024]
    assert hole == 10 * 16_000 - 1024


def test_what_comes_again_is_heard_once() -> None:
    found = g711([*of_second(0), *of_second(0.5), *of_second(1.5)])

    assert all(b.pts - a.pts == 1024 for a, b in pairwise(found))
    assert len(found) == len(g711(of_second(0, 125)))


def test_jitter_of_the_cameras_clock_makes_no_holes() -> None:
    jittered = [((pts or 0) + number % 3 * 40, data) for number, (pts, data) in enumerate(of_second(0, 100))]

    assert [one.data for one in g711(jittered)] == [one.data for one in g711(of_second(0, 100))]


def test_sound_without_times_follows_what_has_some() -> None:
    untimed = [(pts if number == 0 else None, data) for number, (pts, data) in enumerate(of_second(3))]

    assert g711(untimed) == g711(of_second(3))
    assert g711([(None, b"\x10" * 160)]) == []


def test_a_clock_that_jumps_back_is_followed() -> None:
    found = g711([*of_second(100), *of_second(3)])

    assert found[0].pts == 100 * 16_000 - 1024
    assert any(one.pts < 4 * 16_000 for one in found)


@pytest.mark.parametrize(("rate", "channels"), [(0, 1), (8_000, 0), (8_000, 6), (200_000, 1)])
def test_g711_that_makes_no_sense_is_refused(rate: int, channels: int) -> None:
    with pytest.raises(MediaInvalid, match="set the camera"):
        G711Reader("pcm_alaw", rate, channels, None)


def test_headers_that_change_or_are_damaged_end_a_packet(tmp_path: Path) -> None:
    path = make_film(tmp_path, Film("a.ts", sample_rate=44_100))
    with opened(path) as (reader, raw):
        assert isinstance(reader, AacReader)
        whole = bytes(raw[0])
        stereo = bytearray(whole)
        stereo[3] ^= 0xC0
        for data, units in ((whole * 3, 3), (whole + bytes(stereo) + whole, 1), (whole + b"junk", 1), (b"junk", 0)):
            packet = av.Packet(data)
            packet.pts = raw[0].pts
            again = AacReader(_context(reader, raw), raw[0].time_base)
            found = again.take(packet, 0.0)
            assert [one.data for one in found] == [whole[7:]] * units
            assert all(b.pts - a.pts == 1024 for a, b in pairwise(found))


def _context(_reader: AacReader, raw: "list[av.Packet[Any]]") -> Any:
    return raw[0].stream.codec_context


@pytest.mark.parametrize(("profile", "rate", "config"), [("HE-AAC", 22_050, (1, 22_050)), ("LC", 44_100, (1, 44_100))])
def test_he_aac_with_headers_counts_in_the_rate_of_its_core(profile: str, rate: int, config: tuple[int, int]) -> None:
    class Context:
        """What FFmpeg knows after it has decoded a little."""

        extradata = None
        sample_rate = 44_100
        channels = 1

    Context.profile = profile  # type: ignore[attr-defined]
    reader = AacReader(Context(), None)  # type: ignore[arg-type]

    assert reader.format.sample_rate == rate
    assert reader.format.decoder_config == config_of(config[1], config[0])
