"""Alerts by email through Amazon SES, version 2 of its API.  The mail's look lives in `mail`, retries in `pipeline`."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from doorstep.core.alert import Alert
from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.notify_settings import EmailSettings
from doorstep.core.paid_call import Payee
from doorstep.core.prices import mailed_by_ses
from doorstep.extras import how_to_add
from doorstep.notifiers.blocking_calls import BlockingCalls
from doorstep.notifiers.mail import address_of, addresses_of, alert_mail
from doorstep.ports import Payments

ATTEMPT_SECONDS = 15.0
CONNECT_SECONDS, READ_SECONDS = 4.0, 8.0
SPENT = "What mail by Amazon SES may cost this month is spent; raise aws.monthly_cap_usd.ses, or wait."
EXTRA_IS_MISSING = f"Mail by Amazon SES needs boto3, which is not installed. {how_to_add('aws')}"
_LATER = frozenset({"TooManyRequestsException", "Throttling", "ThrottlingException", "LimitExceededException"})
_MAY_NOT_ASK = ("AccessDenied", "AccessDeniedException")
_NO_KEY = frozenset(
    {
        *("AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"),
        *("InvalidSignatureException", "SignatureDoesNotMatch", "UnrecognizedClientException"),
    }
)


class SesNotifier:
    """Implements `ports.Notifier` in one region.

    Keys are where boto3 looks for them: the environment, ~/.aws, or the machine's role.  The library is loaded by the
    first call; without it each call is refused in plain words.  Each attempt ends within `seconds`.
    """

    def __init__(
        self,
        settings: EmailSettings,
        endpoint: str | None = None,
        seconds: float = ATTEMPT_SECONDS,
        payments: Payments | None = None,
    ) -> None:
        """`endpoint` is where SES is, None for Amazon's own; without `payments` nobody keeps count."""
        self._settings = settings
        self._endpoint = endpoint
        self._payments = payments
        self._calls = BlockingCalls("Amazon SES", seconds)
        self._client: Any = None  # botocore makes its classes at run time

    @property
    def channel(self) -> str:
        """Mail is one channel, whichever way it goes."""
        return "email"

    async def send(self, alert: Alert) -> None:
        """Accepted is what SES took; whether it arrives it tells its own console."""
        if self._payments is not None and not self._payments.affords(Payee.SES):
            raise NotifierRefused(SPENT)
        await self._calls.make(alert.id, partial(self._send, alert))

    async def check(self) -> str:
        """Sign in and ask whether the sender is verified; where the keys may not ask, that is said."""
        return str(await self._calls.make("check", self._check))

    # In a thread of their own.

    def _send(self, alert: Alert) -> None:
        settings = self._settings
        message = alert_mail(alert, settings.sender, settings.to).as_bytes()
        with self._errors_named():
            self._opened().send_email(
                FromEmailAddress=address_of(settings.sender),
                Destination={"ToAddresses": addresses_of(settings.to)},
                Content={"Raw": {"Data": message}},
            )
        if self._payments is not None:
            spent = mailed_by_ses(len(message), len(settings.to))
            self._payments.note(Payee.SES, "mail", spent, len(message), alert.event)

    def _check(self) -> str:
        """Whether the sender may send: SES verifies an address alone, or its whole domain."""
        sender, region = address_of(self._settings.sender), self._settings.ses_region
        for identity in (sender, sender.rpartition("@")[2]):
            try:
                with self._errors_named():
                    found = self._opened().get_email_identity(EmailIdentity=identity)
            except NotifierRefused as error:
                if _code_of(error.__cause__) in _MAY_NOT_ASK:
                    return f"Reached Amazon SES in {region}; the keys may not ask about {identity}."
                if _code_of(error.__cause__) != "NotFoundException":
                    raise
                continue
            if found.get("VerifiedForSendingStatus"):
                return f"Reached Amazon SES in {region}, where {identity} may send."
        msg = f"Amazon SES in {region} has not verified {sender}: do that in its console."
        raise NotifierRefused(msg)

    def _opened(self) -> Any:  # noqa: ANN401 - as above
        if self._client is None:
            import boto3  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra, which most do without
            from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415 - as above

            config = Config(
                connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 1}
            )
            region, endpoint = self._settings.ses_region, self._endpoint
            self._client = boto3.session.Session().client(
                "sesv2", region_name=region, endpoint_url=endpoint, config=config
            )
        return self._client

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        """Map the library's errors to ours."""
        try:
            from botocore import exceptions as wrong  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
        except ImportError as error:
            raise NotifierRefused(EXTRA_IS_MISSING) from error
        try:
            yield
        except wrong.ClientError as error:
            raise _answered(error.response) from error
        except (wrong.NoCredentialsError, wrong.PartialCredentialsError) as error:
            msg = "No keys for Amazon SES were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            raise NotifierRefused(msg) from error
        except wrong.BotoCoreError as error:
            msg = f"Amazon SES in {self._settings.ses_region} cannot be reached ({type(error).__name__})."
            raise NotifierUnavailable(msg) from error


def _code_of(error: BaseException | None) -> str:
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def _answered(response: Any) -> NotifierUnavailable | NotifierRefused:  # noqa: ANN401 - botocore's dictionary
    """By the code that SES names, else by the status of HTTP; its message may hold addresses."""
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _LATER or status == 429 or status >= 500:
        return NotifierUnavailable(f"Amazon SES asks to try again later ({code}).")
    if code in _NO_KEY:
        return NotifierRefused(f"Amazon SES does not accept the keys, or they may not send ({code}).")
    return NotifierRefused(f"Amazon SES refuses the mail ({code}). Are sender and receivers verified there?")
