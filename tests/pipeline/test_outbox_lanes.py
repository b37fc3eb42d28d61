from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.alert import Alert, AlertId
from doorstep.core.cause import Cause
from doorstep.core.event import Event, EventId
from doorstep.core.ledger import Stage
from doorstep.core.outbox import DeliveryState
from doorstep.pipeline import outbox as outbox_module
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recovery import Recovery
from doorstep.stores.memory import MemoryStore
from fakes.footage import CAMERA, NOON, seconds
from fakes.instant_loop import LoopClock, run, turns, while_running
from fakes.listening_notifier import ListeningNotifier
from fakes.recording_house import EVENT, FailingCatalog

T = TypeVar("T")
A_DAY = 24 * 3600.0


def alert_of(event: Event, cause: Cause = Cause.PERSON) -> Alert:
    return Alert(AlertId(f"{event.id}:{cause}"), event.id, CAMERA, cause, event.started_at, "t", "x", "l", b"jpeg")


def event_at(clock: LoopClock, event_id: EventId = EVENT) -> Event:
    return Event(event_id, CAMERA, clock.now(), clock.now(), ended_at=clock.now(), causes=(Cause.PERSON,))


class Post:
    """A run of the server as far as alerts go: rows, health and outbox over a catalog that outlives it."""

    def __init__(self, clock: LoopClock, catalog: FailingCatalog, notifiers: Sequence[ListeningNotifier]) -> None:
        self.clock = clock
        self.catalog = catalog
        self.health = HealthBoard(clock)
        self.rows = EventRows(catalog, self.health, clock)
        self.outbox = Outbox(notifiers, self.rows, self.health, clock)

    def tell(self, event_id: EventId = EVENT) -> None:
        """Somebody came."""
        event = event_at(self.clock, event_id)
        self.rows.decided(event)
        self.outbox.dispatch(alert_of(event))

    def state(self, event_id: EventId = EVENT) -> list[DeliveryState]:
        """Of the event's deliveries, in the catalog."""
        return [delivery.state for delivery in self.catalog.deliveries_of(event_id)]


async def in_post(post: Post, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Start as the server does, do it, and stop as the server does."""
    await Recovery(MemoryStore(), post.catalog, post.rows, 5.0).run({})
    post.outbox.restore(post.catalog.due_deliveries())
    done = await while_running(post.outbox.run, post.rows.run, act=act)
    await post.rows.write_all()
    return done


def once(
    notifiers: Sequence[ListeningNotifier], act: Callable[[Post], Coroutine[Any, Any, T]], catalog: FailingCatalog
) -> T:
    clock = LoopClock(NOON)

    async def main() -> T:
        post = Post(clock, catalog, notifiers)
        return await in_post(post, lambda: act(post))

    return run(clock, main)


def test_an_alert_leaves_from_memory_also_while_the_catalog_fails() -> None:
    mail, catalog = ListeningNotifier(), FailingCatalog()
    catalog.fails = lambda: True

    async def act(post: Post) -> None:
        post.tell()
        await turns()
        assert [alert.snapshot for alert in mail.accepted] == [b"jpeg"]

    once([mail], act, catalog)


def test_what_was_accepted_is_in_the_ledger_and_is_tried_no_more() -> None:
    mail, catalog = ListeningNotifier(), FailingCatalog()

    async def act(post: Post) -> None:
        post.tell()
        await post.clock.sleep(A_DAY)
        row = catalog.event(EVENT)
        assert row is not None
        assert [(entry.stage, entry.channel) for entry in row.ledger] == [
            (Stage.SENT, "mail"),
            (Stage.ACCEPTED, "mail"),
        ]
        assert len(mail.tried) == 1
        assert post.state() == [DeliveryState.ACCEPTED]

    once([mail], act, catalog)


def test_a_channel_that_refuses_is_not_asked_again_and_the_problem_is_told() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "no"), FailingCatalog()

    async def act(post: Post) -> None:
        post.tell()
        await post.clock.sleep(A_DAY)
        assert len(mail.tried) == 1
        assert post.state() == [DeliveryState.FAILED]
        (problem,) = post.health.problems()
        assert "not tried again" in problem.remedy

    once([mail], act, catalog)


def test_a_channel_that_is_down_is_tried_ever_more_rarely_until_it_is_up() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "later"), FailingCatalog()

    async def act(post: Post) -> None:
        post.tell()
        await post.clock.sleep(3600)
        assert 8 <= len(mail.tried) <= 20
        assert [problem.key for problem in post.health.problems()] == ["notifier:mail"]
        mail.answers = lambda: "ok"
        await post.clock.sleep(1800)
        assert len(mail.accepted) == 1
        assert post.health.problems() == []
        assert post.state() == [DeliveryState.ACCEPTED]

    once([mail], act, catalog)


def test_after_a_day_it_is_given_up() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "later"), FailingCatalog()

    async def act(post: Post) -> None:
        post.tell()
        await post.clock.sleep(A_DAY + 3600)
        tried = len(mail.tried)
        await post.clock.sleep(A_DAY)
        assert len(mail.tried) == tried
        assert post.state() == [DeliveryState.FAILED]

    once([mail], act, catalog)


def test_a_channel_that_hangs_is_left_after_a_while_and_delays_no_other() -> None:
    mail, push, catalog = ListeningNotifier(answers=lambda: "hang"), ListeningNotifier("push"), FailingCatalog()

    async def act(post: Post) -> None:
        post.tell()
        await turns()
        assert len(push.accepted) == 1
        await post.clock.sleep(outbox_module.ATTEMPT_SECONDS + 1)
        assert [problem.key for problem in post.health.problems()] == ["notifier:mail"]
        await post.clock.sleep(60)
        assert len(mail.tried) > 1

    once([mail, push], act, catalog)


def test_a_fault_in_one_channel_neither_stops_the_others_nor_the_next_alert() -> None:
    broken, push, catalog = ListeningNotifier(answers=lambda: "bug"), ListeningNotifier("push"), FailingCatalog()

    async def act(post: Post) -> None:
        post.tell()
        await post.clock.sleep(30)
        post.tell(EventId("front-door-2"))
        broken.answers = lambda: "ok" if broken.tried[-1].event != EVENT else "bug"
        await post.clock.sleep(60)
        assert len(push.accepted) == 2
        assert [alert.event for alert in broken.accepted] == ["front-door-2"]
        await post.clock.sleep(2 * A_DAY)
        assert len(broken.tried) < 300

    once([broken, push], act, catalog)


def test_a_clock_that_is_set_back_a_day_delays_no_alert() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "later"), FailingCatalog()

    async def act(post: Post) -> None:
        post.tell()
        await post.clock.sleep(60)
        post.clock._now -= seconds(A_DAY)
        mail.answers = lambda: "ok"
        await post.clock.sleep(15 * 60)
        assert len(mail.accepted) == 1

    once([mail], act, catalog)


def test_what_a_former_run_could_not_deliver_is_delivered_once_and_stays_delivered() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "later"), FailingCatalog()

    async def first(post: Post) -> None:
        post.tell()
        await post.clock.sleep(10)

    async def later(post: Post) -> None:
        await post.clock.sleep(3600)
        assert post.state() == [DeliveryState.ACCEPTED]
        row = catalog.event(EVENT)
        assert row is not None
        assert [entry.stage for entry in row.ledger] == [Stage.SENT, Stage.ACCEPTED]

    once([mail], first, catalog)
    mail.answers = lambda: "ok"
    once([mail], later, catalog)
    once([mail], later, catalog)
    assert len(mail.accepted) == 1


def test_of_a_channel_that_is_gone_from_the_config_a_delivery_fails_in_plain_words() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "later"), FailingCatalog()

    async def first(post: Post) -> None:
        post.tell()
        await post.clock.sleep(10)

    async def later(post: Post) -> None:
        await post.clock.sleep(1)
        (delivery,) = catalog.deliveries_of(EVENT)
        assert delivery.state is DeliveryState.FAILED
        assert "no longer in the config" in delivery.outcome

    once([mail], first, catalog)
    once([], later, catalog)


def test_what_is_no_longer_due_is_not_taken_up() -> None:
    mail, catalog = ListeningNotifier(), FailingCatalog()

    async def act(post: Post) -> None:
        post.tell()
        await turns()
        (delivery,) = catalog.deliveries_of(EVENT)
        post.outbox.restore([delivery])
        await turns()
        assert len(mail.tried) == 1

    once([mail], act, catalog)


def test_where_too_many_wait_the_oldest_is_given_up_and_stays_so() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "hang"), FailingCatalog()

    async def act(post: Post) -> None:
        post.tell()
        await turns()  # it is being tried
        for number in range(outbox_module.LONGEST_QUEUE):
            post.tell(EventId(f"other-{number}"))
        mail.answers = lambda: "ok"
        await post.clock.sleep(3600)
        assert post.state() == [DeliveryState.FAILED]
        assert len(mail.accepted) == outbox_module.LONGEST_QUEUE
        assert EVENT not in {alert.event for alert in mail.accepted}

    once([mail], act, catalog)


@given(
    answers=st.lists(st.sampled_from(["ok", "later", "later", "no", "hang", "bug"]), max_size=60),
    runs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4000)), min_size=1, max_size=5),
    bad_days=st.lists(st.booleans(), max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_every_delivery_ends_accepted_or_failed_and_none_is_sent_again_after_it_was_accepted(
    answers: list[str], runs: list[tuple[int, int]], bad_days: list[bool]
) -> None:
    next_answer, weather = iter(answers), iter(bad_days)
    notifiers = [ListeningNotifier(name, lambda: next(next_answer, "ok")) for name in ("mail", "push")]
    catalog = FailingCatalog()
    catalog.fails = lambda: next(weather, False)
    clock = LoopClock(NOON)
    told = 0

    async def one_run(alerts: int, lasts: int) -> None:
        nonlocal told
        post = Post(clock, catalog, notifiers)

        async def act() -> None:
            nonlocal told
            for _ in range(alerts):
                post.tell(EventId(f"front-door-{told}"))
                told += 1
            await clock.sleep(lasts)
            await post.rows.settled()

        await in_post(post, act)

    for alerts, lasts in [*runs, (0, int(2 * A_DAY))]:
        run(clock, lambda alerts=alerts, lasts=lasts: one_run(alerts, lasts))  # type: ignore[misc]
    for notifier in notifiers:
        accepted = [alert.id for alert in notifier.accepted]
        assert len(accepted) == len(set(accepted))
        for number in range(told):
            (delivery,) = [
                one for one in catalog.deliveries_of(EventId(f"front-door-{number}")) if one.channel == notifier.channel
            ]
            assert delivery.state is not DeliveryState.DUE
            assert (delivery.state is DeliveryState.ACCEPTED) == (delivery.alert.id in accepted)


def test_a_delivery_is_the_same_after_it_was_kept() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "later"), FailingCatalog()

    async def act(post: Post) -> None:
        post.tell()
        await turns()
        (kept,) = catalog.due_deliveries()
        (waiting,) = post.outbox._lanes["mail"].waiting.values()
        assert kept == replace(waiting, alert=replace(waiting.alert, snapshot=b""))

    once([mail], act, catalog)
