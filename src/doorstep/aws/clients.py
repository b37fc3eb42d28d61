"""Clients of AWS as the functions use them: short waits, few tries.  Which keys: those of the function's role.

Where each service is, tests say by AWS_ENDPOINT_URL_S3 and the like, as everybody who uses boto3 may.
"""

import os
from typing import Any

CONNECT_SECONDS, READ_SECONDS, TRIES = 2.0, 5.0, 3


def client(service: str, *, key_id: str | None = None, secret: str | None = None, tries: int = TRIES) -> Any:  # noqa: ANN401 - botocore makes its classes at run time
    """Of one service, with keys of their own or the role's; loads the library."""
    import boto3  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra, which most do without
    from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415 - as above

    config = Config(
        signature_version="s3v4" if service == "s3" else None,
        s3={
            "addressing_style": "auto" if _is_elsewhere() else "virtual"
        },  # a link names the region's host, see s3_client
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": tries},
    )
    session = boto3.session.Session(aws_access_key_id=key_id, aws_secret_access_key=secret)
    return session.client(service, config=config)


def _is_elsewhere() -> bool:
    return any(name in os.environ for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"))


def code_of(error: BaseException) -> str:
    """What the service called its refusal ("NoSuchKey", "404"), or the name of what went wrong on the way."""
    response = getattr(error, "response", None)
    told = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return str(told or type(error).__name__)
