"""A viewer of live video over the WebSocket, without a browser: it notes which pictures came, and decodes nothing."""

import asyncio
import json
import socket
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

SMALL_BUFFER = 16 << 10
LARGEST_MESSAGE = 32 << 20
OPEN_SECONDS = 60.0


@dataclass
class MseViewer:
    """`decode_times` are those of the pictures, in the order in which they came."""

    url: str
    token: str
    camera: str = "door"
    narrow: bool = False
    """Takes in little at once, so that who reads slowly is soon felt by the server."""
    decode_times: list[int] = field(default_factory=list)
    formats: int = 0
    skips_at: list[int] = field(default_factory=list)
    """How many pictures had come when it was told that some are left out."""
    skipped_to_no_key: int = 0
    """How often it went on at something else than a key frame."""
    refused: int = 0
    """The status or the close code, where there was one."""

    async def watch(self, seconds: float, asleep: tuple[float, float] = (0.0, 0.0)) -> None:
        """For so long, reading nothing for `asleep[1]` seconds once `asleep[0]` are over."""
        end = time.monotonic() + seconds
        sleeps_at = time.monotonic() + asleep[0] if asleep[1] else end
        try:
            async with await self.opened() as connection:
                while (left := min(end, sleeps_at) - time.monotonic()) > 0 or sleeps_at < end:
                    if left <= 0:
                        await asyncio.sleep(asleep[1])
                        sleeps_at = end
                        continue
                    try:
                        async with asyncio.timeout(left):
                            self.take(await connection.recv())
                    except TimeoutError:
                        continue
        except ConnectionClosed as closed:
            self.refused = closed.rcvd.code if closed.rcvd is not None else -1
        except InvalidStatus as refusal:
            self.refused = refusal.response.status_code

    async def opened(self) -> ClientConnection:
        """A connection of this viewer's, for who does something else with it.  Raises InvalidStatus."""
        parts = urlsplit(self.url)
        connected = socket.socket()
        if self.narrow:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        connected.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connected, (parts.hostname, parts.port))
            return await connect(
                f"ws://{parts.netloc}/api/v1/cameras/{self.camera}/live/mse",
                sock=connected,
                additional_headers={"Authorization": f"Bearer {self.token}"},
                compression=None,
                max_size=LARGEST_MESSAGE,
                max_queue=1 if self.narrow else 64,
                open_timeout=OPEN_SECONDS,
                ping_interval=None,
                close_timeout=1,
            )
        except BaseException:
            connected.close()
            raise

    def take(self, message: str | bytes) -> None:
        """One message of the server's."""
        if isinstance(message, str):
            match json.loads(message)["type"]:
                case "skipped":
                    self.skips_at.append(len(self.decode_times))
                case "format":
                    self.formats += 1
            return
        if times := decode_times(message):
            if self.skips_at and self.skips_at[-1] == len(self.decode_times):
                self.skipped_to_no_key += not has_key_frame(message)
            self.decode_times += times


def decode_times(message: bytes) -> list[int]:
    """Of every picture in a fragment (ISO/IEC 14496-12, 8.8.7, 8.8.8 and 8.8.12); none for an init segment."""
    moof = box(message, b"moof")
    traf = box(moof, b"traf") if moof is not None else None
    if traf is None:
        return []
    tfhd, tfdt, trun = (box(traf, kind) or bytes(12) for kind in (b"tfhd", b"tfdt", b"trun"))
    at = int.from_bytes(tfdt[4:12] if tfdt[0] == 1 else tfdt[4:8], "big")
    flags = int.from_bytes(trun[1:4], "big")
    row = sum(4 for flag in (0x100, 0x200, 0x400, 0x800) if flags & flag)
    first = 8 + sum(4 for flag in (0x1, 0x4) if flags & flag)
    found = []
    for number in range(int.from_bytes(trun[4:8], "big")):
        found.append(at)
        place = first + number * row
        at += int.from_bytes(trun[place : place + 4], "big") if flags & 0x100 else _usual_duration(tfhd)
    return found


def _usual_duration(tfhd: bytes) -> int:
    flags = int.from_bytes(tfhd[1:4], "big")
    place = 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
    return int.from_bytes(tfhd[place : place + 4], "big") if flags & 0x8 else 0


def has_key_frame(message: bytes) -> bool:
    """Whether an H.264 fragment holds an IDR picture (ISO/IEC 14496-10, 7.4.1; lengths of four bytes before each)."""
    units, at = box(message, b"mdat") or b"", 0
    while at + 5 <= len(units):
        if units[at + 4] & 0x1F == 5:
            return True
        at += 4 + int.from_bytes(units[at : at + 4], "big")
    return False


def box(boxes: bytes, kind: bytes) -> bytes | None:
    """What the first one of this kind holds."""
    at = 0
    while at + 8 <= len(boxes):
        size = int.from_bytes(boxes[at : at + 4], "big")
        if boxes[at + 4 : at + 8] == kind:
            return boxes[at + 8 : at + size]
        at += max(size, 8)
    return None
