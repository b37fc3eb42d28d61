"""A Raspberry Pi camera without a Pi: picamera2's interface as `picamera_child` uses it, for its tests.

Each picture is of one loud colour; what reaches the encoder is really encoded.  STAND_IN (JSON) says how it behaves:
`fault`, `models`, `controls`, and `journal`, a file that tells what was asked of it.
"""

import json
import os
import sys
import threading
import time
from fractions import Fraction
from types import ModuleType
from typing import Any, Self

import av
import numpy as np

__path__: list[str] = []  # a package, whose modules stand at the end

BEHAVIOUR = json.loads(os.environ.get("STAND_IN", "{}"))
FAULT = BEHAVIOUR.get("fault", "")
LOUD = (180, 90, 200)
_journal: dict[str, Any] = {}


def _note(**words: Any) -> None:
    _journal.update(words)
    if "journal" in BEHAVIOUR:
        with open(BEHAVIOUR["journal"] + ".new", "w", encoding="utf-8") as file:  # noqa: PTH123 - plain
            json.dump(_journal, file, default=str)
        os.replace(BEHAVIOUR["journal"] + ".new", BEHAVIOUR["journal"])  # noqa: PTH105 - plain


class Request:
    """One completed request."""

    def __init__(self, config: dict[str, Any], number: int, at: int) -> None:
        self.config = config
        self.buffers = {name: self._picture(config[name], number) for name in ("main", "lores") if config.get(name)}
        self._at = at

    def get_metadata(self) -> dict[str, int]:
        return {"SensorTimestamp": self._at, "ExposureTime": 1000}

    @staticmethod
    def _picture(config: dict[str, Any], number: int) -> Any:
        (_, height), stride = config["size"], config["stride"]
        flat = np.empty(height * stride * 3 // 2, np.uint8)
        flat[: height * stride] = LOUD[0] + number % 8
        flat[height * stride : height * stride * 5 // 4] = LOUD[1]
        flat[height * stride * 5 // 4 :] = LOUD[2]
        return flat.reshape(height * 3 // 2, stride)


class MappedArray:
    def __init__(self, request: Request, stream: str, reshape: bool = True, write: bool = True) -> None:  # noqa: ARG002
        self._array = request.buffers[stream]

    def __enter__(self) -> Self:
        if FAULT == "mapping":
            msg = "cannot map"
            raise RuntimeError(msg)
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is mapped."""

    @property
    def array(self) -> Any:
        return self._array


class Picamera2:
    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return [{"Model": model, "Num": number} for number, model in enumerate(BEHAVIOUR.get("models", ["ov5647"]))]

    def __init__(self, camera_num: int = 0) -> None:
        if FAULT == "busy":
            print("Pipeline handler in use by another process", file=sys.stderr)
            msg = "Camera __init__ sequence did not complete."
            raise RuntimeError(msg)
        _note(camera=camera_num)
        self.camera_controls = dict.fromkeys(BEHAVIOUR.get("controls", []))
        self.pre_callback: Any = None
        self._config: dict[str, Any] = {}
        self._encoders: list[Encoder] = []

    def create_video_configuration(
        self,
        main: dict[str, Any] = {},  # noqa: B006 - as it is there
        lores: dict[str, Any] | None = None,
        transform: Any = None,
        controls: dict[str, Any] = {},  # noqa: B006 - as it is there
        display: str | None = "main",
        encode: str = "main",  # noqa: ARG002 - as it is there
    ) -> dict[str, Any]:
        for stream in (main, lores):
            assert stream is None or stream.keys() <= {"size", "format", "preserve_ar"}
            assert stream is None or (type(stream["size"]) is tuple and not any(side % 2 for side in stream["size"]))
        return {"main": main, "lores": lores, "transform": transform, "controls": controls, "display": display}

    def configure(self, config: dict[str, Any]) -> None:
        self._config = dict(config)
        for name in ("main", "lores"):
            if config[name] is not None:
                width, height = config[name]["size"]
                if FAULT == "other size":
                    width, height = width // 2 // 2 * 2, height // 2 // 2 * 2
                self._config[name] = {**config[name], "size": (width, height), "stride": -(-width // 64) * 64}
        transform = config["transform"]
        _note(
            main=self._config["main"],
            lores=self._config["lores"],
            flips=[transform.hflip, transform.vflip] if transform else [],
            controls=config["controls"],
        )

    def camera_configuration(self) -> dict[str, Any]:
        return self._config

    def set_controls(self, controls: dict[str, Any]) -> None:
        _note(later=controls)

    def start_encoder(self, encoder: "Encoder", output: Any = None, pts: Any = None, quality: Any = None) -> None:  # noqa: ARG002
        encoder.output = output
        encoder.open(*self._config["main"]["size"])
        self._encoders.append(encoder)
        _note(encoder=type(encoder).__name__, bitrate=encoder.bitrate, iperiod=encoder.iperiod)

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        microseconds = self._config["controls"]["FrameDurationLimits"][0]
        at = 5_000_000_000_000
        for number in range(10_000_000):
            time.sleep(microseconds / 1e6)
            at += microseconds * 1000 + (number % 3 - 1) * 40_000
            if number == 20 and FAULT == "dies":
                print(
                    "some words before",
                    "\x1b[31mERROR: the camera\u2028frontend timed out\x07",
                    sep="\n",
                    file=sys.stderr,
                )
                os._exit(3)
            if number == 20 and FAULT == "hangs":
                time.sleep(1000)
            if FAULT == "chatty":
                print("a library says something on standard output", flush=True)
            request = Request(self._config, number, at)
            if self.pre_callback is not None:
                self.pre_callback(request)
            for encoder in self._encoders:
                encoder.encode(request, at // 1000)


class Encoder:
    def __init__(self, bitrate: int | None, iperiod: int | None) -> None:
        self.bitrate = bitrate
        self.iperiod = iperiod
        self.framerate: float | None = None
        self.firsttimestamp: int | None = None
        self.output: Any = None

    def open(self, width: int, height: int) -> None:
        self._width = width
        encoder = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
        encoder.time_base = Fraction(1, 1_000_000)
        encoder.gop_size = self.iperiod or 30
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "threads=1"}
        self._encoder = encoder

    def encode(self, request: Request, at: int) -> None:
        if self.firsttimestamp is None:
            self.firsttimestamp = at
        array = request.buffers["main"]
        height, stride = array.shape[0] * 2 // 3, array.shape[1]
        flat, width = array.reshape(-1), self._width
        planes = [array[:height, :width]]
        for first in (4, 5):
            start, end = height * stride * first // 4, height * stride * (first + 1) // 4
            planes.append(flat[start:end].reshape(height // 2, stride // 2)[:, : width // 2])
        packed = np.concatenate([np.ascontiguousarray(plane).reshape(-1) for plane in planes])
        frame = av.VideoFrame.from_ndarray(packed.reshape(height * 3 // 2, width), format="yuv420p")
        frame.pts = at - self.firsttimestamp
        for packet in self._encoder.encode(frame):
            self.give(bytes(packet), packet.is_keyframe, packet.pts or 0)

    def give(self, frame: bytes, keyframe: bool, timestamp: int) -> None:
        self.output.outputframe(frame, keyframe, timestamp, None, False)


class LibavH264Encoder(Encoder):
    """In software, as on a Pi 5."""

    def __init__(
        self, bitrate: int | None = None, repeat: bool = True, iperiod: int = 30, framerate: float = 30
    ) -> None:
        super().__init__(bitrate, iperiod)
        assert repeat
        self.framerate = framerate
        self.threads = 0


class H264Encoder(Encoder):
    """By the hardware, as on a Pi 4: its first output holds the parameter sets alone."""

    def __init__(self, bitrate: int | None = None, repeat: bool = True, iperiod: int | None = None) -> None:
        super().__init__(bitrate, iperiod)
        assert repeat
        self._first = True

    def give(self, frame: bytes, keyframe: bool, timestamp: int) -> None:
        if self._first:
            self._first = False
            place = frame.index(b"\x00\x00\x01\x65")
            super().give(frame[:place].rstrip(b"\x00"), False, timestamp)
            frame = b"\x00" + frame[place:]
        super().give(frame, keyframe, timestamp)


class Output:
    def __init__(self, pts: Any = None) -> None:
        self.recording = False
        self.ptsoutput = pts

    def outputframe(
        self, frame: bytes, keyframe: bool = True, timestamp: int | None = None, packet: Any = None, audio: bool = False
    ) -> None:
        """What an encoder gives."""


class IMX708:
    def __init__(self, camera_num: int | None = None) -> None:
        _note(sensor=camera_num)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def set_sensor_hdr_mode(self, enable: bool) -> None:
        _note(sensor_hdr=enable)


def _module(name: str, **contents: Any) -> ModuleType:
    module = ModuleType(f"{__name__}.{name}")
    module.__path__ = []
    vars(module).update(contents)
    sys.modules[module.__name__] = module
    return module


encoders = _module("encoders", H264Encoder=H264Encoder, LibavH264Encoder=LibavH264Encoder)
outputs = _module("outputs", Output=Output)
devices = _module("devices")
_module("devices.imx708", IMX708=IMX708)
