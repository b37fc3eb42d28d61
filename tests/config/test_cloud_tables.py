"""Bucket, identities, caps and the address of the catalog, in the config file."""

import base64
from pathlib import Path

import pytest

from doorstep.config.load import load_settings
from doorstep.config.without_secrets import without_secrets
from doorstep.core.cloud_settings import AccessKey
from doorstep.core.errors import ConfigInvalid
from doorstep.core.paid_call import Payee
from doorstep.core.settings import Settings

CAMERA = '[[camera]]\nid = "porch"\nname = "Porch"\nsource = "demo://"\n'
KEYS = 'access_key_id = "AKIAEXAMPLE"\nsecret_access_key = "${AWS_SECRET}"\n'
VIEWER = 'viewer_access_key_id = "AKIAVIEWER"\nviewer_secret_access_key_file = "viewer"\n'
BUCKET = '[store]\nkind = "s3"\nbucket = "our-door"\nregion = "eu-central-1"\n'


def loaded(folder: Path, text: str) -> Settings:
    path = folder / "doorstep.toml"
    path.write_text(text, encoding="utf-8")
    (folder / "viewer").write_text("a-viewers-secret\n", encoding="ascii")
    return load_settings(path, {"AWS_SECRET": "a-recorders-secret"}, only_built=True)


def test_nothing_goes_anywhere_by_default(tmp_path: Path) -> None:
    settings = loaded(tmp_path, CAMERA)
    assert settings.store.s3 is None
    assert not settings.cameras[0].upload
    assert (settings.catalog.url, settings.catalog.site) == ("", "home")
    assert settings.aws.motion_queue == ""


def test_a_bucket_takes_every_camera_but_those_that_say_no(tmp_path: Path) -> None:
    private = '[[camera]]\nid = "bedroom"\nname = "Bedroom"\nsource = "demo://"\nupload = false\n'
    settings = loaded(tmp_path, CAMERA + private + BUCKET + "[aws]\n" + KEYS + VIEWER)
    assert [camera.upload for camera in settings.cameras] == [True, False]
    s3 = settings.store.s3
    assert s3 is not None
    assert (s3.bucket, s3.prefix, s3.endpoint, s3.region) == ("our-door", "doorstep", "", "eu-central-1")
    assert s3.recorder == AccessKey("AKIAEXAMPLE", "a-recorders-secret")
    assert s3.viewer == AccessKey("AKIAVIEWER", "a-viewers-secret")
    assert "secret" not in repr(settings.store).replace("secret=", "")


def test_the_region_of_aws_is_the_buckets_too(tmp_path: Path) -> None:
    text = CAMERA + '[store]\nkind = "s3"\nbucket = "our-door"\n[aws]\nregion = "eu-west-1"\n'
    s3 = loaded(tmp_path, text).store.s3
    assert s3 is not None
    assert s3.region == "eu-west-1"


def test_caps_hold_for_what_has_one(tmp_path: Path) -> None:
    settings = loaded(tmp_path, CAMERA + "[aws.monthly_cap_usd]\ns3 = 5\nlambda = 2.5\n")
    assert settings.aws.monthly_caps_usd == {Payee.S3: 5, Payee.LAMBDA: 2.5}


def test_a_seal_key_is_32_bytes_of_base64(tmp_path: Path) -> None:
    key = bytes(range(32))
    (tmp_path / "seal").write_bytes(base64.b64encode(key) + b"\n")
    s3 = loaded(tmp_path, CAMERA + BUCKET + 'seal_key_file = "seal"\n').store.s3
    assert s3 is not None
    assert s3.seal_key == key
    assert repr(key) not in repr(s3)


@pytest.mark.parametrize("content", [b"", b"not base64!", base64.b64encode(bytes(31)), b"\xff" * 44])
def test_a_seal_key_that_is_none_is_refused_without_being_quoted(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "seal").write_bytes(content)
    with pytest.raises(ConfigInvalid, match="seal_key_file") as refused:
        loaded(tmp_path, CAMERA + BUCKET + 'seal_key_file = "seal"\n')
    assert not content or content.decode("latin-1") not in str(refused.value)


def test_a_database_is_named_by_its_address(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://box:hush-hush@db.example.org/doors\n", encoding="ascii")
    settings = loaded(tmp_path, CAMERA + '[catalog]\nurl_file = "url"\nsite = "cabin"\nshared_with = ["home"]\n')
    assert settings.catalog.url == "postgresql://box:hush-hush@db.example.org/doors"
    assert (settings.catalog.site, settings.catalog.shared_with) == ("cabin", ("home",))
    assert "hush-hush" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[store]\nkind = "s3"\nregion = "eu-central-1"', "store.bucket"),
        ('[store]\nkind = "s3"\nbucket = "our-door"', "store.region"),
        ('[store]\nkind = "s3"\nbucket = "Our_Door"\nregion = "eu-central-1"', "name of a bucket"),
        (BUCKET + 'prefix = "../up"', "plain names"),
        (BUCKET + 'prefix = "/home"', "plain names"),
        (BUCKET + 'endpoint = "ftp://store.example.org"', "must be an address"),
        (BUCKET + 'endpoint = "https://user:secret@store.example.org"', "without a user"),
        (BUCKET + 'endpoint = "http://169.254.169.254/"', "clouds keep credentials"),
        (BUCKET + 'endpoint = "http://8.8.8.8:9000"', "https://"),
        (BUCKET + 'endpoint = "http://[2606:4700::1]"', "https://"),
        (BUCKET + 'encryption = "rot13"', "encryption"),
        (BUCKET + 'storage_class = "cheap"', "STANDARD_IA"),
        (BUCKET + "max_kbit = -1", "max_kbit"),
        (BUCKET + 'links = "maybe"', "links"),
        ('[aws]\naccess_key_id = "AKIA"', "secret_access_key"),
        ('[aws]\nviewer_access_key_id = "AKIA"', "viewer_secret_access_key"),
        ('[aws]\nregion = "eu"\nmotion_queue = "https://sqs.example.org/q"', "motion_secret"),
        ('[aws]\nmotion_queue = "https://sqs.example.org/q"\nmotion_secret = "sixteen-letters!"', "aws.region"),
        ('[aws]\nmotion_secret = "short"', "at least 16"),
        ("[aws.monthly_cap_usd]\ns3 = -1", "s3"),
        ("[aws.monthly_cap_usd]\nec2 = 1", "unknown key"),
        ('[detection]\nsign = "aws"', "aws.region"),
        ('[detection]\nsign = "gcp"', "sign"),
        ('[catalog]\nurl = "mysql://db/doors"', "PostgreSQL"),
        ('[catalog]\nsite = ""', "site"),
        ('[catalog]\nsite = "The Cabin"', "a-z"),
        ('[catalog]\nshared_with = ["a b"]', "a-z"),
        ('[server]\naddress = "door.example.org"', "must be an address"),
    ],
)
def test_what_does_not_go_together_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigInvalid, match=words):
        loaded(tmp_path, f"{CAMERA}{text}\n")


def test_a_camera_goes_nowhere_without_a_bucket(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"line 5: camera\.porch\.upload|line 5: camera.*upload"):
        loaded(tmp_path, CAMERA + "upload = true\n")


@pytest.mark.parametrize("camera", ["running", "told"])
def test_a_camera_is_not_called_as_a_folder_of_the_bucket(tmp_path: Path, camera: str) -> None:
    text = CAMERA.replace('"porch"', f'"{camera}"')
    with pytest.raises(ConfigInvalid, match="folder that Doorstep needs"):
        loaded(tmp_path, text + BUCKET)
    assert loaded(tmp_path, text).cameras[0].id == camera
    assert loaded(tmp_path, text + "upload = false\n" + BUCKET).cameras[0].id == camera


def test_no_word_quotes_a_secret(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        loaded(tmp_path, CAMERA + "[aws]\n" + 'secret_access_key = "${AWS_SECRET}"\nmotion_secret = "hush"\n')
    assert "a-recorders-secret" not in str(refused.value)
    assert "hush" not in str(refused.value)


def test_keys_are_left_out_of_what_is_shown() -> None:
    text = f'{CAMERA}[aws]\naccess_key_id = "AKIAEXAMPLE"\nsecret_access_key = "abcdefghijkl"\n'
    shown = without_secrets(text + '[catalog]\nurl = "postgresql://a:b@c/d"\n', "doorstep.toml")
    assert "abcdefghijkl" not in shown.text
    assert "AKIAEXAMPLE" not in shown.text
    assert "a:b@c" not in shown.text
