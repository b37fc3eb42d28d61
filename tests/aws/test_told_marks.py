"""Marks of what was told, in a real bucket: who may tell a clip, and whether it may have been told before."""

from datetime import UTC, datetime, timedelta

import pytest

from doorstep.aws.told_marks import CLAIM_HOLDS, ToldMarks
from doorstep.core.errors import StoreUnavailable
from fakes.radosgw import missing, radosgw

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
CLIP = "doorstep/porch/2026/11/21/20261121_140203.mp4"


@pytest.fixture(name="bucket")
def _bucket() -> str:
    return radosgw().bucket()


def marks(bucket: str, caller: str) -> ToldMarks:
    return ToldMarks(radosgw().client(), bucket, "doorstep", caller)


def test_one_alone_tells_and_nobody_after_it_was_told(bucket: str) -> None:
    first, second = marks(bucket, "a"), marks(bucket, "b")
    claim = first.claim(CLIP, NOW)
    assert claim is not None
    assert not claim.in_doubt
    with pytest.raises(StoreUnavailable, match="Another run"):
        second.claim(CLIP, NOW)
    first.sent(claim, NOW)
    assert second.claim(CLIP, NOW) is None


def test_what_failed_for_certain_is_told_without_a_doubt(bucket: str) -> None:
    first = marks(bucket, "a")
    claim = first.claim(CLIP, NOW)
    assert claim is not None
    first.failed(claim, NOW, "refused")
    again = marks(bucket, "b").claim(CLIP, NOW)
    assert again is not None
    assert not again.in_doubt


def test_a_doubt_stays_until_it_is_told_also_over_a_try_that_failed_for_certain(bucket: str) -> None:
    """The first died and may have told it; the second was refused; the third says that it may be the second mail."""
    assert marks(bucket, "a").claim(CLIP, NOW) is not None
    later = NOW + CLAIM_HOLDS + timedelta(seconds=1)
    second = marks(bucket, "b")
    claim = second.claim(CLIP, later)
    assert claim is not None
    assert claim.in_doubt
    second.failed(claim, later, "refused")
    third = marks(bucket, "c").claim(CLIP, later)
    assert third is not None
    assert third.in_doubt
