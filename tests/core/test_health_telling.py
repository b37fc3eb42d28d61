"""One word when a problem starts and one when it ends; few where it flaps."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.health import Problem
from doorstep.core.health_telling import (
    MOST_TOLD,
    QUIET_SECONDS,
    RULES,
    WITHIN_SECONDS,
    Change,
    HealthTelling,
    Word,
    camera_of,
    is_gone,
    rule_of,
)
from doorstep.core.health_words import words_of
from doorstep.core.recipient import Recipient
from doorstep.core.standing import Standing

SINCE = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)


def problem(key: str, *, minor: bool = False) -> Problem:
    return Problem(key, f"{key} is wrong.", SINCE, "Mend it.", minor)


class Told:
    """A telling whose time passes second by second."""

    def __init__(self) -> None:
        self.telling, self.now = HealthTelling(), 0.0
        self.words: list[tuple[str, Change]] = []

    def while_(self, *problems: Problem, seconds: float = 1.0) -> list[Change]:
        new: list[Change] = []
        for _ in range(int(seconds)):
            self.now += 1.0
            words = self.telling.observe(self.now, problems)
            self.words += [(word.problem.key, word.change) for word in words]
            new += [word.change for word in words]
        return new


@pytest.mark.parametrize(
    ("key", "rule", "camera"),
    [
        ("camera:front-door", "packets", "front-door"),
        ("camera:front-door:black", "black", "front-door"),
        ("disk", "disk", None),
        ("notifier:push:7", "notifier", None),
    ],
)
def test_a_key_names_its_rule_and_camera(key: str, rule: str, camera: str | None) -> None:
    assert (rule_of(key), camera_of(key)) == (rule, camera)


def test_one_word_when_it_starts_and_one_when_it_ends() -> None:
    told, cut = Told(), problem("camera:front-door")
    assert told.while_(cut, seconds=30) == []
    assert told.while_(cut, seconds=3600) == [Change.STARTED]
    assert told.while_(seconds=4) == []
    assert told.while_(seconds=3600) == [Change.ENDED]


def test_a_key_of_web_push_that_cannot_be_used_is_told_in_its_own_words_and_soon() -> None:
    told, broken = Told(), problem("push-key")
    assert told.while_(broken, seconds=70) == [Change.STARTED]
    assert words_of(Word(Change.STARTED, broken))[0] == "Phones are not told"


def test_a_wlan_that_stumbles_is_nobodys_business() -> None:
    told, cut = Told(), problem("camera:front-door")
    for _ in range(50):
        assert told.while_(cut, seconds=20) == []
        assert told.while_(seconds=20) == []


def test_a_disk_that_gets_worse_and_better_is_told_in_steps() -> None:
    told, nearly, full = Told(), problem("disk", minor=True), problem("disk")
    assert told.while_(nearly, seconds=5) == [Change.STARTED]
    assert told.while_(full, seconds=10) == [Change.CHANGED]
    assert told.while_(nearly, seconds=10) == [Change.CHANGED]
    assert told.while_(seconds=5) == [Change.ENDED]
    assert words_of(Word(Change.CHANGED, full))[0] == "Recording has stopped"
    assert words_of(Word(Change.CHANGED, nearly))[0] == "Recording goes on"


def test_minor_problems_are_told_only_where_a_rule_says_so() -> None:
    told = Told()
    for key in ("set-aside", "camera:a:buffer", "notifier:email", "reload"):
        assert told.while_(problem(key, minor=True), seconds=3600) == [], key
    assert told.while_(problem("certificate", minor=True)) == [Change.STARTED]


def test_a_press_storm_is_told_though_everything_is_still_seen() -> None:
    storm = problem("press-storm:front-door", minor=True)
    assert Told().while_(storm, seconds=600) == [Change.STARTED]
    assert camera_of(storm.key) == "front-door"
    assert words_of(Word(Change.STARTED, storm))[0] == "Somebody rings again and again"


def test_a_problem_that_comes_and_goes_does_not_fill_a_mailbox() -> None:
    told, black = Told(), problem("camera:a:black")
    for _ in range(100):
        told.while_(black, seconds=5)
        told.while_(seconds=5)
    changes = [change for _, change in told.words]
    assert changes == [Change.STARTED, Change.ENDED] * MOST_TOLD + [Change.FLAPS]
    assert told.while_(seconds=QUIET_SECONDS + 5) == [Change.ENDED]
    told.while_(seconds=WITHIN_SECONDS)
    assert told.while_(black) == [Change.STARTED]


def test_a_disk_that_stalls_for_a_moment_is_only_nearly_full() -> None:
    told, nearly, stalls = Told(), problem("disk", minor=True), problem("disk")
    for _ in range(3600 // 60):
        told.while_(nearly, seconds=57)
        told.while_(stalls, seconds=3)
    assert told.words == [("disk", Change.STARTED)]
    told.while_(stalls, seconds=2)
    told.while_(seconds=10)
    assert told.words == [("disk", Change.STARTED), ("disk", Change.ENDED)]


@pytest.mark.parametrize("key", ["disk", "model"])
def test_a_problem_that_gets_worse_and_better_does_not_fill_a_mailbox(key: str) -> None:
    told = Told()
    for minute in range(1, 90):
        told.while_(problem(key, minor=minute % 2 == 0), seconds=61)
    assert [change for _, change in told.words] == [Change.STARTED, Change.CHANGED, Change.CHANGED, Change.FLAPS]


def test_what_got_worse_too_often_and_stays_so_is_told_in_the_end() -> None:
    told, nearly, full = Told(), problem("disk", minor=True), problem("disk")
    for _ in range(5):
        told.while_(full, seconds=60)
        told.while_(nearly, seconds=60)
    assert told.words[-1] == ("disk", Change.FLAPS)
    assert told.while_(full, seconds=QUIET_SECONDS - 5) == []
    assert told.while_(full, seconds=10) == [Change.FLAPS]
    assert told.while_(full, seconds=WITHIN_SECONDS) == []
    assert told.while_(seconds=QUIET_SECONDS + 5) == [Change.ENDED]


@given(st.lists(st.tuples(st.sampled_from(["", "minor", "major"]), st.integers(1, 900)), max_size=60))
def test_words_alternate_and_are_bounded(spells: list[tuple[str, int]]) -> None:
    told = Told()
    for kind, seconds in spells:
        there = (problem("camera:a:black"),) if kind == "major" else (problem("disk", minor=True),) if kind else ()
        told.while_(*there, seconds=seconds)
    for key in ("camera:a:black", "disk"):
        changes = [change for found, change in told.words if found == key]
        assert all(change is Change.ENDED for change in changes[1::2])
        assert all(change in {Change.STARTED, Change.FLAPS} for change in changes[::2])
        assert changes.count(Change.STARTED) <= MOST_TOLD * (1 + told.now // WITHIN_SECONDS)


KEYS = ("disk", "model", "clock", "camera:a", "camera:a:black", "notifier:mail", "something-new")
REPORTS = st.dictionaries(st.sampled_from(KEYS), st.booleans())
PAUSES = st.sampled_from((0.1, 1.0, 6.0, 61.0, QUIET_SECONDS - 1, QUIET_SECONDS + 1)) | st.floats(0.0, WITHIN_SECONDS)


@given(st.lists(st.tuples(PAUSES, REPORTS), max_size=80))
def test_words_are_bounded_in_any_hour_whatever_is_reported(looks: list[tuple[float, dict[str, bool]]]) -> None:
    telling, now = HealthTelling(), 0.0
    told: dict[str, list[tuple[float, Change]]] = {}
    for pause, reports in looks:
        now += pause
        for word in telling.observe(now, [problem(key, minor=minor) for key, minor in reports.items()]):
            told.setdefault(word.problem.key, []).append((now, word.change))
    for words in told.values():
        for begins, _ in words:
            hour = [change for at, change in words if begins <= at < begins + WITHIN_SECONDS]
            assert hour.count(Change.STARTED) + hour.count(Change.CHANGED) <= MOST_TOLD
            assert hour.count(Change.FLAPS) <= WITHIN_SECONDS / QUIET_SECONDS
            assert hour.count(Change.ENDED) <= 1 + len(hour) / 2


@pytest.mark.parametrize("change", list(Change))
@pytest.mark.parametrize("rule", [*RULES, "something-new"])
def test_every_rule_has_plain_words(rule: str, change: Change) -> None:
    title, text = words_of(Word(change, problem(rule)))
    assert title
    assert f"{rule} is wrong." in text


@pytest.mark.parametrize("key", ["push:1", "push:1:ended", "notifier:push:1"])
def test_what_ends_because_its_channel_is_gone_is_worth_no_word(key: str) -> None:
    problem = Problem(key, "It shows nothing.", datetime(2026, 11, 21, 12, tzinfo=UTC), "")
    there = [Standing(Recipient("push:1", "Phone", "Anna"))]
    assert is_gone(Word(Change.ENDED, problem), [])
    assert is_gone(Word(Change.ENDED, problem), there) == key.endswith("ended")
    assert not is_gone(Word(Change.STARTED, problem), [])
