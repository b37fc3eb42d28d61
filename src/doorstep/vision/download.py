"""One pinned file over HTTP into a `.part` file: resumes, never takes more than the pin, verifies.

What is fetched from where is said in `models.py`; putting the file in its place is `fetch.py`'s.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import httpx

from doorstep.core.errors import FetchFailed
from doorstep.vision.models import Pin, Release

_CHUNK: Final = 1 << 16
_MOST_REDIRECTS: Final = 5


@dataclass(frozen=True, slots=True)
class Line:
    """How HTTP is spoken: seconds to wait for a connection and for the next bytes; a test may bring its transport."""

    connect_seconds: float = 5.0
    silence_seconds: float = 30.0
    transport: httpx.BaseTransport | None = None

    def client(self) -> httpx.Client:
        """A client that follows no redirect by itself and takes the file as it is."""
        timeout = httpx.Timeout(self.silence_seconds, connect=self.connect_seconds)
        return httpx.Client(timeout=timeout, transport=self.transport, headers={"Accept-Encoding": "identity"})


@contextmanager
def part_file(target: Path) -> Iterator[BinaryIO]:
    """`target`'s `.part`, opened and locked, with what an earlier attempt left; gone afterwards if it stays empty.

    Raises FetchFailed when somebody else is fetching the same file, or when the folder cannot be written.
    """
    part = part_of(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                yield file
            finally:
                if part.exists() and part.stat().st_size == 0:
                    part.unlink()
    except BlockingIOError:
        msg = f"{target.name} is being fetched already. Wait for the other one to end."
        raise FetchFailed(msg) from None
    except OSError as error:
        msg = f"{part} cannot be written ({error.strerror}). Mend its folder and try again."
        raise FetchFailed(msg) from error


def part_of(target: Path) -> Path:
    """Where the bytes lie until they are whole and verified."""
    return target.with_name(f"{target.name}.part")


def download(source: Release, file: BinaryIO, progress: Callable[[int, int | None], None], line: Line) -> None:
    """Fill `file` (opened by `part_file`) with exactly the source's pinned content, going on where it ends.

    `progress` is told the bytes had and the bytes wanted.  Raises FetchFailed: after a break the bytes are kept for
    the next attempt, wrong ones are dropped.  Redirects are followed to https only.
    """
    wanted = source.pin.length
    if file.seek(0, os.SEEK_END) > wanted:
        _drop(file)
    if file.tell() < wanted:
        progress(file.tell(), wanted)
        _stream(source, file, progress, line)
    file.flush()
    if _sha256(file) != source.pin.sha256:
        _drop(file)
        msg = f"What {_host(source.address)} sent is not the pinned file; it was dropped, nothing was installed."
        raise FetchFailed(msg)


def _stream(source: Release, file: BinaryIO, progress: Callable[[int, int | None], None], line: Line) -> None:
    host = _host(source.address)
    before = file.tell()
    try:
        with line.client() as client, _answer(client, source.address, before) as response:
            _begin(response, file, source)
            for chunk in response.iter_raw():
                _take(chunk, file, source)
                progress(file.tell(), source.pin.length)
    except httpx.ConnectTimeout:
        msg = f"{host} did not answer within {line.connect_seconds:g} seconds{_kept(before)}. Try again later."
        raise FetchFailed(msg) from None
    except httpx.ConnectError:
        msg = f"{host} cannot be reached{_kept(before)}. Check the network and try again."
        raise FetchFailed(msg) from None
    except httpx.HTTPError:
        raise FetchFailed(_broke_off(host, file, source.pin)) from None
    if file.tell() < source.pin.length:
        raise FetchFailed(_broke_off(host, file, source.pin))


@contextmanager
def _answer(client: httpx.Client, address: str, start: int) -> Iterator[httpx.Response]:
    """The first answer that is no redirect."""
    headers = {"Range": f"bytes={start}-"} if start else {}
    request = client.build_request("GET", address, headers=headers)
    for _ in range(_MOST_REDIRECTS):
        response = client.send(request, stream=True)
        try:
            if response.next_request is None:
                yield response
                return
            request = client.build_request("GET", response.next_request.url, headers=headers)
        finally:
            response.close()
        if request.url.scheme != "https":
            msg = f"{_host(address)} redirects to {request.url.host} without https, which is refused."
            raise FetchFailed(msg)
    msg = f"{_host(address)} redirects in circles. Try again later."
    raise FetchFailed(msg)


def _begin(response: httpx.Response, file: BinaryIO, source: Release) -> None:
    """Check the answer's head and set the file where its bytes belong (RFC 9110, section 14.4 for 206)."""
    host, start = _host(source.address), file.tell()
    if response.status_code == httpx.codes.OK and start:
        _drop(file)  # the server does not resume
        start = 0
    elif response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        _drop(file)
        msg = f"{host} has less than was fetched before, which was dropped. Try again."
        raise FetchFailed(msg)
    elif response.status_code not in {httpx.codes.OK, httpx.codes.PARTIAL_CONTENT}:
        msg = f"{host} answered {response.status_code}{_kept(start)}. Try again later."
        raise FetchFailed(msg)
    elif start and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
        msg = f"{host} resumes at another place than asked{_kept(start)}. Try again later."
        raise FetchFailed(msg)
    offered = response.headers.get("Content-Length", "")
    if offered.isdecimal() and start + int(offered) != source.pin.length:
        msg = f"{host} offers {start + int(offered)} bytes where {source.pin.length} are pinned; nothing was taken."
        raise FetchFailed(msg)


def _take(chunk: bytes, file: BinaryIO, source: Release) -> None:
    if file.tell() + len(chunk) > source.pin.length:
        _drop(file)
        msg = f"{_host(source.address)} sends more than the pinned {source.pin.length} bytes; all was dropped."
        raise FetchFailed(msg)
    file.write(chunk)


def _drop(file: BinaryIO) -> None:
    file.truncate(0)
    file.seek(0)


def _broke_off(host: str, file: BinaryIO, pin: Pin) -> str:
    return (
        f"{host} stopped after {file.tell()} of {pin.length} bytes, which are kept (.part)."
        " Run `doorstep models fetch` again and it will resume."
    )


def _kept(start: int) -> str:
    return f" ({start} bytes of an earlier attempt are kept)" if start else ""


def _sha256(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _host(address: str) -> str:
    return httpx.URL(address).host
