"""The codec string: as the standard's examples and as FFmpeg's DASH writer say it."""

import io
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioFormat, Codec
from doorstep.mp4.codec_string import codecs, mime_type
from doorstep.mp4.init_segment import init_segment
from fakes.footage import FORMAT, real_stream


def h264(record: str) -> str:
    return codecs(replace(FORMAT, decoder_config=bytes.fromhex(record)))


def hevc(record: str) -> str:
    return codecs(replace(FORMAT, codec=Codec.HEVC, decoder_config=bytes.fromhex(record)))


def sound(config: str) -> str:
    audio = AudioFormat(48_000, 2, bytes.fromhex(config))
    return codecs(replace(FORMAT, decoder_config=bytes.fromhex("0142e01e"), audio=audio)).partition(",")[2]


def test_h264_tells_profile_constraints_and_level() -> None:
    assert h264("0142E01EFFE1") == "avc1.42E01E"
    assert h264("0164001f") == "avc1.64001F"
    assert h264("014d4028") == "avc1.4D4028"


def test_hevc_is_told_as_in_the_examples_of_annex_e() -> None:
    """ISO/IEC 14496-15, E.3: a progressive Main stream of level 3.1, Main 10 of the high tier, a profile space."""
    assert hevc("0101600000009000000000005df000") == "hvc1.1.6.L93.90"
    assert hevc("012220000000B000000000007b") == "hvc1.2.4.H123.B0"
    assert hevc("014160000000000000000000ba") == "hvc1.A1.6.L186"
    assert hevc("0101600000009000000000A25d") == "hvc1.1.6.L93.90.0.0.0.0.A2"


def test_sound_tells_its_object_type() -> None:
    assert sound("1190") == "mp4a.40.2"
    assert sound("2B118800") == "mp4a.40.5"
    assert sound("F94620") == "mp4a.40.42"


def test_the_type_is_one_that_a_browser_takes() -> None:
    audio = AudioFormat(48_000, 2, bytes.fromhex("1190"))
    fmt = replace(FORMAT, decoder_config=bytes.fromhex("0164001f"), audio=audio)
    assert mime_type(fmt) == 'video/mp4; codecs="avc1.64001F,mp4a.40.2"'


def test_another_writer_says_the_same_of_a_real_stream(tmp_path: Path) -> None:
    fmt, packets = real_stream(Codec.H264)
    manifest = tmp_path / "stream.mpd"
    with av.open(io.BytesIO(init_segment(fmt))) as known, av.open(str(manifest), "w", format="dash") as out:
        stream = out.add_stream_from_template(known.streams.video[0])
        for packet in packets:
            written = av.Packet(packet.data)
            written.stream, written.time_base = stream, Fraction(1, fmt.timescale)
            written.pts, written.dts, written.is_keyframe = packet.pts, packet.dts, packet.key
            out.mux(written)

    found = re.search(r'codecs="([^"]+)"', manifest.read_text())
    assert found is not None
    assert codecs(fmt).lower() == found[1].lower()


@given(st.binary(max_size=30), st.sampled_from(Codec))
def test_any_record_is_told_in_plain_letters_or_refused(record: bytes, codec: Codec) -> None:
    try:
        found = codecs(replace(FORMAT, codec=codec, decoder_config=record))
    except MediaInvalid:
        assert len(record) < 13
        return
    assert re.fullmatch(r"(avc1\.[0-9A-F]{6}|hvc1\.[ABC]?\d+\.[0-9A-F]+\.[LH]\d+(\.[0-9A-F]{1,2}){0,6})", found)
