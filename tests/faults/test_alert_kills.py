"""The short form of `alert_kills`."""

import signal
from pathlib import Path

import pytest

from faults.alert_kills import campaign


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_no_alert_is_lost_or_told_twice_where_the_process_is_ended(tmp_path: Path, by: signal.Signals) -> None:
    outcome = campaign(tmp_path, kills=4, seed=3, by=by)
    assert outcome.alerts > 0
    assert outcome.lost == []
    assert outcome.twice == []
