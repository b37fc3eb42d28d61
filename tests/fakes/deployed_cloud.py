"""An account as moto plays it, and CDK as a stand-in that makes there what the scripts ask of a deployed stack.

CDK's own program is the one thing of a deployment that the tests replace: its words are recorded.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import boto3  # type: ignore[import-untyped]
from moto import mock_aws

REGION = "eu-central-1"
ACCOUNT = "123456789012"
KEYS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_DEFAULT_REGION": REGION,
}


@contextmanager
def account() -> Iterator[None]:
    """Until the block ends nobody reaches the real one."""
    with patch.dict("os.environ", KEYS), mock_aws():
        yield
        client.cache_clear()


@cache
def client(service: str) -> Any:
    return boto3.session.Session().client(service, region_name=REGION)


class RecordedCdk:
    """Called as `deploy.aws.cdk.run_cdk` is."""

    def __init__(self) -> None:
        self.said: list[list[str]] = []

    def __call__(self, words: Sequence[str], region: str) -> None:
        assert region == REGION
        self.said.append(list(words))
        match words[0]:
            case "bootstrap":
                _make("CDKToolkit", {}, {})
            case "deploy":
                self._deploy(str(words[1]), _context(words))
            case "destroy":
                client("cloudformation").delete_stack(StackName=words[1])

    def _deploy(self, stack: str, context: dict[str, str]) -> None:
        """A second time it changes nothing, as the program does."""
        names = [one["StackName"] for one in client("cloudformation").describe_stacks()["Stacks"]]
        if stack not in names:
            _make(stack, *_stack(context))


def _stack(context: dict[str, str]) -> tuple[dict[str, Any], dict[str, str | dict[str, str]]]:
    """Resources and outputs; the functions are none of moto's."""
    resources: dict[str, Any] = {
        "Recorder": {"Type": "AWS::IAM::User"},
        "Viewer": {"Type": "AWS::IAM::User"},
        "Recordings": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "Properties": {"BucketName": context["bucket"], "VersioningConfiguration": {"Status": "Enabled"}},
        },
    }
    outputs: dict[str, str | dict[str, str]] = {
        "Bucket": context["bucket"],
        "Region": REGION,
        "RecorderUser": {"Ref": "Recorder"},
        "ViewerUser": {"Ref": "Viewer"},
    }
    if context["detect"] == "true":
        outputs["DetectUrl"] = "https://abc.lambda-url.eu-central-1.on.aws/"
    if context["motion"] == "true":
        outputs["MotionUrl"] = "https://abc.execute-api.eu-central-1.amazonaws.com/motion/"
        if not context.get("box_url"):
            resources["Queue"] = {"Type": "AWS::SQS::Queue"}
            outputs["MotionQueue"] = {"Ref": "Queue"}
    return resources, outputs


def _make(stack: str, resources: dict[str, Any], outputs: dict[str, Any]) -> None:
    template = {
        "Resources": resources or {"Assets": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps(template))


def _context(words: Sequence[str]) -> dict[str, str]:
    told = [word.partition("=") for flag, word in pairwise(words) if flag == "--context"]
    return {name: value for name, _, value in told}
