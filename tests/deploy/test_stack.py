"""What the stack of a home is made of, as CloudFormation will be told."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.cloud_stacks import HOMES, QUIET, ROOT, Cloud

CFN_LINT = Path(sys.executable).parent / "cfn-lint"
HARMLESS = {"W3005"}
"""A dependency that is said twice: CDK does that with every role."""
ONLY_WARNINGS = 4


@pytest.fixture(scope="module")
def assertions() -> Iterator[Any]:
    """The library's own, which asks node."""
    with pytest.MonkeyPatch.context() as patch:
        for name, word in QUIET.items():
            patch.setenv(name, word)
        from aws_cdk import assertions as found  # noqa: PLC0415 - starts node, which is to be quiet

        yield found


def test_the_bucket_is_closed_encrypted_with_versions_and_kept(cloud: Cloud, assertions: Any) -> None:
    assertions.Template.from_json(cloud.template()).has_resource(
        "AWS::S3::Bucket",
        {
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
                },
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                "VersioningConfiguration": {"Status": "Enabled"},
            },
        },
    )


def test_the_bucket_speaks_tls_alone_also_after_the_stack_is_gone(cloud: Cloud) -> None:
    (policy,) = cloud.resources("AWS::S3::BucketPolicy").values()
    denied = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"]
    conditions = [one["Condition"] for one in denied]
    assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
    assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in conditions
    kept = [one for one in cloud.template()["Resources"].values() if one["Type"] == "AWS::S3::BucketPolicy"]
    assert kept[0]["DeletionPolicy"] == "Retain"


def test_what_is_old_goes_by_itself(cloud: Cloud) -> None:
    (bucket,) = cloud.resources("AWS::S3::Bucket").values()
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert all(rule["Status"] == "Enabled" for rule in rules.values())
    days = {name: (rule.get("Prefix"), rule.get("ExpirationInDays")) for name, rule in rules.items()}
    assert days["recordings"] == ("doorstep/", 30)
    assert days["running"] == ("doorstep/running/", 7)
    assert days["told"] == ("doorstep/told/", 30)
    assert rules["recordings"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert rules["recordings"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert rules["marks-of-what-was-deleted"]["ExpiredObjectDeleteMarker"] is True


def test_recordings_can_be_locked(cloud: Cloud) -> None:
    (open_one,), (locked,) = (cloud.resources("AWS::S3::Bucket", home).values() for home in ("home", "cabin"))
    assert "ObjectLockEnabled" not in open_one
    rule = locked["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert (locked["ObjectLockEnabled"], rule) == (True, {"Mode": "GOVERNANCE", "Days": 14})


def test_clips_that_arrive_call_the_function_that_mails_and_only_this_bucket_may(cloud: Cloud) -> None:
    (bucket,) = cloud.resources("AWS::S3::Bucket").values()
    told = bucket["NotificationConfiguration"]["LambdaConfigurations"]
    rules = [{rule["Name"]: rule["Value"] for rule in one["Filter"]["S3Key"]["Rules"]} for one in told]
    assert rules == [{"prefix": "doorstep/", "suffix": ".mp4"}, {"prefix": "doorstep/", "suffix": ".mp4.enc"}]
    assert {one["Event"] for one in told} == {"s3:ObjectCreated:*"}
    permissions = cloud.resources("AWS::Lambda::Permission")
    (mine,) = (one for one in permissions.values() if one["Principal"] == "s3.amazonaws.com")
    assert mine["SourceArn"] == f"arn:aws:s3:::{bucket['BucketName']}"
    assert mine["SourceAccount"] == "111122223333"
    name, made = next((n, r) for n, r in cloud.template()["Resources"].items() if r["Type"] == "AWS::S3::Bucket")
    permission = next(name for name, one in permissions.items() if one is mine)
    assert permission in made["DependsOn"], name


def test_what_could_not_be_mailed_is_tried_again_and_then_kept(cloud: Cloud) -> None:
    (config,) = cloud.resources("AWS::Lambda::EventInvokeConfig").values()
    assert config["MaximumRetryAttempts"] == 2
    assert "ClipMailFailures" in config["DestinationConfig"]["OnFailure"]["Destination"]
    (failures,) = (one for name, one in cloud.resources("AWS::SQS::Queue").items() if "Failures" in name)
    assert failures["MessageRetentionPeriod"] == 14 * 86400


def test_functions_are_small_arm_and_write_into_logs_that_end(cloud: Cloud) -> None:
    functions = cloud.resources("AWS::Lambda::Function")
    assert {one["Architectures"][0] for one in functions.values()} == {"arm64"}
    assert all(one["LoggingConfig"]["LogGroup"] for one in functions.values())
    assert {one["RetentionInDays"] for one in cloud.resources("AWS::Logs::LogGroup").values()} == {30}
    zipped = [one for one in functions.values() if one.get("PackageType") != "Image"]
    assert {one["Runtime"] for one in zipped} == {"python3.12"}
    assert {one["Handler"] for one in zipped} == {
        "doorstep.aws.on_clip_uploaded.handler",
        "doorstep.aws.on_motion.handler",
    }
    assert all(one["Timeout"] <= 60 for one in functions.values())


def test_no_secret_stands_in_a_template(cloud: Cloud) -> None:
    """Functions are told the names of secrets; access keys are made by the deploy script."""
    for home in HOMES:
        assert "AWS::IAM::AccessKey" not in cloud.path(home).read_text(encoding="utf-8")
    for function in cloud.resources("AWS::Lambda::Function").values():
        names = set(function.get("Environment", {}).get("Variables", {}))
        assert not {name for name in names if name.endswith(("SECRET", "TOKEN", "KEY", "PASSWORD"))}


def test_the_detector_answers_signed_calls_alone(cloud: Cloud) -> None:
    (url,) = cloud.resources("AWS::Lambda::Url").values()
    assert url["AuthType"] == "AWS_IAM"
    assert "Cors" not in url
    public = [one for one in cloud.resources("AWS::Lambda::Permission").values() if one["Principal"] == "*"]
    assert public == []


def test_motion_has_one_route_that_is_throttled(cloud: Cloud) -> None:
    (route,) = cloud.resources("AWS::ApiGatewayV2::Route").values()
    assert route["RouteKey"] == "POST /motion/{camera}"
    (stage,) = cloud.resources("AWS::ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"] == {"ThrottlingBurstLimit": 10, "ThrottlingRateLimit": 5}


def test_queues_are_encrypted_and_motion_gets_old_quickly(cloud: Cloud) -> None:
    queues = cloud.resources("AWS::SQS::Queue")
    assert all(one["SqsManagedSseEnabled"] for one in queues.values())
    (motion,) = (one for name, one in queues.items() if "Motion" in name)
    assert motion["MessageRetentionPeriod"] == 300
    assert len(cloud.resources("AWS::SQS::QueuePolicy")) == len(queues)


def test_a_box_with_an_address_has_no_queue(cloud: Cloud) -> None:
    assert [name for name in cloud.resources("AWS::SQS::Queue", "cabin") if "Motion" in name] == []
    (motion,) = (one for name, one in cloud.resources("AWS::Lambda::Function", "cabin").items() if "Motion" in name)
    words = motion["Environment"]["Variables"]
    assert (words["DOORSTEP_BOX_URL"], words["DOORSTEP_QUEUE_URL"]) == ("https://cabin.example.org", "")


def test_only_the_bucket_and_its_identities_can_be_wanted(cloud: Cloud) -> None:
    kinds = {one["Type"] for one in cloud.template("bare")["Resources"].values()}
    assert kinds == {"AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::IAM::User", "AWS::IAM::Policy"}


def test_two_homes_of_one_account_share_no_name(cloud: Cloud) -> None:
    def names(home: str) -> set[str]:
        kinds = {"BucketName": "AWS::S3::Bucket", "Name": "AWS::ApiGatewayV2::Api"}
        found = {one[key] for key, kind in kinds.items() for one in cloud.resources(kind, home).values()}
        words = [one.get("Environment", {}) for one in cloud.resources("AWS::Lambda::Function", home).values()]
        return found | {
            word for one in words for name, word in one.get("Variables", {}).items() if name.endswith("PARAMETER")
        }

    assert len(names("home")) == 4
    assert not names("home") & names("cabin")


def test_a_budget_tells_before_and_after_it_is_spent(cloud: Cloud) -> None:
    (budget,) = cloud.resources("AWS::Budgets::Budget").values()
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 5, "Unit": "USD"}
    told = budget["NotificationsWithSubscribers"]
    assert {one["Notification"]["NotificationType"] for one in told} == {"ACTUAL", "FORECASTED"}
    assert {one["Subscribers"][0]["Address"] for one in told} == {"ann@example.org"}


def test_what_cdk_runs_makes_of_its_context_the_stack_of_that_home(tmp_path: Path) -> None:
    """As its program does: in the folder of `cdk.json`, with the context in the environment."""
    here = ROOT / "deploy" / "aws"
    program, script = json.loads((here / "cdk.json").read_text(encoding="utf-8"))["app"].split()
    assert program == "../../.venv/bin/python", "what `make deploy-aws` made"
    context = {"home": "hut", "detect": "false", "motion": "false", "keep_days": "14"}
    ran = subprocess.run(
        [sys.executable, script],
        cwd=here,
        env=os.environ | QUIET | {"CDK_OUTDIR": str(tmp_path), "CDK_CONTEXT_JSON": json.dumps(context)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    (bucket,) = Cloud(tmp_path).resources("AWS::S3::Bucket", "hut").values()
    assert bucket["BucketName"] == "doorstep-hut-111122223333-eu-central-1"
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 14


def lint(*paths: Path) -> tuple[int, set[str]]:
    """How it ended, and what it found."""
    ran = subprocess.run(
        [CFN_LINT, "--format", "json", *paths],
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return ran.returncode, {one["Rule"]["Id"] for one in json.loads(ran.stdout or "[]")}


def test_cfn_lint_has_nothing_to_say(cloud: Cloud) -> None:
    code, found = lint(*(cloud.path(home) for home in HOMES))
    assert found <= HARMLESS
    assert code in {0, ONLY_WARNINGS}


def test_cfn_lint_would_say_so(cloud: Cloud, tmp_path: Path) -> None:
    broken = cloud.template("bare")
    bucket = next(one for one in broken["Resources"].values() if one["Type"] == "AWS::S3::Bucket")
    bucket["Properties"]["VersioningConfiguration"]["Status"] = "Perhaps"
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(broken), encoding="utf-8")
    code, found = lint(path)
    assert code not in {0, ONLY_WARNINGS}
    assert found - HARMLESS
