"""What belongs together, what is a thing, and how few boxes hold all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.detection import Box
from doorstep.core.motion_cluster import Cell, Cluster, clusters, few

PLACES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), unique=True, max_size=60)


def found(*places: tuple[int, int]) -> set[frozenset[tuple[int, int]]]:
    return {
        frozenset((cell.row, cell.column) for cell in cluster.cells)
        for cluster in clusters([Cell(row, column, 1, 1) for row, column in places])
    }


def test_cells_that_touch_belong_together_also_at_a_corner() -> None:
    assert found((0, 0), (1, 1), (1, 2), (5, 5)) == {frozenset({(0, 0), (1, 1), (1, 2)}), frozenset({(5, 5)})}


def test_the_end_of_a_row_does_not_touch_the_beginning_of_the_next() -> None:
    assert len(found((0, 3), (1, 0), (1, 1))) == 2


def test_nothing_that_moved_is_no_cluster() -> None:
    assert clusters([]) == ()


@given(PLACES)
def test_every_cell_is_in_one_cluster_and_clusters_do_not_touch(places: list[tuple[int, int]]) -> None:
    groups = found(*places)
    assert sorted(place for group in groups for place in group) == sorted(places)
    of = {place: group for group in groups for place in group}
    for row, column in places:
        around = [(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
        assert all(of[place] is of[row, column] for place in around if place in of)


@pytest.mark.parametrize(
    ("moved", "sharp", "thing"), [(9, 3, True), (9, 2, False), (100, 10, True), (100, 9, False), (1, 1, False)]
)
def test_a_thing_has_an_outline_and_is_not_too_small(moved: int, sharp: int, thing: bool) -> None:
    assert Cluster((Cell(0, 0, moved - 1, sharp), Cell(0, 1, 1, 0))).is_thing(2.0) == thing


CORNERS = st.tuples(*[st.integers(0, 20)] * 4)


@given(st.lists(CORNERS, max_size=40), st.integers(1, 16))
def test_few_boxes_hold_all_the_others_largest_first(corners: list[tuple[int, int, int, int]], most: int) -> None:
    boxes = [Box(min(a, c) / 20, min(b, d) / 20, max(a, c) / 20, max(b, d) / 20) for a, b, c, d in corners]
    kept = few(boxes, most)
    assert len(kept) == min(len(boxes), most)
    assert [box.area for box in kept] == sorted((box.area for box in kept), reverse=True)
    assert all(
        any(k.left <= b.left and k.top <= b.top and k.right >= b.right and k.bottom >= b.bottom for k in kept)
        for b in boxes
    )
