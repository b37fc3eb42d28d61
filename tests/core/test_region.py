"""Where to look: crops around what moves, and boxes back in the picture."""

from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from doorstep.core.detection import Box, Detection, Label
from doorstep.core.region import (
    MOST_BOXES,
    WHOLE,
    RegionRule,
    RegionSettings,
    crops_around,
    in_picture,
    is_cut,
    merged,
)

WIDE = 16 / 9
PART = st.floats(0.0, 1.0)
ASPECT = st.sampled_from([WIDE, 4 / 3, 1.0, 9 / 16])
SETTINGS = st.builds(
    RegionSettings,
    margin=st.floats(0.0, 2.0),
    least_side=st.floats(0.05, 1.0),
    most_area=st.floats(0.1, 1.0),
    most_crops=st.integers(1, 4),
)


@st.composite
def boxes(draw: st.DrawFn, most: float = 1.0) -> Box:
    left, top = draw(PART), draw(PART)
    return Box(left, top, min(1.0, left + draw(st.floats(0.0, most))), min(1.0, top + draw(st.floats(0.0, most))))


def small(x: float, y: float, side: float = 0.04) -> Box:
    return Box(x, y, x + side, y + side)


def holds(crop: Box, box: Box) -> bool:
    return crop.left <= box.left and crop.top <= box.top and crop.right >= box.right and crop.bottom >= box.bottom


def person(box: Box, score: float = 0.9) -> Detection:
    return Detection(Label.PERSON, score, box)


def test_a_small_motion_far_away_is_looked_at_alone_and_larger() -> None:
    (crop,) = crops_around([small(0.5, 0.4)], WIDE, RegionSettings())
    assert crop.area < 0.25
    assert holds(crop, small(0.5, 0.4))


def test_a_large_motion_is_looked_at_in_the_whole_picture() -> None:
    assert crops_around([Box(0.3, 0.1, 0.7, 1.0)], WIDE, RegionSettings()) == (WHOLE,)


def test_neighbours_share_a_crop_and_those_far_apart_do_not() -> None:
    assert len(crops_around([small(0.5, 0.4), small(0.55, 0.4)], WIDE, RegionSettings())) == 1
    assert len(crops_around([small(0.05, 0.4), small(0.9, 0.4)], WIDE, RegionSettings())) == 2


def test_too_many_places_are_the_whole_picture() -> None:
    apart = [small(0.05, 0.05), small(0.9, 0.05), small(0.05, 0.9)]
    assert crops_around(apart, WIDE, RegionSettings(least_side=0.2, most_crops=2)) == (WHOLE,)
    assert len(crops_around(apart, WIDE, RegionSettings(least_side=0.2, most_crops=3))) == 3
    assert crops_around([small(0.5, 0.5)] * (MOST_BOXES + 1), WIDE, RegionSettings()) == (WHOLE,)


@given(st.lists(boxes(0.3), min_size=1, max_size=6), ASPECT, SETTINGS)
def test_every_box_lies_in_a_crop_and_crops_never_share_area(
    found: list[Box], aspect: float, settings: RegionSettings
) -> None:
    crops = crops_around(found, aspect, settings)
    assert all(any(holds(crop, box) for crop in crops) for box in found)
    assert all(one.overlap(other) == 0.0 for one, other in combinations(crops, 2))
    assert crops == (WHOLE,) or len(crops) <= settings.most_crops
    if crops != (WHOLE,):
        assert all(crop.area <= settings.most_area for crop in crops)


@given(boxes(0.3), ASPECT, SETTINGS)
def test_a_crop_is_square_and_large_enough_where_the_picture_allows(
    box: Box, aspect: float, settings: RegionSettings
) -> None:
    (crop,) = crops_around([box], aspect, settings)
    width = crop.right - crop.left
    assert min(width, crop.height) >= settings.least_side - 1e-9
    if width < 1.0 - 1e-9 and crop.height < 1.0 - 1e-9:
        assert width * aspect == pytest.approx(crop.height)
    inner = Box(max(0.3, box.left), max(0.3, box.top), max(0.3, box.right), max(0.3, box.bottom))
    assume(holds(crop, inner))
    margin = settings.margin * (box.right - box.left)
    assert crop.left <= max(0.0, box.left - margin) + 1e-9 or crop.right == pytest.approx(1.0)
    assert crop.right >= min(1.0, box.right + margin) - 1e-9 or crop.left == pytest.approx(0.0)


@given(boxes(), boxes())
def test_what_is_found_in_a_crop_lies_in_its_part_of_the_picture(crop: Box, found: Box) -> None:
    box = in_picture(person(found), crop).box
    assert box.left == pytest.approx(crop.left + found.left * (crop.right - crop.left))
    assert box.bottom == pytest.approx(crop.top + found.bottom * crop.height)
    assert crop.left - 1e-9 <= box.left <= box.right <= crop.right + 1e-9
    assert crop.top - 1e-9 <= box.top <= box.bottom <= crop.bottom + 1e-9


@given(boxes())
def test_what_is_found_in_the_whole_picture_stays_where_it_is(found: Box) -> None:
    assert in_picture(person(found), WHOLE) == person(found)


@pytest.mark.parametrize(
    ("found", "cut"),
    [
        (Box(0.0, 0.3, 0.4, 0.8), True),
        (Box(0.3, 0.01, 0.7, 0.8), True),
        (Box(0.6, 0.3, 1.0, 0.8), True),
        (Box(0.3, 0.3, 0.7, 1.0), False),  # the crop ends there because the picture does
        (Box(0.3, 0.3, 0.7, 0.8), False),
    ],
)
def test_a_crop_cuts_who_stands_at_an_edge_that_is_not_the_pictures(found: Box, cut: bool) -> None:
    assert is_cut(found, Box(0.2, 0.5, 0.6, 1.0)) is cut
    assert not is_cut(found, WHOLE)


def test_a_person_that_a_crop_cut_is_the_same_person() -> None:
    whole, cut = person(Box(0.4, 0.2, 0.6, 0.9), 0.9), person(Box(0.4, 0.2, 0.6, 0.5), 0.6)
    assert merged([cut, whole]) == (whole,)


def test_two_who_stand_side_by_side_are_two_and_so_are_a_man_and_his_dog() -> None:
    one, other = person(Box(0.4, 0.2, 0.5, 0.9), 0.8), person(Box(0.48, 0.2, 0.6, 0.9), 0.9)
    assert merged([one, other]) == (other, one)
    dog = Detection(Label.DOG, 0.5, Box(0.4, 0.5, 0.5, 0.9))
    assert merged([one, dog]) == (one, dog)


# ----------------------------------------------------------------------------------------------- from look to look


def test_the_first_look_and_one_each_second_are_at_the_whole_picture() -> None:
    rule = RegionRule(RegionSettings(whole_every=1.0))
    looks = [rule.where(quarter / 4, [small(0.5, 0.4)], (), WIDE) == (WHOLE,) for quarter in range(9)]
    assert looks == [True, False, False, False] * 2 + [True]


def test_nothing_that_moves_is_looked_for_in_the_whole_picture() -> None:
    rule = RegionRule(RegionSettings())
    rule.where(0.0, [], [], WIDE)
    assert rule.where(0.25, [], [small(0.5, 0.4)], WIDE) == (WHOLE,)


def test_another_connection_begins_with_the_whole_picture() -> None:
    rule = RegionRule(RegionSettings())
    rule.where(100.0, [small(0.5, 0.4)], (), WIDE)
    assert rule.where(99.5, [small(0.5, 0.4)], (), WIDE) == (WHOLE,)


def test_who_stands_still_while_leaves_move_elsewhere_stays_in_sight() -> None:
    rule = RegionRule(RegionSettings())
    rule.where(0.0, [], (), WIDE)
    visitor = Box(0.05, 0.3, 0.1, 0.5)
    crops = rule.where(0.25, [small(0.9, 0.2)], [visitor], WIDE)
    assert any(holds(crop, visitor) for crop in crops)


@pytest.mark.parametrize("wrong", [{"margin": -0.1}, {"least_side": 0.0}, {"least_side": 1.1}, {"most_area": 2.0}])
def test_settings_that_make_no_crop_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="crops need"):
        RegionSettings(**wrong)  # type: ignore[arg-type]  # a test of numbers that are none
