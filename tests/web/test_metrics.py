"""What a monitoring system reads: numbers, and nothing that is anybody's business."""

from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from doorstep.core.access import Scope
from doorstep.core.camera import CameraCounts, CameraState, StreamKind
from doorstep.core.health import Problem
from doorstep.core.live_session import LiveWay, Viewer
from fakes.footage import FORMAT, packet
from fakes.house import FRONT, GARDEN, House

MAIN = StreamKind.MAIN


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


def test_pictures_decoded_for_viewers_are_counted_and_who_watches_is_too_which_way_but_not_who(house: House) -> None:
    for way in (LiveWay.MSE, LiveWay.MSE, LiveWay.RTMP):
        house.live_sessions.begin(Viewer(FRONT, way, "login-1", "ada", "192.0.2.7", "ada"), nobody_asks, lambda: None)
    found = metrics(house)
    decoded = found["doorstep_live_decoded_pictures"]
    assert [sample.name for sample in decoded.samples if not sample.name.endswith("_created")] == [
        "doorstep_live_decoded_pictures_total"
    ] * 2
    assert (value(decoded, camera=FRONT), value(decoded, camera=GARDEN)) == (7, 0)
    viewers = found["doorstep_live_viewers"]
    assert {way: value(viewers, camera=FRONT, way=way.value) for way in LiveWay} == {
        LiveWay.MSE: 2,
        LiveWay.WEBRTC: 0,
        LiveWay.HLS: 0,
        LiveWay.MJPEG: 0,
        LiveWay.RTMP: 1,
    }
    assert value(viewers, camera=GARDEN, way="mse") == 0
    only_garden = house.get("/metrics", house.token(Scope.STATUS_READ, cameras=frozenset({GARDEN}))).text
    assert FRONT not in only_garden
    assert "ada" not in house.get("/metrics").text


def test_what_is_made_for_live_video_is_counted_once_however_many_watch(house: House) -> None:
    house.packets.put(FRONT, FORMAT)
    house.packets.put(FRONT, packet(0, key=True))

    async def watch() -> None:
        mse = house.parts.mse
        async with aclosing(mse.pieces(FRONT, MAIN)) as one, aclosing(mse.pieces(FRONT, MAIN)) as other:
            for viewer in (one, other):
                await anext(viewer)
            house.packets.put(FRONT, packet(40))

    house.runner.run(watch())
    fragments = metrics(house)["doorstep_live_fragments"]
    assert (value(fragments, camera=FRONT), value(fragments, camera=GARDEN)) == (2, 0)


async def nobody_asks() -> bool:
    return True


def test_the_loops_lateness_is_a_histogram(house: House) -> None:
    for seconds in (0.0001, 0.003, 7.0):
        house.parts.lateness.observe(seconds)
    samples = metrics(house)["doorstep_loop_lateness_seconds"].samples
    buckets = {sample.labels["le"]: sample.value for sample in samples if sample.name.endswith("_bucket")}
    assert (buckets["0.001"], buckets["0.005"], buckets["2.5"], buckets["+Inf"]) == (1, 2, 2, 3)


def test_the_process_tells_its_threads_tasks_and_descriptors(house: House) -> None:
    found = metrics(house)
    assert value(found["doorstep_threads"]) >= 1
    assert value(found["doorstep_tasks"]) >= 1
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
