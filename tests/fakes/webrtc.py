"""A `ports.WebRtc` that opens no socket: what it was told, and answers that a test may set."""

from collections.abc import Callable, Sequence

from doorstep.core.camera import CameraId, StreamKind
from doorstep.core.errors import DoorstepError, MediaInvalid, WayImpossible
from doorstep.core.ice_server import IceServer

ANSWER = "v=0\r\nan answer\r\n"


class FakeWebRtc:
    """Implements `ports.WebRtc`; `running` are the sessions with what ends each."""

    def __init__(self) -> None:
        self.reason = ""
        self.away: set[CameraId] = set()
        self.servers: Sequence[IceServer] = ()
        self.hub_servers: Sequence[IceServer] = ()
        self.asked_through_hub: list[bool] = []
        self.error: DoorstepError | None = None
        self.offers: list[tuple[CameraId, StreamKind, str, bool]] = []
        self.fragments: list[tuple[str, str]] = []
        self.running: dict[str, Callable[[], None]] = {}
        self.while_answering: Callable[[str], object] = lambda _session: None

    def why_not(self, camera: CameraId, stream: StreamKind) -> str:
        del stream
        return "The camera is away." if camera in self.away else self.reason

    def ice_servers(self, login: str, *, through_hub: bool = False) -> Sequence[IceServer]:
        del login
        return (*self.servers, *self.hub_servers) if through_hub else self.servers

    async def answer(
        self,
        session: str,
        camera: CameraId,
        stream: StreamKind,
        sdp: str,
        *,
        from_here: bool,
        on_end: Callable[[], None],
        through_hub: bool = False,
    ) -> str:
        self.asked_through_hub.append(through_hub)
        self.offers.append((camera, stream, sdp, from_here))
        self.while_answering(session)
        if self.error is not None:
            raise self.error
        reason = self.why_not(camera, stream)
        if reason:
            raise WayImpossible(reason)
        _read(sdp)
        self.running[session] = on_end
        return ANSWER

    async def add_candidates(self, session: str, fragment: str) -> None:
        if self.error is not None:
            raise self.error
        _read(fragment)
        self.fragments.append((session, fragment))

    def hang_up(self, session: str) -> None:
        self.running.pop(session, None)


def _read(text: str) -> None:
    if "=" not in text:
        msg = "It cannot be read."
        raise MediaInvalid(msg)
