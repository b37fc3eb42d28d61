"""A secret as it lies in the Parameter Store: JSON in a SecureString, remembered for some minutes."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from doorstep.aws.clients import client, code_of
from doorstep.core.errors import StoreUnavailable
from doorstep.ports import Clock

REMEMBERED_SECONDS = 300.0
AGAIN_SECONDS = 10.0
"""How soon it is read again where what it says did not fit: it may have been changed."""


class SecretParameter:
    """One parameter, by its name.  Not thread-safe: a function has one thread."""

    def __init__(self, name: str, clock: Clock, ssm: Callable[[], Any] = lambda: client("ssm")) -> None:
        """`ssm` makes the client, at the first reading."""
        self._name = name
        self._clock = clock
        self._new_client = ssm
        self._client: Any = None  # botocore makes its classes at run time
        self._read_at = float("-inf")
        self._fields: Mapping[str, str] = {}

    def fields(self, remembered: float = REMEMBERED_SECONDS) -> Mapping[str, str]:
        """What it holds, no older than so many seconds.  Raises StoreUnavailable."""
        if self._clock.monotonic() - self._read_at > remembered:
            self._fields = self._read()
            self._read_at = self._clock.monotonic()
        return self._fields

    def _read(self) -> Mapping[str, str]:
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # noqa: PLC0415

        try:
            self._client = self._client or self._new_client()
            text = self._client.get_parameter(Name=self._name, WithDecryption=True)["Parameter"]["Value"]
        except (BotoCoreError, ClientError) as error:
            msg = f"The parameter {self._name} cannot be read ({code_of(error)})."
            raise StoreUnavailable(msg) from error
        try:
            told = json.loads(text)
        except ValueError:
            told = None
        if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
            msg = f"The parameter {self._name} holds no secret: deploy again, which writes it."
            raise StoreUnavailable(msg)  # without its cause, which would quote it
        return told
