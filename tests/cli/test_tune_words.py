"""What `doorstep tune` says: only what makes a difference, by time, and a line that can be followed."""

import io
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from doorstep.app.replay_rules import replay_rules
from doorstep.app.tune import Hours, SeenHours
from doorstep.app.tuning import Tuned
from doorstep.cli.tune_words import MOST_TIMES, before_table, behind_table, json_rows, plain_table, rich_table
from doorstep.config.load import load_settings
from doorstep.core.detection import PERSON, Box, Detection, Label, Thresholds
from doorstep.core.relevance import Relevance
from doorstep.core.replay import Moment, ReplayRules
from doorstep.core.replay_comparison import RealEvent, compared
from doorstep.core.replay_settings import Asked, Tried, around, tried_with
from doorstep.core.settings import EventSettings
from doorstep.core.zone import Zone
from doorstep.pipeline.recorded_key_frames import Flaws
from fakes.footage import CAMERA, NOON, seconds

RULES = ReplayRules(Thresholds(0.35, 0.22), EventSettings(alert_cooldown=0.0), Relevance())
CAMERA_LINES = (
    'id = "front-door"',
    'name = "Front door"',
    'source = "demo://"',
    'zones = [{ name = "left", polygon = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]] }]',
    "least_heights = { person = 0.1, cat = 0.05 }",
)
LEFT = Zone("left", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
WRITTEN = ReplayRules(Thresholds(0.35, 0.22), EventSettings(), Relevance((LEFT,), ((PERSON, 0.1), (Label.CAT, 0.05))))
VISITOR, COAT = Box(0.4, 0.1, 0.6, 0.9), Box(0.1, 0.5, 0.15, 0.6)
WIDE = NOON + seconds(3600)


def moments() -> tuple[Moment, ...]:
    """A visitor at 10 s, and at 300 s a coat that is small."""

    def found(at: int) -> tuple[Detection, ...]:
        if 10 <= at < 20:
            return (Detection(PERSON, 0.9, VISITOR),)
        return (Detection(PERSON, 0.7, COAT),) if 300 <= at < 310 else ()

    return tuple(Moment(NOON + seconds(at), 0.1, moving=True, found=found(at)) for at in range(400))


def real(begin: float, *, nobody: bool = False) -> RealEvent:
    return RealEvent(f"e{begin:g}", NOON + seconds(begin), NOON + seconds(begin + 14), 0.7, told=True, nobody=nobody)


def tuned(
    *events: RealEvent,
    flaws: Flaws | None = None,
    every: float = 1.0,
    none_sent: bool = False,
    only: Asked | None = None,
) -> Tuned:
    seen = moments()
    recorded = timedelta(seconds=len(seen) * every)
    hours = Hours(CAMERA, NOON, WIDE, (), events, 2, none_sent)
    others = [tried_with(RULES, only)] if only is not None else list(around(RULES))
    comparison = compared(CAMERA, Tried(RULES), others, seen, events)
    looked = SeenHours(seen, 300, recorded, 3, flaws or Flaws())
    return Tuned(hours, looked, comparison, "yolox-nano", 4.0, record_always=False, remote=False, zone=UTC)


def behind(found: Tuned) -> str:
    return "\n".join(behind_table(found))


def before(found: Tuned) -> str:
    return "\n".join(before_table(found))


def test_the_better_setting_is_a_line_of_the_config() -> None:
    found = tuned(real(10), real(300, nobody=True))
    assert behind(found).endswith(
        'Better: least height 0.12. It spares 1 of 1 alert of "Not a person", and misses nobody.\n'
        'Write into the config, below [[camera]] with id = "front-door", in place of what it says there now:\n'
        "    least_heights = { person = 0.12 }\n"
        "Then start Doorstep anew. Nothing is changed yet."
    )
    assert "least height 0.12: spares 2026-11-21 12:05:00 (0.70)." in behind(found)
    best = [row["setting"] for row in json_rows(found) if row.get("best")]
    assert best == ["least height 0.12"]


def test_a_setting_that_goes_by_time_alone_is_the_last_resort_and_says_so() -> None:
    found = tuned(real(10), real(300, nobody=True), only=Asked(alert_cooldown=300.0))
    assert "Better: alert_cooldown 300 s." in behind(found)
    assert "it goes by time alone" in behind(found)
    assert "below [events], in place of what it says there now:\n    alert_cooldown = 300\n" in behind(found)
    both = tuned(real(10), real(300, nobody=True), only=Asked(alert_cooldown=300.0, least_height=0.12))
    assert "it goes by time alone" not in behind(both)


@pytest.mark.parametrize("tried", list(around(WRITTEN)), ids=lambda tried: str(tried.words))
def test_what_is_advised_can_be_written_so(tried: Tried, tmp_path: Path) -> None:
    camera = dict(line.split(" = ", 1) for line in CAMERA_LINES)
    events: dict[str, str] = {}
    for change in tried.changes:
        table = {"[events]": events, "[[camera]]": camera}.get(change.place, {})
        table.update(dict(line.split(" = ", 1) for line in change.lines))
    labels = '[detection]\nlabels = ["person", "cat"]\n'
    text = labels + "[[camera]]\n" + _lines(camera) + "[events]\n" + _lines(events)
    (tmp_path / "doorstep.toml").write_text(text, encoding="utf-8")
    settings = load_settings(tmp_path / "doorstep.toml", {})
    rules = replay_rules(settings, settings.cameras[0], tried.rules.thresholds, whole=True)
    assert rules.events == tried.rules.events
    assert dict(rules.relevance.least_heights) == dict(tried.rules.relevance.least_heights)
    assert rules.relevance.zones == tried.rules.relevance.zones


def _lines(table: dict[str, str]) -> str:
    return "".join(f"{key} = {value}\n" for key, value in table.items())


def test_of_many_events_the_first_are_named() -> None:
    found = tuned(*(real(10 + number / 1000) for number in range(25)), only=Asked(open=0.95))
    (line,) = (line for line in behind_table(found) if line.startswith("open 0.95"))
    assert line.count("(0.70)") == MOST_TIMES
    assert line.endswith(" and 15 more.")


def test_without_a_word_of_the_owner_it_asks_for_one() -> None:
    assert 'marked "Not a person". Mark such alerts in the page' in behind(tuned(real(10)))


def test_where_nothing_is_better_it_says_so() -> None:
    found = tuned(real(10, nobody=True), real(300, nobody=False))
    assert "No setting tried here tells less often of nobody without missing somebody." in behind(found)


def test_settings_that_change_nothing_are_one_line() -> None:
    found = tuned(real(10), real(300, nobody=True))
    settings = [line.split("  ")[0] for line in plain_table(found)]
    assert settings[:2] == ["Setting", "now"]
    assert "open 0.40" not in settings
    assert "least height 0.12" in settings
    (alike,) = (line for line in behind_table(found) if line.startswith("No difference here"))
    assert "open 0.40" in alike


def test_what_no_key_sets_is_said() -> None:
    assert "no line of the config sets them yet" in behind(tuned(real(10), only=Asked(open=0.95)))
    assert "no line of the config" not in behind(tuned(real(10)))


def test_what_a_replay_cannot_say_is_said() -> None:
    words = before(tuned(real(10), real(200)))
    assert "6.7 minutes of video in 3 pieces" in words
    assert "Only events are recorded" in words
    assert "2 events by the doorbell or from outside left out." in words
    assert "Judged by none: by these pictures not even your own settings tell of 2026-11-21 12:03:20 (0.70)." in words
    assert "So rare" not in words
    assert "So rare, they miss short visits" in before(tuned(real(10), every=10.0))
    assert "No alert was sent: with a channel you would have been told of 1;" in before(tuned(real(10), none_sent=True))
    assert "Live another machine looks" in before(replace(tuned(), remote=True))


def test_what_could_not_be_read_is_said() -> None:
    words = before(tuned(flaws=Flaws(["a.mp4"], ["b.mp4", "c.mp4"], 1)))
    assert "1 recording damaged, used as far as whole: `doorstep fsck` says more." in words
    assert "2 recordings gone by now" in words
    assert "1 picture damaged, left out." in words


def test_a_terminal_gets_the_same_table() -> None:
    found = tuned(real(10), real(300, nobody=True))
    screen = io.StringIO()
    Console(file=screen, width=120, color_system=None).print(rich_table(found))
    for line in plain_table(found):
        assert line.split()[0] in screen.getvalue()
    assert screen.getvalue().count("least height") == sum("least height" in line for line in plain_table(found))
