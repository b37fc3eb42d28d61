"""`doorstep recover` on a real Ceph radosgw with keys that lack a right: which one is said, and it stops."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from doorstep.cli.main import app
from doorstep.core.errors import StoreForbidden
from fakes.radosgw import Keys, Radosgw, missing, radosgw
from fakes.s3_stores import body_of, ceph_settings, store_of, unheard

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

CLIPS = [f"front-door/2026/11/21/20261121_1200{number:02}.mp4" for number in range(3)]
JPEGS = [clip.replace(".mp4", ".jpg") for clip in CLIPS]


@pytest.fixture(name="ceph")
def _ceph() -> Radosgw:
    return radosgw()


@pytest.fixture(name="bucket")
def _bucket(ceph: Radosgw) -> str:
    settings = ceph_settings(ceph, prefix="doorstep")
    for key in JPEGS:
        assert store_of(settings).send(key, body_of(b"picture"), None, unheard)
    return settings.bucket


def may(ceph: Radosgw, *statements: tuple[str, str, str]) -> Keys:
    """Somebody with these rights: whether they are allowed, the action, and on what."""
    made = [{"Effect": effect, "Action": [action], "Resource": [on]} for effect, action, on in statements]
    return ceph.user({"Version": "2012-10-17", "Statement": made})


def recover(ceph: Radosgw, bucket: str, keys: Keys, to: Path) -> Result:
    words = ["recover", "--from", f"s3://{bucket}/doorstep", "--endpoint", ceph.endpoint, "--to", str(to)]
    environment = {"AWS_ACCESS_KEY_ID": keys.access_key_id, "AWS_SECRET_ACCESS_KEY": keys.secret_access_key}
    return CliRunner().invoke(app, words, env=environment)


def test_keys_that_may_list_but_not_read_are_told_which_right_they_lack(
    ceph: Radosgw, bucket: str, tmp_path: Path
) -> None:
    keys = may(ceph, ("Allow", "s3:ListBucket", f"arn:aws:s3:::{bucket}"))
    result = recover(ceph, bucket, keys, tmp_path / "to")
    assert isinstance(result.exception, StoreForbidden)
    assert f"s3:GetObject on arn:aws:s3:::{bucket}/doorstep/*" in str(result.exception)
    assert not list((tmp_path / "to").rglob("*.jpg"))


def test_keys_that_may_not_list_are_told_so_too(ceph: Radosgw, bucket: str, tmp_path: Path) -> None:
    keys = may(ceph, ("Allow", "s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    result = recover(ceph, bucket, keys, tmp_path / "to")
    assert f"s3:ListBucket on arn:aws:s3:::{bucket}" in str(result.exception)
    assert "use keys of your own account" in str(result.exception)


def test_one_object_that_a_policy_denies_is_passed_over(ceph: Radosgw, bucket: str, tmp_path: Path) -> None:
    keys = may(
        ceph,
        ("Allow", "s3:ListBucket", f"arn:aws:s3:::{bucket}"),
        ("Allow", "s3:GetObject", f"arn:aws:s3:::{bucket}/doorstep/*"),
        ("Deny", "s3:GetObject", f"arn:aws:s3:::{bucket}/doorstep/{JPEGS[1]}"),
    )
    result = recover(ceph, bucket, keys, tmp_path / "to")
    assert result.exit_code == 1
    assert f"FAULT    doorstep/{JPEGS[1]}" in result.stdout
    assert "2 pictures saved" in result.stdout
