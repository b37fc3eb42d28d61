"""Two tables are the same if their sums are: whatever field, row or repetition differs, and in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.row_sums import Field, RowSum, differences, sum_of

FIELDS: st.SearchStrategy[Field] = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(), st.binary()
)
ROWS = st.lists(st.tuples(FIELDS, FIELDS), max_size=12)


@given(ROWS, st.randoms(use_true_random=False))
def test_their_order_makes_no_difference(rows: list[tuple[Field, Field]], chance: object) -> None:
    shuffled = sorted(rows, key=lambda _: chance.random())  # type: ignore[attr-defined]
    assert sum_of(shuffled) == sum_of(rows)


@given(ROWS, st.data())
def test_any_other_field_makes_one(rows: list[tuple[Field, Field]], data: st.DataObject) -> None:
    rows = [*rows, data.draw(st.tuples(FIELDS, FIELDS))]
    place, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, 1))
    other = data.draw(FIELDS.filter(lambda field: repr(field) != repr(rows[place][column])))
    changed = list(rows)
    changed[place] = (other, rows[place][1]) if column == 0 else (rows[place][0], other)
    assert sum_of(changed) != sum_of(rows)


@given(ROWS, st.data())
def test_a_row_more_or_less_makes_one(rows: list[tuple[Field, Field]], data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(rows)) if rows else (None, None)
    assert sum_of([*rows, row]) != sum_of(rows)


def test_what_only_compares_equal_is_told_apart() -> None:
    alike: list[Field] = [1, 1.0, "1", b"1", None, "", b"", -1, -2]
    assert len({sum_of([(field,)]).total for field in alike}) == len(alike)


def test_tables_that_lost_something_are_named() -> None:
    before = {"events": RowSum(2, 7), "gaps": RowSum(0, 0), "audit": RowSum(1, 3), "grants": RowSum(1, 9)}
    after = {"events": RowSum(2, 7), "audit": RowSum(1, 4), "new": RowSum(5, 5)}
    assert differences(before, after) == ["audit", "grants"]
