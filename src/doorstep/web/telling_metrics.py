"""Alerts, doorbell and channels in numbers, for `metrics`: never an address, a person's name or a secret."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from doorstep.core.camera import CameraId
from doorstep.core.house_counts import HouseCounts
from doorstep.core.telling_tally import ChannelTally, Spread

_COUNTERS: Sequence[tuple[str, str, Callable[[ChannelTally], int]]] = (
    ("accepted", "Alerts that a channel took; tests are not counted", lambda tally: tally.accepted),
    ("failed", "Alerts that were given up by a channel", lambda tally: tally.failed),
    ("acknowledged", "Alerts that a device said it showed", lambda tally: tally.acknowledged),
    ("opened", "Alerts that somebody reacted to", lambda tally: tally.opened),
)


class TellingMetrics(Collector):
    """As it is at this moment; of presses only those at `cameras`, which the asker may see."""

    def __init__(
        self, counts: HouseCounts, cameras: Sequence[CameraId], channels: Sequence[str], now: datetime
    ) -> None:
        """`channels` are those by which people are told now."""
        self._counts = counts
        self._cameras = cameras
        self._channels = counts.telling.channels(channels)
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Each metric with all its samples."""
        yield from self._alerts()
        yield from self._outbox()
        yield from self._doorbell()
        yield from self._links()

    def _alerts(self) -> Iterator[Metric]:
        channels = self._channels
        for name, words, value in _COUNTERS:
            counter = CounterMetricFamily(f"doorstep_alerts_{name}", words, labels=["channel"])
            for channel, tally in channels.items():
                counter.add_metric([channel], value(tally))
            yield counter
        words = "Seconds from the picture, or the press, until a channel took the alert"
        yield _histogram("doorstep_alert_seconds", words, {key: one.to_accepted for key, one in channels.items()})
        words = "Seconds from there until a device showed it"
        shown = {key: one.to_acknowledged for key, one in channels.items()}
        yield _histogram("doorstep_alert_shown_seconds", words, shown)

    def _outbox(self) -> Iterator[Metric]:
        telling = self._counts.telling
        waiting = telling.waiting()
        gauge = GaugeMetricFamily("doorstep_outbox_waiting", "Alerts that a channel has before it", labels=["channel"])
        for channel in self._channels:
            gauge.add_metric([channel], waiting.get(channel, 0))
        yield gauge
        yield GaugeMetricFamily(
            "doorstep_outbox_oldest_seconds", "Age of the oldest alert that waits", value=telling.oldest(self._now)
        )

    def _doorbell(self) -> Iterator[Metric]:
        counter = CounterMetricFamily("doorstep_presses", "Times that somebody rang", labels=["camera"])
        for camera in self._cameras:
            counter.add_metric([camera], self._counts.presses.get(camera, 0))
        yield counter
        words = "Times that a chime was to sound, by whether it did"
        counter = CounterMetricFamily("doorstep_chimes", words, labels=["chime", "sounded"])
        for name, chime in self._counts.chimes.items():
            counter.add_metric([name, "yes"], chime.rung)
            counter.add_metric([name, "no"], chime.silent)
        yield counter

    def _links(self) -> Iterator[Metric]:
        counts = self._counts
        if counts.mqtt_connected is not None:
            words = "1 while there is a connection to the MQTT broker"
            yield GaugeMetricFamily("doorstep_mqtt_connected", words, value=float(counts.mqtt_connected))
        if counts.push_devices is not None:
            words = "Browsers that are told by Web Push"
            yield GaugeMetricFamily("doorstep_push_devices", words, value=counts.push_devices)


def _histogram(name: str, words: str, spreads: dict[str, Spread]) -> Metric:
    histogram = HistogramMetricFamily(name, words, labels=["channel"])
    for channel, spread in spreads.items():
        buckets = [("+Inf" if bound == float("inf") else str(bound), count) for bound, count in spread.cumulative()]
        histogram.add_metric([channel], buckets, spread.total)
    return histogram
