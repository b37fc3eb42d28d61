"""A mail server at a port that was dead a moment ago."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller

from fakes.mail_server import Mailbox


@contextmanager
def mail_server_at(port: int) -> Iterator[Mailbox]:
    """Takes everything, until the end of the block."""
    mailbox = Mailbox(port)
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
