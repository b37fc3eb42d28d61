"""An alert that waits for a second try is not sent to somebody who may no longer see its camera."""

import asyncio
from datetime import timedelta

from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.event import EventId
from doorstep.core.recipient import Recipient
from doorstep.core.silence import Silence
from doorstep.core.standing import Standing
from doorstep.pipeline.alert_pictures import AlertPictures
from doorstep.pipeline.attempt import Attempts
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.lane import Lane
from fakes.clock import FakeClock
from fakes.listening_notifier import ListeningNotifier
from fakes.recording_house import FailingCatalog

PORCH, YARD = CameraId("porch"), CameraId("yard")


def tried(*, may_see: frozenset[CameraId] | None) -> tuple[Delivery, ListeningNotifier]:
    clock, phone = FakeClock(), ListeningNotifier("push:1")
    health = HealthBoard(clock)
    lane = Lane(Standing(Recipient("push:1", "Phone", "anna", may_see=may_see)), phone)
    alert = Alert(AlertId("a"), EventId("e"), PORCH, Cause.PERSON, clock.now() - timedelta(hours=1), "t", "x", "l")
    waiting = Delivery(alert, "push:1", DeliveryState.DUE, 3, clock.now())
    attempts = Attempts(EventRows(FailingCatalog(), health, clock), health, clock, AlertPictures(health))
    return asyncio.run(attempts.make(lane, waiting))(waiting), phone


def test_who_lost_a_camera_meanwhile_is_told_nothing_of_it() -> None:
    delivery, phone = tried(may_see=frozenset({YARD}))
    assert (delivery.state, delivery.outcome) == (DeliveryState.SPARED, Silence.MAY_NOT_SEE)
    assert phone.tried == []


def test_who_still_sees_it_is_told() -> None:
    for may_see in (None, frozenset({PORCH, YARD})):
        delivery, phone = tried(may_see=may_see)
        assert (delivery.state, len(phone.accepted)) == (DeliveryState.ACCEPTED, 1)
