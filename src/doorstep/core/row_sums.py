"""Are two tables the same, row by row and field by field, whatever their order?  Reading them lives elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

_BYTES = 16

Field = int | float | str | bytes | None
"""What SQLite keeps."""


@dataclass(frozen=True, slots=True)
class RowSum:
    """How many rows, and a number that any other field, row or repetition changes, and no other order does.

    It tells apart what compares equal and is not the same, such as 1, 1.0 and True.
    """

    rows: int
    total: int


def sum_of(rows: Iterable[Sequence[Field]]) -> RowSum:
    """Each row is a tuple of fields, always in the same order.  As many as there are, one at a time in memory."""
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(blake2b(repr(row).encode(), digest_size=_BYTES).digest())
    return RowSum(count, total % 2 ** (8 * _BYTES))


def differences(before: Mapping[str, RowSum], after: Mapping[str, RowSum]) -> Sequence[str]:
    """The tables whose rows are not the same afterwards, by their names; one without rows may be gone."""
    lost = (name for name, rows in before.items() if after.get(name, RowSum(0, 0)) != rows)
    return sorted(lost)
