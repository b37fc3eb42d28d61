"""The config as it may be kept in the clear: no secret is left, and everything else is as it was."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.config.document import parse
from doorstep.config.load import load_settings
from doorstep.config.without_secrets import named_files, without_secrets
from doorstep.core.errors import ConfigInvalid
from fakes.settings_place import PlacedSettings

TEXT = """# The house
[server]
listen = "[::]:8080"   # not "0.0.0.0"

[[camera]]
id = "porch"
name = "Porch # 1"
source = "rtsp://admin:hunter22@192.0.2.5:554/stream?key=abcdef"  # was rtsp://root:oldword@192.0.2.4/1
# the password hunter22 is also the router's
detect = 'rtsp://admin:hunter22@192.0.2.5/small'

[[camera]]
id = "yard"
name = "yard-0123"
source = "rtmp-listen://0.0.0.0:1935/live"
stream_key = "yard-0123"

[[camera]]
id = "demo"
name = "Demo"
source = "demo://"

[[camera]]
id = "gate"
name = "Gate"
source = "rtsp://${GATE_USER}:${GATE_PASSWORD}@192.0.2.6/1"

[detection]
where = "remote"
endpoint = "https://192.0.2.9/detect?key=endpointword"
token = "tokenword-0123"

[notify.email]
smtp = "smtps://me:letters4@mail.example.org"
from = "door@example.org"
to = ["me@example.org"]
"""


def test_no_secret_is_left_and_everything_else_is() -> None:
    shown = without_secrets(TEXT, "doorstep.toml")
    for secret in ("hunter22", "oldword", "abcdef", "letters4", "192.0.2.5", "endpointword", "tokenword"):
        assert secret not in shown.text
    before, after = tomllib.loads(TEXT), tomllib.loads(shown.text)
    assert after["server"] == before["server"]
    assert [one["id"] for one in after["camera"]] == ["porch", "yard", "demo", "gate"]
    assert after["camera"][0]["name"] == "Porch # 1"
    assert after["camera"][0]["source"] == "${DOORSTEP_CAMERA_PORCH_SOURCE}"
    assert after["camera"][1]["name"] == "yard-0123"
    assert after["camera"][1]["stream_key"] == "${DOORSTEP_CAMERA_YARD_STREAM_KEY}"
    assert after["camera"][2:] == before["camera"][2:]
    assert after["notify"]["email"]["to"] == ["me@example.org"]
    assert "# The house" in shown.text


def test_the_text_loads_once_the_variables_are_set(tmp_path: Path) -> None:
    shown = without_secrets(TEXT, "doorstep.toml")
    path = tmp_path / "doorstep.toml"
    path.write_text(shown.text, encoding="utf-8")
    given_back = {
        "DOORSTEP_CAMERA_PORCH_SOURCE": "rtsp://admin:hunter22@192.0.2.5:554/stream?key=abcdef",
        "DOORSTEP_CAMERA_PORCH_DETECT": "rtsp://admin:hunter22@192.0.2.5/small",
        "DOORSTEP_CAMERA_YARD_STREAM_KEY": "yard-0123",
        "DOORSTEP_DETECTION_ENDPOINT": "https://192.0.2.9/detect?key=endpointword",
        "DOORSTEP_DETECTION_TOKEN": "tokenword-0123",
        "DOORSTEP_NOTIFY_EMAIL_SMTP": "smtps://me:letters4@mail.example.org",
    }
    assert {variable for _, variable in shown.left_out} == set(given_back)
    environment = {**given_back, "GATE_USER": "a", "GATE_PASSWORD": "b"}
    original = tmp_path / "original.toml"
    original.write_text(TEXT, encoding="utf-8")
    assert load_settings(path, environment) == load_settings(original, environment)


@pytest.mark.parametrize(
    "line",
    [
        'source = "rtsp://a:\\u0062cde@cam/1"',
        'source = """\nrtsp://a:bcde@cam/1"""',
        '"sou\\u0072ce" = "rtsp://a:b@c/1"',
    ],
)
def test_a_secret_that_cannot_be_taken_out_for_certain_is_refused(line: str) -> None:
    with pytest.raises(ConfigInvalid, match="file of its own") as caught:
        without_secrets(f'[[camera]]\nid = "porch"\n{line}\n', "doorstep.toml")
    assert "cde" not in str(caught.value)


def test_files_that_the_config_names_are_found() -> None:
    text = (
        '[server.tls]\ncert = "cert.pem"\nkey = "/etc/key.pem"\n'
        '[[camera]]\nsource_file = "porch.txt"\n[notify.email]\nsmtp_file = "porch.txt"\n'
    )
    assert named_files(parse(text, "x", Path())) == ["porch.txt", "cert.pem", "/etc/key.pem"]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=20), st.booleans())
def test_whatever_the_key_it_is_replaced_alone_or_refused(secret: str, basic: bool) -> None:
    quote = '"' if basic else "'"
    text = f"[[camera]]\nid = {quote}{secret}{quote}\nname = 'x'\nstream_key = {quote}{secret}{quote} # {secret}\n"
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    if before["camera"][0].get("stream_key", "") in ("", secret) and "${" not in secret:
        try:
            shown = without_secrets(text, "doorstep.toml")
        except ConfigInvalid:
            return
        after = tomllib.loads(shown.text)
        key = after["camera"][0].pop("stream_key", "")
        others = {name: value for name, value in before["camera"][0].items() if name != "stream_key"}
        assert after["camera"] == [others]
        assert key.startswith("${DOORSTEP_") or key == before["camera"][0].get("stream_key", "") == ""


BESIDE = [
    "rtsp://admin:hunter22@${CAM_HOST}/s",
    "rtsp://${CAM_USER}:hunter22@192.0.2.5/s",
    "rtsp://admin:hunter22@192.0.2.5/s?token=${CAM_TOKEN}",
    "rtsp://admin:hunter22${MORE}@192.0.2.5/s",
]


@pytest.mark.parametrize("source", BESIDE)
def test_a_password_beside_a_reference_is_a_secret_too(tmp_path: Path, source: str) -> None:
    text = f'[[camera]]\nid = "a"\nname = "A"\nsource = "{source}"\n'
    assert "hunter22" not in without_secrets(text, "doorstep.toml").text
    names = dict.fromkeys(("CAM_HOST", "CAM_USER", "CAM_TOKEN", "MORE"), "192.0.2.5")
    view = PlacedSettings(tmp_path, text, environment=names).file.read()
    assert "hunter22" not in str(view.cameras)
    assert view.secrets == [("camera", "a", "source")]
