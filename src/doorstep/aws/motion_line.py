"""The queue in which motion waits for a box without an address: one signed message for each word."""

from typing import Any

from doorstep.aws.clients import code_of
from doorstep.core.errors import StoreUnavailable
from doorstep.core.motion_word import MotionWord
from doorstep.core.signed_motion import HEADER, MotionSecret
from doorstep.ports import Clock


class MotionLine:
    """One queue, by its address.  Blocks for bounded time."""

    def __init__(self, sqs: Any, url: str, clock: Clock) -> None:  # noqa: ANN401 - botocore's client
        self._sqs = sqs
        self._url = url
        self._clock = clock

    def tell(self, word: MotionWord, secret: MotionSecret) -> None:
        """Raises StoreUnavailable where it was not taken."""
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # noqa: PLC0415

        body = word.body()
        signed = {"DataType": "String", "StringValue": secret.sign(self._clock.now(), body)}
        try:
            self._sqs.send_message(QueueUrl=self._url, MessageBody=body.decode(), MessageAttributes={HEADER: signed})
        except (BotoCoreError, ClientError) as error:
            msg = f"The queue does not take it just now ({code_of(error)})."
            raise StoreUnavailable(msg) from error
