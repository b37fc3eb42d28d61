"""`make deploy-aws` and `make destroy-aws`, every step of them but CDK's own program, against an account of moto's."""

import json
import stat
import subprocess
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from deploy.aws import cdk as edge
from deploy.aws import deploy, destroy
from deploy.aws.account import Account, AwsRefused
from deploy.aws.home import Home
from deploy.aws.own_folder import OwnFolder

from doorstep.config.load import load_settings
from doorstep.core.paid_call import Payee
from doorstep.core.remote_use import DetectionPlace
from fakes.deployed_cloud import ACCOUNT, REGION, RecordedCdk, account, client

MAIL = ("--mail-from", "door@example.org", "--mail-to", "ann@example.org")
BUCKET = f"doorstep-home-{ACCOUNT}-{REGION}"
CAMERA = '\n[[camera]]\nid = "porch"\nname = "Porch"\nsource = "demo://"\n'


@pytest.fixture
def cdk() -> Iterator[RecordedCdk]:
    with account():
        yield RecordedCdk()


def no_tools(*, image: bool) -> str:
    return "docker" if image else ""


def run(cdk: RecordedCdk, folder: Path, *words: str, yes: bool = True) -> int:
    given = ["--into", str(folder), "--region", REGION, *(["--yes"] if yes else []), *words]
    return deploy.main(given, cdk, no_tools)


def take_away(cdk: RecordedCdk, folder: Path, *words: str) -> int:
    return destroy.main(["--into", str(folder), "--yes", *words], cdk)


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def key_ids(who: str) -> list[str]:
    users = [one["UserName"] for one in client("iam").list_users()["Users"] if who in one["UserName"]]
    return [
        one["AccessKeyId"]
        for user in users
        for one in client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    ]


def parameter(name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    )
    return found


def test_it_says_what_it_will_make_and_what_a_month_costs_before_it_asks(
    cdk: RecordedCdk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(cdk, tmp_path, *MAIL, yes=False) == 1
    told = capsys.readouterr()
    assert f"In account {ACCOUNT}, region {REGION}" in told.out
    assert BUCKET in told.out
    assert "USD  a month" in told.out
    assert "has not been run in AWS" in told.out
    assert "Nobody is there to agree" in told.err
    assert cdk.said == []
    assert key_ids("Recorder") == []


def test_it_hands_over_what_the_box_needs(cdk: RecordedCdk, tmp_path: Path) -> None:
    assert run(cdk, tmp_path, *MAIL) == 0
    snippet = tmp_path / "doorstep.toml"
    config = tmp_path / "whole.toml"
    config.write_text(snippet.read_text(encoding="utf-8") + CAMERA, encoding="utf-8")
    settings = load_settings(config, {})
    assert settings.store.s3 is not None
    assert (settings.store.s3.bucket, settings.store.s3.prefix, settings.store.s3.region) == (
        BUCKET,
        "doorstep",
        REGION,
    )
    assert [settings.store.s3.recorder.key_id] == key_ids("Recorder")
    assert [settings.store.s3.viewer.key_id] == key_ids("Viewer")
    assert settings.store.s3.recorder.secret
    assert settings.aws.motion_queue
    assert settings.aws.motion_secret == parameter("/doorstep/home/motion")["secret"]
    assert settings.aws.monthly_caps_usd[Payee.LAMBDA] == 2.0
    assert (settings.detection.where, settings.detection.sign) == (DetectionPlace.REMOTE, "aws")
    assert parameter("/doorstep/home/viewer") == {
        "access_key_id": settings.store.s3.viewer.key_id,
        "secret_access_key": settings.store.s3.viewer.secret,
    }
    kinds = {one["Name"]: one["Type"] for one in client("ssm").describe_parameters()["Parameters"]}
    assert kinds == {"/doorstep/home/viewer": "SecureString", "/doorstep/home/motion": "SecureString"}


def test_nobody_else_can_read_what_it_hands_over(
    cdk: RecordedCdk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new"
    assert run(cdk, folder, *MAIL) == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    secrets = [
        files(folder)[name].strip() for name in ("recorder-secret", "viewer-secret", "motion-secret", "motion-token")
    ]
    assert len(set(secrets)) == 4
    told = capsys.readouterr()
    everywhere = told.out + told.err + files(folder)["doorstep.toml"] + files(folder)["aws.json"] + str(cdk.said)
    assert not [secret for secret in secrets if secret in everywhere]


def test_the_second_run_changes_nothing(cdk: RecordedCdk, tmp_path: Path) -> None:
    assert run(cdk, tmp_path, *MAIL, "--keep-days", "14") == 0
    before, keys = files(tmp_path), (key_ids("Recorder"), key_ids("Viewer"))
    assert deploy.main(["--into", str(tmp_path), "--yes"], cdk, no_tools) == 0
    assert files(tmp_path) == before
    assert (key_ids("Recorder"), key_ids("Viewer")) == keys
    versions = [
        client("ssm").get_parameter(Name=f"/doorstep/home/{name}")["Parameter"]["Version"]
        for name in ("viewer", "motion")
    ]
    assert versions == [1, 1]
    assert [words[0] for words in cdk.said] == ["bootstrap", "deploy", "deploy"]
    assert cdk.said[1] == cdk.said[2]
    assert "keep_days=14" in cdk.said[2]


def test_ses_is_asked_to_verify_the_sender_once(
    cdk: RecordedCdk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(cdk, tmp_path, *MAIL) == 0
    assert "SES was asked to verify door@example.org" in capsys.readouterr().out
    assert run(cdk, tmp_path, *MAIL) == 0
    assert "SES was asked" not in capsys.readouterr().out


def test_lost_secrets_are_not_made_behind_the_owners_back(
    cdk: RecordedCdk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(cdk, tmp_path) == 0
    keys = key_ids("Recorder")
    (tmp_path / "recorder-secret").unlink()
    assert run(cdk, tmp_path) == 1
    assert "--renew-keys" in capsys.readouterr().err
    assert key_ids("Recorder") == keys


def test_keys_are_renewed_and_retired_on_request(
    cdk: RecordedCdk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(cdk, tmp_path) == 0
    old = key_ids("Recorder")
    assert run(cdk, tmp_path, "--renew-keys") == 0
    assert len(key_ids("Recorder")) == 2, "the box goes on with the old one"
    assert run(cdk, tmp_path, "--renew-keys") == 1
    assert "--retire-keys" in capsys.readouterr().err
    assert run(cdk, tmp_path, "--retire-keys") == 0
    (new,) = key_ids("Recorder")
    assert [new] != old
    assert new in files(tmp_path)["doorstep.toml"]
    assert parameter("/doorstep/home/viewer")["access_key_id"] == key_ids("Viewer")[0]


def test_a_token_of_the_box_may_take_the_place_of_the_made_up_one(cdk: RecordedCdk, tmp_path: Path) -> None:
    assert run(cdk, tmp_path, "--box-url", "https://door.example.org") == 0
    (tmp_path / "motion-token").write_text("a-token-of-the-box\n")
    assert run(cdk, tmp_path) == 0
    assert parameter("/doorstep/home/motion")["token"] == "a-token-of-the-box"
    assert "motion_queue" not in tomllib.loads(files(tmp_path)["doorstep.toml"])["aws"]


def test_a_folder_is_of_one_home(cdk: RecordedCdk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(cdk, tmp_path / "home") == 0
    assert run(cdk, tmp_path / "home", "--home", "cabin") == 1
    assert "another home" in capsys.readouterr().err
    assert run(cdk, tmp_path / "cabin", "--home", "cabin") == 0
    names = {one["StackName"] for one in client("cloudformation").describe_stacks()["Stacks"]}
    assert {"doorstep-home", "doorstep-cabin"} <= names


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--keep-days", "many"), "keep_days must be a number"),
        (("--home", "My House"), "home must be"),
        (("--mail-from", "door@example.org"), "go together"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str
) -> None:
    assert deploy.main(["--into", str(tmp_path), "--region", REGION, *words], RecordedCdk(), no_tools) == 1
    assert sentence in capsys.readouterr().err


def test_without_a_folder_or_a_region_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert deploy.main([], RecordedCdk(), no_tools) == 1
    assert "INTO=" in capsys.readouterr().err
    assert deploy.main(["--into", str(tmp_path)], RecordedCdk(), no_tools) == 1
    assert "--region" in capsys.readouterr().err
    assert destroy.main(["--into", str(tmp_path)], RecordedCdk()) == 1
    assert "Nothing was deployed from" in capsys.readouterr().err  # no word of --region, which it does not know


def test_without_credentials_it_says_how_to_sign_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    assert run(RecordedCdk(), tmp_path / "into") == 1
    told = capsys.readouterr()
    assert "aws configure" in told.err
    assert "Traceback" not in told.err


def test_a_broken_deployment_leaves_no_key_behind(
    cdk: RecordedCdk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(words: Any, region: str) -> None:
        if words[0] == "deploy":
            msg = "CDK could not do it, and said why above."
            raise AwsRefused(msg)
        cdk(words, region)

    assert deploy.main(["--into", str(tmp_path), "--region", REGION, "--yes"], broken, no_tools) == 1
    assert "said why above" in capsys.readouterr().err
    assert key_ids("Recorder") == []
    assert client("ssm").describe_parameters()["Parameters"] == []
    assert run(cdk, tmp_path) == 0


def test_destroying_keeps_the_bucket_and_says_so(
    cdk: RecordedCdk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(cdk, tmp_path, *MAIL) == 0
    client("s3").put_object(Bucket=BUCKET, Key="doorstep/porch/x.mp4", Body=b"clip")
    capsys.readouterr()
    assert take_away(cdk, tmp_path) == 0
    assert f"Kept: {BUCKET}" in capsys.readouterr().out
    assert client("s3").get_object(Bucket=BUCKET, Key="doorstep/porch/x.mp4")["Body"].read() == b"clip"
    assert key_ids("Recorder") == key_ids("Viewer") == []
    assert client("ssm").describe_parameters()["Parameters"] == []
    assert cdk.said[-1][:3] == ["destroy", "doorstep-home", "--force"]
    assert set(files(tmp_path)) == {"aws.json", "doorstep.toml"}


def test_keys_are_deleted_before_the_users_that_have_them(cdk: RecordedCdk, tmp_path: Path) -> None:
    """IAM does not delete a user who has a key, and CloudFormation knows of none."""
    assert run(cdk, tmp_path) == 0
    left: list[list[str]] = []

    def run_it(words: Sequence[str], region: str) -> None:
        left.append(key_ids(""))
        cdk(words, region)

    assert destroy.main(["--into", str(tmp_path), "--yes"], run_it) == 0
    assert left == [[]]


def test_a_home_that_is_made_again_gets_a_bucket_beside_the_kept_one(cdk: RecordedCdk, tmp_path: Path) -> None:
    assert run(cdk, tmp_path) == 0
    assert take_away(cdk, tmp_path) == 0
    assert run(cdk, tmp_path) == 0
    assert f'bucket = "{BUCKET}-2"' in files(tmp_path)["doorstep.toml"]
    assert run(cdk, tmp_path) == 0
    assert f'bucket = "{BUCKET}-2"' in files(tmp_path)["doorstep.toml"]


@pytest.mark.parametrize("at_once", [True, False])
def test_the_bucket_is_deleted_with_every_version_where_the_owner_says_so(
    cdk: RecordedCdk, tmp_path: Path, at_once: bool
) -> None:
    assert run(cdk, tmp_path) == 0
    for body in (b"one", b"two"):
        client("s3").put_object(Bucket=BUCKET, Key="doorstep/porch/x.mp4", Body=body)
    client("s3").delete_object(Bucket=BUCKET, Key="doorstep/porch/x.mp4")
    if not at_once:
        assert take_away(cdk, tmp_path) == 0
    assert take_away(cdk, tmp_path, "--bucket", "delete") == 0
    assert client("s3").list_buckets()["Buckets"] == []


def test_destroying_twice_says_that_nothing_is_there(
    cdk: RecordedCdk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(cdk, tmp_path) == 0
    assert take_away(cdk, tmp_path) == 0
    capsys.readouterr()
    assert take_away(cdk, tmp_path) == 0
    assert "There is no stack doorstep-home" in capsys.readouterr().out


def test_cdk_is_pinned_to_the_version_that_understands_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tmp_path / "said"
    npx = tmp_path / "npx"
    npx.write_text(f'#!/bin/sh\necho "$AWS_REGION $*" > "{said}"\nexit "${{FAILS:-0}}"\n')
    npx.chmod(0o755)
    monkeypatch.setattr(edge, "_npx", lambda: ([str(npx)], {}))
    edge.run_cdk(deploy.deploy_command(Home()), REGION)
    assert said.read_text().startswith(f"{REGION} --yes aws-cdk@^2 deploy doorstep-home --require-approval never")
    monkeypatch.setenv("FAILS", "1")
    with pytest.raises(AwsRefused, match="said why above"):
        edge.run_cdk(["deploy"], REGION)


def test_without_docker_it_says_what_can_be_done(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(edge, "_npx", lambda: (["npx"], {}))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert edge.check_tools(image=False) == ""
    with pytest.raises(AwsRefused, match="--detect false"):
        edge.check_tools(image=True)


def test_npx_is_found_where_the_web_app_finds_node() -> None:
    command, _ = edge._npx()
    ran = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.split(".")[0].isdigit()


def test_a_bucket_of_somebody_else_is_not_taken_for_a_free_name(cdk: RecordedCdk) -> None:
    assert cdk.said == []
    assert not Account(REGION).has_bucket("doorstep-nobodys")
    client("s3").create_bucket(Bucket="taken-already", CreateBucketConfiguration={"LocationConstraint": REGION})
    assert Account(REGION).has_bucket("taken-already")


def test_no_key_is_deleted_where_the_folder_holds_none_of_them(
    cdk: RecordedCdk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(cdk, tmp_path) == 0
    keys = key_ids("Recorder")
    remembered = json.loads(files(tmp_path)["aws.json"])
    remembered["keys"]["recorder"] = "AKIAOFANOTHERACCOUNT"
    (tmp_path / "aws.json").write_text(json.dumps(remembered))
    assert run(cdk, tmp_path, "--retire-keys") == 1
    assert "none of its keys is deleted" in capsys.readouterr().err
    assert key_ids("Recorder") == keys


def test_a_run_that_ends_between_a_secret_and_its_id_hands_over_no_wrong_pair(
    cdk: RecordedCdk, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(cdk, tmp_path) == 0
    secret, write = files(tmp_path)["recorder-secret"], OwnFolder.write

    def ends(folder: OwnFolder, name: str, text: str) -> bool:
        changed = write(folder, name, text)
        if name == "recorder-secret":
            raise KeyboardInterrupt
        return changed

    with monkeypatch.context() as patch:
        patch.setattr(OwnFolder, "write", ends)
        with pytest.raises(KeyboardInterrupt):
            run(cdk, tmp_path, "--renew-keys")
    assert files(tmp_path)["recorder-secret"] != secret
    assert run(cdk, tmp_path) == 1
    assert "--renew-keys" in capsys.readouterr().err
