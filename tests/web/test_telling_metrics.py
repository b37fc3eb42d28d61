"""Alerts, doorbell and channels in the metrics; the dashboard and the page that tell of them know the same names."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from doorstep.core.access import Scope
from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraCounts
from doorstep.core.cause import Cause
from doorstep.core.delivery import Delivery, DeliveryState, after_acknowledged, after_success
from doorstep.core.house_counts import ChimeCounts, HouseCounts
from doorstep.core.recipient import Recipient
from doorstep.core.standing import Standing
from doorstep.web.asgi import create_app
from doorstep.web.parts import TellingParts
from fakes.house import FRONT, GARDEN, House

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"\b(?:doorstep|process)_[a-z0-9_]+\b")


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        busy(made)
        yield made


def busy(house: House) -> None:
    """Something of everything happened."""
    now = house.clock.now()
    alert = Alert(AlertId("a1"), None, FRONT, Cause.PRESS, now - timedelta(seconds=40), "t", "x", "l")
    counts = HouseCounts(
        presses={FRONT: 3},
        chimes={"sound": ChimeCounts(rung=2, silent=1)},
        mqtt_connected=True,
        push_devices=2,
    )
    waiting = Delivery(alert, "push:0123456789ab", DeliveryState.DUE, 0, now)
    taken = replace(waiting, channel="apprise:phone")
    for one in (waiting, taken):
        counts.telling.note(one)
    counts.telling.note(after_acknowledged(after_success(taken, now), now, opened=True))
    house.parts = replace(house.parts, counts=lambda: counts, written_a_day=lambda: 1.0)
    house.cameras.all[0] = replace(
        house.cameras.all[0], counts=CameraCounts(last_packet_seconds=1.0, buffer_seconds=2.0, buffer_bytes=3)
    )
    house.app = create_app(house.parts)


def samples(house: House, headers: dict[str, str] | None = None) -> dict[tuple[str, tuple[str, ...]], float]:
    answer = house.get("/metrics", headers)
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_what_became_of_alerts_is_told_by_channel(house: House) -> None:
    found = samples(house)
    assert found["doorstep_alerts_accepted_total", ("apprise:phone",)] == 1
    assert found["doorstep_alerts_accepted_total", ("push",)] == 0
    assert found["doorstep_alerts_failed_total", ("apprise:phone",)] == 0
    assert found["doorstep_alerts_acknowledged_total", ("apprise:phone",)] == 1
    assert found["doorstep_alerts_opened_total", ("apprise:phone",)] == 1
    assert found["doorstep_alert_seconds_bucket", ("apprise:phone", "30.0")] == 0
    assert found["doorstep_alert_seconds_bucket", ("apprise:phone", "60.0")] == 1
    assert found["doorstep_alert_seconds_count", ("apprise:phone",)] == 1
    assert found["doorstep_alert_shown_seconds_sum", ("apprise:phone",)] == 40
    assert found["doorstep_outbox_waiting", ("push",)] == 1
    assert found["doorstep_outbox_waiting", ("apprise:phone",)] == 0
    assert found["doorstep_outbox_oldest_seconds", ()] >= 40


def test_a_channel_has_its_numbers_before_its_first_alert(house: House) -> None:
    channels = ("mqtt", "push:0123456789ab", "email")
    standings = [Standing(Recipient(channel, "name")) for channel in channels]
    house.parts = replace(house.parts, telling=TellingParts(standings=lambda: standings), counts=HouseCounts)
    house.app = create_app(house.parts)
    found = samples(house)
    for channel in ("mqtt", "push", "email"):
        for name in ("alerts_accepted_total", "alert_seconds_count", "outbox_waiting"):
            assert found[f"doorstep_{name}", (channel,)] == 0


def test_doorbell_broker_and_phones_are_told(house: House) -> None:
    found = samples(house)
    assert found["doorstep_presses_total", (FRONT,)] == 3
    assert found["doorstep_presses_total", (GARDEN,)] == 0
    assert found["doorstep_chimes_total", ("sound", "yes")] == 2
    assert found["doorstep_chimes_total", ("sound", "no")] == 1
    assert found["doorstep_mqtt_connected", ()] == 1
    assert found["doorstep_push_devices", ()] == 2


def test_presses_are_told_to_who_may_see_the_camera(house: House) -> None:
    token = house.token(Scope.STATUS_READ, cameras=frozenset({GARDEN}))
    assert ("doorstep_presses_total", (FRONT,)) not in samples(house, token)


def test_what_is_not_there_has_no_number(house: House) -> None:
    house.parts = replace(house.parts, counts=HouseCounts)
    house.app = create_app(house.parts)
    names = {name for name, _ in samples(house)}
    assert not names & {"doorstep_mqtt_connected", "doorstep_push_devices"}
    assert "doorstep_outbox_oldest_seconds" in names


def test_every_query_of_the_dashboard_names_a_metric_that_exists(house: House) -> None:
    there = {name for name, _ in samples(house)}
    board = json.loads((ROOT / "deploy" / "grafana" / "doorstep.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    asked = [NAME.findall(query) for query in queries]
    assert all(asked)
    assert {name for names in asked for name in names} - there == set()
    titles = [panel["title"] for panel in board["panels"]]
    assert len(set(titles)) == len(titles)


def test_the_dashboard_asks_for_labels_that_exist(house: House) -> None:
    text = house.get("/metrics").text
    board = (ROOT / "deploy" / "grafana" / "doorstep.json").read_text(encoding="utf-8")
    for label in set(re.findall(r"{{(\w+)}}", board)):
        assert f'{label}="' in text, label


def test_the_page_about_metrics_names_every_one_and_no_other(house: House) -> None:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `([a-z_]+)`", page, re.MULTILINE))
    families = {family.name for family in text_string_to_metric_families(house.get("/metrics").text)}
    there = {name for name in families if name.startswith("doorstep")}
    assert told == there
