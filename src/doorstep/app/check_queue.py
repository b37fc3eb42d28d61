"""Whether the queue that motion from the cloud comes through can be read: for `doorstep check --aws`."""

from doorstep.app.finding import Finding
from doorstep.core.cloud_settings import AwsSettings
from doorstep.core.errors import DoorstepError, StoreRefused, StoreUnavailable
from doorstep.extras import how_to_add

ANSWER_SECONDS = 15.0
NO_QUEUE = "There is no such queue: check aws.motion_queue."
NO_RIGHT_TO_QUEUE = "The recorder's keys may not read this queue: check its policy."
QUEUE_ELSE = "The queue does not answer as it should ({}): check aws.motion_queue, aws.region and the keys."
QUEUE_AWAY = (
    "The queue cannot be reached, or its settings make no address: check the network, aws.motion_queue and aws.region."
)
QUEUE_WORDS = {
    "AWS.SimpleQueueService.NonExistentQueue": NO_QUEUE,
    "QueueDoesNotExist": NO_QUEUE,
    "AccessDenied": NO_RIGHT_TO_QUEUE,
    "AccessDeniedException": NO_RIGHT_TO_QUEUE,
}
NO_LIBRARY = f"Motion from the cloud needs boto3, which is not installed. {how_to_add('aws')}"


def queue_finding(settings: AwsSettings) -> Finding:
    """Takes what waits there for no time at all, so the server still gets it."""
    try:
        waits = "Something" if _messages(settings) else "Nothing"
    except DoorstepError as error:
        return Finding("motion queue", ok=False, detail=str(error))
    return Finding("motion queue", ok=True, detail=f"It can be read. {waits} waits there.")


def _messages(settings: AwsSettings) -> list[object]:
    try:
        import boto3  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra, which most do without
        from botocore import exceptions as wrong  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
        from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
    except ImportError as error:
        raise StoreRefused(NO_LIBRARY) from error
    config = Config(connect_timeout=5, read_timeout=ANSWER_SECONDS, retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": settings.recorder.key_id, "aws_secret_access_key": settings.recorder.secret}
    try:
        client = boto3.session.Session().client(
            "sqs", region_name=settings.region, config=config, **(keys if settings.recorder else {})
        )
        told = client.receive_message(QueueUrl=settings.motion_queue, VisibilityTimeout=0, WaitTimeSeconds=0)
    except wrong.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        raise StoreRefused(QUEUE_WORDS.get(code, QUEUE_ELSE).format(code)) from None
    except (wrong.BotoCoreError, ValueError):
        raise StoreUnavailable(QUEUE_AWAY) from None
    return list(told.get("Messages", ()))
