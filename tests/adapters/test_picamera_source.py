"""The Pi's camera, with a stand-in for picamera2 in the real child process."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.clock import SystemClock
from doorstep.core.errors import SourceError, SourceLost, SourceRefused
from doorstep.core.mask import hidden_blocks
from doorstep.core.media import Packet, VideoFormat
from doorstep.media.mask import hide, unpacked
from doorstep.sources import picamera_child, picamera_pipe
from doorstep.sources.address import PicameraAddress
from doorstep.sources.picamera import PicameraSource
from doorstep.sources.picamera_child import HEADER, Kind, paint
from doorstep.sources.picamera_pipe import RecordReader
from fakes.masked_pictures import MASK, assert_masked, decoded, loud_picture, take
from fakes.pi_camera import STAND_IN, stand_in_python
from fakes.taps import ListTap
from fakes.tries import soon_enough

ADDRESS = PicameraAddress(size=(96, 160), rate=30)
Start = Callable[..., PicameraSource]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Makes a source whose system Python is this one, with the stand-in beside it."""

    def make(
        address: PicameraAddress = ADDRESS, behaviour: Any = None, installed: bool = True, **options: Any
    ) -> PicameraSource:
        told = {"journal": str(tmp_path / "journal.json")} | (behaviour or {})
        folder = STAND_IN if installed else tmp_path / "nothing"
        python = stand_in_python(tmp_path, folder, told)
        return PicameraSource(address, clock=SystemClock(), python=str(python), **options)

    return make


def journal(tmp_path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((tmp_path / "journal.json").read_text())
    return told


def failure_of(source: PicameraSource, count: int = 10_000) -> SourceError:
    with pytest.raises(SourceError) as caught:
        take(source, count, seconds=30)
    return caught.value


# --------------------------------------------------------------------------------------------------------- the stream


@pytest.mark.parametrize("hardware", [True, False])
def test_the_camera_encodes_and_nothing_is_decoded(hardware: bool, start: Start, tmp_path: Path) -> None:
    device = tmp_path / "video11"
    if hardware:
        device.touch()
    tap = ListTap(rule=lambda _at: True)
    fmt, *packets = take(start(encoder_device=str(device)), 70, tap)
    assert isinstance(fmt, VideoFormat)
    assert (fmt.width, fmt.height) == ADDRESS.size
    whole = [packet for packet in packets if isinstance(packet, Packet)]
    assert [number for number, packet in enumerate(whole) if packet.key] == [0, 30, 60]
    assert whole[0].pts == 0
    for one, two in pairwise(whole):
        assert two.pts - one.pts == pytest.approx(3000, abs=20)
        assert two.dts > one.dts
    assert len(decoded([fmt, *whole])) == len(whole)
    told = journal(tmp_path)
    assert told["encoder"] == ("H264Encoder" if hardware else "LibavH264Encoder")
    assert told["iperiod"] == 30


def test_looks_come_beside_the_stream_with_its_times(start: Start) -> None:
    tap = ListTap(rule=lambda _at: True)
    fmt, *packets = take(start(), 65, tap)
    assert isinstance(fmt, VideoFormat)
    times = {packet.pts / fmt.timescale for packet in packets if isinstance(packet, Packet)}
    seen = [frame.at for frame in tap.frames if frame.at < max(times)]
    assert set(seen) <= times
    assert seen == sorted(seen)
    assert 8 <= len(seen) <= 20
    assert all(two - one > 0.06 for one, two in pairwise(seen))


def test_looks_of_a_large_picture_are_small(start: Start, tmp_path: Path) -> None:
    tap = ListTap(rule=lambda _at: True)
    take(start(replace(ADDRESS, size=(1920, 1080), rate=10), masks=(MASK,)), 12, tap, seconds=60)
    assert {(frame.width, frame.height) for frame in tap.frames} == {(640, 360)}
    assert journal(tmp_path)["main"]["size"] == [1920, 1080]


@pytest.mark.parametrize("rotation", [0, 180, 90, 270])
def test_nothing_under_a_mask_is_seen_anywhere(rotation: int, start: Start, tmp_path: Path) -> None:
    tap = ListTap(rule=lambda _at: True)
    items = take(start(masks=(MASK,), rotation=rotation), 40, tap)
    assert_masked(items, tap.frames)
    fmt = items[0]
    assert isinstance(fmt, VideoFormat)
    assert (fmt.width, fmt.height) == (ADDRESS.size if rotation in {0, 180} else ADDRESS.size[::-1])
    assert journal(tmp_path)["flips"] == ([True, True] if rotation == 180 else [])


def test_a_camera_that_chooses_another_size_is_masked_all_the_same(start: Start) -> None:
    tap = ListTap(rule=lambda _at: True)
    address = replace(ADDRESS, size=(192, 320))
    items = take(start(address, {"fault": "other size"}, masks=(MASK,)), 30, tap)
    fmt = items[0]
    assert isinstance(fmt, VideoFormat)
    assert (fmt.width, fmt.height) == (96, 160)
    assert_masked(items, tap.frames)


def test_where_masking_fails_nothing_is_sent(start: Start) -> None:
    tap = ListTap(rule=lambda _at: True)
    source = start(behaviour={"fault": "mapping"}, masks=(MASK,))
    with pytest.raises(SourceLost, match="masking failed"):
        take(source, 1, tap)
    assert tap.frames == []


@given(st.lists(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=5), max_size=2))
def test_the_program_paints_as_doorstep_does(masks: list[list[tuple[float, float]]]) -> None:
    width, height, stride = 36, 20, 64
    hidden = hidden_blocks(masks, width, height)
    told = {
        "luma": [(each.top, each.bottom, each.left, each.right) for each in hidden.luma],
        "chroma": [(each.top, each.bottom, each.left, each.right) for each in hidden.chroma],
    }
    padded = np.full((height * 3 // 2, stride), 200, np.uint8)
    paint(padded, (width, height), told)
    expected = unpacked(np.full((height * 3 // 2, width), 200, np.uint8))
    hide(expected, hidden)
    for one, two in zip(
        picamera_child.planes(padded, width, height), (expected.luma, expected.u, expected.v), strict=True
    ):
        assert (one == two).all()


# -------------------------------------------------------------------------------------------------------- its options


def test_options_reach_the_camera(start: Start, tmp_path: Path) -> None:
    address = replace(ADDRESS, shutter=50_000, gain=2.0, autofocus="manual", lens=1.5)
    take(start(address, {"controls": ["AfMode", "LensPosition"]}), 3)
    told = journal(tmp_path)["controls"]
    assert told["FrameDurationLimits"] == [50_000, 50_000]  # a long exposure slows the camera down
    assert told["ExposureTime"] == 50_000
    assert told["AnalogueGain"] == 2.0
    assert told["AfMode"] == 0
    assert told["LensPosition"] == 1.5


def test_focus_by_itself_once_or_always(start: Start, tmp_path: Path) -> None:
    focus = {"controls": ["AfMode", "AfTrigger"]}
    take(start(behaviour=focus), 3)
    assert journal(tmp_path)["controls"]["AfMode"] == 2
    take(start(replace(ADDRESS, autofocus="auto"), focus), 3)
    assert journal(tmp_path)["controls"]["AfMode"] == 1
    assert journal(tmp_path)["later"] == {"AfTrigger": 0}
    take(start(), 3)
    assert "AfMode" not in journal(tmp_path)["controls"]


def test_hdr_by_the_sensor_or_by_the_pi(start: Start, tmp_path: Path) -> None:
    module_3 = {"models": ["imx708_wide"]}
    take(start(replace(ADDRESS, hdr=True), module_3), 3)
    assert journal(tmp_path)["sensor_hdr"] is True
    take(start(ADDRESS, module_3), 3)
    assert journal(tmp_path)["sensor_hdr"] is False  # it outlives programs: it is switched off again
    take(start(replace(ADDRESS, hdr=True), {"controls": ["HdrMode"]}), 3)
    assert journal(tmp_path)["controls"]["HdrMode"] == 4


@pytest.mark.parametrize(
    ("change", "words"), [({"hdr": True}, "has no HDR"), ({"autofocus": "manual", "lens": 1.0}, "cannot be moved")]
)
def test_what_a_camera_cannot_do_is_refused(change: dict[str, Any], words: str, start: Start) -> None:
    failure = failure_of(start(replace(ADDRESS, **change)))
    assert isinstance(failure, SourceRefused)
    assert words in str(failure)


# ------------------------------------------------------------------------------------------------------------- trouble


def test_without_picamera2_the_package_is_named(start: Start) -> None:
    failure = failure_of(start(installed=False))
    assert isinstance(failure, SourceRefused)
    assert "sudo apt install python3-picamera2" in str(failure)


def test_without_the_systems_python_the_package_is_named() -> None:
    failure = failure_of(PicameraSource(ADDRESS, clock=SystemClock(), python="/nowhere/python3"))
    assert isinstance(failure, SourceRefused)
    assert "python3-picamera2" in str(failure)


def test_a_camera_that_is_not_there_is_refused(start: Start) -> None:
    failure = failure_of(start(replace(ADDRESS, camera=1)))
    assert isinstance(failure, SourceRefused)
    assert "no camera 1" in str(failure)


def test_a_camera_in_use_is_lost(start: Start) -> None:
    failure = failure_of(start(behaviour={"fault": "busy"}))
    assert isinstance(failure, SourceLost)
    assert "other programs" in str(failure)


def test_the_last_words_of_a_program_that_dies_are_shown_without_their_tricks(start: Start) -> None:
    failure = failure_of(start(behaviour={"fault": "dies"}))
    assert isinstance(failure, SourceLost)
    assert "frontend timed out" in str(failure)
    assert str(failure).isprintable()


def test_a_program_that_hangs_is_lost(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picamera_pipe, "LONGEST_SILENCE_SECONDS", 0.5)
    failure = failure_of(start(behaviour={"fault": "hangs"}))
    assert isinstance(failure, SourceLost)
    assert "silent" in str(failure)


def test_what_libraries_print_does_not_get_between_the_records(start: Start) -> None:
    assert len(take(start(behaviour={"fault": "chatty"}), 20)) == 20


def test_closing_ends_the_program_and_the_thread(start: Start) -> None:
    async def close() -> float:
        loop = asyncio.get_running_loop()
        async with aclosing(start().stream(ListTap())) as items:
            await anext(items)
            await anext(items)
            assert children()
            before = loop.time()
        return loop.time() - before

    assert soon_enough(lambda: asyncio.run(close()), 1.5)
    assert not children()
    assert not [thread for thread in threading.enumerate() if thread.name == "picamera"]


def test_the_program_ends_with_whoever_started_it(tmp_path: Path, start: Start) -> None:
    start()
    program = (
        "import sys, threading\n"
        "from doorstep.clock import SystemClock\n"
        "from doorstep.sources.address import PicameraAddress\n"
        "from doorstep.sources.picamera import PicameraSource\n"
        "from fakes.taps import ListTap\n"
        "source = PicameraSource(PicameraAddress(size=(96, 160)), clock=SystemClock(), python=sys.argv[1])\n"
        "for item in source.read(ListTap(), threading.Event()):\n"
        "    print('picture', flush=True)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "python3")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"picture\n"
    (child,) = children(parent.pid)
    parent.send_signal(signal.SIGKILL)
    parent.communicate(timeout=60)
    ended = threading.Event()
    for _ in range(600):
        if not Path(f"/proc/{child}").exists():
            break
        ended.wait(0.1)
    assert not Path(f"/proc/{child}").exists()


def children(parent: int | None = None) -> list[int]:
    """The camera programs that a process has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line, status = (folder / "cmdline").read_bytes(), (folder / "stat").read_text()
        except OSError:
            continue
        if b"picamera_child.py" in line and int(status.rpartition(")")[2].split()[1]) == (parent or os.getpid()):
            found.append(int(folder.name))
    return found


# ------------------------------------------------------------------------------------------------------------ records


@given(
    st.lists(st.tuples(st.sampled_from(Kind), st.booleans(), st.binary(max_size=50)), max_size=8), st.integers(1, 40)
)
def test_records_are_read_however_the_pipe_cuts_them(told: list[tuple[Kind, bool, bytes]], size: int) -> None:
    whole = b"".join(
        HEADER.pack(kind, key, len(payload), number) + payload for number, (kind, key, payload) in enumerate(told)
    )
    reader = RecordReader()
    records = [record for at in range(0, len(whole), size) for record in reader.feed(whole[at : at + size])]
    assert [(record.kind, record.key, record.payload) for record in records] == told
    assert [record.at for record in records] == list(range(len(told)))


@given(st.binary(min_size=16, max_size=200))
def test_nonsense_is_lost_and_never_kept(garbage: bytes) -> None:
    reader = RecordReader()
    try:
        reader.feed(garbage)
    except SourceLost:
        return
    assert 1 <= garbage[0] <= 5


def test_loud_pictures_are_loud() -> None:
    # The stand-in's colours and those of the other sources' tests are the same.
    assert loud_picture(2, 2).reshape(-1).tolist() == [180] * 4 + [90, 200]
