"""What a call to somebody else costs: list prices, and the formulas made of them.  Nobody asks Amazon.

Amazon's list prices of us-east-1 in US dollars, as third parties told them in November 2026, before any free tier and
tax; other regions are up to a third dearer.  `docs/reference/costs.md` says where each comes from.  All sums are whole
billionths of a dollar, rounded up: a price is never counted for less than it is.
"""

from typing import Final

from doorstep.core.monthly_cap import billionths

DAYS_A_MONTH: Final = 30.44
GB: Final = 1_000_000_000

S3_PUT_USD: Final = 0.005 / 1000
"""PUT, COPY, POST, LIST, and each part of an upload in several."""

S3_GET_USD: Final = 0.0004 / 1000
S3_GB_MONTH_USD: Final = 0.023
TRANSFER_OUT_GB_USD: Final = 0.09
LAMBDA_REQUEST_USD: Final = 0.20 / 1_000_000
LAMBDA_GIB_SECOND_USD: Final = 0.0000133334
"""On arm64."""

DETECT_GIB: Final = 1769 / 1024
"""The memory with which Lambda gives one whole processor."""

DETECT_SECONDS: Final = 0.5
"""How long a look takes there; from third parties' figures, not measured."""

SES_MAIL_USD: Final = 0.10 / 1000
SES_GB_USD: Final = 0.12
SQS_REQUEST_USD: Final = 0.40 / 1_000_000
HTTP_API_REQUEST_USD: Final = 1.00 / 1_000_000


def sent_to_s3(size: int, days_kept: float, requests: int = 1) -> int:
    """An object of `size` bytes that was sent by so many requests, with what it costs to keep it so long."""
    return billionths(requests * S3_PUT_USD + size / GB * S3_GB_MONTH_USD * days_kept / DAYS_A_MONTH)


def read_from_s3(size: int) -> int:
    """One request that takes `size` bytes out of the bucket."""
    return billionths(S3_GET_USD + size / GB * TRANSFER_OUT_GB_USD)


def looked_in_lambda(seconds: float = DETECT_SECONDS) -> int:
    """One picture that was looked at for so long."""
    return billionths(LAMBDA_REQUEST_USD + seconds * DETECT_GIB * LAMBDA_GIB_SECOND_USD)


def mailed_by_ses(size: int, receivers: int = 1) -> int:
    """One mail of `size` bytes to so many: each receiver counts."""
    return receivers * billionths(SES_MAIL_USD + size / GB * SES_GB_USD)


def asked_sqs(requests: int = 1) -> int:
    """So many requests, an empty answer counts too."""
    return billionths(requests * SQS_REQUEST_USD)
