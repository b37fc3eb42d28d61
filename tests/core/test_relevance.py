"""Which detections count: zones, feet and sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.detection import Box, Detection, Label
from doorstep.core.relevance import WHOLE_PICTURE, Relevance
from doorstep.core.zone import Point, Zone


def rectangle(left: float, top: float, right: float, bottom: float) -> tuple[Point, ...]:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


PORCH = Zone("porch", rectangle(0.0, 0.5, 0.5, 1.0))
GATE = Zone("gate", rectangle(0.5, 0.5, 1.0, 1.0))
ROAD = Zone("road", rectangle(0.0, 0.9, 1.0, 1.0), exclude=True)


def standing(x: float, feet: float, height: float = 0.4, label: Label = Label.PERSON) -> Detection:
    return Detection(label, 0.9, Box(max(0.0, x - 0.05), feet - height, min(1.0, x + 0.05), feet))


def test_a_detection_counts_in_the_zone_of_its_feet_not_of_its_head() -> None:
    assert Relevance((PORCH, GATE)).zone_of(standing(0.25, 0.8)) == "porch"
    assert Relevance((PORCH, GATE)).zone_of(standing(0.75, 0.8)) == "gate"
    assert Relevance((PORCH,)).zone_of(standing(0.25, 0.45)) is None


def test_without_zones_the_whole_picture_counts() -> None:
    assert Relevance().zone_of(standing(0.25, 0.45)) == WHOLE_PICTURE


def test_zones_that_only_exclude_leave_the_rest_of_the_picture() -> None:
    assert Relevance((ROAD,)).zone_of(standing(0.25, 0.8)) == WHOLE_PICTURE
    assert Relevance((ROAD,)).zone_of(standing(0.25, 0.95)) is None


@pytest.mark.parametrize("zones", [(PORCH, ROAD), (ROAD, PORCH)])
def test_what_is_excluded_counts_in_no_other_zone(zones: tuple[Zone, ...]) -> None:
    assert Relevance(zones).zone_of(standing(0.25, 0.95)) is None
    assert Relevance(zones).zone_of(standing(0.25, 0.8)) == "porch"


def test_each_label_has_its_least_height() -> None:
    rule = Relevance(least_heights=((Label.PERSON, 0.3), (Label.CAT, 0.05)))
    assert rule.zone_of(standing(0.5, 0.8, 0.29)) is None
    assert rule.zone_of(standing(0.5, 0.8, 0.31)) == WHOLE_PICTURE
    assert rule.zone_of(standing(0.5, 0.8, 0.06, Label.CAT)) == WHOLE_PICTURE
    assert rule.zone_of(standing(0.5, 0.8, 0.07, Label.DOG)) is None


def test_a_zone_may_ask_for_another_height_than_the_rest() -> None:
    near = Zone("near", PORCH.polygon, least_heights=((Label.PERSON, 0.5),))
    rule = Relevance((near, GATE), least_heights=((Label.PERSON, 0.2),))
    assert rule.zone_of(standing(0.25, 0.8, 0.4)) is None
    assert rule.zone_of(standing(0.75, 0.8, 0.4)) == "gate"


def test_who_is_too_small_for_one_zone_may_count_in_another() -> None:
    near = Zone("near", PORCH.polygon, least_heights=((Label.PERSON, 0.5),))
    assert Relevance((near, PORCH)).zone_of(standing(0.25, 0.8, 0.4)) == "porch"


def test_the_middle_of_a_zone_is_where_somebody_is_best_seen() -> None:
    assert Relevance((PORCH, GATE)).middle_of("gate") == 0.75
    assert Relevance((PORCH, GATE)).middle_of(WHOLE_PICTURE) == 0.5


def test_a_least_height_is_a_part_of_the_picture() -> None:
    with pytest.raises(ValueError, match="least height"):
        Zone("porch", PORCH.polygon, least_heights=((Label.PERSON, 1.5),))


@given(st.floats(0.05, 0.95), st.floats(0.5, 1.0), st.floats(0.01, 0.5), st.permutations([PORCH, GATE, ROAD]))
def test_to_exclude_more_never_makes_more_count(x: float, feet: float, height: float, zones: list[Zone]) -> None:
    detection = standing(x, feet, height)
    kept = Relevance(tuple(zones)).zone_of(detection)
    including = Relevance(tuple(zone for zone in zones if not zone.exclude)).zone_of(detection)
    assert kept in {including, None}
    assert (kept is None) == (including is None or detection.box.feet in ROAD)
