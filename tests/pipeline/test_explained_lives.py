"""Whatever happens at the doors, in the end each event that has a row has its explanation, and nothing waits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.delivery import Delivery
from doorstep.core.detection import PERSON, Box, Detection
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import Event, EventId, Sighting, Tick
from doorstep.core.explanation import MOST_LOOKS, Explanation
from doorstep.core.region import WHOLE
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.explanations import Explanations
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.watcher import Found, Look
from fakes.footage import NOON
from fakes.instant_loop import LoopClock, run, while_running
from fakes.stand_in_frame import StandInFrame

PLACE = Box(0.4, 0.2, 0.6, 0.9)
LONG_AFTER = 600.0

steps = st.lists(
    st.tuples(
        st.sampled_from(["see", "see", "see", "leave", "fail", "forget"]),
        st.sampled_from(["front-door", "garden"]),
        st.sampled_from([0.0, 0.25, 1.0, 6.0, 70.0]),
    ),
    max_size=80,
)


class Unsteady(MemoryCatalog):
    """Takes neither events nor explanations while it `fails`."""

    fails = False

    def save_event(self, event: Event, deliveries: Sequence[Delivery] = ()) -> None:
        self._check()
        super().save_event(event, deliveries)

    def save_explanation(self, explanation: Explanation) -> bool:
        self._check()
        return super().save_explanation(explanation)

    def _check(self) -> None:
        if self.fails:
            msg = "The disk is full."
            raise CatalogUnavailable(msg)


class Street:
    """Doors at which one visitor after the other is seen; `over` are the events that ended."""

    def __init__(self, clock: LoopClock) -> None:
        self.clock = clock
        self.catalog = Unsteady()
        health = HealthBoard(clock)
        self.rows = EventRows(self.catalog, health, clock)
        self.explanations = Explanations(self.catalog, self.rows, health, clock)
        self.running: dict[CameraId, Event] = {}
        self.over: list[EventId] = []

    def act(self, what: str, camera: CameraId) -> None:
        match what:
            case "see":
                self.see(camera)
            case "leave":
                self.leave(camera)
            case "fail":
                self.catalog.fails = not self.catalog.fails
            case _:
                if self.over:
                    self.catalog.forget_event(self.over[-1])

    def see(self, camera: CameraId) -> None:
        now = self.clock.now()
        if camera not in self.running:
            began = now - timedelta(seconds=0.25)
            name = EventId(f"{camera}-{len(self.over) + len(self.running)}-{began:%H%M%S%f}")
            self.running[camera] = Event(name, camera, began, now, causes=(Cause.PERSON,))
            self.rows.decided(self.running[camera])
        seen = Sighting(now, now, 0.7, PLACE)
        found = Found((Detection(PERSON, 0.7, PLACE),), (WHOLE,))
        self.explanations.observed(
            camera, self.running[camera], seen, Look(StandInFrame(), now, seen, now, found, 0.01)
        )

    def leave(self, camera: CameraId) -> None:
        if camera in self.running:
            event = self.running.pop(camera)
            self.rows.decided(replace(event, ended_at=self.clock.now()))
            self.over.append(event.id)
            self.explanations.observed(camera, None, Tick(self.clock.now()), None)


@settings(deadline=None, max_examples=100)
@given(steps)
@example([("fail", "front-door", 0.0), ("see", "front-door", 0.0), ("leave", "front-door", 70.0)])
def test_in_the_end_what_has_a_row_is_explained(life: list[tuple[str, str, float]]) -> None:
    clock = LoopClock(NOON)

    async def main() -> None:
        street = Street(clock)

        async def act() -> None:
            for what, camera, rest in life:
                street.act(what, CameraId(camera))
                await clock.sleep(rest)
            for camera in list(street.running):
                street.leave(camera)
            street.catalog.fails = False
            await clock.sleep(LONG_AFTER)
            assert await street.explanations.write_due(everything=True)

        await while_running(street.explanations.run, street.rows.run, act=act)
        for event_id in street.over:
            told = street.catalog.explanation(event_id)
            assert (told is not None) == (street.catalog.event(event_id) is not None)
            assert told is None or 1 <= len(told.looks) <= MOST_LOOKS
        assert street.explanations._unsaved == {}

    run(clock, main)
