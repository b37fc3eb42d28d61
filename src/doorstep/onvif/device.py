"""Asks one ONVIF camera where its streams are.  What is said lives in `messages`; whether they play, elsewhere.

A camera is hostile: every answer has bounds on size and time, no redirection is followed, and each address that it
names must be its own host's.
"""

import asyncio
import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self
from urllib.parse import urlsplit

import httpx

from doorstep.core.camera_patterns import with_host, without_credentials
from doorstep.core.errors import CredentialsRefused, MediaInvalid, SourceLost, SourceRefused
from doorstep.onvif import messages
from doorstep.onvif.messages import Profile, UsernameToken
from doorstep.onvif.strict_xml import MOST_BYTES, Element, parsed
from doorstep.ports import Clock

ANSWER_SECONDS = 5.0
_MOST_STREAMS = 8
_LARGEST_TO_LOOK_AT = 1280 * 720
_STREAM_SCHEMES = frozenset({"rtsp", "rtsps"})


@dataclass(frozen=True, slots=True)
class Door:
    """Where a camera is asked: `address` as it calls itself, `reached_at` what was judged and is dialled."""

    address: str
    reached_at: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class OfferedStream:
    """A stream as the camera offers it; its address holds no user and no password."""

    address: str
    profile: Profile


class OnvifDevice:
    """One camera, for one conversation.  Raises SourceLost, SourceRefused, CredentialsRefused; `with` closes it."""

    def __init__(self, door: Door, clock: Clock) -> None:
        self._door = door
        self._clock = clock
        self._skew = timedelta()
        self._client = httpx.AsyncClient(
            verify=_encrypted(),
            trust_env=False,
            follow_redirects=False,
            timeout=ANSWER_SECONDS,
            auth=httpx.DigestAuth(door.user, door.password) if door.user else None,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def streams(self) -> Sequence[OfferedStream]:
        """The large stream, and behind it a small one to look at where there is one."""
        try:
            await self._set_clock()
            media = messages.media_door(await self._ask(self._door.address, messages.GET_CAPABILITIES))
            media = self._own(media, "its media service") if media else self._door.address
            profiles = messages.profiles_in(await self._ask(media, messages.GET_PROFILES))[:_MOST_STREAMS]
            if not profiles:
                msg = "This camera offers no stream by ONVIF; add one on its own page, or type its address."
                raise SourceRefused(msg)
            return [await self._stream(media, profile) for profile in _two_of(profiles)]
        except MediaInvalid as error:
            msg = f"This camera's ONVIF answers cannot be used ({error}); type its address instead."
            raise SourceRefused(msg) from error

    async def _set_clock(self) -> None:
        """Cameras compare times: one whose clock is wrong is asked by its own (Core, 5.12.2)."""
        told = messages.time_in(await self._ask(self._door.address, messages.GET_TIME, by_name=False))
        if told is not None:
            self._skew = told - self._clock.now()

    async def _stream(self, media: str, profile: Profile) -> OfferedStream:
        address = messages.stream_uri(await self._ask(media, messages.get_stream_uri(profile.token)))
        if urlsplit(address).scheme.lower() not in _STREAM_SCHEMES:
            msg = "This camera offers no RTSP stream; switch RTSP on, on its own page."
            raise SourceRefused(msg)
        return OfferedStream(without_credentials(self._own(address, "its stream")), profile)

    def _own(self, address: str, what: str) -> str:
        """An address that the camera named.  Raises SourceRefused where it leads to another host."""
        try:
            host = urlsplit(address).hostname or ""
            _ = urlsplit(address).port
        except ValueError:
            host = ""
        mine = {self._door.reached_at, (urlsplit(self._door.address).hostname or "").lower()}
        if host not in mine or not address.isprintable():
            msg = f"This camera says that {what} is at another machine; Doorstep does not go there."
            raise SourceRefused(msg)
        return address

    async def _ask(self, address: str, body: str, *, by_name: bool = True) -> Element:
        token = self._token() if by_name and self._door.user else None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                status, content = await self._post(address, messages.question(body, token))
        except (httpx.TimeoutException, TimeoutError):
            msg = "This camera does not answer by ONVIF; check that it is on, and that ONVIF is switched on there."
            raise SourceLost(msg) from None
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError, UnicodeError):
            msg = "This camera cannot be reached by ONVIF; check that it is on and in your network."
            raise SourceLost(msg) from None
        return self._judged(status, content)

    def _judged(self, status: int, content: bytes) -> Element:
        if status in {401, 403}:
            raise CredentialsRefused(self._wrong())
        if 300 <= status < 400:
            msg = "This camera sends Doorstep to another place; type the address of its stream instead."
            raise SourceRefused(msg)
        answer = parsed(content)
        if messages.is_refusal(answer):
            raise CredentialsRefused(self._wrong())
        if status != 200:
            msg = f"This camera does not understand Doorstep's ONVIF (it answers {status}); type its address instead."
            raise SourceRefused(msg)
        return answer

    def _wrong(self) -> str:
        if not self._door.user:
            return "This camera asks for a user and a password."
        return (
            "The camera does not accept this user and password. Many cameras want a user of their own for ONVIF: "
            "make one on the camera's page."
        )

    async def _post(self, address: str, body: bytes) -> tuple[int, bytes]:
        """Status and body, which is never unpacked: a small answer may unpack into all memory."""
        url = httpx.URL(with_host(address, self._door.reached_at))
        headers = {
            "Host": urlsplit(address).netloc.rpartition("@")[2],
            "Content-Type": "application/soap+xml; charset=utf-8",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        async with self._client.stream("POST", url, content=body, headers=headers) as answer:
            content = bytearray()
            async for piece in answer.aiter_raw():
                content += piece
                if len(content) > MOST_BYTES:
                    msg = "its answer is too large"
                    raise MediaInvalid(msg)
            return answer.status_code, bytes(content)

    def _token(self) -> UsernameToken:
        created = self._clock.now() + self._skew
        return UsernameToken(self._door.user, self._door.password, secrets.token_bytes(16), created)


def _two_of(profiles: Sequence[Profile]) -> Sequence[Profile]:
    """The largest, and the largest of those that are small enough to be looked at all the time."""
    main, *others = profiles
    small = [each for each in others if 0 < each.width * each.height <= _LARGEST_TO_LOOK_AT]
    small = [each for each in small if each.width * each.height < main.width * main.height]
    return [main, small[0]] if small else [main]


def _encrypted() -> ssl.SSLContext:
    """Cameras sign their certificates themselves: this keeps listeners out, and proves nothing."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
