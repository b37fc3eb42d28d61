"""Which file a model's name means on this machine, and what the owner is told when there is none."""

import hashlib
from pathlib import Path

import pytest

from doorstep.core.errors import ModelInvalid
from doorstep.vision.models import FILES, KNOWN, KnownFile, Pin, Soundness, find_file, find_model, verify


def known(name: str, *contents: bytes, stand_in: str | None = None) -> KnownFile:
    pins = tuple(Pin(len(content), hashlib.sha256(content).hexdigest()) for content in contents)
    return KnownFile(name, f"{name}.onnx", "Apache-2.0", pins, (), stand_in)


FIRST = known("first", b"first", b"first, exported again", stand_in="second")
SECOND = known("second", b"second")
BOTH = (FIRST, SECOND)


def folder_with(folder: Path, **files: bytes) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / f"{name}.onnx").write_bytes(content)
    return folder


def test_the_earlier_folder_wins(tmp_path: Path) -> None:
    one, two = folder_with(tmp_path / "one", first=b"first"), folder_with(tmp_path / "two", first=b"first")
    assert find_model("first", [one, two], BOTH).path == one / "first.onnx"
    assert find_model("first", [tmp_path / "none", two], BOTH).path == two / "first.onnx"


@pytest.mark.parametrize("content", [b"first", b"first, exported again"])
def test_any_accepted_content_will_do(tmp_path: Path, content: bytes) -> None:
    folder = folder_with(tmp_path / "models", first=content)
    assert find_model("first", [folder], BOTH).name == "first"


def test_wrong_content_says_what_was_expected_and_found_and_the_remedy(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "models", first=b"changed", second=b"second")
    with pytest.raises(ModelInvalid) as refused:
        find_model("first", [folder], BOTH)
    message = str(refused.value)
    assert FIRST.pins[0].sha256[:12] in message
    assert FIRST.pins[1].sha256[:12] in message
    assert hashlib.sha256(b"changed").hexdigest()[:12] in message
    assert "doorstep models fetch" in message


def test_the_stand_in_serves_under_its_own_name(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "models", second=b"second")
    assert find_model("first", [folder], BOTH).name == "second"


def test_the_model_itself_is_preferred_to_a_stand_in_in_an_earlier_folder(tmp_path: Path) -> None:
    one, two = folder_with(tmp_path / "one", second=b"second"), folder_with(tmp_path / "two", first=b"first")
    assert find_model("first", [one, two], BOTH).name == "first"


def test_a_model_that_is_nowhere_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match=r"The model first is not on this machine\. Run `doorstep models fetch`"):
        find_model("first", [tmp_path], BOTH)


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "mine", custom=b"anything")
    found = find_model(str(folder / "custom.onnx"), [], BOTH)
    assert (found.name, found.path) == ("custom", folder / "custom.onnx")


def test_a_path_to_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match="There is no model at"):
        find_model(str(tmp_path / "custom.onnx"), [], BOTH)


def test_a_name_that_nearly_fits_is_answered_with_the_nearest() -> None:
    with pytest.raises(ModelInvalid, match=r"Did you mean yolox-nano\?"):
        find_model("yolo-nano", [])


def test_a_name_that_fits_nothing_is_answered_with_all() -> None:
    with pytest.raises(ModelInvalid, match="yolox-nano, nanodet-g, yolox-tiny, yolox-s"):
        find_model("resnet", [])


def test_verify_tells_sound_wrong_and_missing_apart(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "models", first=b"first", second=b"changed")
    verdicts = verify(folder, (*BOTH, known("third", b"third")))
    assert [verdict.soundness for verdict in verdicts] == [Soundness.SOUND, Soundness.WRONG, Soundness.MISSING]
    assert [bool(verdict.reason) for verdict in verdicts] == [False, True, True]


def test_a_link_to_nothing_counts_as_missing(tmp_path: Path) -> None:
    (tmp_path / "second.onnx").symlink_to(tmp_path / "second.onnx")
    assert find_file(SECOND, [tmp_path]) is None
    assert verify(tmp_path, [SECOND])[0].soundness is Soundness.MISSING


def test_no_two_files_share_a_name_and_every_stand_in_is_known() -> None:
    assert len({each.file_name for each in FILES}) == len({each.name for each in FILES}) == len(FILES)
    assert {each.stand_in for each in KNOWN} <= {None, *(each.name for each in KNOWN)}
    assert all(len(pin.sha256) == 64 and pin.length > 0 for each in FILES for pin in each.pins)
    assert all(each.licence and each.sources for each in FILES)


def test_the_shared_model_is_known() -> None:
    folder = Path(__file__).parents[2] / ".." / "shared" / "models"
    if not folder.is_dir():
        pytest.skip("the shared models are not here")
    assert find_model("yolox-nano", [folder]).name == "yolox-nano"
