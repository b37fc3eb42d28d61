"""A whole web half over fakes: two cameras, an event at each, and a client that speaks to it without a network."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from starlette.types import ASGIApp

from doorstep.accounts.account_book import AccountBook
from doorstep.accounts.passwords import Passwords
from doorstep.accounts.play_keys import PlayKeys
from doorstep.accounts.share_keys import ShareKeys
from doorstep.accounts.share_pins import SharePins
from doorstep.app.sign_ins import sign_in_parts
from doorstep.catalog.memory import MemoryCatalog
from doorstep.catalog.memory_accounts import MemoryAccountRecords
from doorstep.catalog.memory_audit import MemoryAuditLog
from doorstep.catalog.memory_recipients import MemoryRecipientRecords
from doorstep.catalog.memory_shares import MemoryShareRecords
from doorstep.core.access import SCOPES_OF_ROLE, Role, Scope
from doorstep.core.audit import watched
from doorstep.core.camera import CameraId, CameraState, CameraStatus
from doorstep.core.clip_file import Clip, Conversion
from doorstep.core.clip_form import AS_RECORDED, ClipForm
from doorstep.core.errors import BlobMissing, DoorstepError, SpanUnavailable
from doorstep.core.event import Cause, Event, EventId, Recording
from doorstep.core.health import Problem
from doorstep.core.media import Codec
from doorstep.core.outside_word import OutsideWord, believed
from doorstep.core.past_picture import PastPicture, PreviewGrid, PreviewSheet
from doorstep.core.stream_keys import StreamKeys
from doorstep.live.hls import HlsFeed
from doorstep.live.mse import MseFeed
from doorstep.live.packet_feed import PacketFeed
from doorstep.live.session_book import SessionBook
from doorstep.pipeline.feedback_folder import FeedbackFolder
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.preferences import PreferenceBook
from doorstep.ports import Snapshot
from doorstep.stores.memory import MemoryStore
from doorstep.web.asgi import create_app
from doorstep.web.parts import RtmpParts, WebParts
from doorstep.web.permissions import SOCKET
from doorstep.web.share_parts import PinParts, ShareParts
from doorstep.web.sign_in_parts import SignInParts
from fakes.accounts import CHEAP, FakeAccounts
from fakes.clock import FakeClock
from fakes.knock import knock
from fakes.push_house import PushHouse
from fakes.webrtc import FakeWebRtc

FRONT, GARDEN = CameraId("front-door"), CameraId("garden")
FRONT_KEY = "the key of the front door"
FRONT_EVENT, GARDEN_EVENT = EventId("front-door-1"), EventId("garden-1")
JPEG = b"\xff\xd8picture\xff\xd9"
CLIP_BYTES = bytes(range(256)) * 16


class FakeCameras:
    """Implements `ports.CameraDirectory`."""

    def __init__(self, clock: FakeClock) -> None:
        self.all = [
            CameraStatus(camera, name, CameraState.LIVE, clock.now(), "", True, True, clock.now(), "local")
            for camera, name in ((FRONT, "Front door"), (GARDEN, "Garden"))
        ]

    def cameras(self) -> Sequence[CameraStatus]:
        return self.all

    def camera(self, camera_id: CameraId) -> CameraStatus | None:
        return next((camera for camera in self.all if camera.id == camera_id), None)


class FakeFeed:
    """Implements `ports.LiveFeed`; shows what is put into `queue` until None comes."""

    def __init__(self, clock: FakeClock) -> None:
        self.newest: Snapshot | None = Snapshot(JPEG, clock.now() - timedelta(milliseconds=1500))
        self.queue: asyncio.Queue[Snapshot | None] = asyncio.Queue()
        self.watching = 0

    async def snapshot(self, camera: CameraId) -> Snapshot | None:
        del camera
        return self.newest

    def decoded(self, camera: CameraId) -> int:
        return 7 if camera == FRONT else 0

    async def pictures(self, camera: CameraId) -> AsyncIterator[Snapshot]:
        del camera
        self.watching += 1
        try:
            while (picture := await self.queue.get()) is not None:
                yield picture
        finally:
            self.watching -= 1


class FakeClips:
    """Implements `ports.ClipBuilder`; each clip shows `content` in pieces of `piece` bytes."""

    def __init__(self) -> None:
        self.content = CLIP_BYTES
        self.piece = 1000
        self.built: list[tuple[CameraId, datetime, datetime]] = []
        self.forms: list[ClipForm] = []
        self.codec = Codec.H264
        self.conversion = Conversion(failed="This server converts no video.")
        self.converted: list[Clip] = []
        self.held = 0
        self.nothing_recorded = False
        self.breaks_at: int | None = None
        self.reading = 0

    async def of_event(self, event: Event, form: ClipForm = AS_RECORDED) -> Clip:
        self.forms.append(form)
        assert event.recording is not None
        return self._clip(f"{event.id}.mp4", event.recording.starts_at, event.recording.ends_at)

    async def of_span(self, camera: CameraId, start: datetime, end: datetime, form: ClipForm = AS_RECORDED) -> Clip:
        self.forms.append(form)
        if self.nothing_recorded:
            msg = "Nothing was recorded then."
            raise SpanUnavailable(msg)
        self.built.append((camera, start, end))
        return self._clip("20261121_130000.mp4", start, end)

    async def in_h264(self, clip: Clip, *, wait: bool = True) -> Clip | Conversion:
        self.converted.append(clip)
        if clip.codec is Codec.H264 or (wait and self.conversion.failed is None):
            return replace(clip, codec=Codec.H264, cpu_seconds=None if clip.codec is Codec.H264 else 2.5)
        return self.conversion

    def _hold(self) -> Callable[[], None]:
        self.held += 1

        def release() -> None:
            self.held -= 1

        return release

    def _clip(self, name: str, start: datetime, end: datetime) -> Clip:
        content = self.content

        def read(offset: int, length: int) -> Iterator[bytes]:
            self.reading += 1
            try:
                for at in range(offset, offset + length, self.piece):
                    if self.breaks_at is not None and at >= self.breaks_at:
                        raise BlobMissing(name)
                    yield content[at : min(at + self.piece, offset + length)]
            finally:
                self.reading -= 1

        return Clip(name, len(content), start, end, read, codec=self.codec, hold=self._hold)


class FakePast:
    """Implements `ports.PastPictures`; each picture is the same, unless `fault` is raised."""

    def __init__(self) -> None:
        self.fault: DoorstepError | None = None
        self.frames: list[tuple[CameraId, datetime, int]] = []
        self.grids: list[PreviewGrid] = []

    async def frame(self, camera: CameraId, at: datetime, most: tuple[int, int], asker: str) -> PastPicture:
        del asker
        self._fail()
        self.frames.append((camera, at, most[0]))
        return PastPicture(JPEG, at - timedelta(milliseconds=400))

    async def previews(self, camera: CameraId, grid: PreviewGrid, asker: str) -> PreviewSheet:
        del camera, asker
        self._fail()
        self.grids.append(grid)
        return PreviewSheet(JPEG, 160, 90, 6, tuple(number % 2 == 0 for number in range(grid.count)))

    def _fail(self) -> None:
        if self.fault is not None:
            raise self.fault


class FakeHealth:
    """Implements `ports.Health`."""

    def __init__(self) -> None:
        self.wrong: list[Problem] = []

    def problems(self) -> Sequence[Problem]:
        return self.wrong

    def is_moot(self, key: str) -> bool:
        del key
        return False


@dataclass(slots=True)
class House:
    """The parts, as fakes that a test may change, and the app over them."""

    dist: Path = Path("/nonexistent/dist")
    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    feedback: MemoryStore = field(default_factory=MemoryStore)
    catalog: MemoryCatalog = field(default_factory=MemoryCatalog)
    audit: MemoryAuditLog = field(default_factory=MemoryAuditLog)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    clips: FakeClips = field(default_factory=FakeClips)
    past: FakePast = field(default_factory=FakePast)
    health: FakeHealth = field(default_factory=FakeHealth)
    webrtc: FakeWebRtc = field(default_factory=FakeWebRtc)
    triggers: list[tuple[CameraId, Cause, str]] = field(default_factory=list)
    words: list[OutsideWord] = field(default_factory=list)
    kept_clips: list[tuple[CameraId, datetime, datetime]] = field(default_factory=list)
    keeps_no_clip: DoorstepError | None = None
    cameras: FakeCameras = field(init=False)
    live: FakeFeed = field(init=False)
    live_sessions: SessionBook = field(init=False)
    packets: PacketFeed = field(default_factory=PacketFeed)
    hls: HlsFeed = field(init=False)
    preferences: PreferenceBook = field(init=False)
    parts: WebParts = field(init=False)
    app: ASGIApp = field(init=False)
    push: PushHouse = field(init=False)
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    def __post_init__(self) -> None:
        self.cameras = FakeCameras(self.clock)
        self.live = FakeFeed(self.clock)
        self.hls = HlsFeed(self.packets, self.clock, first_segment_seconds=0.05)
        self.live_sessions = SessionBook(
            self.clock, told=lambda session, until: self.audit.save_entries([watched(session, until)])
        )
        self.accounts.add("ada", "correct horse battery", Role.OWNER, None)
        for camera, event_id in ((FRONT, FRONT_EVENT), (GARDEN, GARDEN_EVENT)):
            self.add_event(event_id, camera)
        self.preferences = PreferenceBook(MemoryRecipientRecords(), HealthBoard(self.clock), self.clock, UTC)
        self.preferences.note = lambda entry: self.audit.save_entries([entry])
        self.push = PushHouse(self.accounts, self.clock)
        self.parts = WebParts(
            push=self.push.parts,
            clock=self.clock,
            catalog=self.catalog,
            store=self.store,
            accounts=self.accounts,
            people=self.accounts.everybody,
            cameras=self.cameras,
            live=self.live,
            live_sessions=self.live_sessions,
            webrtc=self.webrtc,
            mse=MseFeed(self.packets, self.clock),
            hls=self.hls,
            audit=self.audit,
            note=lambda entry: self.audit.save_entries([entry]),
            clips=self.clips,
            past=self.past,
            health=self.health,
            preferences=self.preferences,
            trigger=self.trigger,
            still_key=lambda event: f"{event.id}/still.jpg",
            thumbnail_key=lambda event: f"{event.id}/thumbnail.jpg",
            version="0.1.0",
            storage_limit_bytes=lambda: 1_000_000,
            names=("door.example.org",),
            hostname="pi",
            longest_clip_seconds=900.0,
            dist=self.dist,
            rtmp=self._rtmp(),
            shares=self._shares(),
            sign_ins=self._sign_ins(),
            keep_clip=self.keep_clip,
            judge=FeedbackFolder(self.feedback, self.store, self.catalog, self.clock).take,
        )
        self.app = create_app(self.parts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.runner.close()

    def _shares(self) -> ShareParts:
        keys = ShareKeys(MemoryShareRecords(), self.clock, self.accounts.everybody, self.accounts.login)
        pins = SharePins(self.clock)
        return ShareParts(
            keys.make,
            keys.opened_by,
            keys.count,
            keys.open_shares,
            keys.end,
            lambda entry: self.audit.save_entries([entry]),
            pins=PinParts(pins.try_pin, pins.new_pass, pins.admits),
        )

    def _sign_ins(self) -> SignInParts:
        """Of people of its own, but for those that are added: see `fakes.real_accounts` for a house that is whole."""
        book = AccountBook(MemoryAccountRecords(), self.clock, Passwords(CHEAP))
        parts = sign_in_parts(book, self.clock, lambda entry: self.audit.save_entries([entry]))
        return replace(parts, admit=self.accounts.admit)

    def _rtmp(self) -> RtmpParts:
        keys = PlayKeys(self.accounts, self.clock, lambda camera: self.cameras.camera(camera) is not None)
        streams = StreamKeys({FRONT: FRONT_KEY})
        return RtmpParts(
            keys.make, keys.may_play, streams.camera_of, lambda camera, host: [f"rtmp://{host}/live/{camera}"]
        )

    async def trigger(self, word: OutsideWord) -> datetime:
        """What the pipeline would be told."""
        self.triggers.append((word.camera, word.cause, word.note))
        self.words.append(word)
        return believed(word.at, self.clock.now())

    async def keep_clip(self, camera: CameraId, start: datetime, end: datetime) -> Event:
        """What the pipeline would make of it."""
        if self.keeps_no_clip is not None:
            raise self.keeps_no_clip
        self.kept_clips.append((camera, start, end))
        event_id = EventId(f"{camera}-saved-{len(self.kept_clips)}")
        recording = Recording(f"{event_id}.mp4", start, end, 4096)
        event = Event(event_id, camera, start, end, end, (Cause.SAVED,), recording=recording)
        self.catalog.save_event(event)
        return event

    def add_event(self, event_id: EventId, camera: CameraId, started_ago: float = 3600.0) -> Event:
        """A finished event with a recording and pictures."""
        start = self.clock.now() - timedelta(seconds=started_ago)
        recording = Recording(f"{event_id}.mp4", start - timedelta(seconds=5), start + timedelta(seconds=10), 4096)
        event = Event(
            event_id,
            camera,
            start,
            start,
            ended_at=start + timedelta(seconds=10),
            causes=(Cause.PERSON,),
            score=0.93,
            pre_roll_seconds=5.0,
            recording=recording,
            has_still=True,
        )
        self.catalog.save_event(event)
        for picture in ("still", "thumbnail"):
            self.store.put(f"{event_id}/{picture}.jpg", JPEG)
        return event

    def change_event(self, event_id: EventId, **changes: Any) -> None:
        """Overwrite some fields."""
        event = self.catalog.event(event_id)
        assert event is not None
        self.catalog.save_event(replace(event, **changes))

    def token(self, *scopes: Scope, cameras: frozenset[CameraId] | None = None) -> dict[str, str]:
        """Headers of a script."""
        return {"Authorization": f"Bearer {self.accounts.grant(frozenset(scopes), cameras)}"}

    def session(self, role: Role, cameras: frozenset[CameraId] | None = None) -> dict[str, str]:
        """Headers of a browser that is signed in and shows our own page."""
        secret = self.accounts.grant(SCOPES_OF_ROLE[role], cameras, account=role)
        return {"Cookie": f"doorstep={secret}", "Sec-Fetch-Site": "same-origin"}

    def owner(self) -> dict[str, str]:
        """Headers of a script that may do everything."""
        return self.token(Scope.ADMIN)

    def ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        json: object = None,
        content: bytes | None = None,
        base: str = "http://127.0.0.1:8080",
        app: ASGIApp | None = None,
    ) -> httpx.Response:
        """One request, answered whole; the method "WS" asks for a WebSocket."""

        async def ask() -> httpx.Response:
            if method == SOCKET:
                return await knock(app or self.app, base + path, headers or {})
            transport = httpx.ASGITransport(app or self.app, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url=base) as client:
                return await client.request(method, path, headers=headers, json=json, content=content)

        return self.runner.run(ask())

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """A GET as the owner unless somebody else is named."""
        return self.ask("GET", path, self.owner() if headers is None else headers)
