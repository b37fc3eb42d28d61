"""An RTMP ingest over our own server session: remembers what it was sent, and can die at any moment."""

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import Self

from doorstep.rtmp.events import AudioConfig, AudioFrame, Gone, PublishAsked, ServerEvent, VideoConfig, VideoFrame
from doorstep.rtmp.server_session import ServerSession


@dataclass(slots=True)
class Publication:
    """One connection that was let in."""

    key: str
    configs: list[bytes] = field(default_factory=list)
    frames: list[VideoFrame] = field(default_factory=list)
    sound: list[AudioConfig | AudioFrame] = field(default_factory=list)
    ended_properly: bool = False


class Ingest:
    """Listens on 127.0.0.1 inside its `async with`; `die` and `rise` are an outage."""

    def __init__(self, key: str = "secret-key", tls: ssl.SSLContext | None = None) -> None:
        self._key = key
        self._tls = tls
        self._writers: set[asyncio.StreamWriter] = set()
        self._gone = asyncio.Event()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.publications: list[Publication] = []
        self.refused = 0
        self.hang_up_on_wrong_keys = False

    @property
    def frames(self) -> list[VideoFrame]:
        return [frame for publication in self.publications for frame in publication.frames]

    async def __aenter__(self) -> Self:
        await self.rise()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.die()

    async def rise(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def die(self) -> None:
        """As if it was killed: nobody is told anything."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()
        while self._writers:
            self._gone.clear()
            await self._gone.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        session, publication = ServerSession(), Publication("")
        try:
            while received := await reader.read(65536):
                for event in session.receive(received):
                    self._take(event, session, publication)
                writer.write(session.to_send())
                if self.hang_up_on_wrong_keys and self.refused:
                    break
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            self._gone.set()
            writer.transport.abort()

    def _take(self, event: ServerEvent, session: ServerSession, publication: Publication) -> None:
        match event:
            case PublishAsked(key=key) if key == self._key:
                publication.key = key
                self.publications.append(publication)
                session.accept()
            case PublishAsked(key=key):
                self.refused += 1
                if not self.hang_up_on_wrong_keys:
                    session.refuse(f"nobody has the key {key}")
            case VideoConfig(record):
                publication.configs.append(record)
            case VideoFrame():
                publication.frames.append(event)
            case AudioConfig() | AudioFrame():
                publication.sound.append(event)
            case Gone():
                publication.ended_properly = True
            case _:
                pass
