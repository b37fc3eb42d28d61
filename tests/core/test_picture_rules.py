"""When is a picture not worth looking at?  Nights, fog and static scenes are no faults, dead cameras are."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.picture_rules import (
    RULES,
    PictureFault,
    PictureJudge,
    PictureMeasure,
    likeness,
    picture_words,
)

EVERY = 2.0


def view(seed: int) -> tuple[float, ...]:
    dice = random.Random(seed)
    return tuple(dice.gauss(0, 1) for _ in range(200))


def as_ever(at: float = 0.0) -> PictureMeasure:
    return PictureMeasure(at, brightest=220.0, contrast=50.0, detail=0.2, changed=0.3, view=view(1))


class Camera:
    """A judge and the time; it has learnt what the camera shows."""

    def __init__(self, *, learnt: bool = True) -> None:
        self.judge, self.at = PictureJudge(), 0.0
        if learnt:
            assert self.shows(as_ever(), RULES.learn + 10) == set()

    def shows(self, measure: PictureMeasure, seconds: float) -> set[PictureFault]:
        for _ in range(int(seconds / EVERY)):
            self.at += EVERY
            self.judge.observe(replace(measure, at=self.at))
        return set(self.judge.faults)


def changed(**fields: float | tuple[float, ...]) -> PictureMeasure:
    return replace(as_ever(), **fields)  # type: ignore[arg-type]


BLACK = changed(brightest=18.0, contrast=0.4, detail=0.0, changed=0.0, view=(0.0,) * 200)
COVERED = changed(contrast=1.5, detail=0.01, view=view(9))
FROZEN = changed(changed=0.0)
BLURRED = changed(detail=0.04)
TURNED = changed(view=view(2))
LASTS = {
    PictureFault.BLACK: (BLACK, RULES.black),
    PictureFault.COVERED: (COVERED, RULES.covered),
    PictureFault.FROZEN: (FROZEN, RULES.frozen),
    PictureFault.BLURRED: (BLURRED, RULES.blurred),
    PictureFault.TURNED: (TURNED, RULES.turned),
}


def test_each_fault_is_found_alone_once_it_lasts_and_ends_with_it() -> None:
    for fault, (measure, lasts) in LASTS.items():
        camera = Camera()
        assert camera.shows(measure, lasts - 2 * EVERY) == set(), fault
        assert camera.shows(measure, 6 * EVERY) == {fault}
        assert camera.shows(as_ever(), 2 * EVERY) <= {fault}
        assert camera.shows(as_ever(), RULES.over + EVERY) == set(), fault


def test_what_the_camera_shows_must_be_known_before_it_can_be_blurred_or_turned() -> None:
    for measure in (BLURRED, TURNED):
        camera = Camera(learnt=False)
        camera.shows(as_ever(), 60)
        assert camera.shows(measure, RULES.turned * 2) == set()


def test_a_picture_of_night_with_a_lamp_is_not_black() -> None:
    assert Camera().shows(changed(brightest=90.0, contrast=5.5), 3600) == set()


def test_dusk_dims_everything_and_blurs_nothing() -> None:
    camera = Camera()
    for level in range(220, 60, -1):
        assert camera.shows(changed(brightest=float(level), contrast=level / 4.5), 60) == set()


def test_an_encoder_that_repeats_a_picture_between_key_frames_is_alive() -> None:
    camera = Camera()
    for _ in range(30):
        assert camera.shows(FROZEN, 16) == set()
        assert camera.shows(as_ever(), EVERY) == set()


def test_black_is_not_called_frozen_nor_turned() -> None:
    assert Camera().shows(BLACK, 3600) == {PictureFault.BLACK}


def test_somebody_before_the_lens_for_a_moment_turns_nothing() -> None:
    camera = Camera()
    for _ in range(10):
        assert camera.shows(TURNED, 30) == set()
        assert camera.shows(as_ever(), 30) == set()


def test_a_camera_that_sways_in_no_direction_for_long_is_not_turned() -> None:
    camera = Camera()
    for seed in range(100, 300):
        assert camera.shows(changed(view=view(seed)), EVERY) == set()


def test_a_view_that_stays_is_the_cameras_from_then_on_and_the_old_one_too() -> None:
    camera = Camera()
    assert camera.shows(TURNED, RULES.turned + 10) == {PictureFault.TURNED}
    assert camera.shows(TURNED, RULES.accept + 10) == set()
    assert camera.shows(as_ever(), RULES.turned * 2) == set()


def test_a_dull_picture_that_stays_is_accepted() -> None:
    camera = Camera()
    assert camera.shows(BLURRED, RULES.blurred + 10) == {PictureFault.BLURRED}
    assert camera.shows(BLURRED, RULES.accept + 10) == set()


def test_an_hour_without_a_picture_begins_nothing() -> None:
    camera = Camera()
    camera.shows(FROZEN, RULES.frozen - 10)
    camera.at += 3600
    assert camera.shows(FROZEN, 20) == set()


def test_likeness_is_a_correlation() -> None:
    assert likeness(view(1), view(1)) > 0.999
    assert abs(likeness(view(1), view(2))) < 0.3
    assert likeness(view(1), (0.0,) * 200) == 0.0
    assert likeness(view(1), (1.0,)) == 0.0


def test_every_fault_has_words() -> None:
    for fault in PictureFault:
        what, remedy = picture_words(fault, "Front door")
        assert what.startswith("Front door ")
        assert what.endswith(".")
        assert remedy.endswith(".")


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 12)), max_size=40))
def test_no_fault_holds_that_did_not_last(spells: list[tuple[int, int]]) -> None:
    """No spell is as long as the shortest rule asks, and the next is another's."""
    camera, kinds, kind = Camera(), [as_ever(), BLACK, COVERED, FROZEN, BLURRED, TURNED], 0
    for step, count in spells:
        kind = (kind + step) % len(kinds)
        assert camera.shows(kinds[kind], count * EVERY) == set()
