"""A camera that is lost, or found, in quiet hours wakes nobody, and is told when they end."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from doorstep.catalog.memory_recipients import MemoryRecipientRecords
from doorstep.core.alert import Alert, AlertId
from doorstep.core.alert_preferences import AlertPreferences, QuietHours
from doorstep.core.camera import CameraId
from doorstep.core.health_telling import Change, Word
from doorstep.core.held_words import MOST_NAMED
from doorstep.core.recipient import Recipient
from doorstep.core.silence import Silence
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.health_alerts import HealthAlerts
from doorstep.pipeline.held_troubles import HeldTroubles
from doorstep.pipeline.preferences import HOUSE, PreferenceBook
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.pipeline.silences import Silences
from fakes.clock import FakeClock
from fakes.listening_notifier import ListeningNotifier

MIDNIGHT = datetime(2026, 11, 21, 0, tzinfo=UTC)
NIGHT = AlertPreferences(quiet_hours=(QuietHours(frozenset(range(7)), time(22), time(7)),))
PHONE = Recipient("push:1", "Anna's phone", "anna")


class House:
    """Anna sleeps, and her phone is the only channel."""

    def __init__(self) -> None:
        self.clock = FakeClock(MIDNIGHT)
        self.health = HealthBoard(self.clock)
        self.book = PreferenceBook(MemoryRecipientRecords(), self.health, self.clock, UTC)
        self.book.choose("anna", NIGHT)
        self.silences = Silences(self.book, self.clock)
        self.recipients = RecipientBook()
        self.recipients.put(PHONE, ListeningNotifier("push:1"))
        self.sent: list[tuple[str, Alert]] = []
        self.told: list[str] = []
        self.lost: dict[AlertId, list[Word]] = {}
        self.alerts = HealthAlerts(self.health, self.dispatch, self.clock, "link", list)
        self.held = HeldTroubles(
            self.silences,
            self.recipients,
            lambda *told: self.sent.append(told),
            self.health,
            self.clock,
            "link",
            lambda alert: self.lost.get(alert) or self.alerts.words_in(alert),
        )

    def dispatch(self, alert: Alert) -> None:
        """As the outbox does."""
        if not [one for one in self.recipients.recipients() if self.silences.of(one, alert)]:
            self.told.append(alert.title)

    def live_on(self, hours: float) -> None:
        for _ in range(round(hours * 60)):
            self.clock.advance(60.0)
            self.alerts.look()
            self.held.look()

    def lose(self, camera: str = "gate") -> None:
        self.health.report(f"camera:{camera}", f"{camera} is not seen.", "Look.")
        alert = Alert(AlertId(camera), None, CameraId(camera), None, self.clock.now(), "A camera", "", "link")
        (problem,) = (one for one in self.health.problems() if one.key == f"camera:{camera}")
        self.lost[alert.id] = [Word(Change.STARTED, problem)]
        for recipient in self.recipients.recipients():
            self.silences.of(recipient, alert)

    def wake(self) -> None:
        self.held.look()
        assert self.sent == []
        self.clock.advance(7 * 3600.0)
        self.held.look()


@pytest.fixture
def house() -> House:
    return House()


def test_what_is_still_wrong_in_the_morning_is_told_then_and_once(house: House) -> None:
    house.lose()
    house.wake()
    ((channel, alert),) = house.sent
    assert channel == "push:1"
    assert (alert.title, alert.text) == ("While it was quiet something went wrong", "gate is not seen.")
    house.held.look()
    assert len(house.sent) == 1


def test_what_is_minor_and_told_by_day_is_told_in_the_morning_too(house: House) -> None:
    house.health.report("certificate", "The certificate expires in 13 days.", "Renew it.", minor=True)
    house.health.report("set-aside", "A file was set aside.", "", minor=True)
    alert = Alert(AlertId("c"), None, None, None, house.clock.now(), "The certificate needs renewing", "", "link")
    house.lost[alert.id] = [Word(Change.STARTED, one) for one in house.health.problems()]
    house.silences.of(PHONE, alert)
    house.wake()
    ((_, told),) = house.sent
    assert told.text == "The certificate expires in 13 days."


def test_what_is_well_again_by_then_is_not_worth_a_word(house: House) -> None:
    house.lose()
    house.health.clear("camera:gate")
    house.wake()
    assert house.sent == []


def test_what_began_before_and_ends_in_quiet_hours_is_said_to_be_over_when_they_end(house: House) -> None:
    house.clock.advance(-3 * 3600.0)
    house.health.report("camera:gate", "gate is not seen.", "Look.")
    house.live_on(2.9)
    assert house.told == ["A camera is not seen"]
    house.health.clear("camera:gate")
    house.live_on(5)
    assert house.sent == []
    house.live_on(6)
    ((_, alert),) = house.sent
    assert (alert.title, alert.text) == ("What was wrong is over", "That is over: gate is not seen.")


def test_what_began_and_ended_in_quiet_hours_is_never_told(house: House) -> None:
    house.health.report("camera:gate", "gate is not seen.", "Look.")
    house.live_on(2)
    house.health.clear("camera:gate")
    house.live_on(9)
    assert (house.told, house.sent) == ([], [])


def test_who_was_told_at_once_is_not_told_again(house: House) -> None:
    house.book.choose("anna", AlertPreferences())
    house.lose()
    house.wake()
    assert house.sent == []


def test_the_end_of_a_snooze_is_one_too(house: House) -> None:
    house.book.choose("anna", AlertPreferences())
    house.book.snooze(HOUSE, 3600.0)
    house.lose()
    house.wake()
    assert len(house.sent) == 1


def test_many_problems_make_one_alert_of_a_bearable_length(house: House) -> None:
    for number in range(MOST_NAMED + 3):
        house.lose(f"gate-{number}")
    house.wake()
    ((_, alert),) = house.sent
    assert alert.text.count("is not seen.") == MOST_NAMED
    assert alert.text.endswith("And 3 more.")


def test_nobody_hears_of_cameras_that_are_not_for_him(house: House) -> None:
    house.recipients.put(replace(PHONE, may_see=frozenset({CameraId("yard")})), ListeningNotifier("push:1"))
    house.lose("yard")
    house.lose("gate")
    house.wake()
    ((_, alert),) = house.sent
    assert alert.text == "yard is not seen."


def test_a_device_that_is_gone_by_then_is_forgotten(house: House) -> None:
    house.lose()
    house.recipients.remove("push:1")
    house.wake()
    assert house.sent == []
    assert house.silences.held() == {}


def test_a_channel_that_wants_no_such_words_is_never_told(house: House) -> None:
    house.lose()
    house.book.choose("anna", replace(NIGHT, troubles=False))
    house.wake()
    assert house.sent == []


def test_a_trouble_in_quiet_hours_is_silent_for_now(house: House) -> None:
    alert = Alert(AlertId("a"), None, None, None, house.clock.now(), "t", "x", "link")
    assert house.silences.of(PHONE, alert) is Silence.QUIET_HOURS
