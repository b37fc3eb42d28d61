"""Every port on one page: what the pipeline and the web need of the world, without knowing who provides it.

Each has a contract suite in `tests/ports/` that every adapter passes.  `app.py` chooses the adapters.  Unless a
docstring says otherwise, an async method is called on the event loop and a plain one from any thread, may block for
a bounded time, and raises only what it names.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, Literal, Protocol, runtime_checkable

from doorstep.core.access import Account, Grant, Role, Scope
from doorstep.core.alert import Alert
from doorstep.core.alert_preferences import AlertPreferences
from doorstep.core.audit import EVERY_ENTRY, AuditEntry, AuditFilter
from doorstep.core.button import ButtonWord
from doorstep.core.camera import CameraId, CameraStatus, StreamKind
from doorstep.core.clip_file import Clip, Conversion
from doorstep.core.clip_form import AS_RECORDED, ClipForm
from doorstep.core.clock_state import Guess
from doorstep.core.delivery import Delivery
from doorstep.core.detection import Detection, Thresholds
from doorstep.core.event import Event, EventId
from doorstep.core.explanation import Explanation, Verdict
from doorstep.core.gap import Gap
from doorstep.core.health import Problem
from doorstep.core.hub_status import HubStatus
from doorstep.core.ice_server import IceServer
from doorstep.core.live_piece import LivePiece
from doorstep.core.live_session import LiveSession, Viewer
from doorstep.core.media import StreamItem, VideoFormat
from doorstep.core.paid_call import CallTotal, PaidCall, Payee
from doorstep.core.passkey import Passkey
from doorstep.core.past_picture import PastPicture, PreviewGrid, PreviewSheet
from doorstep.core.push_subscription import NewDevice, PushSubscription
from doorstep.core.recipient import Recipient
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.rehearsal import RehearsalReport
from doorstep.core.segment import ConnectionId, Segment
from doorstep.core.settings_edit import AnyChange, Changed, KeptVersion, SettingsPreview, SettingsView
from doorstep.core.share import Share
from doorstep.core.timeline import BriefTimeline, Timeline
from doorstep.core.upload import BegunUpload, Body, Upload


class Clock(Protocol):
    """Time, so that tests own it."""

    def now(self) -> datetime:
        """Wall time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds; never runs backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait without blocking the loop."""
        ...


# ---------------------------------------------------------------------------------------------------- pictures in


@dataclass(frozen=True, slots=True)
class Plane:
    """Eight-bit samples of one plane: `pixels[row * stride + column]`, `height` rows of `width`, `stride` >= width."""

    pixels: memoryview
    width: int
    height: int
    stride: int


class Frame(Protocol):
    """One decoded picture.  May be passed between threads; each method may be called from any one at a time."""

    @property
    def at(self) -> float:
        """Presentation time in seconds within its connection."""
        ...

    @property
    def captured_at(self) -> float:
        """Monotonic seconds when its packet arrived."""
        ...

    @property
    def width(self) -> int:
        """In pixels."""
        ...

    @property
    def height(self) -> int:
        """In pixels."""
        ...

    def luma(self) -> Plane:
        """The brightness plane as the decoder left it: no copy, no conversion."""
        ...

    def bgr(self, width: int, height: int) -> Plane:
        """The whole picture scaled (bilinear, half-pixel centres): B G R, so a row of the plane has 3 * width bytes."""
        ...

    def jpeg(self, width: int, height: int, quality: int) -> bytes:
        """The picture as a JPEG of at most width x height, its aspect kept, never enlarged; quality 1..100."""
        ...


KEY_FRAME: Final = "key frame"
"""The wish of somebody who has time: the next key frame will do, where those come often enough."""

Wish = bool | Literal["key frame"]


class FrameTap(Protocol):
    """Which frames of a stream somebody wants to see, and where they go.  Called from the source's thread."""

    def wants(self, at: float) -> Wish:
        """Whether a frame at this time (seconds within the connection) is due; cheap.

        Where pictures come undecoded, KEY_FRAME saves all the decoding between key frames; elsewhere it is a True.
        """
        ...

    def put(self, frame: Frame) -> None:
        """Take a frame that was wanted; never blocks, the newest wins."""
        ...


class Source(Protocol):
    """One way to one camera.  Opens one stream, knows nothing of retrying."""

    def stream(self, tap: FrameTap) -> AsyncGenerator[StreamItem]:
        """First the format, then packets until the stream is over; a second format ends the first's connection.

        The first packet after a format is a key frame; sound comes only where the format has it.  Always ends with
        SourceLost, SourceRefused or SourceEnded.  Closing the generator frees thread and descriptors within a second.
        """
        ...


class MotionScorer(Protocol):
    """How much of the picture moved since the last frame; one for each connection of a camera."""

    def score(self, frame: Frame) -> float:
        """0 (nothing) to 1 (everything).  The first frame scores 0."""
        ...


class Detector(Protocol):
    """Who is in a frame."""

    @property
    def name(self) -> str:
        """The model, as the owner knows it."""
        ...

    @property
    def thresholds(self) -> Thresholds:
        """The scores this model needs."""
        ...

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        """What scores at least `least`, best first.  Blocks for one look.  Raises DetectorUnavailable."""
        ...


@runtime_checkable
class FileDetector(Protocol):
    """What a Detector also tells where it knows the file of its model."""

    @property
    def sha256(self) -> str:
        """Of that file, in hexadecimal; empty where that is not known."""
        ...

    @property
    def input(self) -> str:
        """Width and height of what goes into the model, such as "416x416"."""
        ...


# ------------------------------------------------------------------------------------------------------ bytes kept


@dataclass(frozen=True, slots=True)
class ShelvedConnection:
    """What a shelf still holds of one connection, oldest segment first; there is at least one."""

    camera: CameraId
    connection: ConnectionId
    format: VideoFormat
    segments: tuple[Segment, ...]


class SegmentShelf(Protocol):
    """Where the bytes of the rolling buffer lie.  Memory-backed and fast: called on the event loop."""

    def open(self, camera: CameraId, connection: ConnectionId, fmt: VideoFormat) -> None:
        """Begin a connection.  Raises StoreUnavailable."""
        ...

    def put(self, segment: Segment, fragment: bytes) -> None:
        """Keep one fragment whole or not at all.  Raises StoreUnavailable, StoreFull."""
        ...

    def read(self, segment: Segment, offset: int, length: int) -> bytes:
        """Bytes of the fragment.  Raises BlobMissing when it is gone or shorter."""
        ...

    def remove(self, segment: Segment) -> None:
        """Forget one fragment; no error if it is gone already."""
        ...

    def close(self, camera: CameraId, connection: ConnectionId) -> None:
        """Forget a connection of which no segment is left."""
        ...

    def reindex(self) -> Sequence[ShelvedConnection]:
        """What survived: read at start, verified; what does not verify is removed."""
        ...


class BlobWriter(Protocol):
    """One growing blob."""

    @property
    def size(self) -> int:
        """Bytes appended so far."""
        ...

    def append(self, data: bytes) -> None:
        """All of `data` or nothing.  Raises StoreUnavailable, StoreFull."""
        ...

    def sync(self) -> None:
        """What was appended survives a power cut from here on.  Raises StoreUnavailable."""
        ...

    def close(self) -> None:
        """Sync and release; idempotent.  Raises StoreUnavailable."""
        ...


class Store(Protocol):
    """Whole blobs by key.  Keys are relative paths of plain names; thread-safe, blocking."""

    def put(self, key: str, data: bytes) -> None:
        """Write or replace a whole blob, atomically.  Raises StoreUnavailable, StoreFull."""
        ...

    def read(self, key: str, offset: int, length: int) -> bytes:
        """At most `length` bytes.  Raises BlobMissing, StoreUnavailable."""
        ...

    def size(self, key: str) -> int:
        """In bytes.  Raises BlobMissing, StoreUnavailable."""
        ...

    def exists(self, key: str) -> bool:
        """Whether the key is taken.  Raises StoreUnavailable."""
        ...

    def delete(self, key: str) -> None:
        """No error if it is gone already.  Raises StoreUnavailable."""
        ...

    def keys(self) -> Iterator[str]:
        """Every key; slow, for start-up, fsck and `recover` only.  Raises StoreUnavailable."""
        ...

    def free_bytes(self) -> int | None:
        """Space left for recordings, None where there is no such bound."""
        ...


class GrowingStore(Store, Protocol):
    """A store in which a blob can grow: where recordings are written while they happen."""

    def create(self, key: str) -> BlobWriter:
        """A new, empty blob; its name survives a power cut.  Raises StoreUnavailable, also when the key exists."""
        ...

    def resume(self, key: str, size: int) -> BlobWriter:
        """Go on behind the first `size` bytes; what lies behind them is cut off.  Raises BlobMissing."""
        ...


class OffSite(Protocol):
    """Copies outside the house, by key under a prefix of its own.  Thread-safe; blocks, each step for bounded time.

    StoreRefused is raised where only the owner can help (keys, rights, a bucket that is gone), StoreUnavailable where
    later may.
    """

    def send(self, key: str, body: Body, begun: BegunUpload | None, note: Callable[[BegunUpload], None]) -> bool:
        """Whether it lies there whole now; False where something else has the key.

        `begun` is what was last told to `note` for the same body, which is called after each part of a large one.
        Nothing can be seen of it before it is whole.  Raises StoreUnavailable, StoreRefused, BlobMissing.
        """
        ...

    def read(self, key: str, offset: int, length: int) -> bytes:
        """At most `length` bytes of what was sent, by the viewer's keys.  Raises BlobMissing, StoreUnavailable."""
        ...

    def size(self, key: str) -> int:
        """Of what was sent, in bytes, by the viewer's keys.  Raises BlobMissing, StoreUnavailable."""
        ...

    def link(self, key: str, seconds: float, file_name: str) -> str | None:
        """An address that opens it for so long, for whoever has it; None where only this machine can open it."""
        ...


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events, newest first: `cursor` is the `next` of the page before; tests of the doorstep if asked for.

    Without `cameras` all of this box, and with `shared` what other boxes let it read besides.
    """

    cameras: frozenset[CameraId] | None = None
    since: datetime | None = None
    until: datetime | None = None
    cause: str | None = None
    cursor: str | None = None
    limit: int = 60
    tests: bool = False
    shared: bool = False


class Catalog(Protocol):
    """What exists and can be searched.  Thread-safe, blocking; each method raises CatalogUnavailable."""

    def save_event(self, event: Event, deliveries: Sequence[Delivery] = ()) -> None:
        """Insert or replace the event and its deliveries, in one transaction; one that is deleted stays deleted.

        Deleting is `mark_deleted`'s alone: the pipeline still writes what it learns of an event that is gone.
        """
        ...

    def mark_deleted(self, event_id: EventId, at: datetime | None) -> bool:
        """Delete it so that it can be undone, or undo that with None; whether there is such an event."""
        ...

    def event(self, event_id: EventId) -> Event | None:
        """One event, deleted ones included."""
        ...

    def events(self, query: EventQuery) -> tuple[Sequence[Event], str | None]:
        """One page of events that are not deleted, and the cursor of the next, None on the last."""
        ...

    def unfinished_events(self) -> Sequence[Event]:
        """Those that were running, or whose recording was being written, when the process ended."""
        ...

    def expired_events(self, started_before: datetime, limit: int) -> Sequence[Event]:
        """Oldest first, deleted ones included, none that still runs or is unfinished."""
        ...

    def deleted_events(self, deleted_before: datetime, limit: int) -> Sequence[Event]:
        """Those whose time for undoing is over, none that is unfinished; a test as if deleted when it ended."""
        ...

    def recorded_bytes(self) -> int:
        """Of all files: events' recordings and minute files."""
        ...

    def recording_keys(self) -> frozenset[str]:
        """The key of every file that a row names: events' recordings and minute files."""
        ...

    def pictured_keys(self) -> frozenset[str]:
        """The key of every event's recording, in minutes or not: pictures are called after these."""
        ...

    def forget_event(self, event_id: EventId) -> None:
        """Remove the row and its deliveries; the bytes are the caller's business, and go first."""
        ...

    def add_gap(self, gap: Gap, guess: Guess | None = None) -> None:
        """A span without recording, with its reason, and by what it was told where the clock was not set."""
        ...

    def gaps(self, camera: CameraId, since: datetime, until: datetime) -> Sequence[Gap]:
        """Those that touch the span, oldest first."""
        ...

    def forget_gaps(self, ended_before: datetime) -> int:
        """Remove those that are over for so long; how many there were."""
        ...

    def save_span(self, span: RecordedSpan, guess: Guess | None = None) -> None:
        """Insert or replace the row of a minute file, by its key; one that was told by a guess stays so."""
        ...

    def forget_span(self, key: str) -> None:
        """Remove the row of a minute file; the bytes are the caller's business, and go first."""
        ...

    def unfinished_spans(self) -> Sequence[RecordedSpan]:
        """Minute files that were not whole when the process ended."""
        ...

    def loose_spans(self, limit: int, since: datetime | None = None) -> Sequence[RecordedSpan]:
        """Whole minute files that hold nothing of any event and begin at `since` or later, oldest first."""
        ...

    def recorded(self, camera: CameraId, since: datetime, until: datetime) -> Sequence[RecordedSpan]:
        """Every file that touches the span, oldest first: minute files, and recordings of events not deleted.

        No test's.
        """
        ...

    def timeline(self, camera: CameraId, since: datetime, until: datetime, most: int) -> Timeline:
        """Files, gaps and events that touch the span: one state of the catalog, `most` of each kind.

        No event is deleted or a test.
        """
        ...

    def brief_timeline(self, camera: CameraId, since: datetime, until: datetime, most: int) -> BriefTimeline:
        """The same with marks for events; of a day with a thousand events a tenth of the work."""
        ...

    def save_delivery(self, delivery: Delivery) -> None:
        """Insert or replace.  The alert's snapshot is not kept in the row: it is the event's still."""
        ...

    def due_deliveries(self) -> Sequence[Delivery]:
        """Every delivery that is neither accepted nor given up, oldest first."""
        ...

    def deliveries_of(self, event_id: EventId) -> Sequence[Delivery]:
        """Every delivery of one event."""
        ...

    def delivery(self, delivery_id: str) -> Delivery | None:
        """One delivery."""
        ...

    def forget_deliveries(self, told_before: datetime) -> int:
        """Remove those of no event whose alerts are so old; how many there were.

        What is due stays, and the newest that each channel accepted: it proves the channel.
        """
        ...

    def last_accepted(self) -> Mapping[str, datetime]:
        """By channel, when it last took an alert, of those that are still known."""
        ...

    def redate(self, truth: Guess, *, known: bool) -> None:
        """Put right what was told by other guesses of the same boot; where the truth is `known` it is a guess no more.

        Keys stay, and what other boots guessed.  A delivery was told by the guess of its event.
        """
        ...

    def save_explanation(self, explanation: Explanation) -> bool:
        """Insert or replace all but its verdict; whether there is such an event, for it comes and goes with that."""
        ...

    def explanation(self, event_id: EventId) -> Explanation | None:
        """Why the event opened, None where that is not known."""
        ...

    def judge(self, event_id: EventId, verdict: Verdict) -> bool:
        """Keep what somebody says about the event; whether it has an explanation, for the verdict lies with that."""
        ...


class AuditLog(Protocol):
    """Rows of who did what.  Thread-safe, blocking; each method raises CatalogUnavailable."""

    def save_entries(self, entries: Sequence[AuditEntry]) -> None:
        """Insert or replace, by their ids; all or none."""
        ...

    def entries(
        self,
        cursor: str | None,
        limit: int,
        cameras: frozenset[CameraId] | None = None,
        wanted: AuditFilter = EVERY_ENTRY,
    ) -> tuple[Sequence[AuditEntry], str | None]:
        """One page, newest first, and the cursor of the next, None on the last; of these cameras, None for everything.

        Behind a cursor that no page gave out there is nothing.
        """
        ...

    def forget_entries(self, before: datetime, most: int) -> int:
        """Remove those that began before, and the oldest beyond `most`; how many went."""
        ...


class UploadRecords(Protocol):
    """Rows of what goes off-site, one an event.  Thread-safe, blocking; each method raises CatalogUnavailable."""

    def save_upload(self, upload: Upload) -> None:
        """Insert or replace, by its event."""
        ...

    def due_uploads(self, at: datetime, limit: int) -> Sequence[Upload]:
        """Those that are due `at` that time, the newest event first: of what happened, the newest matters most."""
        ...

    def leaving_uploads(self, place: str, limit: int) -> Sequence[Upload]:
        """Those of events that are gone, of which something may lie in the bucket at `place` still."""
        ...

    def take_for(self, place: str) -> None:
        """Those of which nobody wrote down where they lie or go to: it is there."""
        ...

    def copies_elsewhere(self, place: str) -> Mapping[str, int]:
        """How many copies lie in other places than this one, by the place."""
        ...

    def upload_of(self, event_id: EventId) -> Upload | None:
        """One event's, None where none was asked for."""
        ...

    def uploads_of(self, events: Sequence[EventId]) -> Mapping[EventId, Upload]:
        """Those of these events that have one."""
        ...

    def waiting_uploads(self) -> tuple[int, datetime | None]:
        """How many are not there yet, and when the oldest of them was asked for."""
        ...

    def unasked_events(self, cameras: Collection[CameraId], since: datetime, limit: int) -> Sequence[Event]:
        """Events of these cameras with a whole recording and no row here, begun `since` then, the newest first.

        None that is deleted, a test, or whose recording is not here.
        """
        ...

    def freeing_events(self, limit: int, *, waiting: bool) -> Sequence[Event]:
        """Events that are whole and take bytes here, oldest first: those `waiting` to go off-site, or all others."""
        ...

    def forget_upload(self, event_id: EventId) -> None:
        """Remove the row; no error if there is none."""
        ...


class ShareRecords(Protocol):
    """Rows of links to one event each; only hashes of secrets.  Thread-safe, blocking; raises CatalogUnavailable."""

    def save_share(self, share: Share, secret_hash: str) -> None:
        """Insert or replace, by its id."""
        ...

    def share_of(self, secret_hash: str) -> Share | None:
        """The share that this secret opens, also when it is over; None where there is none."""
        ...

    def shares(self, event_id: EventId | None = None) -> Sequence[Share]:
        """All of one event, or of all, newest first."""
        ...

    def remove_share(self, share_id: str) -> bool:
        """Whether there was one."""
        ...

    def forget_shares(self, ended_before: datetime) -> int:
        """Remove those that are over for so long; how many there were."""
        ...


class CallRecords(Protocol):
    """Rows of calls that cost money, one a call.  Thread-safe, blocking; each method raises CatalogUnavailable."""

    def save_calls(self, calls: Sequence[PaidCall]) -> None:
        """Insert all or none."""
        ...

    def calls(self, since: datetime, until: datetime) -> Sequence[CallTotal]:
        """What was called in that time: a sum for each payee and operation."""
        ...

    def calls_of(self, event_id: EventId) -> Sequence[PaidCall]:
        """What one event cost, oldest first."""
        ...

    def first_call(self) -> datetime | None:
        """When the oldest row is from, None without one."""
        ...

    def forget_calls(self, before: datetime) -> int:
        """Remove older ones; how many there were."""
        ...


class Payments(Protocol):
    """What others are paid.  From any thread; returns at once."""

    def note(
        self,
        payee: Payee,
        operation: str,
        billionths: int,
        size: int = 0,
        event: EventId | None = None,
        count: int = 1,
    ) -> None:
        """It was called, and costs so much."""
        ...

    def affords(self, payee: Payee) -> bool:
        """Whether one more call may be paid this month."""
        ...


class AccountRecords(Protocol):
    """Rows of people, sessions, tokens, passkeys; only hashes of secrets.  Thread-safe; raises CatalogUnavailable."""

    def accounts(self) -> Sequence[Account]:
        """Everybody."""
        ...

    def account(self, name: str) -> Account | None:
        """By name, case folded."""
        ...

    def save_account(self, account: Account) -> None:
        """Insert or replace."""
        ...

    def remove_account(self, name: str) -> bool:
        """Whether there was one; its sessions and passkeys go with it."""
        ...

    def grants(self) -> Sequence[Grant]:
        """Every session and token that was not revoked."""
        ...

    def grant(self, secret_hash: str) -> Grant | None:
        """The session or token with this hash of its secret."""
        ...

    def save_grant(self, grant: Grant, *, insert: bool = True) -> None:
        """Insert or replace, by its id; without `insert` only where it still is."""
        ...

    def revoke_grant(self, grant_id: str) -> bool:
        """Whether there was one."""
        ...

    def passkeys(self) -> Sequence[Passkey]:
        """Everybody's, oldest first."""
        ...

    def save_passkey(self, passkey: Passkey) -> None:
        """Insert or replace, by its id."""
        ...

    def remove_passkey(self, passkey_id: str) -> bool:
        """Whether there was one."""
        ...


class Accounts(Protocol):
    """Who may come in.  Thread-safe, blocking (a password check takes a tenth of a second on purpose)."""

    def is_set_up(self) -> bool:
        """Whether there is a first user."""
        ...

    def setup_code(self) -> str:
        """A code for the set-up address, for ten minutes or until the next call.  Raises AccessDenied once set up."""
        ...

    def set_up(self, code: str, name: str, password: str, address: str = "", agent: str = "") -> str:
        """Make the owner and return a session's secret.  Raises AccessDenied; closes for good once it succeeded."""
        ...

    def add(self, name: str, password: str, role: Role, cameras: frozenset[CameraId] | None) -> None:
        """Make somebody.  Raises AccessDenied with the reason (name taken, password too short)."""
        ...

    def sign_in(self, name: str, password: str, address: str, agent: str) -> str:
        """A session's secret.  Raises AccessDenied, alike for an unknown name and a wrong password."""
        ...

    def sign_out(self, secret: str) -> None:
        """End a session; no error if it is over."""
        ...

    def grant_of(self, secret: str) -> Grant | None:
        """What a session's or token's secret allows, None if it allows nothing (any more)."""
        ...

    def create_token(
        self,
        name: str,
        scopes: frozenset[Scope],
        cameras: frozenset[CameraId] | None,
        expires_at: datetime | None,
        made_by: str | None = None,
    ) -> str:
        """A token's secret, shown this once; it opens no more than the grant `made_by`, and ends with it."""
        ...

    def tokens(self) -> Sequence[Grant]:
        """Every token that was not revoked."""
        ...

    def revoke(self, grant_id: str) -> bool:
        """End a session or token."""
        ...


# --------------------------------------------------------------------------------------------------- people and web


class Notifier(Protocol):
    """One channel to people."""

    @property
    def channel(self) -> str:
        """A short name, unique among the notifiers of one server."""
        ...

    async def send(self, alert: Alert) -> None:
        """Return when the channel has accepted it.  Raises NotifierUnavailable, NotifierRefused."""
        ...

    async def check(self) -> str:
        """Reach the channel without telling anybody anything; one line for the owner.  Raises as `send`."""
        ...


class Recipients(Protocol):
    """Who is told, and by whom.  Called on the event loop; never blocks."""

    def recipients(self) -> Sequence[Recipient]:
        """All of them, those of the config first."""
        ...

    def put(self, recipient: Recipient, notifier: Notifier) -> None:
        """One more, or another for the same channel: what waits there goes by the new one."""
        ...

    def remove(self, channel: str) -> None:
        """Nobody is told by it any more, and what waits there is given up; no error if it is gone already."""
        ...


class RecipientRecords(Protocol):
    """Rows of subscriptions and preferences.  Thread-safe, blocking; each method raises CatalogUnavailable."""

    def subscriptions(self) -> Sequence[PushSubscription]:
        """All of them, oldest first."""
        ...

    def save_subscription(self, subscription: PushSubscription) -> None:
        """Insert or replace, by its id; another with the same endpoint goes."""
        ...

    def remove_subscription(self, subscription_id: str) -> bool:
        """Whether there was one."""
        ...

    def preferences(self) -> Mapping[str, AlertPreferences]:
        """By person, and under the empty name those of the house."""
        ...

    def save_preferences(self, person: str, preferences: AlertPreferences) -> None:
        """Insert or replace."""
        ...


class Preferences(Protocol):
    """What each person wants to be told; the empty name is the house's.  Called on the event loop; never blocks."""

    @property
    def zone(self) -> tzinfo:
        """Where quiet hours are meant."""
        ...

    def of_person(self, person: str) -> AlertPreferences:
        """As chosen, or everything."""
        ...

    def choose(self, person: str, preferences: AlertPreferences) -> None:
        """Holds from now on, and is stored as soon as the disk lets us."""
        ...

    def snooze(self, person: str, seconds: float, who: str = "", address: str = "") -> None:
        """Nothing but presses for so long, at most a day; 0 ends it.

        `who`, from `address`, stands in the audit log, where it is the whole house's.
        """
        ...

    def is_snoozed(self, person: str) -> bool:
        """Whether a snooze of his own runs now."""
        ...

    def is_stored(self, person: str) -> bool:
        """Whether what he chose would survive a restart."""
        ...


class PushDevices(Protocol):
    """Browsers that are told by Web Push.  Called on the event loop."""

    def of(self, person: str) -> Sequence[PushSubscription]:
        """One person's, oldest first."""
        ...

    async def subscribe(self, login: Grant, device: NewDevice) -> PushSubscription:
        """Tell this device for as long as the login lasts; one that asks again stays.

        Raises CatalogUnavailable, and OverflowError where its person has too many.
        """
        ...

    def follow(self, former: str, login: Grant) -> None:
        """Who signs in anew on a device stays told there; `former` is the id of the login that ends with that."""
        ...

    async def unsubscribe(self, subscription_id: str) -> bool:
        """Whether there was one.  It is told nothing more from now on."""
        ...

    async def prefer(self, subscription_id: str, preferences: AlertPreferences | None) -> PushSubscription | None:
        """What it wants to be told, None for what its person wants.  None where there is no such device."""
        ...

    async def test(self, subscription_id: str) -> None:
        """Send it a test alert, now.  Raises NotifierUnavailable, NotifierRefused."""
        ...


class Chime(Protocol):
    """Something that sounds at home."""

    @property
    def name(self) -> str:
        """For the owner."""
        ...

    async def ring(self) -> None:
        """Begin to sound; returns when that is certain, and does not wait for the end.  Raises ChimeUnavailable."""
        ...

    async def check(self) -> str:
        """See whether it could sound, in silence; one line for the owner.  Raises ChimeUnavailable."""
        ...


class Button(Protocol):
    """A doorbell button that is wired to this machine."""

    @property
    def name(self) -> str:
        """For the owner, and unlike the others of this machine."""
        ...

    def words(self) -> AsyncGenerator[ButtonWord]:
        """Each debounced press, and when it is stuck and free again; ends with ButtonUnavailable.

        Closing the generator frees the pin.
        """
        ...

    def check(self) -> str:
        """See whether it could be heard; one line for the owner.  Takes milliseconds.  Raises ButtonUnavailable."""
        ...


class Rehearsals(Protocol):
    """Tests of the doorstep.  Called on the event loop; never blocks."""

    def begin(self, camera: CameraId) -> str:
        """The id of its report; of the one that runs, where that is this camera's.  Raises RehearsalRefused."""
        ...

    def report(self, rehearsal_id: str) -> RehearsalReport | None:
        """Of one of the newest tests, running or over."""
        ...


class ClipBuilder(Protocol):
    """Turns recorded spans into clips; no packet is touched, but where another codec is asked for."""

    async def of_event(self, event: Event, form: ClipForm = AS_RECORDED) -> Clip:
        """The event's clip, also while it still runs.  Raises SpanUnavailable, BlobMissing, StoreUnavailable."""
        ...

    async def of_span(self, camera: CameraId, start: datetime, end: datetime, form: ClipForm = AS_RECORDED) -> Clip:
        """As MP4 the longest gapless part of the span, as ZIP all of them; the newest, still open second included.

        Raises SpanUnavailable, StoreUnavailable.
        """
        ...

    async def in_h264(self, clip: Clip, *, wait: bool = True) -> Clip | Conversion:
        """The clip in H.264, which is itself where it is that already; else how far the conversion has come.

        The first call begins it.  With `wait` a Conversion comes back only where it failed or too many wait.
        """
        ...


class PastPictures(Protocol):
    """Pictures of what was recorded.  One at a time for the house; of one asker's wishes the newest counts.

    Both raise Overtaken, CatalogUnavailable, StoreUnavailable.
    """

    async def frame(self, camera: CameraId, at: datetime, most: tuple[int, int], asker: str) -> PastPicture:
        """The key frame at or before `at`, at most so wide and high.  Raises SpanUnavailable with the reason."""
        ...

    async def previews(self, camera: CameraId, grid: PreviewGrid, asker: str) -> PreviewSheet:
        """A small picture for each instant of the grid, or of what begins before the next one."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A JPEG and when its picture was taken."""

    jpeg: bytes
    taken_at: datetime


class LiveFeed(Protocol):
    """Pictures of now.  Decodes only while somebody asks; shared by all who do."""

    async def snapshot(self, camera: CameraId) -> Snapshot | None:
        """The newest picture, None when there never was one."""
        ...

    def pictures(self, camera: CameraId) -> AsyncIterator[Snapshot]:
        """Each picture as it comes, newest wins, at most ten a second; ends when the camera is removed."""
        ...

    def decoded(self, camera: CameraId) -> int:
        """How many pictures were decoded because somebody asked here, since the start: viewers and snapshots."""
        ...


class PacketFeed(Protocol):
    """Encoded video of now, for those who watch without decoding.  Called on the event loop."""

    def packets(self, camera: CameraId) -> AsyncGenerator[StreamItem]:
        """The format, the current group of pictures at once, then each packet as it comes; a new format may follow.

        Who is slow misses packets and goes on at a key frame, behind the format told again; nobody waits for them.
        Ends when the camera is removed; yields nothing while it is not connected.
        """
        ...


class MseFeed(Protocol):
    """Encoded video of now as a browser's media source takes it.  Called on the event loop.

    Each stream is packetized once however many watch it, and not at all while nobody does.
    """

    def fragments(self, camera: CameraId) -> int:
        """How many were made of this camera so far."""
        ...

    def shown(self, camera: CameraId, asked: StreamKind) -> StreamKind:
        """Which stream there is to watch now for who asks for this one: the main one where there is no other."""
        ...

    def mime(self, camera: CameraId, stream: StreamKind) -> str | None:
        """What a browser must be able to decode, with codecs (RFC 6381); None while the camera is away."""
        ...

    def pieces(self, camera: CameraId, stream: StreamKind) -> AsyncGenerator[LivePiece]:
        """A format, the current group of pictures at once, then a fragment for each picture as it comes.

        A new format may follow at any time.  Who is slow misses fragments, and goes on at a key frame behind a
        LiveSkip; nobody waits for them.  Nothing comes while the camera is away; ends when it is removed.
        """
        ...


@dataclass(frozen=True, slots=True)
class HlsPlace:
    """A segment by its media sequence number; with `part`, counted from 0, that part of it."""

    segment: int
    part: int | None = None


class HlsFeed(Protocol):
    """Encoded video of now as HLS (draft-pantos-hls-rfc8216bis).  Called on the event loop.

    A camera is packetized from the first request on, once however many watch, until half a minute after the last.
    Each method raises BlobMissing for a camera that is removed meanwhile.  `query` is put behind every address.
    """

    async def master(self, camera: CameraId, query: str) -> str | None:
        """The multivariant playlist; waits for a first whole segment, and is None where none comes within seconds."""
        ...

    async def playlist(
        self, camera: CameraId, wanted: HlsPlace | None, query: str, after: int | None = None
    ) -> str | None:
        """The media playlist, once it holds what is `wanted`; None where that does not come within seconds.

        Without a wish it waits for a whole segment behind `after`, but a target duration at most.

        While the camera is away it stays as it was.  Raises ValueError for what is too far ahead.
        """
        ...

    def newest(self, camera: CameraId) -> int | None:
        """The number of the newest whole segment that a playlist would list now; None while there is none."""
        ...

    async def piece(self, camera: CameraId, name: str) -> Sequence[bytes]:
        """An init segment, segment or part by the name that stands in a playlist; waits for the part hinted at.

        In pieces, one behind the other, which everybody who asks for it shares.
        Raises BlobMissing for everything else.
        """
        ...


class WebRtc(Protocol):
    """Encoded video of now with the least delay, for those who offer a WebRTC session.  Called on the event loop."""

    def why_not(self, camera: CameraId, stream: StreamKind) -> str:
        """Why this stream cannot be watched so now, in plain words; empty if it can, as far as is known."""
        ...

    def ice_servers(self, login: str, *, through_hub: bool = False) -> Sequence[IceServer]:
        """STUN and TURN servers for a browser of this login (the id of its grant), with credentials that expire.

        The hub's are told to those alone who ask through it: at home nobody needs them.
        """
        ...

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
        """The answer to an offer, both SDP; from then on the viewer may be sent pictures, until the session is over.

        `from_here` says that the viewer is on this machine, `through_hub` that he asks through the hub, whose STUN and
        TURN servers then help from this end too.  `on_end` is called when it is over from the other side,
        by silence (about 30 s) or with the camera, never by `hang_up`; it must not block or raise.  Raises
        MediaInvalid for an offer that cannot be read, WayImpossible with the reason.
        """
        ...

    async def add_candidates(self, session: str, fragment: str) -> None:
        """More ways to the viewer (RFC 8840); nothing happens if the session is over.  Raises MediaInvalid."""
        ...

    def hang_up(self, session: str) -> None:
        """End it and free all it holds, soon; no error if it is over."""
        ...


class LiveSessions(Protocol):
    """Who watches now, whichever way.  Called on the event loop; never blocks."""

    def begin(
        self, viewer: Viewer, may_watch: Callable[[], Awaitable[bool]], on_end: Callable[[], None]
    ) -> LiveSession:
        """Count one more, until `end`.  Raises TooManyViewers.

        `may_watch` is asked every few seconds; once it says no the session ends.  `on_end` is called when it ends
        from here, never by `end` of whoever began it; it must not block or raise.
        """
        ...

    def end(self, session_id: str) -> None:
        """The viewer went; no error if the session is over."""
        ...

    def cut(self, session_id: str) -> bool:
        """End somebody else's session now, which calls its `on_end`; whether there was one."""
        ...

    def sessions(self) -> Sequence[LiveSession]:
        """All of them, oldest first."""
        ...


class CameraDirectory(Protocol):
    """The cameras of this server and how they are.  Called on the event loop; never blocks."""

    def cameras(self) -> Sequence[CameraStatus]:
        """All of them, in the order of the config file."""
        ...

    def camera(self, camera_id: CameraId) -> CameraStatus | None:
        """One of them."""
        ...


class Health(Protocol):
    """All that is wrong now, oldest first; none means that Doorstep is seeing.  `is_moot`: what one was about is no
    more, and that all is well again is worth no word.  Called on the event loop; never blocks.
    """

    def problems(self) -> Sequence[Problem]: ...
    def is_moot(self, key: str) -> bool: ...


class SettingsFile(Protocol):
    """The file that holds the settings; `version` is that of the text which was seen.  `change` and `restore` write all
    or nothing, `preview…` nothing.  They raise SettingsChanged, SettingsUnwritable, who writes SettingsRefused too;
    about a version that is not kept any more they answer None.
    """

    def read(self) -> SettingsView: ...
    def preview(self, version: str, changes: Sequence[AnyChange]) -> SettingsPreview: ...
    def preview_restore(self, version: str, version_id: str) -> SettingsPreview | None: ...
    def change(self, version: str, changes: Sequence[AnyChange], who: str) -> Changed: ...
    def versions(self) -> Sequence[KeptVersion]: ...
    def restore(self, version: str, version_id: str, who: str) -> Changed | None: ...


class HubTunnel(Protocol):
    """The way to the hub.  `lines` is one connection from its making to its end, and closing it ends that: what the hub
    says of itself; raises HubLost.  `ask` has a number echoed; without a connection it does nothing.  `let_go` has the
    hub end a former connection, which may hold our port; it takes seconds at most and raises nothing.
    """

    def lines(self) -> AsyncGenerator[HubStatus]: ...
    async def ask(self, number: int) -> None: ...
    async def let_go(self) -> None: ...
