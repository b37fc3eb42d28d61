"""What a page may have a setting refer to: whoever borrowed it reads neither environment nor files by it."""

from pathlib import Path

import pytest

from doorstep.core.settings_edit import AnyChange, SecretChange, SettingsChange, SettingsPath, SettingsRefused
from fakes.settings_place import PlacedSettings

HIDDEN = "AKIA-of-the-process"
TEXT = """\
[[camera]]
id = "porch"
name = "${PORCH_NAME}"
source = "rtsp://me:${PORCH_WORD}@192.0.2.5/s"
stream_key_file = "stream-key"
"""
ENVIRONMENT = {"PORCH_NAME": "Porch", "PORCH_WORD": "porchword", "AWS_SECRET_ACCESS_KEY": HIDDEN}
PORCH = ("camera", "porch")


@pytest.fixture
def placed(tmp_path: Path) -> PlacedSettings:
    made = PlacedSettings(tmp_path, TEXT, environment=dict(ENVIRONMENT))
    (made.path.parent / "stream-key").write_text("k" * 20)
    return made


FOREIGN: list[tuple[SettingsPath, object]] = [
    (("camera", "porch", "name"), "${AWS_SECRET_ACCESS_KEY}"),
    (("camera", "porch", "name"), "a ${PORCH_WORD}"),  # known, but shown there
    (("camera", "porch", "name"), "rtsp://me:${PORCH_WORD}@192.0.2.5/s"),
    (("camera", "porch", "source"), "rtsp://me:${AWS_SECRET_ACCESS_KEY}@192.0.2.5/s"),
    (("camera", "porch", "source"), "rtsp://${PORCH_WORD}/s"),  # every trouble names the host
    (("camera", "porch", "source"), "rtsp://me:${PORCH_WORD}@${PORCH_WORD}/s"),
    (("camera", "porch", "source"), "demo://${PORCH_WORD}"),
    (("camera", "garden"), {"name": "Garden ${HOME}", "source": "demo://"}),
    (("notify", "webhook", 0), {"name": "w", "url": "https://hooks.example.org/${AWS_SECRET_ACCESS_KEY}"}),
    (("notify", "apprise", 0), {"name": "ntfy", "url": "ntfy://${PORCH_WORD}/topic"}),  # as of a camera
    (("notify", "apprise", 0), {"name": "telegram", "url": "tgram://${AWS_SECRET_ACCESS_KEY}/42"}),
    (("notify", "webhook", 0, "secret_file"), "/etc/machine-id"),
    (("camera", "porch", "stream_key_file"), "/etc/machine-id"),
    (("notify", "email"), {"smtp_file": "/etc/hostname", "from": "a@example.org", "to": ["b@example.org"]}),
]


@pytest.mark.parametrize(("path", "value"), FOREIGN)
def test_nothing_of_this_machine_is_read_by_a_page(placed: PlacedSettings, path: SettingsPath, value: object) -> None:
    before, version = placed.path.read_text(), placed.file.read().version
    change = SettingsChange(path, value)
    assert placed.file.preview(version, [change]).faults
    with pytest.raises(SettingsRefused) as told:
        placed.file.change(version, [change], "Ann")
    assert not any(hidden in str(told.value) for hidden in (HIDDEN, "porchword"))
    assert placed.path.read_text() == before


def test_it_is_not_told_whether_a_variable_is_set(placed: PlacedSettings) -> None:
    version = placed.file.read().version
    words = {
        fault.what.replace(name, "NAME")
        for name in ("AWS_SECRET_ACCESS_KEY", "NOBODY_SET_THIS")
        for fault in placed.file.preview(version, [SettingsChange((*PORCH, "stream_key"), f"${{{name}}}")]).faults
    }
    assert len(words) == 1


def test_what_the_file_refers_to_already_and_what_was_typed_may_stand_where_secrets_do(placed: PlacedSettings) -> None:
    changes: list[AnyChange] = [
        SettingsChange((*PORCH, "source"), "rtsp://me:${PORCH_WORD}@192.0.2.5:8554/s"),
        SettingsChange((*PORCH, "detect"), "rtsp://me:${PORCH_WORD}@192.0.2.5/small?key=${TYPED}"),
        SettingsChange((*PORCH, "audio"), True),
        SettingsChange(("camera", "yard"), {"name": "Yard", "source": "rtsp://me:${TYPED}@192.0.2.7/s"}),
        SecretChange("TYPED", "typedword"),
    ]
    placed.file.change(placed.file.read().version, changes, "Ann")
    porch, yard = placed.load().cameras
    assert (porch.name, porch.source) == ("Porch", "rtsp://me:porchword@192.0.2.5:8554/s")
    assert yard.source == "rtsp://me:typedword@192.0.2.7/s"


def test_telegrams_token_may_stand_apart_though_its_place_is_that_of_a_host(placed: PlacedSettings) -> None:
    telegram = {"name": "telegram", "url": "tgram://${NOTIFY_TELEGRAM}/42"}
    typed = SecretChange("NOTIFY_TELEGRAM", "123456789:" + "a" * 35)
    placed.file.change(placed.file.read().version, [SettingsChange(("notify", "apprise", 0), telegram), typed], "Ann")
    assert "tgram://${NOTIFY_TELEGRAM}/42" in placed.path.read_text()


def test_a_whole_table_that_keeps_what_stood_there_is_written(placed: PlacedSettings) -> None:
    whole = {
        "name": "${PORCH_NAME}",
        "source": "rtsp://me:${PORCH_WORD}@192.0.2.5/other",
        "stream_key_file": "stream-key",
    }
    placed.file.change(placed.file.read().version, [SettingsChange(PORCH, whole)], "Ann")
    assert placed.load().cameras[0].source.endswith("@192.0.2.5/other")


ELSEWHERE: list[tuple[SettingsPath, object]] = [
    ((*PORCH, "source"), "rtsp://me:${PORCH_WORD}@203.0.113.9/s"),
    ((*PORCH, "detect"), "rtsp://me:${PORCH_WORD}@203.0.113.9/s"),
    ((*PORCH, "source"), "rtsp://192.0.2.5:${PORCH_WORD}@[2001:db8::9]:554/s"),
    ((*PORCH, "source"), "rtsp://203.0.113.9/s?key=${PORCH_WORD}&at=@192.0.2.5"),
    (("camera", "yard"), {"name": "Yard", "source": "rtsp://me:${PORCH_WORD}@203.0.113.9/s"}),
    (("notify", "webhook", 0), {"name": "own", "url": "https://203.0.113.9/${PORCH_WORD}"}),
    (("notify", "apprise", 0), {"name": "telegram", "url": "tgram://${PORCH_WORD}/42"}),
]


@pytest.mark.parametrize(("path", "value"), ELSEWHERE)
def test_a_password_that_is_not_typed_again_goes_to_no_other_machine(
    placed: PlacedSettings, path: SettingsPath, value: object
) -> None:
    version, change = placed.file.read().version, SettingsChange(path, value)
    [fault] = placed.file.preview(version, [change]).faults
    assert fault.what == "Type the password again: the address leads to another machine now."
    with pytest.raises(SettingsRefused):
        placed.file.change(version, [change], "Ann")


def test_who_types_the_password_may_send_it_to_another_machine(placed: PlacedSettings) -> None:
    moved = SettingsChange((*PORCH, "source"), "rtsp://me:${CAM_PORCH}@203.0.113.9/s")
    changes: list[AnyChange] = [moved, SecretChange("CAM_PORCH", "typedword")]
    placed.file.change(placed.file.read().version, changes, "Ann")
    assert placed.load().cameras[0].source == "rtsp://me:typedword@203.0.113.9/s"


DETECTOR = """
[detection]
where = "remote"
endpoint = "https://192.0.2.7:8470"
token = "{token}"
"""
MOVED = SettingsChange(("detection", "endpoint"), "https://203.0.113.9:8470")


@pytest.mark.parametrize("token", ["a-token-of-some-length", "${PORCH_WORD}"])
def test_the_detectors_token_does_not_go_along_to_another_machine(tmp_path: Path, token: str) -> None:
    placed = PlacedSettings(tmp_path, TEXT + DETECTOR.format(token=token), environment=dict(ENVIRONMENT))
    (placed.path.parent / "stream-key").write_text("k" * 20)
    version = placed.file.read().version
    with pytest.raises(SettingsRefused) as refused:
        placed.file.change(version, [MOVED], "Ann")
    (fault,) = refused.value.faults
    assert (fault.path, "another machine" in fault.what) == (("detection", "endpoint"), True)
    other_port = SettingsChange(("detection", "endpoint"), "https://192.0.2.7:8471")
    placed.file.change(version, [other_port], "Ann")
    again = SettingsChange(("detection", "token"), "typed-anew-for-the-new-one")
    placed.file.change(placed.file.read().version, [MOVED, again], "Ann")
    assert placed.load().detection.endpoint == "https://203.0.113.9:8470"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*PORCH, "source"), "file:///etc/passwd"),
        ((*PORCH, "detect"), "FILE:///etc/passwd"),
        (("camera", "yard"), {"name": "Yard", "source": "file:///var/video.mp4?loop"}),
        (("server", "data"), "/home"),
        (("server",), {"data": "/home"}),
        (("buffer", "directory"), "/home"),
    ],
)
def test_a_page_names_no_place_of_this_machine(placed: PlacedSettings, path: SettingsPath, value: object) -> None:
    before, version = placed.path.read_text(), placed.file.read().version
    with pytest.raises(SettingsRefused) as told:
        placed.file.change(version, [SettingsChange(path, value)], "Ann")
    assert "only the config file itself" in told.value.faults[0].what
    assert placed.path.read_text() == before


def test_a_place_that_stands_in_the_file_may_stay(tmp_path: Path) -> None:
    text = (
        '[buffer]\ndirectory = "/var/ring"\n\n[[camera]]\nid = "porch"\nname = "Porch"\nsource = "file:///a.mp4?loop"\n'
    )
    placed = PlacedSettings(tmp_path, text)
    changes: list[AnyChange] = [
        SettingsChange(("buffer",), {"directory": "/var/ring"}),
        SettingsChange(PORCH, {"name": "New porch", "source": "file:///a.mp4?loop"}),
    ]
    placed.file.change(placed.file.read().version, changes, "Ann")
    assert placed.load().cameras[0].name == "New porch"
