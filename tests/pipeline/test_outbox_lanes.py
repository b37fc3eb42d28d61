import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event as ThreadEvent
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.alert import Alert, AlertId
from doorstep.core.cause import Cause
from doorstep.core.clock_state import Dating
from doorstep.core.delivery import AGAIN, BEING_TRIED, TOO_LATE, Delivery, DeliveryState, delivery_id
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.ledger import Stage
from doorstep.core.push_payload import push_payload
from doorstep.core.recipient import Recipient, Turn
from doorstep.pipeline.alert_pictures import MOST_PICTURES, AlertPictures
from doorstep.pipeline.attempt import ATTEMPT_SECONDS
from doorstep.pipeline.disk_calls import use_enough_threads
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.lane import LONGEST_QUEUE
from doorstep.pipeline.outbox import GONE, MOST_LOOKED_UP, Outbox
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.pipeline.recovery import Recovery
from doorstep.stores.alert_journal import AlertJournal
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

    def __init__(
        self,
        clock: LoopClock,
        catalog: FailingCatalog,
        notifiers: Sequence[ListeningNotifier],
        still_of: Callable[[EventId], bytes] = lambda _event: b"",
    ) -> None:
        self.clock = clock
        self.catalog = catalog
        self.health = HealthBoard(clock)
        self.rows = EventRows(catalog, self.health, clock)
        self.book = RecipientBook.of(notifiers)
        pictures = AlertPictures(self.health, still_of)
        self.pictures = pictures
        self.outbox = Outbox(self.book, self.rows, self.health, clock, catalog.delivery, pictures)

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


def test_a_channel_that_does_not_hear_its_end_is_ended_all_the_same_and_what_it_told_is_noted() -> None:
    """As a mail library does before Python 3.12 when the server's answer comes in the moment of the end."""
    mail, catalog = ListeningNotifier(answers=lambda: "deaf"), FailingCatalog()

    async def act(post: Post) -> None:
        post.tell()
        await turns()
        assert len(mail.tried) == 1

    async def in_time(post: Post) -> None:
        async with asyncio.timeout(ATTEMPT_SECONDS / 2):
            await in_post(post, lambda: act(post))
        assert post.state() == [DeliveryState.ACCEPTED]

    clock = LoopClock(NOON)
    run(clock, lambda: in_time(Post(clock, catalog, [mail])))


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


def test_a_channel_that_works_again_tells_at_once_what_waited_for_it() -> None:
    mail = ListeningNotifier(answers=lambda: "later")

    async def act(post: Post) -> None:
        for number in range(5):
            post.tell(EventId(f"e{number}"))
        await post.clock.sleep(3600)
        mail.answers = lambda: "ok"
        post.tell(EventId("now"))
        await post.clock.sleep(0.1)
        assert sorted(alert.event or "" for alert in mail.accepted) == ["e0", "e1", "e2", "e3", "e4", "now"]
        assert [standing.waiting for standing in post.outbox.standings()] == [0]

    once([mail], act, FailingCatalog())


def test_a_channel_that_works_once_is_not_stormed_with_all_that_waited() -> None:
    answers: list[str] = []
    mail = ListeningNotifier(answers=lambda: answers.pop() if answers else "later")

    async def act(post: Post) -> None:
        for number in range(50):
            post.tell(EventId(f"e{number}"))
        await post.clock.sleep(3600)
        before = len(mail.tried)
        answers.append("ok")
        post.tell(EventId("now"))
        await post.clock.sleep(0.1)
        assert len(mail.accepted) == 1
        assert len(mail.tried) - before <= 3

    once([mail], act, FailingCatalog())


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
        await post.clock.sleep(ATTEMPT_SECONDS + 1)
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
        for number in range(LONGEST_QUEUE):
            post.tell(EventId(f"other-{number}"))
        mail.answers = lambda: "ok"
        await post.clock.sleep(3600)
        assert post.state() == [DeliveryState.FAILED]
        assert len(mail.accepted) == LONGEST_QUEUE
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
            kept = catalog.deliveries_of(EventId(f"front-door-{number}"))
            mine = [one for one in kept if one.channel == notifier.channel]
            (first,) = [one for one in mine if AGAIN not in one.alert.id]
            assert (len(mine) > 1) == ("may have arrived" in first.outcome)  # then it is told as another alert
            for delivery in mine:
                assert delivery.state is not DeliveryState.DUE
                has_it = delivery.alert.id in accepted
                assert (delivery.state is DeliveryState.ACCEPTED) == has_it or "may have arrived" in delivery.outcome


def test_a_delivery_is_the_same_after_it_was_kept() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "later"), FailingCatalog()

    async def act(post: Post) -> None:
        post.tell()
        await turns()
        (kept,) = catalog.due_deliveries()
        (waiting,) = post.outbox._lanes["mail"].waiting.values()
        assert kept == waiting

    once([mail], act, catalog)


# ------------------------------------------------------------------------------------------- recipients come and go


def dispatch(post: Post, cause: Cause = Cause.PERSON) -> Alert:
    event = event_at(post.clock)
    post.rows.decided(event)
    alert = alert_of(event, cause)
    post.outbox.dispatch(alert)
    return alert


def test_whose_channel_does_not_work_is_shown_with_it() -> None:
    catalog, phone = FailingCatalog(), ListeningNotifier("push:1", answers=lambda: "later")

    async def act(post: Post) -> None:
        post.book.put(Recipient("push:1", "Anna's phone", "anna"), phone)
        post.tell()
        await turns()
        assert [problem.person for problem in post.health.problems()] == ["anna"]

    once([], act, catalog)


def test_who_comes_while_it_runs_is_told_of_the_next_alert() -> None:
    catalog, phone = FailingCatalog(), ListeningNotifier("push:1")

    async def act(post: Post) -> None:
        post.tell()
        await turns()
        post.book.put(Recipient("push:1", "Anna's phone", "anna"), phone)
        post.tell(EventId("front-door-2"))
        await turns()
        assert [alert.event for alert in phone.accepted] == ["front-door-2"]
        (delivery,) = post.outbox.deliveries_of(EventId("front-door-2"))
        assert (delivery.told_to, delivery.state) == ("Anna's phone", DeliveryState.ACCEPTED)

    once([], act, catalog)


def test_who_goes_is_told_no_more_and_what_waited_for_him_is_given_up() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "later"), FailingCatalog()

    async def act(post: Post) -> None:
        post.tell()
        await post.clock.sleep(10)
        post.book.remove("mail")
        assert post.health.problems() == []
        post.tell(EventId("front-door-2"))
        await post.clock.sleep(3600)
        assert {alert.event for alert in mail.tried} == {EVENT}
        (delivery,) = catalog.deliveries_of(EVENT)
        assert (delivery.state, delivery.outcome) == (DeliveryState.FAILED, GONE)
        assert post.outbox.standings() == []

    once([mail], act, catalog)


def test_a_recipient_that_its_own_channel_removes_keeps_the_true_outcome() -> None:
    catalog = FailingCatalog()

    async def act(post: Post) -> None:
        def goes() -> str:
            post.book.remove("push:1")
            return "no"

        phone = ListeningNotifier("push:1", goes)
        post.book.put(Recipient("push:1", "Anna's phone", "anna"), phone)
        post.tell()
        await post.clock.sleep(60)
        (delivery,) = catalog.deliveries_of(EVENT)
        assert delivery.outcome == "The mail server refuses the mail."
        assert post.health.problems() == []

    once([], act, catalog)


def test_what_waits_goes_by_a_new_notifier_of_the_same_channel() -> None:
    old, new, catalog = ListeningNotifier(answers=lambda: "later"), ListeningNotifier(), FailingCatalog()

    async def act(post: Post) -> None:
        post.tell()
        await post.clock.sleep(1)
        post.book.put(Recipient("mail", "Mail"), new)
        await post.clock.sleep(20)
        assert [alert.event for alert in new.accepted] == [EVENT]

    once([old], act, catalog)


def test_the_same_alert_is_dispatched_once() -> None:
    mail, catalog = ListeningNotifier(), FailingCatalog()

    async def act(post: Post) -> None:
        alert = dispatch(post)
        post.outbox.dispatch(alert)
        await turns()
        assert len(mail.tried) == 1
        assert post.outbox.snapshot_of(alert.id) == b"jpeg"
        post.pictures.forget(EventId("another"))
        assert post.outbox.snapshot_of(alert.id) == b"jpeg"
        post.pictures.forget(EVENT)
        assert post.outbox.snapshot_of(alert.id) is None

    once([mail], act, catalog)


def test_who_does_not_want_it_is_not_sent_it_and_why_is_kept() -> None:
    mail, catalog = ListeningNotifier(), FailingCatalog()

    async def act(post: Post) -> None:
        post.outbox.silence_of = lambda _recipient, alert: None if alert.is_urgent else "quiet hours"
        post.tell()
        await post.clock.sleep(60)
        assert mail.tried == []
        (delivery,) = catalog.deliveries_of(EVENT)
        assert (delivery.state, delivery.outcome) == (DeliveryState.SPARED, "quiet hours")

    once([mail], act, catalog)


def test_an_alert_that_waited_says_how_late_it_is() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "later"), FailingCatalog()

    async def act(post: Post) -> None:
        post.tell()
        await post.clock.sleep(14 * 60)
        mail.answers = lambda: "ok"
        await post.clock.sleep(20 * 60)
        (told,) = mail.accepted
        assert told.text.startswith("Late: ")
        assert told.id == f"{EVENT}:person"

    once([mail], act, catalog)


# ------------------------------------------------------------------------------------------------------------- turns


def with_turn(post: Post, turn: Turn, after: float) -> ListeningNotifier:
    louder = ListeningNotifier("louder")
    post.book.put(Recipient("louder", "Louder", turn=turn, after_seconds=after), louder)
    return louder


def test_another_channel_is_told_at_once_where_the_first_is_refused() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "no"), FailingCatalog()

    async def act(post: Post) -> None:
        louder = with_turn(post, Turn.UNDELIVERED, 60.0)
        post.tell()
        await turns()
        assert len(louder.accepted) == 1

    once([mail], act, catalog)


def test_nobody_stands_in_for_a_last_try_that_is_still_under_way() -> None:
    """An alert past its life gets one try; until that is over it has not failed."""
    mail, catalog = ListeningNotifier(answers=lambda: "hang"), FailingCatalog()

    async def act(post: Post) -> None:
        louder = with_turn(post, Turn.UNDELIVERED, 60.0)
        event = event_at(post.clock)
        post.rows.decided(event)
        post.outbox.dispatch(replace(alert_of(event), at=post.clock.now() - timedelta(days=2)))
        await turns()
        assert len(mail.tried) == 1
        assert [one.state for one in post.outbox.deliveries_of(EVENT)] == [DeliveryState.DUE] * 2
        assert louder.tried == []

    once([mail], act, catalog)


def test_another_channel_is_told_after_a_while_where_the_first_does_not_answer() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "hang"), FailingCatalog()

    async def act(post: Post) -> None:
        louder = with_turn(post, Turn.UNDELIVERED, 15.0)
        post.tell()
        await post.clock.sleep(14)
        assert louder.tried == []
        await post.clock.sleep(2)
        assert len(louder.accepted) == 1

    once([mail], act, catalog)


def test_another_channel_is_spared_where_the_first_has_it() -> None:
    mail, catalog = ListeningNotifier(), FailingCatalog()

    async def act(post: Post) -> None:
        louder = with_turn(post, Turn.UNDELIVERED, 15.0)
        post.tell()
        await post.clock.sleep(3600)
        assert louder.tried == []
        assert {one.state for one in catalog.deliveries_of(EVENT)} == {DeliveryState.ACCEPTED, DeliveryState.SPARED}

    once([mail], act, catalog)


def test_a_broker_that_has_it_spares_nobody_the_other_channel() -> None:
    broker, mail = ListeningNotifier("mqtt"), ListeningNotifier(answers=lambda: "no")

    async def act(post: Post) -> None:
        post.book.put(Recipient("mqtt", "MQTT", reaches_people=False), broker)
        louder = with_turn(post, Turn.UNDELIVERED, 60.0)
        post.tell()
        await turns()
        assert len(broker.accepted) == len(louder.accepted) == 1

    once([mail], act, FailingCatalog())


def test_whoever_reacts_spares_the_others_the_louder_channel() -> None:
    for reacts in (True, False):
        phone = ListeningNotifier("push:1")

        async def act(post: Post, phone: ListeningNotifier = phone, *, reacts: bool = reacts) -> None:
            post.book.put(Recipient("push:1", "Anna's phone", "anna"), phone)
            louder = with_turn(post, Turn.UNANSWERED, 30.0)
            alert = dispatch(post, Cause.PRESS)
            await post.clock.sleep(5)
            assert await post.outbox.acknowledge(f"{alert.id}:push:1", "anna", opened=reacts)
            await post.clock.sleep(60)
            assert bool(louder.accepted) is not reacts

        once([], act, FailingCatalog())


def test_a_turn_outlives_a_restart() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "no"), FailingCatalog()
    louder = ListeningNotifier("louder")

    async def first(post: Post) -> None:
        post.book.put(Recipient("louder", "Louder", turn=Turn.UNANSWERED, after_seconds=60.0), louder)
        post.tell()
        await post.clock.sleep(10)
        assert louder.tried == []

    async def later(post: Post) -> None:
        post.book.put(Recipient("louder", "Louder", turn=Turn.UNANSWERED, after_seconds=60.0), louder)
        await post.clock.sleep(59)
        assert louder.tried == []
        await post.clock.sleep(2)
        assert len(louder.accepted) == 1

    once([mail], first, catalog)
    once([mail, louder], later, catalog)


# -------------------------------------------------------------------------------------------------- acknowledgements


def test_only_whose_it_is_may_acknowledge_it_and_the_ledger_says_when() -> None:
    catalog = FailingCatalog()

    async def act(post: Post) -> None:
        post.book.put(Recipient("push:1", "Anna's phone", "anna"), ListeningNotifier("push:1"))
        alert = dispatch(post)
        await post.clock.sleep(2)
        assert not await post.outbox.acknowledge(f"{alert.id}:push:1", "bob", opened=True)
        assert not await post.outbox.acknowledge("unknown", "anna", opened=True)
        for _ in range(2):
            assert await post.outbox.acknowledge(f"{alert.id}:push:1", "anna", opened=False)
            await post.clock.sleep(1)
        row = catalog.event(EVENT)
        assert row is not None
        assert [entry.stage for entry in row.ledger] == [Stage.SENT, Stage.ACCEPTED, Stage.ACKNOWLEDGED]
        (delivery,) = catalog.deliveries_of(EVENT)
        assert (delivery.acknowledged_at, delivery.opened_at) == (NOON + seconds(2), None)

    once([], act, catalog)


def test_an_acknowledgement_of_old_is_found_in_the_catalog() -> None:
    catalog = FailingCatalog()

    async def first(post: Post) -> None:
        post.book.put(Recipient("push:1", "Anna's phone", "anna"), ListeningNotifier("push:1"))
        dispatch(post)
        await post.clock.sleep(2)

    async def later(post: Post) -> None:
        post.book.put(Recipient("push:1", "Anna's phone", "anna"), ListeningNotifier("push:1"))
        assert await post.outbox.acknowledge(f"{EVENT}:person:push:1", "anna", opened=True)
        await post.clock.sleep(2)
        (delivery,) = catalog.deliveries_of(EVENT)
        assert delivery.opened_at is not None

    once([], first, catalog)
    once([], later, catalog)


def test_whoever_was_not_told_cannot_open_it_and_the_pager_goes() -> None:
    catalog = FailingCatalog()

    async def act(post: Post) -> None:
        for name in ("anna", "bob"):
            post.book.put(Recipient(f"push:{name}", name, name), ListeningNotifier(f"push:{name}"))
        post.book.put(
            Recipient("mail:bob", "bob", "bob", turn=Turn.UNDELIVERED, after_seconds=300.0),
            ListeningNotifier("mail:bob"),
        )
        pager = with_turn(post, Turn.UNANSWERED, 30.0)
        post.outbox.silence_of = lambda to, _alert: "not for these eyes" if to.channel == "push:bob" else None
        alert = dispatch(post, Cause.PRESS)
        await post.clock.sleep(5)
        for channel in ("push:bob", "mail:bob"):
            assert not await post.outbox.acknowledge(f"{alert.id}:{channel}", "bob", opened=True)
        await post.clock.sleep(600)
        assert len(pager.accepted) == 1
        states = {one.channel: (one.state, one.opened_at) for one in catalog.deliveries_of(EVENT)}
        assert states["push:bob"] == (DeliveryState.SPARED, None)
        row = catalog.event(EVENT)
        assert row is not None
        assert Stage.ACKNOWLEDGED not in {entry.stage for entry in row.ledger}

    once([], act, catalog)


def test_the_acknowledgement_of_an_alert_with_a_long_id_is_found_in_memory_and_in_the_catalog() -> None:
    catalog, told = FailingCatalog(), AlertId(f"{EVENT}:{'ä' * 4000}")

    async def first(post: Post) -> None:
        post.book.put(Recipient("push:1", "Anna's phone", "anna"), ListeningNotifier("push:1"))
        event = event_at(post.clock)
        post.rows.decided(event)
        post.outbox.dispatch(replace(alert_of(event), id=told))
        await post.clock.sleep(2)
        await later(post)

    async def later(post: Post) -> None:
        post.book.put(Recipient("push:1", "Anna's phone", "anna"), ListeningNotifier("push:1"))
        alert = replace(alert_of(event_at(post.clock)), id=told)
        sent = json.loads(push_payload(alert, delivery_id(told, "push:1"), None))["id"]
        assert await post.outbox.acknowledge(sent, "anna", opened=False)

    once([], first, catalog)
    once([], later, catalog)


def test_acknowledgements_that_hang_in_a_stalled_disk_leave_everybody_else_their_threads() -> None:
    goes_on = ThreadEvent()

    def find(_delivery: str) -> None:
        goes_on.wait(60)

    async def act() -> None:
        use_enough_threads()
        clock = LoopClock(NOON)
        health = HealthBoard(clock)
        outbox = Outbox(RecipientBook(), EventRows(FailingCatalog(), health, clock), health, clock, find)
        try:
            async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
                asked = [tasks.create_task(refused(outbox, f"old-{number}")) for number in range(200)]
                while sum(one.done() for one in asked) < len(asked) - MOST_LOOKED_UP:  # noqa: ASYNC110 - none tells
                    await asyncio.sleep(0.01)
                for one in asked:
                    one.cancel()  # each client gives up
                await asyncio.wait(asked)
                assert await refused(outbox, "another"), "its thread is taken although nobody waits for it"
                assert await asyncio.to_thread(int, "7") == 7
                goes_on.set()
                while await refused(outbox, "after it"):  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.01)
        finally:
            goes_on.set()

    asyncio.run(act())


async def refused(outbox: Outbox, delivery: str) -> bool:
    try:
        await outbox.acknowledge(delivery, "guest", opened=False)
    except CatalogUnavailable:
        return True
    return False


def test_a_device_that_shows_it_has_it_whatever_its_service_answers() -> None:
    catalog = FailingCatalog()
    phone = ListeningNotifier("push:1", lambda: "hang")

    async def act(post: Post) -> None:
        post.book.put(Recipient("push:1", "Anna's phone", "anna"), phone)
        alert = dispatch(post)
        await post.clock.sleep(1)
        assert await post.outbox.acknowledge(f"{alert.id}:push:1", "anna", opened=False)
        await post.clock.sleep(A_DAY)
        assert len(phone.tried) == 1
        assert post.state() == [DeliveryState.ACCEPTED]

    once([], act, catalog)


def test_what_was_on_its_way_at_the_end_fails_and_is_told_as_another_alert() -> None:
    mail, catalog = ListeningNotifier(), FailingCatalog()

    async def later(_post: Post) -> None:
        await turns()
        (told,) = mail.accepted
        assert told.id.endswith(AGAIN)
        assert "you may have it already" in told.text

    alert = alert_of(event_at(LoopClock(NOON)))
    on_its_way = Delivery(alert, "mail", DeliveryState.DUE, 1, NOON, BEING_TRIED)
    catalog.save_event(event_at(LoopClock(NOON)), [on_its_way])
    once([mail], later, catalog)
    assert {one.id: one.state for one in catalog.deliveries_of(EVENT)} == {
        f"{alert.id}:mail": DeliveryState.FAILED,
        f"{alert.id}{AGAIN}:mail": DeliveryState.ACCEPTED,
    }


# ------------------------------------------------------------------------------------------------ the end of a run


def test_what_is_on_its_way_when_we_stop_stays_on_its_way_in_rows_and_journal(tmp_path: Path) -> None:
    mail, catalog, journal = ListeningNotifier(answers=lambda: "hang"), FailingCatalog(), AlertJournal(tmp_path / "m")

    async def act(post: Post) -> None:
        post.outbox.on_change.append(journal.note)
        post.tell()
        await post.clock.sleep(1)
        assert len(mail.tried) == 1

    once([mail], act, catalog)
    for found in (catalog.due_deliveries(), journal.deliveries()):
        assert [(one.state, one.outcome) for one in found] == [(DeliveryState.DUE, BEING_TRIED)]


def test_an_ordinary_stop_waits_for_the_try_under_way_and_begins_none() -> None:
    catalog = FailingCatalog()

    async def act(post: Post) -> None:
        slow = SlowNotifier(post.clock, 2.0)
        post.book.put(Recipient("slow", "Slow"), slow)
        post.tell()
        post.tell(EventId("front-door-2"))
        await post.clock.sleep(1)
        await post.outbox.finish(3.0)
        await post.clock.sleep(60)
        assert (len(slow.tried), len(slow.accepted)) == (1, 1)
        assert post.state() == [DeliveryState.ACCEPTED]
        assert [one.state for one in post.outbox.deliveries_of(EventId("front-door-2"))] == [DeliveryState.DUE]

    once([], act, catalog)


def test_a_stop_waits_no_longer_than_it_is_told_to() -> None:
    async def act(post: Post) -> None:
        post.tell()
        await post.clock.sleep(1)
        before = post.clock.now()
        await post.outbox.finish(3.0)
        assert post.clock.now() - before <= timedelta(seconds=4)

    once([ListeningNotifier(answers=lambda: "hang")], act, FailingCatalog())


class SlowNotifier(ListeningNotifier):
    """Takes every alert, after a while."""

    def __init__(self, clock: LoopClock, seconds: float) -> None:
        super().__init__("slow")
        self._clock = clock
        self._seconds = seconds

    async def send(self, alert: Alert) -> None:
        self.tried.append(alert)
        await self._clock.sleep(self._seconds)
        self.accepted.append(alert)


def test_what_is_too_old_at_a_start_is_not_told_any_more() -> None:
    mail, catalog = ListeningNotifier(), FailingCatalog()
    event = event_at(LoopClock(NOON - seconds(2 * A_DAY)))
    test = Alert(AlertId("test:1"), None, None, None, NOON - seconds(60), "t", "x", "l", is_test=True)
    catalog.save_event(event, [Delivery(alert_of(event), "mail", DeliveryState.DUE, 1, event.started_at)])
    catalog.save_delivery(Delivery(test, "mail", DeliveryState.DUE, 1, test.at))
    catalog.save_delivery(
        Delivery(replace(test, id=AlertId("test:2")), "mail", DeliveryState.DUE, 1, NOON, BEING_TRIED)
    )

    async def act(post: Post) -> None:
        await post.clock.sleep(60)
        assert mail.tried == []
        assert [(one.state, one.outcome) for one in catalog.deliveries_of(EVENT)] == [(DeliveryState.FAILED, TOO_LATE)]
        assert catalog.due_deliveries() == []

    once([mail], act, catalog)


# --------------------------------------------------------------------------------------------------------- the clock


def test_the_clock_is_set_while_an_alert_is_on_its_way_and_it_is_neither_late_nor_given_up() -> None:
    mail, catalog, by = ListeningNotifier(answers=lambda: "hang"), FailingCatalog(), timedelta(days=300)

    async def act(post: Post) -> None:
        post.tell()
        await post.clock.sleep(1)
        set_clock(post, by)
        await post.clock.sleep(ATTEMPT_SECONDS)
        (delivery,) = post.outbox.deliveries_of(EVENT)
        assert (delivery.state, delivery.alert.at) == (DeliveryState.DUE, NOON + by)
        mail.answers = lambda: "ok"
        await post.clock.sleep(20)
        assert [alert.text for alert in mail.accepted] == ["x"]

    once([mail], act, catalog)


def test_what_a_channel_takes_after_the_clock_was_set_is_known_by_the_right_time() -> None:
    by = timedelta(days=300)

    async def act(post: Post) -> None:
        post.book.put(Recipient("slow", "Slow", "anna"), SlowNotifier(post.clock, 4.0))
        alert = dispatch(post)
        await post.clock.sleep(1)
        assert await post.outbox.acknowledge(f"{alert.id}:slow", "anna", opened=True)
        set_clock(post, by)
        await post.clock.sleep(5)
        (delivery,) = post.outbox.deliveries_of(EVENT)
        assert (delivery.alert.at, delivery.opened_at) == (NOON + by, NOON + by + seconds(1))
        row = post.rows.latest(EVENT)
        assert row is not None
        assert [entry.at for entry in row.ledger if entry.stage is Stage.SENT] == [NOON + by]

    once([], act, FailingCatalog())


def set_clock(post: Post, by: timedelta) -> None:
    """For the first time since the machine booted."""
    post.clock._now += by
    post.outbox.redate(Dating(by))


# -------------------------------------------------------------------------------------------------------- pictures


def test_no_delivery_carries_a_picture_and_every_try_has_it() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "later"), FailingCatalog()

    async def act(post: Post) -> None:
        kept: list[Delivery] = []
        post.outbox.on_change.append(kept.append)
        post.tell()
        await post.clock.sleep(3600)
        assert len(mail.tried) > 2
        assert {alert.snapshot for alert in mail.tried} == {b"jpeg"}
        lane = post.outbox._lanes["mail"]
        assert not any(one.alert.snapshot for one in (*kept, *lane.waiting.values(), *post.outbox.deliveries_of(EVENT)))

    once([mail], act, catalog)


def test_an_alert_whose_picture_is_forgotten_or_of_a_former_run_goes_with_the_still_of_its_event() -> None:
    mail, catalog = ListeningNotifier(answers=lambda: "later"), FailingCatalog()
    asked: list[EventId] = []

    def still(event: EventId) -> bytes:
        asked.append(event)
        return b"still"

    async def first(post: Post) -> None:
        post.tell()
        await post.clock.sleep(10)

    once([mail], first, catalog)
    mail.answers = lambda: "ok"
    clock = LoopClock(NOON + seconds(600))

    async def main() -> None:
        post = Post(clock, catalog, [mail], still)

        async def act() -> None:
            await turns()
            assert [(alert.event, alert.snapshot) for alert in mail.accepted] == [(EVENT, b"still")]
            post.tell(EventId("new"))
            await turns()
            assert mail.accepted[-1].snapshot == b"jpeg"

        await in_post(post, act)

    run(clock, main)
    assert asked == [EVENT]


def test_one_that_is_not_late_never_asks_the_disk_for_its_picture() -> None:
    def disk(_event: EventId) -> bytes:
        raise AssertionError

    pictures, clock = AlertPictures(HealthBoard(LoopClock(NOON)), disk), LoopClock(NOON)
    alert = replace(alert_of(event_at(clock)), snapshot=b"")
    assert run(clock, lambda: pictures.of(pictures.taken_off(alert), NOON + seconds(30))) == b""


def test_of_pictures_the_newest_are_kept_and_no_more() -> None:
    clock = LoopClock(NOON)
    pictures = AlertPictures(HealthBoard(clock))
    alerts = [replace(alert_of(event_at(clock)), id=AlertId(str(number))) for number in range(3 * MOST_PICTURES)]
    assert not any(pictures.taken_off(alert).snapshot for alert in alerts)
    pictures.taken_off(replace(alerts[0], id=AlertId("bare"), snapshot=b""))
    assert [one for one in alerts if pictures.kept(one.id)] == alerts[-MOST_PICTURES:]
