"""Amazon SES as moto plays it in this process: what it took can be read, and who is not verified is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import boto3  # type: ignore[import-untyped]
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

REGION = "eu-central-1"
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true"}


@contextmanager
def ses(*verified: str) -> Iterator[None]:
    """Until the block ends nobody reaches the real one."""
    with patch.dict("os.environ", KEYS), mock_aws():
        client = boto3.session.Session().client("sesv2", region_name=REGION)
        for address in verified:
            client.create_email_identity(EmailIdentity=address)
            # Whoever it is clicks on the link in the mail.
            ses_backends[DEFAULT_ACCOUNT_ID][REGION].email_identities[address].verified_for_sending_status = True
        yield


def taken() -> list[str]:
    """The mails, as they are."""
    return [str(mail.raw_data) for mail in ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages]
