import asyncio
import weakref
from collections.abc import Callable, Coroutine
from datetime import UTC
from typing import Any, TypeVar

import pytest

from doorstep.catalog.memory import MemoryCatalog
from doorstep.catalog.memory_recipients import MemoryRecipientRecords
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.event import Event, EventId, RaiseAlert
from doorstep.pipeline.alerts import PICTURE_SECONDS, AlertDesk
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.preferences import PreferenceBook
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.pipeline.silences import Silences
from fakes.footage import CAMERA, NOON, seconds
from fakes.instant_loop import LoopClock, run, turns, while_running
from fakes.listening_notifier import ListeningNotifier
from fakes.recording_house import EVENT
from fakes.stand_in_frame import StandInFrame

T = TypeVar("T")


class Desk:
    """A camera's desk, and the channel where its alerts arrive."""

    def __init__(self, clock: LoopClock) -> None:
        self.clock = clock
        self.mail = ListeningNotifier()
        health = HealthBoard(clock)
        self.rows = EventRows(MemoryCatalog(), health, clock)
        self.outbox = Outbox(RecipientBook.of([self.mail]), self.rows, health, clock)
        self.preferences = PreferenceBook(MemoryRecipientRecords(), health, clock, UTC)
        self.outbox.silence_of = Silences(self.preferences, clock).of
        self.desk = AlertDesk("Front door", self.outbox, UTC, lambda event: f"http://door/alerts/{event.id}")

    def raised(
        self, cause: Cause = Cause.PERSON, at: float = 0.0, event_id: EventId = EVENT, *, is_test: bool = False
    ) -> RaiseAlert:
        event = Event(event_id, CAMERA, NOON, NOON, causes=(cause,), is_test=is_test)
        self.rows.decided(event)
        return RaiseAlert(event, cause, NOON + seconds(at))


def at_desk(act: Callable[[Desk], Coroutine[Any, Any, T]]) -> T:
    clock = LoopClock(NOON)

    async def main() -> T:
        desk = Desk(clock)
        return await while_running(desk.desk.run, desk.outbox.run, desk.rows.run, act=lambda: act(desk))

    return run(clock, main)


def test_an_alert_has_words_a_link_and_its_picture() -> None:
    async def act(desk: Desk) -> None:
        desk.desk.tell(desk.raised(), StandInFrame(name="visitor"))
        await turns()
        (alert,) = desk.mail.accepted
        assert alert.title == "Person at Front door"
        assert "12:00:00" in alert.text
        assert alert.link == "http://door/alerts/front-door-1"
        assert alert.snapshot.startswith(b"visitor 640x480")
        assert alert.id.startswith("front-door-1:person")

    at_desk(act)


def test_without_a_picture_or_with_a_broken_one_it_is_told_all_the_same() -> None:
    async def act(desk: Desk) -> None:
        desk.desk.tell(desk.raised(Cause.PRESS), None)
        desk.desk.tell(desk.raised(Cause.PERSON), StandInFrame(broken=True))
        await turns()
        assert [(alert.cause, alert.snapshot) for alert in desk.mail.accepted] == [
            (Cause.PRESS, b""),
            (Cause.PERSON, b""),
        ]

    at_desk(act)


def test_the_cooldown_silences_persons_and_never_a_press() -> None:
    async def act(desk: Desk) -> None:
        for number, cause in enumerate([Cause.PERSON, Cause.PERSON, Cause.PRESS, Cause.PRESS]):
            desk.desk.tell(desk.raised(cause, number, EventId(f"front-door-{number}")), None)
        await turns(60)
        told = {alert.event for alert in desk.mail.accepted}
        assert told == {"front-door-0", "front-door-2", "front-door-3"}
        desk.desk.tell(desk.raised(Cause.PERSON, 121.0, EventId("front-door-4")), None)
        await turns()
        assert desk.mail.accepted[-1].event == "front-door-4"

    at_desk(act)


def test_who_presses_twice_in_one_event_is_told_of_twice() -> None:
    async def act(desk: Desk) -> None:
        for at in (0.0, 11.0):
            desk.desk.tell(desk.raised(Cause.PRESS, at), None)
        await turns()
        assert len({alert.id for alert in desk.mail.accepted}) == 2

    at_desk(act)


def test_a_test_says_so_and_neither_waits_for_a_cooldown_nor_begins_one() -> None:
    async def act(desk: Desk) -> None:
        for number, is_test in enumerate([True, False, True, False]):
            desk.desk.tell(desk.raised(at=number, event_id=EventId(f"front-door-{number}"), is_test=is_test), None)
        await turns(60)
        assert [(alert.title, alert.is_test) for alert in desk.mail.accepted] == [
            ("Test: Person at Front door", True),
            ("Person at Front door", False),
            ("Test: Person at Front door", True),
        ]

    at_desk(act)


def test_who_is_not_told_is_kept_with_the_reason() -> None:
    async def act(desk: Desk) -> None:
        desk.preferences.snooze("", 3600.0)
        desk.desk.tell(desk.raised(), None)
        await turns()
        assert desk.mail.accepted == []
        (spared,) = desk.outbox.deliveries_of(EVENT)
        assert spared.outcome == "the whole house is snoozed"

    at_desk(act)


def test_nobody_waits_for_a_picture_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_call: object) -> bytes:
        await asyncio.sleep(1e6)
        return b"picture"

    monkeypatch.setattr(asyncio, "to_thread", never)

    async def act(desk: Desk) -> None:
        desk.desk.tell(desk.raised(Cause.PRESS), StandInFrame(name="visitor"))
        await asyncio.sleep(PICTURE_SECONDS + 0.1)
        assert [alert.snapshot for alert in desk.mail.accepted] == [b""]

    at_desk(act)


def test_two_cameras_that_see_one_visit_make_one_alert_and_a_press_passes() -> None:
    async def act(desk: Desk) -> None:
        garden = AlertDesk("Garden", desk.outbox, UTC, lambda event: event.id)

        async def seen_by_both() -> None:
            desk.desk.tell(desk.raised(), None)
            await turns()
            for cause, at in ((Cause.PERSON, 10.0), (Cause.PRESS, 11.0)):
                seen = Event(EventId(f"garden-{cause}"), CameraId("garden"), NOON, NOON, causes=(cause,))
                desk.rows.decided(seen)
                garden.tell(RaiseAlert(seen, cause, NOON + seconds(at)), None)
            await turns()

        await while_running(garden.run, act=seen_by_both)
        assert [alert.title for alert in desk.mail.accepted] == ["Person at Front door", "Doorbell rang at Garden"]
        (spared,) = desk.outbox.deliveries_of(EventId("garden-person"))
        assert spared.outcome == "told of the same visit by another camera"

    at_desk(act)


def test_a_picture_that_was_told_is_not_kept_until_the_next_alert() -> None:
    async def act(desk: Desk) -> bool:
        frame = StandInFrame()
        kept = weakref.ref(frame)
        desk.desk.tell(desk.raised(), frame)
        del frame
        await turns()
        return len(desk.mail.accepted) == 1 and kept() is None

    assert at_desk(act)
