"""H.265 to H.264: the same pictures at the same times, the sound as it was."""

import io
from pathlib import Path

import av
import numpy as np
import pytest

from doorstep.core.media import Codec
from doorstep.media.transcode import transcode
from fakes.footage import real_stream, segments_of
from fakes.whole_clips import played, whole_clip


def film(path: Path, start: float = -1.0) -> bytes:
    fmt, packets = real_stream(Codec.HEVC)
    data = whole_clip(fmt, segments_of(packets, timescale=fmt.timescale), start, 99).data
    path.write_bytes(data)
    return data


@pytest.mark.parametrize("start", [-1.0, 1.7])
def test_the_same_pictures_are_shown_at_the_same_times(tmp_path: Path, start: float) -> None:
    data = film(tmp_path / "hevc.mp4", start)
    told: list[float] = []
    transcode(tmp_path / "hevc.mp4", tmp_path / "h264.mp4", told.append)
    made = (tmp_path / "h264.mp4").read_bytes()
    want, found = played(data), played(made)
    assert [number for number, _ in found] == [number for number, _ in want]
    assert [at for _, at in found] == pytest.approx([at for _, at in want], abs=0.002)
    with av.open(io.BytesIO(made), "r") as container:
        assert container.streams.video[0].codec_context.name == "h264"
    assert made.index(b"moov") < made.index(b"mdat")
    assert told == sorted(told)
    assert told[-1] > 0.5


def test_sound_stays_as_it_is(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "hevc.mp4"), "w", format="mp4") as output:
        pictures = output.add_stream("libx265", rate=25, options={"x265-params": "log-level=none"})
        pictures.width, pictures.height, pictures.pix_fmt = 128, 64, "yuv420p"
        sound = output.add_stream("aac", rate=16_000, layout="mono")
        for number in range(50):
            output.mux(pictures.encode(av.VideoFrame(128, 64, "yuv420p")))
            silence = np.zeros((1, 1024), np.float32)
            heard = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
            heard.sample_rate, heard.pts = 16_000, 1024 * number
            output.mux(sound.encode(heard))
        output.mux(pictures.encode(None))
        output.mux(sound.encode(None))
    transcode(tmp_path / "hevc.mp4", tmp_path / "h264.mp4", lambda _: None)
    assert heard_in(tmp_path / "h264.mp4") == heard_in(tmp_path / "hevc.mp4")


def heard_in(path: Path) -> list[tuple[int | None, bytes]]:
    with av.open(str(path), "r") as container:
        return [(one.pts, bytes(one)) for one in container.demux(audio=0) if one.size]


def test_what_is_no_film_is_refused(tmp_path: Path) -> None:
    (tmp_path / "wrong.mp4").write_bytes(b"no film" * 100)
    with pytest.raises((av.FFmpegError, OSError, ValueError)):
        transcode(tmp_path / "wrong.mp4", tmp_path / "h264.mp4", lambda _: None)
