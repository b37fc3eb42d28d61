"""S3 as moto plays it, over HTTP in a thread of this process: for what is quick.

It believes every key and signature and knows no rights; what must hold against a real server is shown on `radosgw`.
"""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from moto.server import ThreadedMotoServer

REGION = "us-east-1"
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true"}


@dataclass(frozen=True)
class MotoS3:
    endpoint: str

    def client(self) -> Any:
        """Of boto3, for looking from outside."""
        config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
        return boto3.session.Session().client(
            "s3",
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=config,
        )

    def bucket(self) -> str:
        """Empty, of its own."""
        name = f"test-{secrets.token_hex(6)}"
        self.client().create_bucket(Bucket=name)
        return name


@contextmanager
def moto_s3() -> Iterator[MotoS3]:
    """On a port that the kernel chose, on loopback, until the block ends."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with patch.dict("os.environ", KEYS):
        server.start()
        try:
            host, port = server.get_host_and_port()
            yield MotoS3(f"http://{host}:{port}")
        finally:
            server.stop()
