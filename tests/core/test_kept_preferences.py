"""What a row of a hostile backup may hold as somebody's choices: whatever it is, everybody is told everything."""

import json
from datetime import UTC, datetime, time

import pytest

from doorstep.core.alert_preferences import AlertPreferences, QuietHours
from doorstep.core.preferences_json import BROKEN, preferences_of, preferences_text

GOOD = preferences_text(
    AlertPreferences(
        quiet_hours=(QuietHours(frozenset({0}), time(22), time(7)),), snoozed_until=datetime(2026, 11, 21, tzinfo=UTC)
    )
)


@pytest.mark.parametrize(
    "changed",
    [
        {"snoozed_until": "2026-11-21T12:00:00"},  # without a zone it compares with nothing
        {"quiet_hours": [{"weekdays": [0], "begins": "22:00+01:00", "ends": "07:00"}]},
        {"quiet_hours": [{"weekdays": [0], "begins": "22:00", "ends": "07:00+00:00"}]},
        {"quiet_hours": [{"weekdays": [7], "begins": "22:00", "ends": "07:00"}]},
        {"causes": ["nobody"]},
        {"cameras": 7},
        {"cameras": [["porch"]]},
        {"cameras": [7]},
    ],
)
def test_what_could_not_be_asked_later_is_not_read(changed: dict[str, object]) -> None:
    preferences_of(GOOD)
    with pytest.raises(BROKEN):
        preferences_of(json.dumps({**json.loads(GOOD), **changed}))


def test_a_text_that_is_too_deep_is_not_read() -> None:
    with pytest.raises(BROKEN):
        preferences_of("[" * 100_000)
