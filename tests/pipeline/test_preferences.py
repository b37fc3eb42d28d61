"""What everybody wants to be told: at once, across a restart, and while the disk does not answer."""

from dataclasses import replace
from datetime import timedelta

from doorstep.core.alert_preferences import EVERYTHING, AlertPreferences
from doorstep.core.audit import AuditEntry
from doorstep.core.cause import Cause
from doorstep.core.clock_state import Dating
from doorstep.core.silence import Silence
from doorstep.pipeline.preferences import HOUSE, KEY
from doorstep.pipeline.written_behind import RETRY_SECONDS
from fakes.instant_loop import turns
from fakes.preference_desk import NIGHT, NOON, PERSONS, PHONE, TABLET, Desk, Rows, at_desk


def test_what_was_chosen_holds_at_once_and_after_a_restart() -> None:
    rows = Rows()

    async def choose(desk: Desk) -> None:
        await turns()
        desk.book.choose("anna", PERSONS)
        assert desk.book.of(PHONE) == PERSONS
        assert not desk.book.is_stored("anna")
        await turns()
        assert desk.book.is_stored("anna")

    async def later(desk: Desk) -> None:
        await desk.book.load()
        assert desk.book.of(PHONE) == PERSONS

    at_desk(choose, rows)
    at_desk(later, rows)


def test_a_disk_that_does_not_answer_delays_nobody_and_is_told() -> None:
    async def act(desk: Desk) -> None:
        await turns()
        desk.rows.broken = True
        desk.book.snooze("anna", 3600.0)
        await turns()
        assert desk.silences.of(PHONE, desk.alert()) is Silence.SNOOZED
        assert desk.problems() == [KEY]
        assert not desk.book.is_stored("anna")
        desk.rows.broken = False
        await desk.clock.sleep(RETRY_SECONDS + 1.0)
        assert desk.problems() == []
        assert desk.book.is_stored("anna")
        assert desk.rows.preferences()["anna"].snoozed_until == NOON + timedelta(hours=1)

    at_desk(act)


def test_what_cannot_be_read_at_the_start_is_read_later_and_loses_nothing_chosen_meanwhile() -> None:
    rows = Rows()
    rows.save_preferences("anna", PERSONS)
    rows.save_preferences("bob", PERSONS)
    rows.broken = True

    async def act(desk: Desk) -> None:
        await desk.book.load()
        assert desk.book.of(PHONE) == EVERYTHING
        desk.book.choose("bob", NIGHT)
        rows.broken = False
        await desk.clock.sleep(RETRY_SECONDS + 1.0)
        assert desk.book.of_person("anna") == PERSONS
        assert desk.book.of_person("bob") == NIGHT
        assert rows.preferences()["bob"] == NIGHT
        assert desk.problems() == []

    at_desk(act, rows)


def test_a_device_has_its_own_choice_and_its_persons_snooze() -> None:
    async def act(desk: Desk) -> None:
        desk.book.choose("anna", NIGHT)
        assert desk.book.of(PHONE) == NIGHT
        assert desk.book.of(TABLET) == TABLET.preferences
        desk.book.snooze("anna", 60.0)
        assert desk.book.of(TABLET).snoozed_until == NOON + timedelta(minutes=1)
        assert desk.book.of(TABLET).causes == {Cause.PRESS}
        longer = AlertPreferences(snoozed_until=NOON + timedelta(hours=2))
        assert desk.book.of(replace(TABLET, preferences=longer)).snoozed_until == longer.snoozed_until

    at_desk(act)


def test_who_snoozes_the_whole_house_is_noted_and_his_own_snooze_is_nobodys_business() -> None:
    async def act(desk: Desk) -> None:
        noted = list[AuditEntry]()
        desk.book.note = noted.append
        desk.book.snooze(HOUSE, 0.0, "anna")  # none runs
        desk.book.snooze("anna", 60.0, "anna", "10.0.0.7")
        assert noted == []
        desk.book.snooze(HOUSE, 3600.0, "anna", "10.0.0.7")
        desk.book.snooze(HOUSE, 0.0, "MQTT")
        assert [(one.who, one.address, one.verb, one.camera, one.until) for one in noted] == [
            ("anna", "10.0.0.7", "snoozed the house", None, NOON + timedelta(hours=1)),
            ("MQTT", "", "ended the snooze of the house", None, NOON),
        ]
        assert len({one.id for one in noted}) == 2

    at_desk(act)


def test_a_snooze_is_a_day_at_most_and_ends_by_itself() -> None:
    async def act(desk: Desk) -> None:
        desk.book.snooze("anna", 1e300)
        assert desk.book.of_person("anna").snoozed_until == NOON + timedelta(days=1)
        assert desk.book.is_snoozed("anna")
        desk.clock.advance(86400.0)
        assert not desk.book.is_snoozed("anna")

    at_desk(act)


def test_a_snooze_goes_on_for_as_long_when_the_clock_is_set_for_the_first_time() -> None:
    async def act(desk: Desk) -> None:
        desk.book.snooze("anna", 3600.0)
        jump = timedelta(days=200)
        desk.clock.set_wall(jump.total_seconds())
        desk.book.redate(Dating(jump))
        assert desk.book.of_person("anna").snoozed_until == NOON + jump + timedelta(hours=1)
        desk.clock.advance(3599.0)
        assert desk.book.is_snoozed("anna")
        await turns()
        assert desk.rows.preferences()["anna"].snoozed_until == NOON + jump + timedelta(hours=1)

    at_desk(act)


def test_what_is_chosen_while_an_older_choice_is_written_is_written_too() -> None:
    async def act(desk: Desk) -> None:
        desk.rows.meanwhile = lambda: desk.book.choose("anna", NIGHT)
        desk.book.choose("anna", PERSONS)
        await turns()
        assert desk.rows.preferences()["anna"] == NIGHT
        assert desk.book.is_stored("anna")

    at_desk(act)
