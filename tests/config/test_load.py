"""From the config file to settings: what is taken, what is refused, and in which words."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.config.load import demo_settings, load_settings
from doorstep.core.camera import CameraId
from doorstep.core.errors import ConfigInvalid
from doorstep.core.event import Cause
from doorstep.core.notify_settings import EmailSettings
from doorstep.core.settings import (
    BufferSettings,
    CameraSettings,
    ServerSettings,
    Settings,
    TlsSettings,
    Transport,
)
from doorstep.core.zone import Zone

KINDS = (
    "rtsp://, rtsps://, rtmp://, rtmps://, rtmp-listen://, rtmps-listen://, picamera://, v4l2://, http://, https://, "
    "file://, demo://"
)
TAKE_OUT = "Take it out, or install the newer Doorstep that knows it"
Write = Callable[[str], Path]

EVERYTHING = """
[server]
listen   = "[::]:9000"
data     = "/srv/doorstep"
names    = ["door.example.org"]
timezone = "Europe/Berlin"
trusted_proxies = ["127.0.0.1", "192.0.2.0/24"]
[server.tls]
cert = "cert.pem"
key  = "/etc/key.pem"

[buffer]
seconds   = 600
max_bytes = "1 GiB"
directory = "/mnt/buffer"

[[camera]]
id     = "front-door"
name   = "Front door"
source = "rtsp://viewer:${CAM_PASSWORD}@192.0.2.10/stream1"
detect = "rtsp://viewer:${CAM_PASSWORD}@192.0.2.10/stream2"
record = "always"
stream_key = "${DOOR_KEY}"
audio  = true
enabled = false
masks  = [[[0, 0], [0.5, 0], [0, 0.5]]]
reencode = true
rotation = 90
transport = "udp"
upload = true
zones  = [{ name = "porch", polygon = [[0.1,0.4],[0.9,0.4],[0.9,1.0],[0.1,1.0]] }]

[detection]
model = "models/mine.onnx"
looks_per_second = 2
look_at_least_every = 30

[events]
pre_roll = 6
close_after = 12
post_roll = 12
longest = 200
record_cooldown = 1
alert_cooldown = 60
record_on = ["motion"]
alert_on  = []

[store]
kind = "s3"
bucket = "our-door"
endpoint = "https://store.example.org"
durability = 2.5
[retention]
days = 7
max_bytes = 1000000

[notify.email]
smtp = "smtps://user:${SMTP_PASSWORD}@mail.example.org"
from = "doorstep@example.org"
to   = ["me@example.org", "you@example.org"]
"""
SECRETS = {"CAM_PASSWORD": "hunter2", "DOOR_KEY": "letmein", "SMTP_PASSWORD": "swordfish"}
CAMERA = '[[camera]]\nid = "a"\nname = "A"\nsource = "demo://"\n'


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "doorstep.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def complaints(path: Path | None, environment: dict[str, str] | None = None) -> list[str]:
    """Each line of the error, without the folder."""
    with pytest.raises(ConfigInvalid) as caught:
        load_settings(path, environment or {})
    folder = f"{path.parent}/" if path else "-"
    return [line.removeprefix(folder) for line in str(caught.value).splitlines()]


def test_without_a_file_the_defaults_hold() -> None:
    assert load_settings(None, {}) == Settings()


def test_an_empty_file_means_the_defaults(write: Write) -> None:
    assert load_settings(write(""), {}) == Settings()


def test_every_key_arrives(write: Write) -> None:
    path = write(EVERYTHING)
    found = load_settings(path, SECRETS)
    assert found.server == ServerSettings(
        host="::",
        port=9000,
        data=Path("/srv/doorstep"),
        names=("door.example.org",),
        timezone="Europe/Berlin",
        trusted_proxies=("127.0.0.1/32", "192.0.2.0/24"),
        tls=TlsSettings(path.parent / "cert.pem", Path("/etc/key.pem")),
    )
    assert found.buffer == BufferSettings(600, 1024**3, Path("/mnt/buffer"))
    assert found.cameras == (
        CameraSettings(
            id=CameraId("front-door"),
            name="Front door",
            source="rtsp://viewer:hunter2@192.0.2.10/stream1",
            detect="rtsp://viewer:hunter2@192.0.2.10/stream2",
            record_always=True,
            stream_key="letmein",
            audio=True,
            enabled=False,
            upload=True,
            masks=(((0, 0), (0.5, 0), (0, 0.5)),),
            reencode=True,
            rotation=90,
            transport=Transport.UDP,
            zones=(Zone("porch", ((0.1, 0.4), (0.9, 0.4), (0.9, 1.0), (0.1, 1.0))),),
        ),
    )
    assert found.detection.model == str(path.parent / "models/mine.onnx")
    assert (found.detection.looks_per_second, found.detection.look_at_least_every) == (2, 30)
    events = found.events
    assert (events.pre_roll, events.close_after, events.post_roll, events.longest) == (6, 12, 12, 200)
    assert (events.record_cooldown, events.alert_cooldown) == (1, 60)
    assert events.record_on == frozenset({Cause.MOTION})
    assert not events.alert_on
    assert found.store.durability == 2.5
    assert (found.retention.days, found.retention.max_bytes) == (7, 1_000_000)
    assert found.notify.email == EmailSettings(
        "smtps://user:swordfish@mail.example.org", "doorstep@example.org", ("me@example.org", "you@example.org")
    )


def test_no_secret_is_shown_by_settings(write: Write) -> None:
    shown = repr(load_settings(write(EVERYTHING), SECRETS))
    assert not [secret for secret in SECRETS.values() if secret in shown]


def test_the_words_of_the_command_line_win(write: Write) -> None:
    path = write('[server]\nlisten = "192.0.2.1:1"\ndata = "/elsewhere"\n')
    server = load_settings(path, {}, data=Path("/data"), listen="127.0.0.1:0").server
    assert (server.host, server.port, server.data) == ("127.0.0.1", 0, Path("/data"))
    with pytest.raises(ConfigInvalid, match=r"--listen: must be HOST:PORT"):
        load_settings(path, {}, listen="nonsense")


def test_relative_paths_are_seen_from_the_file(write: Write) -> None:
    path = write('[server]\ndata = "data"\n')
    assert load_settings(path, {}).server.data == path.parent / "data"


def test_what_is_automatic_is_left_to_the_program(write: Write) -> None:
    path = write('[buffer]\ndirectory = "auto"\nmax_bytes = "auto"\n[store]\ndurability = "auto"\n')
    found = load_settings(path, {})
    assert (found.buffer.directory, found.buffer.max_bytes, found.store.durability) == (None, None, None)


def test_the_demo_needs_no_file() -> None:
    found = demo_settings(Path("/data"), "127.0.0.1:0")
    assert found.cameras == (CameraSettings(CameraId("demo"), "Demo door", "demo://"),)
    assert (found.server.data, found.server.port) == (Path("/data"), 0)
    assert demo_settings(environment={"HOME": "/home/me"}).server.data == Path("/home/me/.local/state/doorstep-demo")
    assert demo_settings(environment={"XDG_STATE_HOME": "/state"}).server.data == Path("/state/doorstep-demo")


# -------------------------------------------------------------------------------------------------------------- secrets


MISSING = "is not set, and secrets.toml has none of that name"


def test_a_variable_that_is_not_set_is_named(write: Write) -> None:
    path = write(CAMERA + 'stream_key = "x${DOOR_KEY}y"\n[server]\nnames = ["a", "${HOST}"]\ntimezone = "${}"')
    assert complaints(path) == [
        f"doorstep.toml, line 5: camera.stream_key: the environment variable DOOR_KEY {MISSING}",
        f"doorstep.toml, line 7: server.names: the environment variable HOST {MISSING}",
        "doorstep.toml, line 8: server.timezone: ${…} needs the name of an environment variable: letters, digits and _",
    ]


def test_what_a_variable_holds_is_not_looked_into_again(write: Write) -> None:
    path = write(CAMERA + 'stream_key = "${A}"')
    assert load_settings(path, {"A": "${B}", "B": "x"}).cameras[0].stream_key == "${B}"


def test_secrets_can_stand_in_files_of_their_own(write: Write, tmp_path: Path) -> None:
    (tmp_path / "camera").write_text("demo://secret\n")
    (tmp_path / "smtp").write_text("smtp://mail.example.org")
    path = write(
        f'[[camera]]\nid = "a"\nname = "A"\nsource_file = "camera"\nstream_key_file = "{tmp_path}/camera"\n'
        '[notify.email]\nsmtp_file = "smtp"\nfrom = "a@b"\nto = ["c@d"]'
    )
    found = load_settings(path, {})
    assert found.cameras[0].source == found.cameras[0].stream_key == "demo://secret"
    assert found.notify.email is not None
    assert found.notify.email.smtp == "smtp://mail.example.org"


def test_a_secrets_file_that_cannot_be_used_is_said(write: Write, tmp_path: Path) -> None:
    (tmp_path / "two").write_text("one secret\nanother")
    (tmp_path / "odd").write_bytes(b"\xff")
    (tmp_path / "wrong").write_text("exec://secret")
    cameras = [("a", "none"), ("b", "two"), ("c", "odd"), ("d", "wrong")]
    text = "".join(f'[[camera]]\nid="{name}"\nname="A"\nsource_file="{file}"\n' for name, file in cameras)
    path = write(text + 'stream_key = ""\nstream_key_file = "two"')
    assert complaints(path) == [
        "doorstep.toml, line 4: camera.source_file: the file cannot be read (No such file or directory)",
        "doorstep.toml, line 8: camera.source_file: the file must hold one line and nothing else",
        "doorstep.toml, line 12: camera.source_file: the file is not UTF-8 text",
        f"doorstep.toml, line 16: camera.source: must begin with one of {KINDS}",
        "doorstep.toml, line 18: camera.stream_key_file: is given together with stream_key; use one of them",
    ]


@pytest.mark.parametrize(
    "line",
    [
        'source = "exec:${S}"',
        'source = "${S}"',
        'source = "rtsp://${S}@192.0.2.1/"',
        'source = "demo://x:${S}@[/"',
        'source = "file://${S}/x"',
        'source = ["${S}"]',
        'id = "${S} S"',
        'record = "${S}"',
        'audio = "${S}"',
        'zones = "${S}"',
        'zones = [{ name = 1, polygon = ["${S}"] }]',
        "hunter2 = [",
        'x = "hunter2" "',
    ],
)
def test_no_complaint_shows_a_value(write: Write, line: str) -> None:
    found = complaints(write(f"[[camera]]\n{line}\n"), {"S": "hunter2"})
    assert not [told for told in found if "hunter2" in told]


# ----------------------------------------------------------------------------------------------------------- complaints


def test_everything_wrong_is_said_at_once_in_the_order_of_the_file(write: Write) -> None:
    path = write(
        """\
[server]
lisen = "0.0.0.0:8080"
timezone = "Mars/Olympus"
names = ["Door", "http://door"]

[[camera]]
id = "Front door"
name = "Front door"
source = "rtps://192.0.2.10/"
zones = [
    { name = "porch", polygon = [[0, 0], [1, 1]] },
    { name = "gate", polygon = [[0, 0], [1, 1], [1, 2]] },
]

[[camera]]
id = "b"
record = "sometimes"
audio = "yes"

[events]
pre_rol = 5
close_after = 4
post_roll = 5
alert_on = ["people"]

[buffer]
seconds = 5
max_bytes = "much"

[lamps]
region = "x"
"""
    )
    assert complaints(path) == [
        "doorstep.toml, line 2: server.lisen: unknown key; did you mean listen?",
        'doorstep.toml, line 3: server.timezone: must be "system" or a time zone such as "Europe/Berlin"',
        "doorstep.toml, line 4: server.names: must be a host name in small letters, without port or path",
        "doorstep.toml, line 7: camera.id: must consist of a-z, 0-9 and - (not at its ends), at most 40 of them",
        f"doorstep.toml, line 9: camera.source: must begin with one of {KINDS}",
        "doorstep.toml, line 11: camera.zones.polygon: needs at least 3 entries, not 2",
        "doorstep.toml, line 12: camera.zones.polygon: must be at most 1",
        "doorstep.toml, line 15: camera.name: is missing",
        "doorstep.toml, line 15: camera.source: is missing",
        "doorstep.toml, line 17: camera.record: must be 'events' or 'always'",
        "doorstep.toml, line 18: camera.audio: must be true or false, without quotes",
        "doorstep.toml, line 21: events.pre_rol: unknown key; did you mean pre_roll?",
        "doorstep.toml, line 23: events.post_roll: must not be more than close_after (5 is more than 4)",
        "doorstep.toml, line 24: events.alert_on: must be 'person', 'press', 'trigger', 'motion' or 'loitering'",
        "doorstep.toml, line 27: buffer.seconds: must be at least 10",
        'doorstep.toml, line 28: buffer.max_bytes: must be a size such as "50 GB" or "256 MiB", or a number of bytes',
        f"doorstep.toml, line 30: lamps: unknown key; the nearest that is known here is aws. {TAKE_OUT}",
    ]


COMPLAINTS = [
    ("[event]\nx = 1", "line 1: event: unknown key; did you mean events?"),
    ("[[cameras]]\nx = 1", "line 1: cameras: unknown key; did you mean camera?"),
    ("[server]\npre_roll = 5", "line 2: server.pre_roll: unknown key; did you mean events.pre_roll?"),
    ("[notify.fax]", f"line 1: notify.fax: unknown key; the nearest that is known here is email. {TAKE_OUT}"),
    ("[camera]\nid = 'a'", "line 1: camera: must be written with two brackets: [[camera]]"),
    ("camera = 5", "line 1: camera: must be written with two brackets: [[camera]]"),
    ("camera = [5]", "line 1: camera: must be a table"),
    ("server = 5", "line 1: server: must be a table"),
    ("[events]\npre_roll = '5'", "line 2: events.pre_roll: must be a number, without quotes"),
    ("[events]\npre_roll = true", "line 2: events.pre_roll: must be a number, without quotes"),
    ("[events]\npre_roll = -1", "line 2: events.pre_roll: must be at least 0"),
    ("[events]\npre_roll = inf", "line 2: events.pre_roll: must be a finite number"),
    ("[events]\npre_roll = nan", "line 2: events.pre_roll: must be a finite number"),
    ("[events]\nclose_after = 2", "line 1: events.post_roll: must not be more than close_after (5 is more than 2)"),
    (
        "[events]\npre_roll = 1900",
        "line 2: events.pre_roll: must be less than buffer.seconds (900), from which it is taken",
    ),
    ("[retention]\nmax_bytes = true", "line 2: retention.max_bytes: must be a whole number"),
    ("[retention]\nmax_bytes = 1979-05-27", "line 2: retention.max_bytes: must be a whole number"),
    ("[retention]\nmax_bytes = 0", "line 2: retention.max_bytes: must be more than 0"),
    ("[retention]\ndays = 0", "line 2: retention.days: must be more than 0"),
    ("[server]\ndata = ''", "line 2: server.data: must not be empty"),
    ("[server]\nlisten = '8080'", 'line 2: server.listen: must be HOST:PORT such as "0.0.0.0:8080" or "[::]:8080"'),
    (
        "[server]\ntrusted_proxies = ['me']",
        'line 2: server.trusted_proxies: must be an address or a network such as "192.0.2.0/24"',
    ),
    ("[server.tls]\ncert = 'x'", "line 1: server.tls.key: is missing"),
    ("[store]\nkind = 'nfs'", "line 2: store.kind: must be 'local' or 's3'"),
    ("[notify.email]\nfrom='a@b'\nto=['c@d']", "line 1: notify.email.smtp: is missing"),
    ("[notify.email]\nsmtp='smtp://h'\nfrom='a@b'\nto=[]", "line 4: notify.email.to: needs at least 1 entries, not 0"),
    (
        "[notify.email]\nsmtp='h'\nfrom='a@b'\nto=['c@d']",
        "line 2: notify.email.smtp: must begin with smtp:// or smtps://",
    ),
    (
        "[notify.email]\nsmtp='smtp://'\nfrom='a@b'\nto=['c@d']",
        "line 2: notify.email.smtp: must name a mail server: smtp://HOST or smtps://USER:PASSWORD@HOST",
    ),
    (
        '[notify.email]\nsmtp="smtp://h"\nfrom="a@b\\nBcc: e@f"\nto=["c@d"]',
        'line 3: notify.email.from: must be a mail address such as "me@example.org"',
    ),
    (
        "[server]\nsender = 1",
        f"line 2: server.sender: unknown key; the nearest that is known here is listen. {TAKE_OUT}",
    ),
    ('"a\\u001bb" = 1', f"line 1: 'a\\x1bb': unknown key; the nearest that is known here is hub. {TAKE_OUT}"),
]


@pytest.mark.parametrize(("text", "complaint"), COMPLAINTS)
def test_a_complaint_says_line_key_and_remedy(write: Write, text: str, complaint: str) -> None:
    assert [told.removeprefix("doorstep.toml, ") for told in complaints(write(text))] == [complaint]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("rtmp-listen://0.0.0.0:1935", "is no place to listen at; write rtmp-listen://0.0.0.0:1935/live"),
        ("exec:rm -rf /", "has no scheme; write it like rtsp://HOST/stream or demo://"),
        ("exec://rm", f"must begin with one of {KINDS}"),
        ("/dev/video0", "has no scheme; write it like rtsp://HOST/stream or demo://"),
        ("demo:", "has no scheme; write it like rtsp://HOST/stream or demo://"),
        ("demo://x\ny", "is not an address that can be used"),
        ("demo://x:99999/", "is not an address that can be used"),
        ("file://host/video.mp4", "names no file of this machine; write three slashes: file:///path/to/video.mp4"),
        ("file://", "names no file of this machine; write three slashes: file:///path/to/video.mp4"),
    ],
)
def test_a_source_is_an_address_that_can_be_read(write: Write, source: str, complaint: str) -> None:
    path = write('[[camera]]\nid = "a"\nname = "A"\nsource = "${S}"\n')
    assert complaints(path, {"S": source}) == [f"doorstep.toml, line 4: camera.source: {complaint}"]
    path = write(CAMERA + 'detect = "${S}"\n')
    assert complaints(path, {"S": source}) == [f"doorstep.toml, line 5: camera.detect: {complaint}"]


@pytest.mark.parametrize(
    "source", ["demo://", "DEMO://", "file:///a/b.mp4?loop", "rtsp://u:p%40@[2001:db8::1]:554/s?x=1"]
)
def test_sources_of_known_kinds_are_taken(write: Write, source: str) -> None:
    path = write(f'[[camera]]\nid = "a"\nname = "A"\nsource = "{source}"\n')
    assert load_settings(path, {}).cameras[0].source == source


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "metadata.google.internal", "Metadata."]
)
def test_a_clouds_own_secrets_are_no_camera(write: Write, host: str) -> None:
    path = write(f'[[camera]]\nid = "a"\nname = "A"\nsource = "http://{host}/latest"\n')
    with pytest.raises(ConfigInvalid, match="not an address that can be used"):
        load_settings(path, {})


def test_two_cameras_need_two_ids(write: Write) -> None:
    assert complaints(write(CAMERA + CAMERA)) == [
        "doorstep.toml, line 6: camera.id: another camera has this id (line 2); each needs its own"
    ]


@pytest.mark.parametrize("name", ["a", "front-door", "0", "a" * 40])
def test_an_id_is_a_plain_word(write: Write, name: str) -> None:
    assert load_settings(write(CAMERA.replace('"a"', f'"{name}"')), {}).cameras[0].id == name


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a_b", "a/b", "..", "ä", "a" * 41, "a\\n"])
def test_an_id_is_nothing_else(write: Write, name: str) -> None:
    (complaint,) = complaints(write(CAMERA.replace('"a"', f'"{name}"')))
    assert complaint.startswith("doorstep.toml, line 2: camera.id: must consist of a-z")


# --------------------------------------------------------------------------------------------------------- broken files


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[server\n", "line 1: this is not TOML: Expected ']' at the end of a table declaration."),
        ("\n\na = \n", "line 3: this is not TOML: Invalid value."),
        ("a = 1\na = 2\n", "line 2: this is not TOML: Cannot overwrite a value."),
        ("a = [\n1,\n", "line 2: this is not TOML: "),
        (f"a = {'9' * 5000}", "this is not TOML; a number is too long."),
        (f"a = {'[' * 5000}", "lists or tables are nested too deeply."),
    ],
)
def test_what_is_not_toml_is_said_with_its_line(write: Write, text: str, complaint: str) -> None:
    (told,) = complaints(write(text))
    assert complaint in told


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    assert "No such file" in complaints(tmp_path / "none.toml")[0]
    assert "Is a directory" in complaints(tmp_path)[0]
    (tmp_path / "latin.toml").write_bytes(b"# fine\nname = '\xfc'")
    assert "line 2: this is not UTF-8" in complaints(tmp_path / "latin.toml")[0]
    (tmp_path / "huge.toml").write_bytes(b"#" * 1_100_000)
    assert "larger than 1 MiB" in complaints(tmp_path / "huge.toml")[0]


ODD_LINES = ["id = 5", "to = {}", "zones = [[]]", "polygon = [[[]]]", "camera = [[]]", "[[server]]"]
LINES = [line for line in EVERYTHING.splitlines() if line]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.lists(st.sampled_from(LINES) | st.text(max_size=20), max_size=12).map("\n".join)
    | st.lists(st.sampled_from([*LINES, "id = 5", "to = {}", "zones = [[]]", "polygon = [[[]]]"]), max_size=15).map(
        "\n".join
    )
)
def test_any_text_gives_settings_or_a_complaint(write: Write, text: str) -> None:
    path = write("")
    path.write_bytes(text.encode("utf-8", "replace"))
    told = ""
    try:
        load_settings(path, SECRETS)
    except ConfigInvalid as error:
        told = str(error)
    assert not [secret for secret in SECRETS.values() if secret in told]
    assert all(line.startswith(str(path)) for line in told.splitlines())
