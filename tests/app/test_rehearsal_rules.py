"""What the lane of a test of the doorstep is made with, whatever the owner has chosen."""

from hypothesis import given
from hypothesis import strategies as st

from doorstep.app.rehearsals import MOST_PIXELS, picture_size, short_events
from doorstep.core.cause import Cause
from doorstep.core.settings import EventSettings
from doorstep.sources.rehearsal import EMPTY_SECONDS


@given(
    pre_roll=st.floats(0, 600),
    close_after=st.floats(0.1, 600),
    part=st.floats(0, 1),
    causes=st.frozensets(st.sampled_from(Cause)),
)
def test_a_test_is_short_recorded_and_told_whatever_the_owner_wants_of_real_visits(
    pre_roll: float, close_after: float, part: float, causes: frozenset[Cause]
) -> None:
    wanted = EventSettings(
        pre_roll=pre_roll,
        close_after=close_after,
        post_roll=close_after * part,
        record_cooldown=3600.0,
        record_on=causes,
        alert_on=causes,
        loitering_after=20.0,
    )
    events = short_events(wanted)
    assert events.post_roll <= events.close_after <= close_after
    assert events.pre_roll < EMPTY_SECONDS
    assert events.record_on == events.alert_on == {Cause.PERSON}
    assert events.record_cooldown == 0.0
    assert events.loitering_after is None


@given(st.integers(16, 8192), st.integers(16, 8192))
def test_the_picture_has_the_camera_s_size_as_far_as_that_is_affordable(width: int, height: int) -> None:
    wide, high = picture_size(width, height)
    assert wide % 2 == high % 2 == 0
    assert wide * high <= MOST_PIXELS
    if width * height <= MOST_PIXELS:
        assert 0 <= width - wide <= 1
        assert 0 <= height - high <= 1


def test_usual_cameras_keep_their_size_and_the_largest_are_halved() -> None:
    assert picture_size(1920, 1080) == (1920, 1080)
    assert picture_size(2560, 1440) == (1280, 720)
    assert picture_size(3840, 2160) == (1920, 1080)
