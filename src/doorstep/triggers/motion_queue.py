"""Motion that waits in an Amazon SQS queue: read as it comes, verified, and taken out once it was acted on.

So a house behind a router hears of motion in the cloud without an open port.  Trying again is whose `listen` it is.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.cloud_settings import AwsSettings
from doorstep.core.errors import SourceLost, SourceRefused
from doorstep.core.motion_word import MotionWord, motion_word
from doorstep.core.outside_word import OutsideWord
from doorstep.core.pace import Buckets, Pace
from doorstep.core.signed_motion import HEADER, MotionSecret, SeenMarks
from doorstep.extras import how_to_add
from doorstep.own_threads import in_own_thread
from doorstep.ports import Clock

log = structlog.get_logger()

POLL_SECONDS = 20
MOST_AT_ONCE = 10  # Amazon's bounds, both (ReceiveMessage in the API reference of SQS)
HIDDEN_SECONDS = 30
"""For so long nobody else is given a message that was read; acting on ten takes a moment."""

CONNECT_SECONDS, READ_SECONDS = 5.0, POLL_SECONDS + 10.0
ORIGIN = "motion queue"
PACE = Pace(20, 1.0)
"""Of one camera, as `web/triggers` has it for one sender."""

TOLD_PACE = Pace(5, 1 / 60)
"""Of log lines about one kind of message that is not acted on: whoever may write to the queue may do so for ever."""

EXTRA_IS_MISSING = f"The queue of motion needs boto3, which is not installed. {how_to_add('aws')}"
_REFUSED = frozenset(
    {
        *("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "InvalidAddress"),
        *("AccessDenied", "AccessDeniedException", "InvalidClientTokenId", "UnrecognizedClientException"),
        *("SignatureDoesNotMatch", "InvalidSignatureException", "ExpiredToken", "InvalidSecurity"),
        *("RequestExpired", "RequestTimeTooSkewed", "MissingAuthenticationToken", "IncompleteSignature"),
    }
)


@dataclass(frozen=True, slots=True)
class _Message:
    """One as it lies there; `receipt` takes it out."""

    body: bytes
    signature: str
    receipt: str


class MotionQueue:
    """One queue.  Used on the event loop; each wait for the queue is in a thread that ends with the process.

    `counts` are messages by what became of them: "taken", "repeated", "late", "forged", "unreadable", "unknown",
    "too often".  `late_in_a_row` are those since the last that came in time.
    """

    def __init__(
        self,
        settings: AwsSettings,
        take: Callable[[OutsideWord], Awaitable[object]],
        is_known: Callable[[CameraId], bool],
        clock: Clock,
        paid: Callable[[str], None] = lambda _operation: None,
        may_pay: Callable[[], bool] = lambda: True,
        seen: SeenMarks | None = None,
    ) -> None:
        """`take` acts on a word, as the doorbell does; `is_known` says whether there is such a camera.

        `seen` is what was acted on before, here or elsewhere.  `paid` is told of each call that costs money, and
        `may_pay` asked before each look.
        """
        self._settings = settings
        self._secret = MotionSecret(settings.motion_secret)
        self._take = take
        self._is_known = is_known
        self._clock = clock
        self._paid, self._may_pay = paid, may_pay
        self._seen = seen or SeenMarks()
        self._buckets = Buckets(PACE)
        self._told = Buckets(TOLD_PACE)
        self._client: Any = None  # botocore makes its classes at run time
        self.counts: Counter[str] = Counter()
        self.late_in_a_row = 0

    async def listen(self, reached: Callable[[], None]) -> None:
        """Until the queue cannot be read, or no more may be paid; `reached` is called each time that it could be.

        Raises SourceLost (try again), SourceRefused (the owner must mend something).
        """
        while self._may_pay():
            messages = await in_own_thread("motion queue", self._receive)
            self._paid("ReceiveMessage")
            for message in messages:
                await self._act(message)
                await in_own_thread("motion queue", partial(self._delete, message.receipt))
                self._paid("DeleteMessage")
            reached()

    async def _act(self, message: _Message) -> None:
        """Only what was taken is remembered: where acting fails, or the process ends in it, it comes again."""
        outcome, word = self._judged(message)
        if word is not None:
            await self._take(OutsideWord(word.camera, Cause.TRIGGER, word.at, word.note, origin=ORIGIN))
            self._seen.remember(word.marks, self._clock.monotonic())
        self.counts[outcome] += 1
        self.late_in_a_row = self.late_in_a_row + 1 if outcome == "late" else 0
        if word is None and not self._told.wait((outcome,), self._clock.monotonic()):
            log.warning("motion in the queue not acted on", reason=outcome, count=self.counts[outcome])

    def _judged(self, message: _Message) -> tuple[str, MotionWord | None]:
        """What becomes of it, and the word that is to be acted on, if it is."""
        signature = self._secret.verified(message.signature, message.body)
        if signature is None:
            return "forged", None
        word = motion_word(message.body)
        if word is None or not word.camera:
            return "unreadable", None
        if signature.has_expired(self._clock.now()):
            return "late", None
        word = replace(word, nonce=word.nonce or signature.nonce)
        outcome = self._outcome(word, self._clock.monotonic())
        return outcome, word if outcome == "taken" else None

    def _outcome(self, word: MotionWord, at: float) -> str:
        if self._seen.knows(word.marks, at):
            return "repeated"
        if not self._is_known(word.camera):
            return "unknown"
        return "too often" if self._buckets.wait((word.camera,), at) else "taken"

    # In a thread of its own.

    def _receive(self) -> list[_Message]:
        with _errors_named():
            found = self._opened().receive_message(
                QueueUrl=self._settings.motion_queue,
                MaxNumberOfMessages=MOST_AT_ONCE,
                WaitTimeSeconds=POLL_SECONDS,
                VisibilityTimeout=HIDDEN_SECONDS,
                MessageAttributeNames=[HEADER],
            )
        return [_message(one) for one in found.get("Messages", ())]

    def _delete(self, receipt: str) -> None:
        with _errors_named():
            self._opened().delete_message(QueueUrl=self._settings.motion_queue, ReceiptHandle=receipt)

    def _opened(self) -> Any:  # noqa: ANN401 - as above
        if self._client is None:
            import boto3  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra, which most do without
            from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415 - as above

            key = self._settings.recorder
            session = boto3.session.Session(
                aws_access_key_id=key.key_id or None, aws_secret_access_key=key.secret or None
            )
            config = Config(
                connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 1}
            )
            self._client = session.client("sqs", region_name=self._settings.region, config=config)
        return self._client


def _message(told: Mapping[str, Any]) -> _Message:
    attribute = told.get("MessageAttributes", {}).get(HEADER, {})
    return _Message(str(told.get("Body", "")).encode(), str(attribute.get("StringValue", "")), told["ReceiptHandle"])


@contextmanager
def _errors_named() -> Iterator[None]:
    """Map the library's errors to ours; its words hold the queue's address."""
    try:
        from botocore import exceptions as wrong  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
    except ImportError as error:
        raise SourceRefused(EXTRA_IS_MISSING) from error
    try:
        yield
    except wrong.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _REFUSED or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == HTTPStatus.FORBIDDEN:
            msg = f"Amazon SQS does not let Doorstep read the queue ({code})."
            raise SourceRefused(msg) from error
        msg = f"Amazon SQS asks to try again later ({code})."
        raise SourceLost(msg) from error
    except (wrong.NoCredentialsError, wrong.PartialCredentialsError) as error:
        msg = "No keys for Amazon SQS were found: set aws.access_key_id and aws.secret_access_key."
        raise SourceRefused(msg) from error
    except wrong.BotoCoreError as error:
        msg = f"Amazon SQS cannot be reached ({type(error).__name__})."
        raise SourceLost(msg) from error
    except ValueError as error:  # botocore's word for an address that is none
        msg = "The address of the queue cannot be used."
        raise SourceRefused(msg) from error
