"""What a phone is sent: whole, small and plain, whatever the words."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.delivery import Delivery, DeliveryState, delivery_id
from doorstep.core.event import EventId
from doorstep.core.push_payload import KEPT_FOR, MOST_BYTES, push_payload, push_topic, push_ttl, push_urgency

AT = datetime(2026, 11, 21, 14, 2, 3, 250_000, tzinfo=timezone(timedelta(hours=1)))
WORDS = st.text(alphabet=st.characters(), max_size=12_000)  # lone surrogates and control characters, too


def alert(
    title: str = "Person at Front door",
    text: str = "Seen.",
    link: str = "https://door.example.org/alerts/e1",
    alert_id: str = "a1",
    cause: Cause | None = Cause.PERSON,
) -> Alert:
    return Alert(AlertId(alert_id), EventId("e1"), CameraId("front"), cause, AT, title, text, link)


@given(title=WORDS, text=WORDS, alert_id=WORDS, link=WORDS, picture=st.none() | WORDS)
def test_it_is_json_of_at_most_three_kilobytes(
    title: str, text: str, alert_id: str, link: str, picture: str | None
) -> None:
    delivery = Delivery(alert(title, text, link, alert_id), "push:1", DeliveryState.DUE, 0, AT)
    body = push_payload(delivery.alert, delivery_id(AlertId(alert_id), "push:1"), picture)
    assert len(body) <= MOST_BYTES
    found = json.loads(body)
    assert found["cause"] == "person"
    assert found["id"] == delivery.id.encode("utf-8", "replace").decode(), "or its acknowledgement finds nothing"
    assert found["link"].startswith("/")
    assert not found["link"].startswith("//")
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", push_topic(alert(alert_id=alert_id)))


@pytest.mark.parametrize("letter", ["a", "ä", "😀", "\x00", '"', "\ud800"])
@pytest.mark.parametrize("length", [400, 1500, 10_000])
def test_ten_thousand_letters_of_any_size_fit(letter: str, length: int) -> None:
    words = letter * length
    for made in (alert(text=words), alert(title=words, text=words), alert(words, words, f"/{words}", words)):
        body = push_payload(made, delivery_id(made.id, "push:1"), f"/{words}")
        assert len(body) <= MOST_BYTES
        assert json.loads(body)["cause"] == "person"
        assert json.loads(body)["id"] == delivery_id(made.id, "push:1"), "or its acknowledgement finds nothing"


def test_nothing_is_changed_where_it_fits() -> None:
    found = json.loads(push_payload(alert(), "a1:push:1", "/p.jpg"))
    assert found["title"] == "Person at Front door"
    assert found["at"] == "2026-11-21T13:02:03.250Z"
    assert found["link"] == "/alerts/e1"
    assert found["picture"] == "/p.jpg"


def test_long_words_end_with_an_ellipsis_and_the_picture_stays() -> None:
    found = json.loads(push_payload(alert(text="Wörter " * 1000), "a1:push:1", "/p.jpg"))
    assert found["text"].endswith("…")
    assert len(found["text"]) > 500
    assert found["picture"] == "/p.jpg"


@pytest.mark.parametrize(
    ("cause", "urgency"), [(Cause.PRESS, "high"), (Cause.PERSON, "high"), (Cause.MOTION, "normal"), (None, "normal")]
)
def test_only_who_stands_at_the_door_wakes_a_phone(cause: Cause | None, urgency: str) -> None:
    assert push_urgency(alert(cause=cause)) == urgency


@given(st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400)))
def test_it_is_kept_for_what_is_left_of_a_day_whatever_the_clock(since: timedelta) -> None:
    ttl = push_ttl(alert(), AT.astimezone(UTC) + since)
    assert 60 <= ttl <= KEPT_FOR.total_seconds()


def test_topics_tell_alerts_apart() -> None:
    assert push_topic(alert(alert_id="a1")) == push_topic(alert(alert_id="a1", title="Other words"))
    assert push_topic(alert(alert_id="a1")) != push_topic(alert(alert_id="a2"))
