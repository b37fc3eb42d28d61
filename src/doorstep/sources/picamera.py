"""The Raspberry Pi's own camera.  picamera2 belongs to the system's Python, where `picamera_child` reads it."""

import json
import threading
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, astuple
from math import ceil
from typing import TYPE_CHECKING

from doorstep.core.errors import MediaInvalid, SourceError, SourceLost, SourceRefused
from doorstep.core.mask import hidden_blocks
from doorstep.core.media import Codec, Packet, StreamItem, VideoFormat
from doorstep.media.nal import nal_type, split_annex_b
from doorstep.media.packetize import Packetizer
from doorstep.ports import Clock, FrameTap
from doorstep.sources.address import PicameraAddress
from doorstep.sources.picamera_child import Kind, Why
from doorstep.sources.picamera_pipe import CameraProgram, Record
from doorstep.sources.raw_frame import RawFrame
from doorstep.sources.threaded import threaded

if TYPE_CHECKING:  # PyAV and NumPy: a Pi Zero that only sends what the chip encodes does without
    from doorstep.media.mask import Masks

SYSTEM_PYTHON = "/usr/bin/python3"
HARDWARE_ENCODER = "/dev/video11"
"""bcm2835-codec's encoder, of every Pi but the 5."""

_LOOKS_A_SECOND = 8
_LOOK_WIDTH = 640
_LOOK_MARGIN = 2  # pixels: the two sizes' shapes may differ by a rounding
TIMESCALE = 90_000
_LONGEST_SIDE = 4096
_IDR = 5  # ITU-T H.264, table 7-1


class PicameraSource:
    """A `ports.Source` over `picamera://`: the Pi encodes, and a small second picture serves for looking.

    Masks are painted before the encoder, and turning upside down costs nothing.  A quarter turn is not within the
    camera's reach: then pictures come raw and are turned, masked and encoded here, at a price.
    """

    def __init__(
        self,
        address: PicameraAddress,
        *,
        masks: "Masks" = (),
        rotation: int = 0,
        clock: Clock,
        python: str = SYSTEM_PYTHON,
        encoder_device: str = HARDWARE_ENCODER,
    ) -> None:
        self._address = address
        self._masks = masks
        self._rotation = rotation
        self._raw = rotation in {90, 270}
        self._clock = clock
        self._python = python
        self._encoder_device = encoder_device

    def stream(self, tap: FrameTap) -> AsyncGenerator[StreamItem]:
        """As the port says.  SourceRefused without picamera2, without a camera, or for what it cannot do."""
        return threaded(lambda stop: self.read(tap, stop), "picamera")

    def read(self, tap: FrameTap, stop: threading.Event) -> Generator[StreamItem]:
        """The same, blocking, until `stop` is set; the program ends with it."""
        picture_seconds = max(1 / self._address.rate, (self._address.shutter or 0) / 1_000_000)
        with closing(CameraProgram(self._python, stop, self._clock, picture_seconds)) as program:
            program.tell(self._settings())
            records = program.records()
            sizes = self._sizes(records)
            if sizes is None:
                return
            program.tell(self._blocks(sizes))
            pictures = self._raw_pictures(records, sizes, tap) if self._raw else self._encoded(records, sizes, tap)
            try:
                yield from pictures
            except MediaInvalid as error:
                msg = f"The Pi's encoder gives video that cannot be understood ({error}); it will be started again."
                raise SourceLost(msg) from error

    def _settings(self) -> dict[str, object]:
        width, height = self._address.size
        times = max(1, ceil(width / _LOOK_WIDTH))
        return {
            **asdict(self._address),
            "raw": self._raw,
            "upside_down": self._rotation == 180,
            "looks": min(_LOOKS_A_SECOND, self._address.rate),
            "look_size": [max(2, round(side / times / 2) * 2) for side in (width, height)],
            "encoder_device": self._encoder_device,
        }

    def _sizes(self, records: Iterator[Record]) -> Mapping[str, tuple[int, int]] | None:
        for record in records:
            if record.kind is Kind.SIZES:
                return _read_sizes(record)
            if record.kind is Kind.ENDED:
                raise self._ending(record)
        return None

    def _blocks(self, sizes: Mapping[str, tuple[int, int]]) -> dict[str, object]:
        """What the program paints; nothing where the pictures come raw and are painted here."""
        if self._raw:
            return {}
        told: dict[str, object] = {}
        for name, (width, height) in sizes.items():
            hidden = hidden_blocks(self._masks, width, height, _LOOK_MARGIN if name == "lores" else 1)
            told[name] = {
                "luma": [astuple(block) for block in hidden.luma],
                "chroma": [astuple(block) for block in hidden.chroma],
            }
        return told

    def _raw_pictures(
        self, records: Iterator[Record], sizes: Mapping[str, tuple[int, int]], tap: FrameTap
    ) -> Iterator[StreamItem]:
        import numpy as np  # noqa: PLC0415 - as above

        from doorstep.media.mask import unpacked  # noqa: PLC0415 - as above
        from doorstep.sources.own_frames import OwnFrames  # noqa: PLC0415 - as above

        frames = OwnFrames(tap, masks=self._masks, rotation=self._rotation, rate=self._address.rate)
        width, height = sizes["main"]
        began_at: int | None = None
        for record in self._until_ended(records):
            if record.kind is Kind.RAW:
                began_at = record.at if began_at is None else began_at
                pixels = np.frombuffer(_pixels(record, width, height), np.uint8)
                planes = unpacked(pixels.reshape(height * 3 // 2, width))
                yield from frames.take(planes, self._clock.monotonic(), _ticks(record.at - began_at))

    def _encoded(
        self, records: Iterator[Record], sizes: Mapping[str, tuple[int, int]], tap: FrameTap
    ) -> Iterator[StreamItem]:
        units = _AccessUnits(self._address.rate)
        for record in self._until_ended(records):
            if record.kind is Kind.ACCESS_UNIT:
                yield from units.take(record, self._clock.monotonic())
            elif record.kind is Kind.LOOK and units.began_at is not None and record.at >= units.began_at:
                at = _ticks(record.at - units.began_at) / TIMESCALE
                if tap.wants(at):
                    look = _pixels(record, *sizes["lores"])
                    tap.put(RawFrame(look, *sizes["lores"], at=at, captured_at=self._clock.monotonic()))

    def _until_ended(self, records: Iterator[Record]) -> Iterator[Record]:
        for record in records:
            if record.kind is Kind.ENDED:
                raise self._ending(record)
            yield record

    def _ending(self, record: Record) -> SourceError:
        told = _json(record)
        words = str(told.get("words", ""))[:160]
        match told.get("why"):
            case Why.MISSING:
                return SourceRefused("The Pi's camera needs picamera2; sudo apt install python3-picamera2.")
            case Why.ABSENT:
                return SourceRefused(
                    f"There is no camera {self._address.camera} at this Pi ({words}); check its cable, and the number."
                )
            case Why.BUSY:
                return SourceLost(f"The Pi's camera cannot be opened; end other programs that use it ({words}).")
            case Why.SETTINGS:
                return SourceRefused(f"The Pi's camera cannot do that: {words}.")
            case _:
                return _nonsense()


class _AccessUnits:
    """The encoder's output as packets.  One connection."""

    def __init__(self, rate: int) -> None:
        self._packetizer = Packetizer(Codec.H264, TIMESCALE, b"")
        self._format: VideoFormat | None = None
        self._usual = TIMESCALE // rate
        self._last: int | None = None
        self.began_at: int | None = None
        """The first key frame's time on the sensor's clock."""

    def take(self, record: Record, arrived: float) -> Iterator[StreamItem]:
        """A packet from the first key frame on, behind a format where it is new.  Raises MediaInvalid."""
        key = any(nal_type(Codec.H264, unit) == _IDR for unit in split_annex_b(record.payload))
        unit = self._packetizer.packet(record.payload, key=key)
        fmt = self._packetizer.format
        if not unit or fmt is None or (self._format is None and not key):
            return
        if self.began_at is None:
            self.began_at = record.at
        if fmt != self._format:
            self._format = fmt
            yield fmt
        pts = _ticks(record.at - self.began_at)
        duration = self._usual
        if self._last is not None:
            pts = max(pts, self._last + 1)
            duration = pts - self._last
        self._last = pts
        yield Packet(unit, pts, pts, duration, key, arrived)


def _ticks(microseconds: int) -> int:
    return microseconds * 9 // 100


def _pixels(record: Record, width: int, height: int) -> bytes:
    if len(record.payload) != width * height * 3 // 2:
        raise _nonsense()
    return record.payload


def _read_sizes(record: Record) -> dict[str, tuple[int, int]]:
    sizes: dict[str, tuple[int, int]] = {}
    for name, size in _json(record).items():
        match size:
            case [int(width), int(height)] if 0 < width <= _LONGEST_SIDE and 0 < height <= _LONGEST_SIDE:
                sizes[name] = width, height
            case _:
                raise _nonsense()
    return sizes


def _json(record: Record) -> Mapping[str, object]:
    try:
        told = json.loads(record.payload)
    except ValueError as error:
        raise _nonsense() from error
    if not isinstance(told, dict):
        raise _nonsense()
    return told


def _nonsense() -> SourceLost:
    return SourceLost("The program that reads the Pi's camera talks nonsense; it will be started again.")
