"""What is remembered of alerts is bounded, and tests, which anybody may ask for, push no real one out."""

from datetime import UTC, datetime

from doorstep.core.alert import Alert, AlertId
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.pipeline.told_alerts import MOST_ALERTS, MOST_TESTS, ToldAlerts

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def told(many: ToldAlerts, name: str, *, is_test: bool) -> Delivery:
    alert = Alert(AlertId(name), None, None, None, NOON, "t", "x", "l", is_test=is_test)
    many.begin(alert)
    delivery = Delivery(alert, "mail", DeliveryState.DUE, 0, NOON)
    many.keep(delivery)
    return delivery


def test_a_flood_of_tests_pushes_no_alert_out() -> None:
    many = ToldAlerts()
    real = told(many, "real", is_test=False)
    tests = [told(many, f"test-{number}", is_test=True) for number in range(5 * MOST_ALERTS)]
    assert many.delivery(real.id) == real
    assert [one for one in tests if many.delivery(one.id)] == tests[-MOST_TESTS:]


def test_a_test_is_remembered_however_much_happens() -> None:
    many = ToldAlerts()
    real = [told(many, str(number), is_test=False) for number in range(2 * MOST_ALERTS)]
    test = told(many, "test", is_test=True)
    assert many.delivery(test.id) == test
    assert [one for one in real if many.delivery(one.id)] == real[-MOST_ALERTS:]
