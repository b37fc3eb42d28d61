"""Turning a film into H.264 in a process that can reach nothing else."""

import ctypes
import io
import subprocess
import sys
from pathlib import Path

import av
import pytest

from doorstep.app.transcode_child import COMMAND
from doorstep.core.media import Codec
from doorstep.sources.landlock import Landlock
from fakes.footage import real_stream, segments_of
from fakes.whole_clips import played, whole_clip

PRIES = """
import sys
from pathlib import Path
from doorstep.app.transcode_child import confined
source, target, other = map(Path, sys.argv[1:])
confined(source, target)
for what in (other.read_bytes, lambda: other.write_bytes(b"x"), lambda: (target.parent / "new").write_bytes(b"x")):
    try:
        what()
    except PermissionError:
        print("refused")
print(len(source.read_bytes()), target.write_bytes(b"made"))
"""


@pytest.fixture
def hevc(tmp_path: Path) -> Path:
    fmt, packets = real_stream(Codec.HEVC)
    path = tmp_path / "hevc.mp4"
    path.write_bytes(whole_clip(fmt, segments_of(packets, timescale=fmt.timescale), -1.0, 99).data)
    return path


def test_a_film_is_turned_into_h264_in_there(hevc: Path, tmp_path: Path) -> None:
    target = tmp_path / "h264.mp4"
    ended = subprocess.run([*COMMAND, str(hevc), str(target)], capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1].startswith("1.000 ")
    made = target.read_bytes()
    assert [number for number, _ in played(made)] == [number for number, _ in played(hevc.read_bytes())]
    with av.open(io.BytesIO(made), "r") as container:
        assert container.streams.video[0].codec_context.name == "h264"


@pytest.mark.skipif(Landlock.of_this_kernel(ctypes.CDLL(None)) is None, reason="this kernel has no Landlock")
def test_in_there_no_other_file_can_be_read_or_written(hevc: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"of the house")
    command = [sys.executable, "-c", PRIES, str(hevc), str(tmp_path / "h264.mp4"), str(tmp_path / "secret")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.stdout.split() == ["refused"] * 3 + [str(hevc.stat().st_size), "4"], ended.stderr
    assert (tmp_path / "secret").read_bytes() == b"of the house"
