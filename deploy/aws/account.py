"""The owner's account in one region: clients, who is asking, what a stack says of itself, and errors in plain words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore import exceptions as wrong  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]

CONNECT_SECONDS, READ_SECONDS = 10, 30
NO_KEYS = (
    "No credentials for AWS were found. Sign in with the AWS command line (`aws configure sso` or `aws configure`), "
    "or name a profile: AWS_PROFILE=… before the command."
)
OLD_KEYS = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
BAD_KEYS = frozenset({"InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", "AuthFailure"})
MAY_NOT = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})


class AwsRefused(Exception):
    """AWS said no, or something is missing; one plain sentence with the remedy, without a secret."""


@dataclass(frozen=True)
class Account:
    """Reached with the keys of whoever runs the command; nothing is asked before `client` is used."""

    region: str
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    def client(self, service: str) -> Any:  # noqa: ANN401 - botocore makes its classes at run time
        """Of one service, made once."""
        if service not in self._clients:
            config = Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                signature_version="s3v4" if service == "s3" else None,
            )
            with plain_words("AWS"):
                self._clients[service] = self._session.client(service, config=config)
        return self._clients[service]

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401 - as above
        return boto3.session.Session(region_name=self.region)

    def number(self) -> str:
        """The account's twelve digits.  Raises AwsRefused."""
        with plain_words("AWS"):
            return str(self.client("sts").get_caller_identity()["Account"])

    def outputs(self, stack: str) -> Mapping[str, str] | None:
        """What a stack says of itself, None where there is none.  Raises AwsRefused."""
        try:
            with plain_words("CloudFormation"):
                found = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        except AwsRefused as error:
            if code_of(error.__cause__) == "ValidationError":
                return None
            raise
        alive = [one for one in found if one["StackStatus"] != "DELETE_COMPLETE"]
        return {one["OutputKey"]: one["OutputValue"] for one in alive[0].get("Outputs", ())} if alive else None

    def has_bucket(self, name: str) -> bool:
        """Whether somebody has a bucket of this name.  Raises AwsRefused where nobody can tell."""
        try:
            with plain_words("S3"):
                self.client("s3").head_bucket(Bucket=name)
        except AwsRefused as error:
            if code_of(error.__cause__) in {"404", "NoSuchBucket"}:
                return False
            if code_of(error.__cause__) not in MAY_NOT:
                raise
        return True


@contextmanager
def plain_words(service: str) -> Iterator[None]:
    """Map the library's errors to AwsRefused."""
    try:
        yield
    except wrong.ClientError as error:
        raise AwsRefused(_answered(service, code_of(error))) from error
    except (wrong.NoCredentialsError, wrong.PartialCredentialsError, wrong.ProfileNotFound) as error:
        raise AwsRefused(NO_KEYS) from error
    except wrong.NoRegionError as error:
        msg = "No region was named: OPTIONS='--region eu-central-1', or the one that is nearest to you."
        raise AwsRefused(msg) from error
    except wrong.BotoCoreError as error:
        msg = f"{service} cannot be reached ({type(error).__name__}). Check the network and run the same command again."
        raise AwsRefused(msg) from error


def code_of(error: BaseException | None) -> str:
    """What AWS calls it, empty for what is no answer of AWS."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def _answered(service: str, code: str) -> str:
    if code in OLD_KEYS:
        return "Your AWS session has expired. Sign in again (`aws sso login`) and run the same command again."
    if code in BAD_KEYS:
        return "AWS does not know the keys that it was asked with. Sign in again with `aws configure`."
    if code in MAY_NOT:
        return f"Whoever you are signed in as may not do that in {service} ({code}). Sign in as an administrator."
    return f"{service} refuses ({code})."
