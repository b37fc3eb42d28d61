"""Every picture that was sent away stands in the ledger of the event that it was sent for, once."""

from doorstep.core.ledger import LedgerEntry
from doorstep.core.remote_use import Outcome, RemoteCall
from doorstep.pipeline.sent_pictures import SentPictures
from fakes.footage import NOON, seconds


def call(at: float, outcome: Outcome = Outcome.ANSWERED) -> RemoteCall:
    return RemoteCall(NOON + seconds(at), "far", 20_100, 80, 0.25, outcome)


def told(entries: tuple[LedgerEntry, ...]) -> list[tuple[str, float]]:
    return [(entry.channel, entry.cost_usd) for entry in entries]


def test_an_event_opens_with_the_calls_from_its_first_sighting_on() -> None:
    sent = SentPictures()
    for at in (0.0, 15.0, 15.25):
        sent.note([call(at)])
    entries = sent.opened(NOON + seconds(15))
    assert told(entries) == [("far: 2 pictures sent (41 kB), answered", 0.5)]
    assert entries[0].at == NOON + seconds(15.33)


def test_what_is_sent_while_it_runs_is_told_at_its_end_and_belongs_to_no_other() -> None:
    sent = SentPictures()
    sent.note([call(1.0)])
    sent.opened(NOON + seconds(1))
    for number in range(1200):
        sent.note([call(2.0 + number / 4)])
    sent.note([call(302.0, Outcome.SLOW)])  # this look ends the event, and opens another
    assert told(sent.closed()) == [("far: 1200 pictures sent (24120 kB), answered", 300.0)]
    assert told(sent.opened(NOON + seconds(302))) == [("far: 1 picture sent (21 kB), slow", 0.25)]
    sent.note(())
    assert sent.closed() == ()


def test_nothing_is_told_where_nothing_was_sent() -> None:
    sent = SentPictures()
    sent.note(())
    assert sent.opened(NOON) == ()
    assert sent.closed() == ()
