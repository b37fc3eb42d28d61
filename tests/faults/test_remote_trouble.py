"""The campaign against the remote detector, in short: each kind of trouble once."""

from faults.remote_detector import TROUBLES, campaign


def test_no_visit_is_lost_and_alerts_stay_quick_while_the_remote_is_in_trouble() -> None:
    result = campaign(len(TROUBLES))
    assert (result.lost, result.false_alarms, result.blind) == (0, 0, 0)
    assert result.p95 <= 2.0 * 10  # this machine may be loaded
    assert set(result.by) == {"local", "remote"}
    assert result.sent > result.visits
