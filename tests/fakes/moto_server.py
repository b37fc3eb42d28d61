"""SES, SQS and the Parameter Store as moto plays them behind HTTP, for programs in other processes.

    with moto_server("door@example.org") as cloud:      # who may send mail
        url = cloud.queue()
        cloud.parameter("/doorstep/motion", {"secret": "…"})
        environment = cloud.environment()               # for a program that uses boto3
        cloud.mails()                                   # what SES took

It proves no signature and no right; what must be refused is tested with `fakes.radosgw`.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email import message_from_string, policy
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import boto3  # type: ignore[import-untyped]
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.server import ThreadedMotoServer
from moto.ses.models import ses_backends

REGION = "eu-central-1"
SERVICES = ("SESV2", "SQS", "SSM")


class Cloud:
    """Where it is; thread-safe."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def environment(self) -> dict[str, str]:
        """For boto3 in another process."""
        where = {f"AWS_ENDPOINT_URL_{service}": self.endpoint for service in SERVICES}
        return {**where, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": REGION}

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return boto3.session.Session().client(service, region_name=REGION, endpoint_url=self.endpoint, **keys)

    def queue(self, hidden: int = 30) -> str:
        """A new one's address; what is read is hidden for so many seconds."""
        name, more = f"motion-{uuid4().hex}", {"VisibilityTimeout": str(hidden)}
        return str(self.client("sqs").create_queue(QueueName=name, Attributes=more)["QueueUrl"])

    def waiting(self, queue: str) -> int:
        """How many messages lie there, hidden or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def parameter(self, name: str, fields: Mapping[str, str]) -> None:
        value = json.dumps(dict(fields))
        self.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)

    def mails(self) -> list[EmailMessage]:
        """What SES took, the oldest first."""
        sent = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
        return [message_from_string(str(one.raw_data), EmailMessage, policy=policy.default) for one in sent]


@contextmanager
def moto_server(*verified: str) -> Iterator[Cloud]:
    """Until the block ends; it begins with nothing but who may send mail."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    cloud = Cloud(f"http://{host}:{port}")
    ses_backends[DEFAULT_ACCOUNT_ID][REGION].reset()
    try:
        for address in verified:
            cloud.client("sesv2").create_email_identity(EmailIdentity=address)
            # Whoever it is clicks on the link in the mail.
            ses_backends[DEFAULT_ACCOUNT_ID][REGION].email_identities[address].verified_for_sending_status = True
        yield cloud
    finally:
        server.stop()
