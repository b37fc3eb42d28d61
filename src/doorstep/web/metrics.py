"""How Doorstep does in numbers, in Prometheus' text format: never an address, a person's name or a secret."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from fastapi import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from doorstep.core.camera import CameraCounts, CameraId, CameraState, CameraStatus
from doorstep.core.health import Problem
from doorstep.core.health_telling import CAMERA_RULES, HOUSE_RULES, camera_of, rule_of
from doorstep.core.lateness import Lateness
from doorstep.core.live_session import LiveWay
from doorstep.web.gate import Asker, Parts, get_and_head, resource
from doorstep.web.hub_parts import HubView
from doorstep.web.parts import WebParts
from doorstep.web.status import problems_of
from doorstep.web.telling_metrics import TellingMetrics

router = resource("metrics", prefix="")

_COUNTERS: Sequence[tuple[str, str, Callable[[CameraCounts], float]]] = (
    ("packets", "Packets of picture and sound that came", lambda counts: counts.packets),
    ("bytes", "Bytes in them", lambda counts: counts.bytes),
    ("connections", "Connections that brought a format", lambda counts: counts.connections),
    ("gaps", "Spans without recording", lambda counts: counts.gaps),
    ("looks", "Frames that were looked at", lambda counts: counts.looks),
    ("handover_drops", "Connections ended because Doorstep was too slow for them", lambda counts: counts.overruns),
    ("lost_segments", "Segments that the buffer could not keep", lambda counts: counts.lost_segments),
)
_GAUGES: Sequence[tuple[str, str, Callable[[CameraCounts], float | None]]] = (
    ("last_packet_age_seconds", "Age of the newest picture", lambda counts: counts.last_packet_seconds),
    ("buffer_seconds", "Seconds of video in the rolling buffer", lambda counts: counts.buffer_seconds),
    ("buffer_bytes", "Bytes in it", lambda counts: counts.buffer_bytes),
)


@get_and_head(router, "/metrics", "text/plain")
async def get_metrics(parts: Parts, asker: Asker) -> Response:
    """For Prometheus and its kind, with a token that may read the status; only cameras that the asker may see."""
    registry = CollectorRegistry(auto_describe=False)
    seen = [camera for camera in parts.cameras.cameras() if asker.sees(camera.id)]
    registry.register(_House(parts, seen))
    cameras = [camera.id for camera in seen]
    registry.register(_Problems(problems_of(parts, asker), cameras))  # counted: a number names nobody
    channels = [standing.recipient.channel for standing in parts.telling.standings()]
    registry.register(TellingMetrics(parts.counts(), cameras, channels, parts.clock.now()))
    ProcessCollector(registry=registry)
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _House(Collector):
    """Cameras, loop and process as they are at this moment."""

    def __init__(self, parts: WebParts, cameras: Sequence[CameraStatus]) -> None:
        self._parts = parts
        self._cameras = cameras

    def collect(self) -> Iterator[Metric]:
        """Each metric with all its samples."""
        yield InfoMetricFamily("doorstep", "What runs here", {"version": self._parts.version})
        yield self._states()
        for name, words, value in _COUNTERS:
            counter = CounterMetricFamily(f"doorstep_camera_{name}", words, labels=["camera"])
            for camera in self._cameras:
                counter.add_metric([camera.id], value(camera.counts))
            yield counter
        for name, words, known in _GAUGES:
            yield self._gauge(name, words, known)
        yield self._decoded_for_live()
        yield self._fragments_for_live()
        yield self._viewers()
        yield _lateness(self._parts.lateness)
        if (written := self._parts.written_a_day()) is not None:
            yield GaugeMetricFamily(
                "doorstep_written_bytes_a_day", "Bytes that recording writes in a day", value=written
            )
        yield from _hub(self._parts.hub.view())
        yield GaugeMetricFamily("doorstep_threads", "Threads of this process", value=_threads())
        yield GaugeMetricFamily("doorstep_tasks", "Tasks of its event loop", value=len(asyncio.all_tasks()))

    def _states(self) -> Metric:
        gauge = GaugeMetricFamily("doorstep_camera_state", "1 for the state it is in", labels=["camera", "state"])
        for camera in self._cameras:
            for state in CameraState:
                gauge.add_metric([camera.id, state.value], float(camera.state is state))
        return gauge

    def _decoded_for_live(self) -> Metric:
        words = "Pictures decoded for live.mjpeg and snapshots; who watches another way adds none"
        counter = CounterMetricFamily("doorstep_live_decoded_pictures", words, labels=["camera"])
        for camera in self._cameras:
            counter.add_metric([camera.id], self._parts.live.decoded(camera.id))
        return counter

    def _fragments_for_live(self) -> Metric:
        words = "Fragments made for live video in browsers: once for each picture, however many watch"
        counter = CounterMetricFamily("doorstep_live_fragments", words, labels=["camera"])
        for camera in self._cameras:
            counter.add_metric([camera.id], self._parts.mse.fragments(camera.id))
        return counter

    def _viewers(self) -> Metric:
        watching = Counter((one.viewer.camera, one.viewer.way) for one in self._parts.live_sessions.sessions())
        gauge = GaugeMetricFamily("doorstep_live_viewers", "Who watches now", labels=["camera", "way"])
        for camera in self._cameras:
            for way in LiveWay:
                gauge.add_metric([camera.id, way.value], watching[camera.id, way])
        return gauge

    def _gauge(self, name: str, words: str, value: Callable[[CameraCounts], float | None]) -> Metric:
        gauge = GaugeMetricFamily(f"doorstep_camera_{name}", words, labels=["camera"])
        for camera in self._cameras:
            known = value(camera.counts)
            if known is not None:
                gauge.add_metric([camera.id], known)
        return gauge


class _Problems(Collector):
    """How many things are wrong, and which rules found them; in which words stands in the status."""

    def __init__(self, problems: Sequence[Problem], cameras: Sequence[CameraId]) -> None:
        self._problems = problems
        self._cameras = cameras

    def collect(self) -> Iterator[Metric]:
        """One number, and one for each rule of the house and of each camera, also where nothing is wrong."""
        yield GaugeMetricFamily("doorstep_problems", "Problems that the status names", value=len(self._problems))
        found = Counter((rule_of(one.key), str(camera_of(one.key) or "")) for one in self._problems)
        for rule in HOUSE_RULES:
            found[rule, ""] += 0
        for rule in CAMERA_RULES:
            for camera in self._cameras:
                found[rule, camera] += 0
        words = "Problems that a rule has found; camera is empty for the house's"
        gauge = GaugeMetricFamily("doorstep_problem", words, labels=["rule", "camera"])
        for labels, count in sorted(found.items()):
            gauge.add_metric(labels, count)
        yield gauge


def _hub(view: HubView) -> Iterator[Metric]:
    """Without a number where no hub was joined, and where it has not told."""
    ends = view.certificate_ends.timestamp() if view.certificate_ends is not None else None
    trip = view.round_trip_ms / 1000 if view.round_trip_ms is not None else None
    for name, words, value in (
        ("up", "1 while the tunnel to the hub is there", view.state == "up" if view.paired else None),
        ("reached", "1 while the hub gets through to this house", view.reached),
        ("round_trip_seconds", "Seconds to the hub and back", trip),
        ("certificate_ends_timestamp_seconds", "When the hub's certificate ends, in seconds since 1970", ends),
        ("month_bytes", "Bytes that went through the hub this month", view.bytes_month),
    ):
        gauge = GaugeMetricFamily(f"doorstep_hub_{name}", words, labels=[])
        if value is not None:
            gauge.add_metric([], float(value))
        yield gauge


def _lateness(lateness: Lateness) -> Metric:
    histogram = HistogramMetricFamily("doorstep_loop_lateness_seconds", "How late the event loop serves a timer")
    buckets = [("+Inf" if bound == float("inf") else str(bound), count) for bound, count in lateness.cumulative()]
    histogram.add_metric([], buckets, lateness.total)
    return histogram


def _threads() -> int:
    """Native ones too, where the system tells."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    except OSError:
        return threading.active_count()
