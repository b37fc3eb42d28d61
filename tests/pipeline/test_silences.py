"""Who is not told of an alert, and why: what each wants, when it is quiet there, and what he was told before."""

from dataclasses import replace
from datetime import time

from doorstep.core.alert_preferences import EVERYTHING, AlertPreferences, QuietHours
from doorstep.core.cause import Cause
from doorstep.core.recipient import Recipient, Turn
from doorstep.core.silence import Silence
from doorstep.pipeline.preferences import HOUSE
from doorstep.pipeline.silences import MOST_SPACINGS
from fakes.preference_desk import GARDEN, MAIL, PERSONS, PHONE, Desk, at_desk


def test_channels_of_nobody_follow_the_house_and_its_snooze_holds_for_all() -> None:
    async def act(desk: Desk) -> None:
        desk.book.choose(HOUSE, PERSONS)
        assert desk.book.of(MAIL) == desk.book.house == PERSONS
        assert desk.book.of(PHONE) == EVERYTHING
        desk.book.snooze(HOUSE, 60.0)
        assert desk.silences.of(MAIL, desk.alert()) is Silence.HOUSE_SNOOZED
        assert desk.silences.of(PHONE, desk.alert()) is Silence.HOUSE_SNOOZED
        assert desk.silences.of(PHONE, desk.alert(Cause.PRESS)) is None
        desk.book.snooze(HOUSE, 0.0)
        assert desk.silences.of(PHONE, desk.alert()) is None

    at_desk(act)


def test_what_one_of_them_hears_silences_nobody_who_did_not() -> None:
    """Motion that Anna wants, and a camera that is not for Bob, begin no cooldown of Bob's."""

    async def act(desk: Desk) -> None:
        desk.book.choose("anna", AlertPreferences(causes=frozenset(Cause)))
        bob = Recipient("push:3", "Bob's phone", "bob", may_see=frozenset({GARDEN}))
        assert desk.silences.of(PHONE, desk.alert(Cause.MOTION, GARDEN)) is None
        assert desk.silences.of(bob, desk.alert(Cause.MOTION, GARDEN)) is Silence.CAUSE
        assert desk.silences.of(PHONE, desk.alert(Cause.PERSON, GARDEN)) is Silence.COOLDOWN
        assert desk.silences.of(bob, desk.alert(Cause.PERSON, GARDEN)) is None
        desk.clock.advance(200.0)
        assert desk.silences.of(PHONE, desk.alert()) is None
        assert desk.silences.of(bob, desk.alert()) is Silence.MAY_NOT_SEE
        assert desk.silences.of(PHONE, desk.alert(camera=GARDEN)) is Silence.SAME_VISIT
        assert desk.silences.of(bob, desk.alert(camera=GARDEN)) is None

    at_desk(act)


def test_words_are_held_for_who_is_told_first_and_not_for_who_stands_in() -> None:
    async def act(desk: Desk) -> None:
        desk.book.snooze(HOUSE, 60.0)
        for recipient in (PHONE, replace(MAIL, turn=Turn.UNDELIVERED)):
            assert desk.silences.of(recipient, desk.alert(None)) is Silence.HOUSE_SNOOZED
        assert list(desk.silences.held()) == [PHONE.channel]

    at_desk(act)


def test_words_about_doorstep_itself_have_no_cooldown() -> None:
    async def act(desk: Desk) -> None:
        assert desk.silences.of(PHONE, desk.alert(None)) is None
        assert desk.silences.of(PHONE, desk.alert(None)) is None
        assert desk.silences.of(PHONE, desk.alert()) is None

    at_desk(act)


def test_devices_that_come_and_go_fill_no_memory() -> None:
    async def act(desk: Desk) -> None:
        for number in range(2 * MOST_SPACINGS):
            desk.silences.of(replace(PHONE, channel=f"push:{number}"), desk.alert())
        assert len(desk.silences._spacings) == MOST_SPACINGS

    at_desk(act)


def test_a_clock_that_jumps_across_quiet_hours_is_believed_as_soon_as_it_is_right() -> None:
    evening = AlertPreferences(quiet_hours=(QuietHours(frozenset(range(7)), time(22), time(7)),))

    async def act(desk: Desk) -> None:
        desk.book.choose("anna", evening)
        heard = []
        for jump in (0.0, 11 * 3600.0, -11 * 3600.0, 11 * 3600.0, 9 * 3600.0):
            desk.clock.set_wall(jump)
            heard.append(desk.silences.of(PHONE, desk.alert()))
            assert desk.silences.of(PHONE, desk.alert(Cause.PRESS)) is None
        quiet = Silence.QUIET_HOURS
        assert heard == [None, quiet, Silence.COOLDOWN, quiet, None]

    at_desk(act)
