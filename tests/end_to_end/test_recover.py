"""`doorstep recover` from a bucket alone: no box, no config, no catalog; what arrived plays."""

import base64
import json
import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from doorstep.app import recover
from doorstep.cli.main import app
from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.clip_words import METADATA, ClipWords
from doorstep.core.cloud_settings import AccessKey, S3Settings
from doorstep.core.errors import ConfigInvalid, DoorstepError, StoreRefused
from doorstep.core.event import EventId
from doorstep.core.media import Codec
from doorstep.core.off_site_key import part_key, parts_folder
from doorstep.core.segment import Segment
from doorstep.core.upload import Body
from doorstep.mp4.recording import entry, header
from doorstep.stores import bucket_reader
from doorstep.stores.s3 import S3Store
from fakes.footage import CAMERA, NOON, real_stream, segments_of
from fakes.free_port import free_port
from fakes.moto_s3 import MotoS3, moto_s3
from fakes.whole_clips import played, whole_clip

COUNT = 150
FORMAT, PACKETS = real_stream(Codec.H264, COUNT, b_frames=0)
SEGMENTS = segments_of(PACKETS, timescale=FORMAT.timescale)
WHOLE = whole_clip(FORMAT, SEGMENTS, 0, COUNT / 25).data
KEY = "front-door/2026/11/21/20261121_120000.mp4"
EVENT = EventId("front-door-20261121T120002000")
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
JPEG = b"\xff\xd8picture\xff\xd9"


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoS3]:
    with moto_s3() as server:
        yield server


@dataclass
class Bucket:
    """A bucket that a box filled before it was stolen."""

    moto: MotoS3
    to: Path
    seal_key: bytes = b""
    prefix: str = "doorstep"
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = self.moto.bucket()

    @property
    def store(self) -> S3Store:
        keys = AccessKey("testing", "testing")
        return S3Store(
            S3Settings(self.name, self.prefix, self.moto.endpoint, seal_key=self.seal_key, recorder=keys, viewer=keys),
            SystemClock(),
        )

    def send(self, key: str, data: bytes, words: str = "") -> None:
        body = Body(
            len(data), lambda at, count: iter((data[at : at + count],)), words={METADATA: words} if words else {}
        )
        assert self.store.send(key, body, None, lambda _begun: None)

    def send_clip(self, key: str = KEY, event: EventId = EVENT, data: bytes = WHOLE) -> None:
        words = ClipWords(event, CAMERA, "Front door", NOON, 6.0, (Cause.PERSON,))
        self.send(key, data, words.text())
        self.send(key.replace(".mp4", ".jpg"), JPEG)
        self.send(key.replace(".mp4", ".thumb.jpg"), JPEG)

    def send_part(
        self, number: int, segments: Sequence[tuple[Segment, bytes]], event: EventId = EVENT, camera: CameraId = CAMERA
    ) -> str:
        data = header(FORMAT, b'{"event": "e"}') + b"".join(entry(*one) for one in segments)
        key = part_key(parts_folder(camera, event, NOON), segments[0][0].starts_at, number)
        self.send(key, data)
        return key

    def put(self, key: str, data: bytes) -> None:
        """By whoever may write into the bucket."""
        self.moto.client().put_object(Bucket=self.name, Key=key, Body=data)

    def recover(self, *words: str, source: str | None = None) -> Result:
        return CliRunner().invoke(app, self.words(*words, source=source), env={"TZ": "UTC"})

    def words(self, *words: str, source: str | None = None) -> list[str]:
        origin = source or f"s3://{self.name}/{self.prefix}"
        return ["recover", "--from", origin, "--to", str(self.to), "--endpoint", self.moto.endpoint, *words]

    def rows(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.recover("--json", *words).stdout.splitlines()]

    def file(self, key: str = KEY) -> bytes:
        return (self.to / key).read_bytes()

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.to)) for path in self.to.rglob("*") if path.is_file())


@pytest.fixture
def bucket(moto: MotoS3, tmp_path: Path) -> Bucket:
    return Bucket(moto, tmp_path / "recovered")


def numbers(data: bytes) -> list[int]:
    return [number for number, _ in played(data)]


def test_finished_clips_and_their_pictures_come_back_as_they_were(bucket: Bucket) -> None:
    bucket.send_clip()
    result = bucket.recover()
    assert result.exit_code == 0, result.output
    assert bucket.file() == WHOLE
    assert bucket.file("front-door/2026/11/21/20261121_120000.jpg") == JPEG
    assert "1 clip and 2 pictures saved" in result.stdout
    assert len(bucket.files()) == 3


def test_an_event_that_broke_off_is_built_from_its_parts_and_says_how_far_it_reaches(bucket: Bucket) -> None:
    for number, one in enumerate(SEGMENTS[:4], 1):
        bucket.send_part(number, [one])
    result = bucket.recover()
    assert result.exit_code == 0, result.output
    assert bucket.files() == [KEY, "recovered.json"]
    assert numbers(bucket.file()) == list(range(90))
    assert f"REBUILT  {KEY}: from 2026-11-21 12:00:00 to 12:00:03 UTC (of 4 parts)" in result.stdout
    assert "1 event rebuilt, the newest reaches to 12:00:03 UTC" in result.stdout
    assert bucket.file()[4:8] == b"ftyp"


def test_a_hole_among_the_parts_is_told_with_its_length(bucket: Bucket) -> None:
    bucket.send_part(1, SEGMENTS[:2])
    bucket.send_part(2, SEGMENTS[4:])
    result = bucket.recover()
    assert "1.6 seconds are missing in 1 place" in result.stdout
    assert result.exit_code == 0
    assert numbers(bucket.file())[:50] == list(range(50))


def test_an_event_whose_clip_is_there_is_not_built_again(bucket: Bucket) -> None:
    bucket.send_part(1, SEGMENTS[:2])
    bucket.send_clip()
    assert bucket.recover().exit_code == 0
    assert bucket.file() == WHOLE
    assert len(bucket.files()) == 3


def test_a_clip_of_another_name_belongs_to_the_event_by_the_words_beside_it(bucket: Bucket) -> None:
    bucket.send_part(1, SEGMENTS[2:4])
    bucket.send_clip("front-door/2026/11/21/20261121_115959_2.mp4")
    bucket.send_clip("front-door/2026/11/21/20261121_120001.mp4", EventId("another"))
    bucket.recover()
    assert [name for name in bucket.files() if name.endswith(".mp4")] == [
        "front-door/2026/11/21/20261121_115959_2.mp4",
        "front-door/2026/11/21/20261121_120001.mp4",
    ]


@pytest.mark.parametrize("damage", ["cut off", "garbage"])
def test_a_damaged_clip_is_replaced_by_what_the_parts_make(bucket: Bucket, damage: str) -> None:
    bucket.send_part(1, SEGMENTS)
    bucket.send_clip(data=WHOLE[:-100] if damage == "cut off" else random.Random(1).randbytes(5000))
    result = bucket.recover()
    assert result.exit_code == 0, result.output
    assert numbers(bucket.file()) == list(range(COUNT))
    assert bucket.recover().exit_code == 0
    assert numbers(bucket.file()) == list(range(COUNT))


def test_a_damaged_clip_without_parts_is_saved_as_it_is_and_told(bucket: Bucket) -> None:
    bucket.send_clip(data=WHOLE[:-100])
    result = bucket.recover()
    assert result.exit_code == 1
    assert "it does not hold" in result.stdout or "cut off" in result.stdout
    assert bucket.file() == WHOLE[:-100]


def test_a_second_run_fetches_nothing_and_goes_on_where_the_first_stopped(bucket: Bucket) -> None:
    bucket.send_clip("front-door/2026/11/21/20261121_110000.mp4", EventId("earlier"))
    bucket.send_part(1, SEGMENTS[:3])
    bucket.recover()
    assert all(row["already"] for row in bucket.rows()[:-1])
    (bucket.to / "front-door/2026/11/21/20261121_110000.jpg").unlink()
    bucket.send_part(2, SEGMENTS[3:])
    rows = bucket.rows()
    assert {row.get("saved") for row in rows if row.get("already") is False} == {
        "front-door/2026/11/21/20261121_110000.jpg",
        None,
    }
    assert numbers(bucket.file()) == list(range(COUNT))
    assert sum(name.endswith(".mp4") for name in bucket.files()) == 2


def test_hostile_objects_are_refused_one_by_one_and_stop_nothing(bucket: Bucket) -> None:
    bucket.send_part(1, SEGMENTS[:2])
    bucket.send_clip("front-door/2026/11/21/20261121_110000.mp4", EventId("earlier"))
    folder = f"doorstep/running/front-door/20261121/{EVENT}"
    bucket.put(f"{folder}/20261121T120004000-000007.mp4", random.Random(2).randbytes(9000))
    bucket.put(f"{folder}/00010101T000000000-000008.mp4", b"early")
    bucket.put(f"{folder}/20261121T120009000-000009.mp4.enc", b"sealed by nobody")
    for name in (
        "doorstep/front-door/2026/11/21/../../../../../../etc/passwd",
        "doorstep/../../outside.mp4",
        "doorstep//etc/2026/11/21/20261121_120000.mp4",
        "doorstep/front-door/2026/11/21/20261121_120000.mp4/x",
        "doorstep/front-door/2026/13/41/20261341_120000.mp4",
        "doorstep/-rf/2026/11/21/20261121_12000\x1b[2J.mp4",
        f"doorstep/{'long' * 100}/2026/11/21/20261121_120000.mp4",
        "doorstep/evil/front-door/2026/11/21/20261121_130000.mp4",
        "doorstep/notes.txt",
    ):
        bucket.put(name, b"x")
    result = bucket.recover()
    assert result.exit_code == 1
    assert "\x1b" not in result.stdout
    assert numbers(bucket.file()) == list(range(50))
    assert [name for name in bucket.files() if name.endswith(".mp4")] == [
        "front-door/2026/11/21/20261121_110000.mp4",
        KEY,
    ]
    assert not (bucket.to.parent / "outside.mp4").exists()
    assert "left alone" in result.stdout
    assert "000007" not in result.stdout
    assert "part 7 of 12:00:04 UTC" in result.stdout


def test_the_camera_and_the_time_can_be_chosen(bucket: Bucket) -> None:
    bucket.send_clip()
    bucket.send_clip("front-door/2026/11/20/20261120_120000.mp4", EventId("earlier"))
    bucket.send_clip("garden/2026/11/21/20261121_120000.mp4", EventId("garden-1"))
    bucket.send_part(1, SEGMENTS, EventId("garden-2"), CameraId("garden"))
    bucket.recover("--camera", "front-door", "--since", "2026-11-21T00:00:00Z")
    assert {name.split(".")[0] for name in bucket.files()} == {KEY.removesuffix(".mp4")}
    result = bucket.recover("--until", "2020-01-01")
    assert isinstance(result.exception, DoorstepError)
    assert "none of these cameras or of that time" in str(result.exception)
    assert bucket.recover("--since", "yesterday").exit_code == 2


@pytest.mark.parametrize("place", ["", "/doorstep/", "/doorstep/running", "/doorstep/front-door/2026"])
def test_any_place_above_or_below_the_prefix_will_do(bucket: Bucket, place: str) -> None:
    bucket.send_clip("front-door/2026/11/20/20261120_120000.mp4", EventId("earlier"))
    bucket.send_part(1, SEGMENTS)
    assert bucket.recover(source=f"s3://{bucket.name}{place}").exit_code == 0
    assert [name for name in bucket.files() if name.endswith(".mp4")]
    assert all(name == "recovered.json" or name.startswith("front-door/2026/11/") for name in bucket.files())


def test_of_two_doorsteps_in_one_bucket_one_must_be_named(bucket: Bucket) -> None:
    bucket.send_clip()
    bucket.put(f"cabin/{KEY}", WHOLE)
    result = bucket.recover(source=f"s3://{bucket.name}")
    assert isinstance(result.exception, ConfigInvalid)
    assert f"s3://{bucket.name}/cabin, s3://{bucket.name}/doorstep" in str(result.exception)


def sealed(bucket: Bucket) -> Path:
    bucket.seal_key = secrets.token_bytes(32)
    path = bucket.to.parent / "seal.key"
    path.write_bytes(base64.b64encode(bucket.seal_key) + b"\n")
    bucket.send_clip("front-door/2026/11/21/20261121_110000.mp4", EventId("earlier"))
    bucket.send_part(1, SEGMENTS[:2])
    bucket.send_part(2, SEGMENTS[2:])
    return path


def test_what_was_sealed_is_opened_with_the_key(bucket: Bucket) -> None:
    path = sealed(bucket)
    result = bucket.recover("--seal-key-file", str(path))
    assert result.exit_code == 0, result.output
    assert numbers(bucket.file()) == list(range(COUNT))
    assert bucket.file("front-door/2026/11/21/20261121_110000.mp4") == WHOLE
    assert all(row["already"] for row in bucket.rows("--seal-key-file", str(path))[:-1])


def test_without_the_key_or_with_another_that_is_said_in_plain_words(bucket: Bucket) -> None:
    path = sealed(bucket)
    result = bucket.recover()
    assert "Give the key that you kept with --seal-key-file" in str(result.exception)
    path.write_bytes(base64.b64encode(secrets.token_bytes(32)))
    result = bucket.recover("--seal-key-file", str(path))
    assert result.exit_code == 1
    assert "was sealed with another key" in result.stdout
    assert bucket.files() == []
    path.write_bytes(b"no key at all")
    assert "cannot be read as base64" in str(bucket.recover("--seal-key-file", str(path)).exception)


def test_an_empty_bucket_and_one_that_is_not_there_are_told(bucket: Bucket) -> None:
    result = bucket.recover()
    assert "There is nothing of Doorstep's under" in str(result.exception)
    result = bucket.recover(source="s3://no-such-bucket-at-all/doorstep")
    assert isinstance(result.exception, StoreRefused)
    assert "check the name in --from" in str(result.exception)
    assert "[store]" not in str(result.exception)
    for wrong in ("my-bucket", "http://bucket/x", "s3://", "s3://Bad_Bucket"):
        assert isinstance(bucket.recover(source=wrong).exception, ConfigInvalid)


@pytest.mark.parametrize("by_config", [False, True])
def test_where_nobody_answers_the_endpoint_is_named_and_no_later_try_is_promised(
    tmp_path: Path, *, by_config: bool
) -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"
    config = tmp_path / "doorstep.toml"
    config.write_text(f'[store]\nkind = "s3"\nbucket = "my-door"\nendpoint = "{endpoint}"\n')
    named = ["--config", str(config)] if by_config else ["--from", "s3://my-door/doorstep", "--endpoint", endpoint]
    told = str(CliRunner().invoke(app, ["recover", *named, "--to", str(tmp_path / "to")], env=KEYS).exception)
    assert "cannot be reached" in told
    assert ("check [store] endpoint" if by_config else "check --endpoint") in told
    assert "tried again later" not in told


def test_without_keys_their_place_in_the_environment_is_named(tmp_path: Path) -> None:
    nowhere = {name: str(tmp_path / "none") for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE")}
    environment = {**dict.fromkeys(KEYS), "AWS_EC2_METADATA_DISABLED": "true", **nowhere}
    words = ["recover", "--from", "s3://my-door/doorstep", "--endpoint", f"http://127.0.0.1:{free_port()}"]
    told = str(CliRunner().invoke(app, [*words, "--to", str(tmp_path / "to")], env=environment).exception)
    assert "No keys for the bucket were found" in told
    assert "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment" in told
    assert "[aws]" not in told


def test_a_bucket_with_many_objects_is_listed_page_by_page(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_reader, "PAGE", 20)
    monkeypatch.setattr(recover, "COUNTED_EVERY", 50)
    client = bucket.moto.client()
    for number in range(70):
        at = NOON + timedelta(seconds=number)
        key = f"doorstep/front-door/2026/11/21/{at:%Y%m%d_%H%M%S}.jpg"
        client.put_object(Bucket=bucket.name, Key=key, Body=JPEG)
    bucket.send_part(1, SEGMENTS)
    result = bucket.recover()
    assert result.exit_code == 0, result.output
    assert len(bucket.files()) == 72
    assert "50 objects seen" in result.stderr
    assert "fetched" in result.stderr


def test_a_folder_that_cannot_be_written_is_told(bucket: Bucket) -> None:
    bucket.send_clip()
    bucket.to.write_bytes(b"a file")
    result = bucket.recover()
    assert isinstance(result.exception, DoorstepError)
    assert "Choose another folder with --to" in str(result.exception)


def test_the_config_of_the_box_names_bucket_and_keys(bucket: Bucket) -> None:
    bucket.send_clip()
    config = bucket.to.parent / "doorstep.toml"
    config.write_text(
        f'[store]\nkind = "s3"\nbucket = "{bucket.name}"\nendpoint = "{bucket.moto.endpoint}"\n'
        '[aws]\nviewer_access_key_id = "testing"\nviewer_secret_access_key = "testing"\n'
    )
    environment = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    result = CliRunner().invoke(app, ["recover", "--config", str(config), "--to", str(bucket.to)], env=environment)
    assert result.exit_code == 0, result.output
    assert bucket.file() == WHOLE
    assert CliRunner().invoke(app, ["recover"]).exit_code == 2
