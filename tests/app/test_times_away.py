"""A camera whose buffer is gone: since when nothing was kept stands in the catalog, and the first second tells it."""

from datetime import datetime, timedelta

from doorstep.app.times_away import TimesAway
from doorstep.core.cause import Cause
from doorstep.core.clock_state import Dating
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.gap import Gap
from doorstep.core.recorded_span import RecordedSpan, minute_key
from fakes.always_house import AlwaysHouse
from fakes.footage import CAMERA, seconds
from fakes.instant_loop import LoopClock, run, while_running

START = LoopClock().now()
WHY = "Doorstep was not running"


def began_again(*, kept_until: datetime | None, connects_after: float = 2.0, corrected: float = 0.0) -> list[Gap]:
    """The gaps of a camera that films again, after a minute file that ends then; the clock was wrong by `corrected`."""
    clock = LoopClock()

    async def main() -> list[Gap]:
        house = AlwaysHouse(clock)
        away = TimesAway(house.catalog, house.rows, clock)
        if kept_until is not None:
            begun = kept_until - seconds(60)
            key = minute_key(CAMERA, begun, house.store.exists)
            house.catalog.save_span(RecordedSpan(key, CAMERA, begun, kept_until, 1))
        await away.expect(house.camera, WHY)
        return await while_running(house.recorder.run, house.rows.run, act=lambda: filmed(house, away))

    async def filmed(house: AlwaysHouse, away: TimesAway) -> list[Gap]:
        clock.advance(connects_after)
        house.connect()
        await house.film(20)
        if corrected:
            away.redate(Dating(seconds(corrected)))
        await house.recorder.drained()
        await house.rows.settled()
        assert house.minutes(), "it is recorded as ever"
        return list(house.catalog.gaps(CAMERA, START - timedelta(days=9), START + timedelta(days=9)))

    return run(clock, main)


def test_the_first_second_tells_what_was_missed_since_the_last_minute() -> None:
    (gap,) = began_again(kept_until=START - seconds(3600))
    assert (gap.starts_at, gap.reason) == (START - seconds(3600), WHY)
    assert timedelta() <= gap.ends_at - (START + seconds(2)) < seconds(0.1)


def test_a_camera_that_does_not_come_has_a_reason_of_its_own() -> None:
    (gap,) = began_again(kept_until=START - seconds(3600), connects_after=900)
    assert gap.ends_at == START


def test_a_camera_that_was_never_recorded_missed_nothing() -> None:
    assert began_again(kept_until=None) == []


def test_what_a_clock_left_out_that_was_set_later_is_told_as_well() -> None:
    """The row of the gap moves with the guess; what its beginning leaves behind by that is a gap too."""
    kept_until = START - seconds(1)
    told = began_again(kept_until=kept_until, corrected=8 * 3600.0)
    assert [gap.starts_at for gap in told] == [kept_until] * 2  # until the catalog dates the first of them anew
    assert max(gap.ends_at for gap in told) == kept_until + timedelta(hours=8)


def test_of_an_event_nobody_knows_until_when_the_camera_was_watched() -> None:
    clock = LoopClock()

    async def main() -> None:
        house = AlwaysHouse(clock)
        at = START - timedelta(days=3)
        visit = Event(EventId("old"), CAMERA, at, at, at, (Cause.PERSON,), recording=Recording("a.mp4", at, at, 1))
        house.catalog.save_event(visit)
        await TimesAway(house.catalog, house.rows, clock).expect(house.camera, WHY)
        assert house.camera.on_segment == house.recorder.segment_added

    run(clock, main)
