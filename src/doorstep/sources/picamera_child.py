"""The camera's end of a pipe: run as a program by the system's own Python, to which picamera2 is bound.

Imports the standard library and picamera2 only, so that it runs where nothing of Doorstep is installed; what it
writes is read by `picamera`.  Standard input brings a line of JSON with the settings, one with the masks once the
sizes are known, and its end means that the other side is gone.
"""

import ctypes
import json
import os
import signal
import struct
import sys
import threading
from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum
from typing import Any

HEADER = struct.Struct("<BBxxIq")
"""Kind, whether it is a key frame, length of what follows, time in microseconds of the sensor's clock."""

HIDDEN_LUMA, HIDDEN_CHROMA = 32, 128
_PR_SET_PDEATHSIG = 1
_MOST_BITS, _LEAST_BITS, _BITS_A_PIXEL = 10_000_000, 1_000_000, 0.1
_ENCODER_THREADS = 2

Settings = Mapping[str, Any]
# Objects of picamera2 and of the system's NumPy, whose types exist only on a Pi.
Array = Any
Camera = Any
Request = Any
Encoder = Any
Output = Any
Blocks = Mapping[str, Sequence[Sequence[int]]]


class Kind(IntEnum):
    """What a record holds."""

    SIZES = 1
    """JSON: width and height of `main` and, unless pictures come raw, of `lores`."""
    ACCESS_UNIT = 2
    """H.264 with start codes."""
    LOOK = 3
    """yuv420p of the size of `lores`, without padding."""
    RAW = 4
    """yuv420p of the size of `main`, without padding, neither turned nor masked."""
    ENDED = 5
    """JSON: `why` (a Why) and `words`."""


class Why(StrEnum):
    """What keeps the camera from giving pictures."""

    MISSING = "missing"
    ABSENT = "absent"
    BUSY = "busy"
    SETTINGS = "settings"


class Ending(Exception):
    """There will be no pictures, and `why`."""

    def __init__(self, why: Why, words: str) -> None:
        super().__init__(words)
        self.why = why


class Records:
    """Writes records whole, from several threads; a reader that is gone ends the program."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def write(self, kind: Kind, payload: bytes, *, at: int = 0, key: bool = False) -> None:
        """One record, behind those of other threads."""
        left = memoryview(HEADER.pack(kind, key, len(payload), at) + payload)
        try:
            with self._lock:
                while left:
                    left = left[os.write(self._descriptor, left) :]
        except OSError:
            os._exit(0)


def say(words: str) -> None:
    """To whoever started the program: the last line is shown when it ends."""
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


def planes(array: Array, width: int, height: int) -> tuple[Array, Array, Array]:
    """Views of brightness, U and V in a mapped YUV420 array of (height * 3 / 2) x stride."""
    stride = array.shape[1]
    flat = array.reshape(-1)
    colours = (height // 2, stride // 2)
    u, v, end = (height * stride * quarters // 4 for quarters in (4, 5, 6))
    half = slice(width // 2)
    return array[:height, :width], flat[u:v].reshape(colours)[:, half], flat[v:end].reshape(colours)[:, half]


def paint(array: Array, size: Sequence[int], blocks: Blocks) -> None:
    """Hide blocks of [top, bottom, left, right), in place."""
    luma, u, v = planes(array, *size)
    for top, bottom, left, right in blocks["luma"]:
        luma[top:bottom, left:right] = HIDDEN_LUMA
    for top, bottom, left, right in blocks["chroma"]:
        u[top:bottom, left:right] = HIDDEN_CHROMA
        v[top:bottom, left:right] = HIDDEN_CHROMA


class Pictures:
    """picamera2's `pre_callback`: sees every picture before any encoder does, and masks it."""

    def __init__(self, records: Records, settings: Settings, sizes: Settings, masks: Mapping[str, Blocks]) -> None:
        from picamera2 import MappedArray  # type: ignore[import-not-found]  # noqa: PLC0415 - only here is it known that there is one

        self._mapped = MappedArray
        self._records = records
        self._raw = settings["raw"]
        self._every = 0 if self._raw else int(1_000_000 / settings["looks"])
        self._sizes = sizes
        self._masks = masks
        self._due = 0

    def __call__(self, request: Request) -> None:
        """Called in the camera's thread; a picture that could not be masked ends the program."""
        try:
            self._take(request)
        except BaseException as error:  # noqa: BLE001 - whatever it is, an unmasked picture must not go on
            say(f"masking failed: {error!r}")
            os._exit(70)

    def _take(self, request: Request) -> None:
        for name, blocks in self._masks.items():
            if blocks["luma"]:
                with self._mapped(request, name) as mapped:
                    paint(mapped.array, self._sizes[name], blocks)
        at = request.get_metadata()["SensorTimestamp"] // 1000
        if at < self._due:
            return
        self._due = max(self._due + self._every, at + self._every // 2)
        kind, name = (Kind.RAW, "main") if self._raw else (Kind.LOOK, "lores")
        with self._mapped(request, name) as mapped:
            packed = b"".join(plane.tobytes() for plane in planes(mapped.array, *self._sizes[name]))
        self._records.write(kind, packed, at=at)


def open_camera(settings: Settings) -> Camera:
    """The configured camera.  Raises Ending."""
    from picamera2 import Picamera2  # noqa: PLC0415 - as above

    cameras = Picamera2.global_camera_info()
    number = settings["camera"]
    if number >= len(cameras):
        raise Ending(Why.ABSENT, f"{len(cameras)} cameras are there")
    hdr_by_sensor = _set_sensor_hdr(cameras[number], wanted=settings["hdr"])
    try:
        camera = Picamera2(number)
    except (RuntimeError, OSError) as error:
        raise Ending(Why.BUSY, str(error)) from error
    streams: dict[str, Any] = {"main": {"size": tuple(settings["size"]), "format": "YUV420"}}
    if not settings["raw"]:
        streams["lores"] = {"size": tuple(settings["look_size"]), "format": "YUV420"}
    if settings["upside_down"]:
        from libcamera import Transform  # type: ignore[import-not-found]  # noqa: PLC0415 - as above

        streams["transform"] = Transform(hflip=True, vflip=True)
    wishes = _controls(settings, camera.camera_controls, hdr_by_sensor=hdr_by_sensor)
    camera.configure(camera.create_video_configuration(**streams, controls=wishes, display=None))
    return camera


def _set_sensor_hdr(camera: Settings, *, wanted: bool) -> bool:
    """Camera Module 3 has its own switch, which outlives programs; whether this camera has it."""
    if not str(camera.get("Model", "")).startswith("imx708"):
        return False
    from picamera2.devices.imx708 import IMX708  # type: ignore[import-not-found]  # noqa: PLC0415 - as above

    with IMX708(camera["Num"]) as sensor:
        sensor.set_sensor_hdr_mode(wanted)
    return True


def _controls(settings: Settings, known: Mapping[str, Any], *, hdr_by_sensor: bool) -> dict[str, Any]:
    """What is asked of libcamera, by the names of its own list of controls.  Raises Ending."""
    from libcamera import controls  # noqa: PLC0415 - as above

    frame = max(1_000_000 // settings["rate"], settings["shutter"] or 0)
    wishes: dict[str, Any] = {"FrameDurationLimits": (frame, frame)}
    if settings["shutter"] is not None:
        wishes["ExposureTime"] = settings["shutter"]
    if settings["gain"] is not None:
        wishes["AnalogueGain"] = settings["gain"]
    if "AfMode" in known:
        mode = {"continuous": "Continuous", "auto": "Auto", "manual": "Manual"}[settings["autofocus"]]
        wishes["AfMode"] = getattr(controls.AfModeEnum, mode)
        if settings["lens"] is not None:
            wishes["LensPosition"] = settings["lens"]
    elif settings["lens"] is not None:
        raise Ending(Why.SETTINGS, "this camera's lens cannot be moved; leave out lens")
    if settings["hdr"] and not hdr_by_sensor:
        if "HdrMode" not in known:
            raise Ending(Why.SETTINGS, "this camera has no HDR; leave out hdr")
        wishes["HdrMode"] = controls.HdrModeEnum.SingleExposure
    return wishes


def start(camera: Camera, settings: Settings, records: Records) -> None:
    """Let the pictures flow, encoded by the hardware where there is one (Pi 4, Zero 2 W; not Pi 5)."""
    if not settings["raw"]:
        encoder = _encoder(settings)
        camera.start_encoder(encoder, _output(encoder, records))
    camera.start()
    if settings["autofocus"] == "auto" and "AfTrigger" in camera.camera_controls:
        from libcamera import controls  # noqa: PLC0415 - as above

        camera.set_controls({"AfTrigger": controls.AfTriggerEnum.Start})


def _encoder(settings: Settings) -> Encoder:
    from picamera2 import encoders  # noqa: PLC0415 - as above

    (width, height), rate = settings["size"], settings["rate"]
    bits = min(_MOST_BITS, max(_LEAST_BITS, int(width * height * rate * _BITS_A_PIXEL)))
    hardware = os.path.exists(settings["encoder_device"])  # noqa: PTH110 - one question
    software = getattr(encoders, "LibavH264Encoder", encoders.H264Encoder)
    encoder = (encoders.H264Encoder if hardware else software)(bitrate=bits, repeat=True, iperiod=rate)
    encoder.framerate = rate
    if not hardware:
        encoder.threads = _ENCODER_THREADS
    return encoder


def _output(encoder: Encoder, records: Records) -> Output:
    from picamera2 import outputs  # noqa: PLC0415 - as above

    class PipeOutput(outputs.Output):  # type: ignore[misc]  # picamera2 is not where types are checked
        """An encoder's times count from its first picture: they are told on the sensor's own clock."""

        def outputframe(self, frame: bytes, keyframe: bool = True, timestamp: int | None = None, *_: object) -> None:  # noqa: FBT001, FBT002 - as the base class has it
            at = (getattr(encoder, "firsttimestamp", None) or 0) + (timestamp or 0)
            records.write(Kind.ACCESS_UNIT, bytes(frame), at=at, key=keyframe)

    return PipeOutput()


def run(records: Records) -> None:
    """Until the other side is gone."""
    settings = json.loads(sys.stdin.buffer.readline())
    try:
        import picamera2  # noqa: F401, PLC0415 - whether there is one
    except ImportError as error:
        raise Ending(Why.MISSING, str(error)) from error
    camera = open_camera(settings)
    actual = camera.camera_configuration()
    names = ("main",) if settings["raw"] else ("main", "lores")
    sizes = {name: tuple(actual[name]["size"]) for name in names}
    records.write(Kind.SIZES, json.dumps(sizes).encode())
    masks = json.loads(sys.stdin.buffer.readline() or b"null")
    if masks is None:
        return
    camera.pre_callback = Pictures(records, settings, sizes, masks)
    start(camera, {**settings, "size": sizes["main"]}, records)
    while sys.stdin.buffer.read(1):
        pass


def main() -> None:
    """The program."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the other side, which then ends this one
    records = Records(os.dup(1))
    os.dup2(2, 1)  # what libraries print must not end up between the records
    try:
        run(records)
    except Ending as ending:
        records.write(Kind.ENDED, json.dumps({"why": ending.why, "words": str(ending)}).encode())
    except Exception as error:  # noqa: BLE001 - the program's entry: the last line of standard error is shown
        say(f"{type(error).__name__}: {error}")
        os._exit(1)
    os._exit(0)  # the camera's threads must not keep the program alive, and the kernel frees the camera


if __name__ == "__main__":
    main()
