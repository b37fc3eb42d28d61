"""`make destroy-aws`: takes the cloud half of a home away.  The bucket is kept, unless BUCKET=delete."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deploy.aws.access_keys import Key, retire
from deploy.aws.account import Account, AwsRefused, code_of, plain_words
from deploy.aws.cdk import Cdk, context_words, run_cdk
from deploy.aws.choices import Choices, agreed, choices_of, destroy_words
from deploy.aws.home import HomeInvalid
from deploy.aws.own_folder import MOTION_SECRET, MOTION_TOKEN, RECORDER_SECRET, VIEWER_SECRET
from deploy.aws.secret_parameters import remove_secret

NO_KEY = Key()


def main(given: Sequence[str] | None = None, cdk: Cdk = run_cdk) -> int:
    """0 once it is gone, 1 with one sentence if not."""
    try:
        choices = choices_of(destroy_words(), given)
        _destroy(choices, Account(choices.region), cdk)
    except (AwsRefused, HomeInvalid) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _destroy(choices: Choices, account: Account, cdk: Cdk) -> None:
    home, delete = choices.home, choices.words.bucket == "delete"
    number, outputs = account.number(), account.outputs(home.stack_name)
    bucket = (outputs or {}).get("Bucket") or str(choices.folder.remembered().get("bucket", ""))
    if outputs is None and not (delete and bucket):
        print(f"There is no stack {home.stack_name} in account {number}, region {choices.region}.")
        return
    fate = "is deleted with every recording in it" if delete else "is kept, with every recording in it"
    print(f"In account {number}, region {choices.region}, the stack {home.stack_name} is taken away;")
    print(f"its keys stop working at once, and the bucket {bucket} {fate}.")
    if not agreed(choices.words, "Go on?"):
        print("Nothing was done.")
        return
    choices.folder.remember(bucket=bucket)
    if outputs is not None:
        _take_away(choices, account, cdk, outputs)
    if delete:
        delete_bucket(account, bucket)
        choices.folder.remember(bucket="")
        print(f"{bucket} is deleted.")
    else:
        print(f"Kept: {bucket}. To delete it: the same command with BUCKET=delete.")
    print("Kept: what SES verified, and CDK's own stack CDKToolkit, which others may use.")


def _take_away(choices: Choices, account: Account, cdk: Cdk, outputs: Mapping[str, str]) -> None:
    """Keys first: a user with keys that the stack does not know of cannot be deleted by it."""
    for who in ("RecorderUser", "ViewerUser"):
        if user := outputs.get(who):
            retire(account, user, NO_KEY)
    told = choices.home.context() | {"detect": "false"}  # it is built again before; the image is of no use for that
    cdk(["destroy", choices.home.stack_name, "--force", *context_words(told)], choices.region)
    for name in (choices.home.viewer_parameter, choices.home.motion_parameter):
        remove_secret(account, name)
    for name in (RECORDER_SECRET, VIEWER_SECRET, MOTION_SECRET, MOTION_TOKEN):
        choices.folder.remove(name)
    choices.folder.remember(keys={})


def delete_bucket(account: Account, bucket: str) -> None:
    """With everything in it.  Raises AwsRefused where something is locked: then all else is gone, and it is kept."""
    s3 = account.client("s3")
    try:
        with plain_words("S3"):
            kept = sum(_deleted(s3, bucket, batch) for batch in _versions(s3, bucket))
            if not kept:
                s3.delete_bucket(Bucket=bucket)
    except AwsRefused as error:
        if code_of(error.__cause__) != "NoSuchBucket":
            raise
        return
    if kept:
        msg = f"{kept} recordings in {bucket} are locked and cannot be deleted yet. Run the same command again later."
        raise AwsRefused(msg)


def _versions(s3: Any, bucket: str) -> Iterator[list[dict[str, str]]]:  # noqa: ANN401 - botocore's client
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if found:
            yield [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]


def _deleted(s3: Any, bucket: str, batch: list[dict[str, str]]) -> int:  # noqa: ANN401 - botocore's client
    """How many of them stayed."""
    told = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
    return len(told.get("Errors", ()))


if __name__ == "__main__":
    sys.exit(main())
