"""What a monitoring system reads: numbers, and nothing that is anybody's business."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from doorstep.core.access import Scope
from doorstep.core.camera import CameraCounts, CameraState
from doorstep.core.health import Problem
from fakes.house import FRONT, GARDEN, House


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def metrics(house: House, headers: dict[str, str] | None = None) -> dict[str, Metric]:
    answer = house.get("/metrics", headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(family: Metric, **labels: str) -> float:
    (sample,) = (sample for sample in family.samples if labels.items() <= sample.labels.items())
    return float(sample.value)


def test_exactly_one_state_of_each_camera_is_on(house: House) -> None:
    house.cameras.all[1] = replace(house.cameras.all[1], state=CameraState.REFUSED, reason="wrong password")
    states = metrics(house)["doorstep_camera_state"].samples
    on = {(sample.labels["camera"], sample.labels["state"]) for sample in states if sample.value == 1}
    assert on == {(FRONT, "live"), (GARDEN, "refused")}
    assert len(states) == 2 * len(CameraState)


def test_what_a_camera_did_is_counted(house: House) -> None:
    counts = CameraCounts(
        packets=1, bytes=2, connections=3, gaps=4, looks=5, overruns=6, lost_segments=7, buffer_seconds=8.5
    )
    house.cameras.all[0] = replace(house.cameras.all[0], counts=counts)
    found = metrics(house)
    wanted = {"packets": 1, "bytes": 2, "connections": 3, "gaps": 4, "looks": 5, "handover_drops": 6} | {
        "lost_segments": 7,
        "buffer_seconds": 8.5,
    }
    assert {name: value(found[f"doorstep_camera_{name}"], camera=FRONT) for name in wanted} == wanted


def test_a_camera_that_never_sent_a_picture_has_no_age(house: House) -> None:
    house.cameras.all[0] = replace(house.cameras.all[0], counts=CameraCounts(last_packet_seconds=0.5))
    ages = metrics(house)["doorstep_camera_last_packet_age_seconds"].samples
    assert {sample.labels["camera"]: sample.value for sample in ages} == {FRONT: 0.5}


def test_the_loops_lateness_is_a_histogram(house: House) -> None:
    for seconds in (0.0001, 0.003, 7.0):
        house.parts.lateness.observe(seconds)
    samples = metrics(house)["doorstep_loop_lateness_seconds"].samples
    buckets = {sample.labels["le"]: sample.value for sample in samples if sample.name.endswith("_bucket")}
    assert (buckets["0.001"], buckets["0.005"], buckets["2.5"], buckets["+Inf"]) == (1, 2, 2, 3)


def test_the_process_tells_its_threads_and_descriptors(house: House) -> None:
    found = metrics(house)
    assert value(found["doorstep_threads"]) >= 1
    assert value(found["process_open_fds"]) >= 1


def test_only_cameras_that_the_asker_may_see_are_counted(house: House) -> None:
    house.health.wrong.append(Problem(f"camera:{GARDEN}", "Garden is not seen", house.clock.now(), "check"))
    token = house.token(Scope.STATUS_READ, cameras=frozenset({FRONT}))
    assert GARDEN not in house.get("/metrics", token).text
    assert value(metrics(house, token)["doorstep_problems"]) == 0
    assert value(metrics(house)["doorstep_problems"]) == 1


@pytest.mark.parametrize("scope", [Scope.LIVE_READ, Scope.EVENTS_READ, Scope.PRESS_WRITE])
def test_without_the_right_to_read_the_status_there_are_none(house: House, scope: Scope) -> None:
    assert house.get("/metrics", house.token(scope)).status_code == 403
    assert house.get("/metrics", {}).status_code == 401


def test_neither_a_name_nor_an_address_nor_a_reason_is_told(house: House) -> None:
    secret = "rtsp://me:secret@192.0.2.7/stream refused"
    house.cameras.all[0] = replace(house.cameras.all[0], reason=secret, name="Anna's door")
    house.health.wrong.append(Problem("store", secret, house.clock.now(), secret))
    text = house.get("/metrics").text
    for word in ("secret", "192.0.2.7", "Anna", "rtsp"):
        assert word not in text


def test_minor_problems_do_not_blind(house: House) -> None:
    house.health.wrong.append(Problem("reload", "The config is broken", house.clock.now(), "mend it", minor=True))
    ready = house.get("/readyz", {})
    assert (ready.status_code, ready.json()) == (200, {"seeing": True, "problems": ["reload"]})
    status = house.get("/api/v1/status").json()
    assert status["seeing"] is True
    assert status["problems"][0]["minor"] is True
