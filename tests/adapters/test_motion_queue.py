"""Motion in a queue, as moto plays SQS: acted on once, left out when late or forged, shown when nobody hears."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from doorstep.app.motion_queue import KEY, LATE_KEY, SHOWN_AFTER_SECONDS, MotionEar, motion_tasks
from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.cloud_settings import AccessKey, AwsSettings
from doorstep.core.errors import SourceLost, SourceRefused
from doorstep.core.motion_word import MotionWord
from doorstep.core.outside_word import OutsideWord
from doorstep.core.signed_motion import HEADER, MotionSecret, SeenMarks
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock
from doorstep.stores.mark_journal import MarkJournal
from doorstep.triggers import motion_queue
from doorstep.triggers.motion_queue import MotionQueue
from fakes.clock import FakeClock
from fakes.http_channel import http_channel
from fakes.moto_server import REGION, Cloud, moto_server

SECRET = MotionSecret("a secret of both ends")
FRONT = CameraId("front-door")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Amazon's, but for the length of a wait."""
    monkeypatch.setattr(motion_queue, "POLL_SECONDS", 1)


@pytest.fixture
def soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run took that ended then comes again within a second."""
    monkeypatch.setattr(motion_queue, "HIDDEN_SECONDS", 1)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with moto_server() as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", made.endpoint)
        yield made


class Ear:
    """One queue, and what was acted on."""

    def __init__(self, url: str, *, fails: int = 0, clock: Clock | None = None, seen: SeenMarks | None = None) -> None:
        self.words: list[OutsideWord] = []
        self.reached = 0
        self.paid: list[str] = []
        self._fails = fails
        settings = AwsSettings(REGION, AccessKey("testing", "testing"), motion_queue=url, motion_secret=SECRET.value)
        self.queue = MotionQueue(
            settings,
            self._take,
            lambda camera: camera == FRONT,
            clock or SystemClock(),
            self.paid.append,
            seen=seen,
        )

    async def _take(self, word: OutsideWord) -> None:
        if self._fails:
            self._fails -= 1
            raise RuntimeError
        self.words.append(word)

    def hear(self) -> None:
        self.reached += 1

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.queue.listen(self.hear))
            yield
            running.cancel()

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not true():  # noqa: ASYNC110 - another process does it
                await asyncio.sleep(0.02)


def put(
    cloud: Cloud, url: str, word: MotionWord, at: datetime | None = None, secret: MotionSecret = SECRET, body: str = ""
) -> None:
    text = body or word.body().decode()
    signed = secret.sign(at or datetime.now(UTC), text.encode())
    attributes = {HEADER: {"DataType": "String", "StringValue": signed}}
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody=text, MessageAttributes=attributes)


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(120):
            await story()

    asyncio.run(bounded())


def word(nonce: str, **more: Any) -> MotionWord:
    return MotionWord(FRONT, key=f"key of {nonce}", nonce=nonce, **more)


def heard(cloud: Cloud, url: str, messages: int, clock: Clock | None = None, seen: SeenMarks | None = None) -> Ear:
    """What came of so many messages that lie there."""
    ear = Ear(url, clock=clock, seen=seen)

    async def story() -> None:
        async with ear.listening():
            await ear.until(lambda: ear.queue.counts.total() >= messages)
            reached = ear.reached
            await ear.until(lambda: ear.reached > reached)

    run(story)
    assert cloud.waiting(url) == 0
    return ear


def test_a_word_is_acted_on_once_and_taken_out(cloud: Cloud) -> None:
    url = cloud.queue()
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=3)
    put(cloud, url, word("one", at=at, note="motion score 0.3"))
    ear = heard(cloud, url, 1)
    [taken] = ear.words
    assert (taken.camera, taken.cause, taken.at, taken.note) == (FRONT, Cause.TRIGGER, at, "motion score 0.3")
    assert (taken.place, taken.sender) == ("", "")
    assert {"ReceiveMessage", "DeleteMessage"} == set(ear.paid)


def test_what_comes_again_by_its_key_or_its_nonce_is_acted_on_once(cloud: Cloud) -> None:
    url = cloud.queue()
    same_nonce = MotionWord(FRONT, key="another key", nonce="one")
    same_key = MotionWord(FRONT, key="key of one", nonce="another", note="sent 12 s late")
    for one in (word("one"), word("one"), same_nonce, same_key, word("two")):
        put(cloud, url, one)
    ear = heard(cloud, url, 5)
    assert len(ear.words) == 2
    assert ear.queue.counts == {"taken": 2, "repeated": 3}


def seen_in(folder: Path) -> SeenMarks:
    """As the next run of a box knows it."""
    journal = MarkJournal(folder)
    seen = SeenMarks(note=journal.note)
    seen.take_up(journal.noted(), SystemClock().monotonic())
    return seen


@pytest.mark.usefixtures("soon_again")
def test_after_a_restart_a_replay_is_known_and_what_waited_meanwhile_is_acted_on(cloud: Cloud, tmp_path: Path) -> None:
    """The replay is a message of its own to the queue, whose ids know nothing of it."""
    url, signed_at = cloud.queue(), datetime.now(UTC) - timedelta(seconds=20)
    put(cloud, url, word("one"), signed_at)
    assert len(heard(cloud, url, 1, seen=seen_in(tmp_path / "memory")).words) == 1
    put(cloud, url, word("one"), signed_at)
    put(cloud, url, word("queued while the box was off"), signed_at)
    ear = heard(cloud, url, 2, seen=seen_in(tmp_path / "memory"))
    assert ear.queue.counts == {"repeated": 1, "taken": 1}


@pytest.mark.usefixtures("soon_again")
def test_what_was_not_acted_on_when_the_process_ended_comes_again_in_the_next(cloud: Cloud, tmp_path: Path) -> None:
    url = cloud.queue(hidden=1)
    put(cloud, url, word("one"))
    ended = Ear(url, fails=1, seen=seen_in(tmp_path / "memory"))
    with pytest.raises(RuntimeError):
        asyncio.run(ended.queue.listen(ended.hear))
    assert len(heard(cloud, url, 1, seen=seen_in(tmp_path / "memory")).words) == 1


def test_what_is_late_forged_unreadable_or_of_no_camera_is_taken_out_and_not_acted_on(cloud: Cloud) -> None:
    url, now = cloud.queue(), datetime.now(UTC)
    put(cloud, url, word("late"), now - timedelta(seconds=70))
    put(cloud, url, word("ahead"), now + timedelta(seconds=400))
    put(cloud, url, word("forged"), secret=MotionSecret("what a stranger guesses"))
    put(cloud, url, MotionWord(CameraId("cellar"), nonce="c"))
    put(cloud, url, MotionWord(CameraId("")))
    put(cloud, url, word("x"), body="[" * 2000)
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="nothing signed")
    put(cloud, url, word("good"))
    ear = heard(cloud, url, 8)
    assert [one.camera for one in ear.words] == [FRONT]
    assert ear.queue.counts == {"late": 2, "forged": 2, "unreadable": 2, "unknown": 1, "taken": 1}


def test_a_storm_is_bounded(cloud: Cloud) -> None:
    url = cloud.queue()
    for number in range(motion_queue.PACE.burst + 4):
        put(cloud, url, word(str(number)))
    ear = heard(cloud, url, motion_queue.PACE.burst + 4, FakeClock(datetime.now(UTC)))
    assert ear.queue.counts == {"taken": motion_queue.PACE.burst, "too often": 4}


@pytest.mark.usefixtures("soon_again")
def test_what_could_not_be_acted_on_comes_again(cloud: Cloud) -> None:
    url = cloud.queue(hidden=1)
    ear = Ear(url, fails=1)
    put(cloud, url, word("one"))
    cloud.client("sqs")

    async def story() -> None:
        with pytest.raises(RuntimeError):
            await ear.queue.listen(ear.hear)
        assert cloud.waiting(url) == 1
        async with ear.listening():
            await ear.until(lambda: bool(ear.words))

    run(story)


def test_stopping_waits_for_no_answer_of_the_queue(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motion_queue, "POLL_SECONDS", 20)
    url = cloud.queue()

    async def story() -> float:
        ear = Ear(url)
        async with ear.listening():
            await asyncio.sleep(0.5)  # in the middle of the wait
            began = time.monotonic()
        return time.monotonic() - began

    assert min(asyncio.run(story()) for _ in range(3)) < 2.0


def listened(url: str) -> None:
    asyncio.run(Ear(url).queue.listen(lambda: None))


def test_a_queue_that_is_gone_is_refused_and_one_in_trouble_is_lost(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceRefused, match="does not let Doorstep read"):
        listened(f"{cloud.endpoint}/123456789012/nowhere")
    with http_channel() as there:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", f"http://{there.host}")
        there.answer = lambda _asked: 503
        with pytest.raises(SourceLost, match="try again later"):
            listened(f"http://{there.host}/1/q")
        there.answer = lambda _asked: (403, {"x-amzn-ErrorType": "InvalidClientTokenId"})
        with pytest.raises(SourceRefused) as refused:
            listened(f"http://{there.host}/1/q")
        there.answer = lambda _asked: (400, {"x-amzn-ErrorType": "ThrottlingException"})
        with pytest.raises(SourceLost):
            listened(f"http://{there.host}/1/q")
        assert there.host not in str(refused.value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9")
    with pytest.raises(SourceLost, match="cannot be reached"):
        listened("http://127.0.0.1:9/1/q")


class ScriptedQueue:
    """Stands for a queue: each call of `listen` does the next thing."""

    def __init__(self, clock: FakeClock, *steps: Exception | float) -> None:
        self.late_in_a_row = 0
        self._clock = clock
        self._steps = list(steps)
        self.listened = 0

    async def listen(self, reached: Callable[[], None]) -> None:
        self.listened += 1
        if not self._steps:
            await asyncio.Event().wait()
        step = self._steps.pop(0)
        if isinstance(step, Exception):
            self._clock.advance(5.0)
            raise step
        reached()
        self._clock.advance(step)
        msg = "gone again"
        raise SourceLost(msg)


def heard_for(steps: list[Exception | float]) -> tuple[HealthBoard, ScriptedQueue, FakeClock]:
    clock = FakeClock()
    health, queue = HealthBoard(clock), ScriptedQueue(clock, *steps)
    ear = MotionEar(queue, health, clock)  # type: ignore[arg-type]

    async def story() -> None:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(ear.run())
            while queue._steps:  # noqa: ASYNC110 - what the task does has no event of ours
                await asyncio.sleep(0)
            for _ in range(20):
                await asyncio.sleep(0)
            running.cancel()

    run(story)
    return health, queue, clock


def test_a_queue_that_is_away_for_minutes_is_shown_and_one_that_is_back_is_not() -> None:
    lost = SourceLost("Amazon SQS cannot be reached (ConnectTimeout).")
    brief, _, _ = heard_for([lost, lost])
    assert brief.problems() == []
    long, queue, clock = heard_for([lost] * 20)
    [problem] = long.problems()
    assert (problem.key, problem.minor) == (KEY, True)
    assert "cannot be reached" in problem.what
    assert clock.monotonic() - 1000.0 > SHOWN_AFTER_SECONDS
    assert queue.listened == 21
    back, _, _ = heard_for([*[lost] * 20, 1.0])
    assert back.problems() == []


def test_what_only_the_owner_can_mend_is_shown_at_once() -> None:
    health, _, _ = heard_for([SourceRefused("Amazon SQS does not let Doorstep read the queue (AccessDenied).")])
    assert [problem.key for problem in health.problems()] == [KEY]


def test_words_that_all_come_too_late_are_shown_as_a_matter_of_clocks() -> None:
    clock = FakeClock()
    health, queue = HealthBoard(clock), ScriptedQueue(clock)
    ear = MotionEar(queue, health, clock)  # type: ignore[arg-type]
    queue.late_in_a_row = 3
    ear._heard()
    assert [problem.key for problem in health.problems()] == [LATE_KEY]
    queue.late_in_a_row = 0
    ear._heard()
    assert health.problems() == []


def test_without_a_queue_nothing_runs() -> None:
    async def nothing(_word: OutsideWord) -> None:
        raise AssertionError

    clock = FakeClock()
    assert motion_tasks(AwsSettings(), nothing, lambda _camera: True, HealthBoard(clock), clock) == {}


def test_the_secret_is_in_no_repr_and_no_log(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    url = cloud.queue()
    put(cloud, url, word("one"), secret=MotionSecret("another"))
    ear = heard(cloud, url, 1)
    assert SECRET.value not in repr(ear.queue) + json.dumps(ear.queue.counts) + "".join(capsys.readouterr())
