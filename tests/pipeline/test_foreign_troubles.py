"""Many troubles at once make one alert, but none that tells somebody of cameras that are not for him."""

from doorstep.core.alert import Alert
from doorstep.core.camera import CameraId
from doorstep.core.recipient import Recipient
from doorstep.core.standing import Standing
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.health_alerts import HealthAlerts
from fakes.clock import FakeClock

ROOMS = ("porch", "yard", "garage", "attic", "cellar")


def told(*, some_see_less: bool) -> list[Alert]:
    clock, found = FakeClock(), list[Alert]()
    health = HealthBoard(clock)
    seen = frozenset({CameraId("porch")}) if some_see_less else None
    standings = [Standing(Recipient("email", "Mail")), Standing(Recipient("push:7", "Phone", may_see=seen))]
    alerts = HealthAlerts(health, found.append, clock, "http://pi/", lambda: standings)
    for room in ROOMS:
        health.report(f"camera:{room}:black", f"The {room} is black.", "Look.")
    health.report("camera:porch:turned", "The porch was turned.", "Look.")
    health.report("disk", "The disk is full.", "Look.")
    alerts.look()
    return found


def test_who_sees_all_cameras_gets_one_alert() -> None:
    [alert] = told(some_see_less=False)
    assert alert.camera is None
    assert all(room in alert.text for room in ROOMS)


def test_no_alert_is_of_two_cameras_where_somebody_may_know_of_one_of_them() -> None:
    found = {alert.camera: alert for alert in told(some_see_less=True)}
    assert set(found) == {*map(CameraId, ROOMS), None}
    for camera, alert in found.items():
        assert [room for room in ROOMS if room in alert.text] == ([camera] if camera else [])
    assert "black" in found[CameraId("porch")].text
    assert "turned" in found[CameraId("porch")].text
