"""Speaks to a running server over the 0600 Unix socket in its data folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx

from doorstep.app.folders import SOCKET_NAME
from doorstep.core.errors import AccessDenied, DoorstepError

TIMEOUT = httpx.Timeout(10.0, read=120.0)
PROBE_TIMEOUT = httpx.Timeout(10.0)


class LocalServer:
    """The owner's own way in: who may open the socket may do everything.  Closed by its `with`."""

    def __init__(self, data: Path) -> None:
        transport = httpx.HTTPTransport(uds=str(data / SOCKET_NAME))
        self._client = httpx.Client(transport=transport, base_url="http://localhost/api/v1", timeout=TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    @staticmethod
    def is_running(data: Path) -> bool:
        """Whether a server answers at this data folder."""
        try:
            if not (data / SOCKET_NAME).exists():
                return False
        except OSError:  # another user's folder, into which we may not look
            return False
        try:
            with LocalServer(data) as server:
                return server._client.get("/session", timeout=PROBE_TIMEOUT).is_success
        except httpx.TransportError:
            return False

    def ask(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 - JSON, and httpx's own options
        """The JSON answer.  Raises DoorstepError with the server's own words."""
        with _told_plainly():
            response = self._client.request(method, path, **options)
        _raise_for_problem(response)
        return response.json() if response.content else None

    @contextmanager
    def download(
        self, path: str, query: dict[str, str], headers: dict[str, str] | None = None
    ) -> Iterator[httpx.Response]:
        """A large answer, to be read piece by piece within the `with`.  Raises DoorstepError."""
        with _told_plainly(), self._client.stream("GET", path, params=query or None, headers=headers) as response:
            if not response.is_success:
                response.read()
                _raise_for_problem(response)
            yield response


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except httpx.TransportError as error:
        msg = "The running Doorstep broke off or did not answer. See its log, then try again."
        raise DoorstepError(msg) from error


def _raise_for_problem(response: httpx.Response) -> None:
    """Turn a problem document into its sentence.  The body must have been read."""
    if response.is_success:
        return
    try:
        problem = response.json()
        detail = str(problem.get("detail") or problem.get("title"))
    except (ValueError, AttributeError):
        detail = f"The running Doorstep answered {response.status_code}."
    raise (AccessDenied if response.status_code in {401, 403} else DoorstepError)(detail)
