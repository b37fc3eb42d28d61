"""`doorstep check --aws`: what is said of a bucket, its identities, the clock and the queue, well and otherwise."""

import asyncio
import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import boto3  # type: ignore[import-untyped]
import pytest
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner

sys.path.append(str(Path(__file__).parents[2]))

from deploy.aws import policies

from doorstep.app.check_aws import aws_findings
from doorstep.app.finding import Finding
from doorstep.cli.main import app
from doorstep.clock import SystemClock
from doorstep.core.cloud_settings import AccessKey, AwsSettings, S3Settings
from doorstep.core.settings import Settings, StoreSettings
from doorstep.ports import Clock
from fakes.free_port import free_port
from fakes.radosgw import Keys, missing, radosgw

NEEDS_RADOSGW = pytest.mark.skipif(bool(missing()), reason=missing())
NOBODY = AccessKey("AKNOBODY", "a-secret-that-nobody-has")


class LateClock(SystemClock):
    """A machine whose clock stands behind."""

    def __init__(self, behind: timedelta) -> None:
        super().__init__()
        self._behind = behind

    def now(self) -> datetime:
        return super().now() - self._behind


def found(settings: Settings, clock: Clock | None = None) -> dict[str, Finding]:
    async def all_of_them() -> list[Finding]:
        return [finding async for finding in aws_findings(settings, clock or SystemClock())]

    return {finding.what: finding for finding in asyncio.run(all_of_them())}


def wrong(findings: dict[str, Finding]) -> set[str]:
    return {what for what, finding in findings.items() if not finding.ok}


def key(keys: Keys) -> AccessKey:
    return AccessKey(keys.access_key_id, keys.secret_access_key)


def in_bucket(bucket: str, recorder: AccessKey, viewer: AccessKey, **more: object) -> Settings:
    where = S3Settings(bucket, endpoint=radosgw().endpoint, encryption="none", recorder=recorder, viewer=viewer, **more)  # type: ignore[arg-type]
    return Settings(store=StoreSettings(kind="s3", s3=where))


def lying_in(bucket: str) -> list[str]:
    """Every key, seen by somebody who may see all."""
    found = radosgw().client().list_objects_v2(Bucket=bucket)
    return [one["Key"] for one in found.get("Contents", ())]


def sweeping(bucket: str, *actions: str) -> AccessKey:
    """Keys that may just this in the bucket."""
    where = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    deny = {"Effect": "Deny", "NotAction": list(actions), "Resource": where}
    allow = {"Effect": "Allow", "Action": list(actions), "Resource": where}
    return key(radosgw().user({"Version": "2012-10-17", "Statement": [allow, deny]}))


@pytest.fixture
def limited() -> tuple[str, AccessKey, AccessKey]:
    """A bucket, its recorder and its viewer, held to their policies."""
    bucket = radosgw().bucket()
    recorder = radosgw().user(policies.recorder(bucket, "doorstep"))
    viewer = radosgw().user(policies.viewer(bucket, "doorstep"))
    return bucket, key(recorder), key(viewer)


@NEEDS_RADOSGW
def test_identities_that_can_do_just_what_they_must_are_fine(limited: tuple[str, AccessKey, AccessKey]) -> None:
    findings = found(in_bucket(*limited))
    assert wrong(findings) == set()
    assert set(findings) == {"bucket", "limits of the recorder", "viewer", "limits of the viewer", "clock"}
    assert findings["limits of the recorder"].detail == "The keys cannot read or list or delete."
    assert findings["limits of the viewer"].detail == "The keys cannot write or list or delete."
    assert "opens a part" in findings["viewer"].detail


@NEEDS_RADOSGW
def test_what_is_sealed_is_read_back_by_this_machine(limited: tuple[str, AccessKey, AccessKey]) -> None:
    findings = found(in_bucket(*limited, seal_key=b"k" * 32))
    assert wrong(findings) == set()
    assert findings["viewer"].detail == "It opens what is sealed."


@NEEDS_RADOSGW
def test_keys_that_may_do_more_are_a_warning_with_the_remedy(limited: tuple[str, AccessKey, AccessKey]) -> None:
    bucket, _, viewer = limited
    findings = found(in_bucket(bucket, key(radosgw().admin), viewer))
    assert wrong(findings) == set()
    told = findings["limits of the recorder"].detail
    assert told.startswith("WARNING: the keys may also read and list and delete")
    assert "docs/guide/aws.md" in told


@NEEDS_RADOSGW
@pytest.mark.parametrize("seal_key", [b"", b"k" * 32])
def test_a_recorder_that_may_delete_is_found_out_by_an_object_that_goes(
    limited: tuple[str, AccessKey, AccessKey], seal_key: bytes
) -> None:
    bucket, recorder, viewer = limited
    objects = f"arn:aws:s3:::{bucket}/*"
    may_delete = {"Effect": "Allow", "Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": objects}
    deletes = radosgw().user({"Version": "2012-10-17", "Statement": [may_delete]})
    told = found(in_bucket(bucket, key(deletes), viewer, seal_key=seal_key))["limits of the recorder"].detail
    assert "may also" in told
    assert "delete" in told
    left = lying_in(bucket)
    assert [name for name in left if ".spare" in name] == []
    found(in_bucket(bucket, recorder, viewer, seal_key=seal_key))  # one that may not leaves both
    assert len([name for name in set(lying_in(bucket)) - set(left) if ".spare" in name]) == 1


@NEEDS_RADOSGW
@pytest.mark.parametrize("seal_key", [b"", b"k" * 32])
def test_where_doorstep_deletes_its_keys_prove_that_they_may_and_leave_nothing(
    limited: tuple[str, AccessKey, AccessKey], seal_key: bytes
) -> None:
    bucket, _, viewer = limited
    sweeper = sweeping(bucket, "s3:PutObject", "s3:DeleteObject", "s3:ListBucket")
    findings = found(in_bucket(bucket, sweeper, viewer, sweeps=True, seal_key=seal_key))
    assert wrong(findings) == set()
    assert findings["deleting"].detail == "The keys delete what was sent, and see that it is gone."
    assert not findings["limits of the recorder"].detail.startswith("WARNING: the keys may also list")
    assert "delete" not in findings["limits of the recorder"].detail
    assert lying_in(bucket) == []


@NEEDS_RADOSGW
@pytest.mark.parametrize("actions", [(), ("s3:DeleteObject",)])
def test_where_doorstep_deletes_keys_that_may_not_are_a_fault_with_the_remedy(
    limited: tuple[str, AccessKey, AccessKey], actions: tuple[str, ...]
) -> None:
    bucket, recorder, viewer = limited
    keys = sweeping(bucket, "s3:PutObject", *actions) if actions else recorder
    findings = found(in_bucket(bucket, keys, viewer, sweeps=True))
    assert wrong(findings) == {"deleting"}
    assert "s3:DeleteObject and s3:ListBucket" in findings["deleting"].detail


@NEEDS_RADOSGW
def test_a_recorder_whose_keys_are_wrong_is_a_fault_that_quotes_no_key(
    limited: tuple[str, AccessKey, AccessKey],
) -> None:
    bucket, _, viewer = limited
    findings = found(in_bucket(bucket, NOBODY, viewer))
    assert {"bucket", "limits of the recorder", "viewer"} <= wrong(findings)
    assert "does not accept the keys" in findings["bucket"].detail
    assert findings["viewer"].detail.startswith("Not tried")  # its own keys are right: nobody is sent to change them
    assert NOBODY.secret not in str(findings)


@NEEDS_RADOSGW
def test_a_viewer_that_may_not_read_is_a_fault(limited: tuple[str, AccessKey, AccessKey]) -> None:
    bucket, recorder, _ = limited
    findings = found(in_bucket(bucket, recorder, recorder))
    assert "HTTP 403" in findings["viewer"].detail
    assert "viewer" in wrong(findings)


@NEEDS_RADOSGW
def test_a_bucket_that_is_gone_is_a_fault() -> None:
    keys = key(radosgw().admin)
    findings = found(in_bucket("no-such-bucket", keys, keys))
    assert "bucket" in wrong(findings)
    assert "gone or was never there" in findings["bucket"].detail


@NEEDS_RADOSGW
def test_without_a_viewer_nothing_plays_where_the_recorder_may_not_read(
    limited: tuple[str, AccessKey, AccessKey],
) -> None:
    bucket, recorder, _ = limited
    told = found(in_bucket(bucket, recorder, AccessKey()))["viewer"].detail
    assert told.startswith("WARNING: nothing can be played from the bucket")
    assert "Set viewer_access_key_id" in told


@NEEDS_RADOSGW
def test_without_a_viewer_a_recorder_that_may_read_reads(limited: tuple[str, AccessKey, AccessKey]) -> None:
    bucket, _, _ = limited
    told = found(in_bucket(bucket, key(radosgw().admin), AccessKey()))["viewer"].detail
    assert told.endswith("read with the recorder's.")


@NEEDS_RADOSGW
def test_a_clock_that_is_wrong_is_a_fault_that_says_by_how_much(limited: tuple[str, AccessKey, AccessKey]) -> None:
    findings = found(in_bucket(*limited), LateClock(timedelta(minutes=10)))
    assert "clock" in wrong(findings)
    assert "behind the bucket's server" in findings["clock"].detail
    assert "NTP" in findings["clock"].detail


def test_where_nobody_listens_one_line_says_so_in_plain_words_and_the_rest_is_not_tried() -> None:
    where = S3Settings("bucket", endpoint=f"http://127.0.0.1:{free_port()}", recorder=NOBODY, viewer=NOBODY)
    findings = found(Settings(store=StoreSettings(kind="s3", s3=where)))
    assert wrong(findings) == {"bucket"}
    fault, untried = findings.values()
    assert "cannot be reached (nobody answers at its address): check [store] endpoint" in fault.detail
    assert "Error" not in fault.detail
    assert untried.detail.startswith("Not tried")


def test_a_queue_where_nobody_listens_is_told_in_plain_words() -> None:
    with patch.dict("os.environ", {"AWS_ENDPOINT_URL_SQS": f"http://127.0.0.1:{free_port()}"}):
        told = found(queue_settings("https://sqs.eu-central-1.amazonaws.com/123456789012/motion"))["motion queue"]
    assert not told.ok
    assert "cannot be reached" in told.detail
    assert "Error" not in told.detail


def test_a_house_without_a_cloud_says_what_to_name() -> None:
    findings = found(Settings())
    assert wrong(findings) == {"cloud"}
    assert "[store]" in findings["cloud"].detail


@pytest.fixture
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    address = f"http://127.0.0.1:{port}"
    with patch.dict("os.environ", {"AWS_ENDPOINT_URL_SQS": address}):
        yield address
    server.stop()


def queue_settings(url: str) -> Settings:
    return Settings(aws=AwsSettings(region="eu-central-1", recorder=NOBODY, motion_queue=url, motion_secret="s" * 32))


def test_a_queue_is_looked_into_without_taking_what_waits(moto: str) -> None:
    keys = {"aws_access_key_id": NOBODY.key_id, "aws_secret_access_key": NOBODY.secret}
    sqs = boto3.session.Session().client("sqs", region_name="eu-central-1", endpoint_url=moto, **keys)
    url = sqs.create_queue(QueueName="motion")["QueueUrl"]
    assert found(queue_settings(url))["motion queue"].detail == "It can be read. Nothing waits there."
    sqs.send_message(QueueUrl=url, MessageBody="moved")
    assert found(queue_settings(url))["motion queue"].detail == "It can be read. Something waits there."
    assert [one["Body"] for one in sqs.receive_message(QueueUrl=url)["Messages"]] == ["moved"]


def test_a_queue_that_is_not_there_is_a_fault(moto: str) -> None:
    findings = found(queue_settings(f"{moto}/123456789012/none"))
    assert findings["motion queue"] == Finding(
        "motion queue", ok=False, detail="There is no such queue: check aws.motion_queue."
    )


CONFIG = """
[store]
kind = "s3"
bucket = "bucket"
region = "eu-central-1"
endpoint = "{endpoint}"
[aws]
access_key_id = "AKRECORDER"
secret_access_key = "a-secret-of-the-recorder"
[[camera]]
id = "porch"
name = "Porch"
source = "demo://"
"""


def test_the_command_tries_the_cloud_alone_and_ends_with_1_on_a_fault(tmp_path: Path, moto: str) -> None:
    """A server that knows no rights serves any keys: that is a warning, and a bucket that is missing a fault."""
    config = tmp_path / "doorstep.toml"
    config.write_text(CONFIG.format(endpoint=moto), encoding="utf-8")
    words = ["check", "--aws", "--json", "--config", str(config), "--data", str(tmp_path / "data")]
    missing_bucket = CliRunner().invoke(app, words)
    assert missing_bucket.exit_code == 1
    assert not [line for line in missing_bucket.output.splitlines() if "camera" in json.loads(line)["what"]]
    keys = {"aws_access_key_id": NOBODY.key_id, "aws_secret_access_key": NOBODY.secret}
    s3 = boto3.session.Session().client("s3", region_name="us-east-1", endpoint_url=moto, **keys)
    s3.create_bucket(Bucket="bucket")
    fine = CliRunner().invoke(app, words)
    rows = {row["what"]: row for row in map(json.loads, fine.output.splitlines())}
    assert fine.exit_code == 0, rows
    assert rows["limits of the recorder"]["detail"].startswith("WARNING")
    assert "a-secret-of-the-recorder" not in missing_bucket.output + fine.output
