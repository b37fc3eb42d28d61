"""How a soak is judged, and a minute of one; the hours are `python tests/faults/soak.py --hours 2`."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.process_tree import Holding
from faults import soak
from faults.soak_books import (
    MIB,
    Sample,
    Told,
    Trouble,
    lives,
    quantile_of,
    scored,
    slope_mib_an_hour,
    told_again,
    without,
)
from faults.soak_house import ALWAYS, BUFFER_MB, SERVER_KILLED, pictures_in
from faults.visited_film import FIRST_VISIT, QUIET, VisitedFilm, rolled
from media.make_clips import Recipe, make_video

VISIT = (100.0, 114.0)
MINUTE = soak.Plan(
    seconds=40.0,
    cameras=2,
    viewers=2,
    sample_every=1.0,
    settle=3.0,
    calm=14.0,
    warm_up=3.0,
    pauses=(1.0, 2.0),
    first_death=0.0,
    deaths_apart=40.0,
    may_lack=4.0,  # beside a hundred other processes the camera itself stands still at times
    film=VisitedFilm("minute", (FIRST_VISIT, QUIET, QUIET)),
)


def told(at: float, alert: str = "one") -> Told:
    return Told(alert, "cam-0", at, at + 0.5)


def samples(*rss_mib: float, threads: int = 30, grown: int = 0, every: float = 10.0) -> list[Sample]:
    """One life; `grown` threads more from the middle on."""
    half = len(rss_mib) // 2
    return [
        Sample(number * every, 1, Holding(6, threads + grown * (number >= half), 90, 0, 0.0, 0, round(mib * MIB)), 0, 0)
        for number, mib in enumerate(rss_mib)
    ]


def test_what_is_left_of_spans_without_others() -> None:
    assert without([(0.0, 10.0), (20.0, 30.0)], [(5.0, 22.0), (29.0, 40.0)]) == [(0.0, 5.0), (22.0, 29.0)]
    assert without([(0.0, 10.0)], [(3.0, 4.0)]) == [(0.0, 3.0), (4.0, 10.0)]
    assert without([(0.0, 10.0)], [(0.0, 9.99)]) == []


def test_a_visit_that_nothing_disturbed_is_to_be_told_exactly_once() -> None:
    well = scored([VISIT], [VISIT], [told(101.0)], [])
    assert (well.undisturbed, well.missed, well.twice, well.nobody) == (1, [], [], [])
    assert well.behind([]) == [pytest.approx(1.5)]
    assert well.behind([(90.0, 101.0)]) == []
    assert scored([VISIT], [VISIT], [], []).missed == [VISIT]
    assert scored([VISIT], [VISIT], [told(101.0), told(110.0, "two")], []).twice == [VISIT]
    assert [one.at for one in scored([VISIT], [VISIT], [told(130.0)], []).nobody] == [130.0]


def test_who_is_told_half_a_minute_late_is_told_too_late() -> None:
    late = scored([VISIT], [VISIT], [Told("one", "cam-0", 101.0, 131.0)], [])
    assert late.missed == []
    assert late.late([]) == [VISIT]
    assert late.late([(90.0, 101.0)]) == []


def test_an_alert_of_nobody_is_one_while_nothing_was_done_to_the_camera() -> None:
    assert [one.at for one in scored([], [VISIT], [told(130.0)], [(110.0, 120.0)]).nobody] == [130.0]
    assert scored([], [VISIT], [told(130.0)], [(125.0, 140.0)]).nobody == []


def test_who_was_disturbed_is_to_be_told_where_there_was_time_enough() -> None:
    assert scored([VISIT], [VISIT], [], [(99.0, 110.0)]).missed == []
    assert scored([VISIT], [VISIT], [], [(99.0, 104.0)]).missed == [VISIT]
    assert scored([VISIT], [VISIT], [told(101.0), told(110.0, "two")], [(104.0, 106.0)]).twice == []


def test_an_alert_that_was_taken_twice_is_known_by_its_id() -> None:
    assert told_again([told(1.0), told(2.0, "two"), told(1.0)]) == ["one"]


def test_a_slope_is_that_of_the_line_through_all_samples() -> None:
    assert slope_mib_an_hour([(0.0, 0.0), (1800.0, 1.0 * MIB), (3600.0, 2.0 * MIB)]) == pytest.approx(2.0)
    assert slope_mib_an_hour([(0.0, 5.0)]) == 0.0


@pytest.mark.parametrize(
    ("held", "fault"),
    [
        (samples(*[200.0 + n / 1000 for n in range(400)], every=10.0), None),
        (samples(*[200.0 + n / 100 for n in range(400)], every=10.0), "RSS grows by 3.6 MiB an hour"),
        (samples(*[200.0 + n / 100 for n in range(40)], every=10.0), None),
        (samples(*[200.0 + 2 * n for n in range(40)], every=10.0), "RSS grows by 720.0 MiB an hour"),
        (samples(*[200.0] * 400, grown=3), "threads 30 at first, 33 at last"),
        (samples(*[200.0] * 40, grown=3), None),
        (samples(*[200.0] * 40, grown=9), "threads 30 at first, 39 at last"),
        (
            [replace(one, main=n * MIB // 100) for n, one in enumerate(samples(*[200.0] * 400))],
            "own process grows by 3.6",
        ),
        ([replace(one, reader=n * MIB // 100) for n, one in enumerate(samples(*[200.0] * 400))], "reader grows by 3.6"),
    ],
    ids=[
        "flat",
        "a slow leak for long",
        "a heap that finds its size",
        "a quick leak",
        "threads",
        "a pool that finds its size",
        "threads of each",
        "main",
        "reader",
    ],
)
def test_what_grows_is_told(held: list[Sample], fault: str | None) -> None:
    [life] = lives(held, 0.0, [])
    assert [fault in trouble for trouble in life.troubles] == [True] if fault else life.troubles == []


def test_a_run_without_viewers_pictures_figures_and_visits_has_proven_nothing() -> None:
    found = soak.Found(MINUTE, exit_code=0)
    assert set(found.faults) == {
        *(soak.NO_LIFE, soak.NOBODY_CAME, soak.NOBODY_WATCHED, soak.NO_LATENESS, soak.NOTHING_COUNTED),
    }


def test_what_goes_wrong_counts_unless_the_server_was_killed_then() -> None:
    found = soak.Found(MINUTE, watched=1.0, lateness={1: {0.001: 1.0}}, pictures={"cam-0": 1}, exit_code=1)
    found.troubles = [Trouble(SERVER_KILLED, frozenset({"cam-0"}), 100.0, 103.0)]
    found.unanswered = [101.0, 500.0]
    found.ran_into = [((90.0, 140.0), "ConnectError"), ((600.0, 601.0), "ReadError")]
    found.visitors = {"clips": {"200": 5, "404": 1, "500": 2}}
    found.samples = [replace(samples(1.0)[0], buffer=(BUFFER_MB + 1) * MIB)]
    words = [fault.partition(" at ")[0] for fault in found.faults if fault not in (soak.NO_LIFE, soak.NOBODY_CAME)]
    assert words == [
        *("no answer", "a visitor: ReadError", "2 clips answered by 500"),
        *(f"the buffer holds {BUFFER_MB + 1} MiB", "the server ended with 1"),
    ]


def test_the_pictures_of_a_clip_are_counted_in_its_bytes(tmp_path: Path) -> None:
    make_video(tmp_path / "clip.mp4", recipe := Recipe())
    assert pictures_in((tmp_path / "clip.mp4").read_bytes()) == recipe.frames
    assert pictures_in(b"no film") == 0


def test_while_a_camera_is_away_nothing_that_is_held_counts() -> None:
    away = Trouble("camera gone", frozenset({"cam-0"}), 0.0, 200.0)
    [life] = lives(samples(*[200.0] * 40), 0.0, [away])
    assert life.samples == 40 - 22
    assert lives(samples(*[200.0] * 40), 350.0, []) == []


def test_a_quantile_is_the_bound_of_its_bucket() -> None:
    counts = {0.001: 90.0, 0.01: 99.0, float("inf"): 100.0}
    assert [quantile_of(counts, part) for part in (0.5, 0.99, 1.0)] == [0.001, 0.01, float("inf")]
    assert quantile_of({}, 0.5) == 0.0


def test_a_film_says_when_somebody_is_in_view_also_where_it_is_rolled() -> None:
    film = VisitedFilm("some", (FIRST_VISIT, QUIET, QUIET))
    assert film.seconds == 29.0
    assert [round(at, 1) for visit in film.visits for at in visit] == [3.0, 16.6]
    assert [round(at, 1) for visit in rolled(film, 1).visits for at in visit] == [13.0, 26.6]


@pytest.mark.slow
def test_a_minute_of_outages_a_kill_and_viewers_loses_nothing_and_tells_of_everybody(tmp_path: Path) -> None:
    if why_not := soak.missing():
        pytest.skip(why_not)
    with tempfile.TemporaryDirectory(prefix="doorstep-soak-", dir=soak.SHARED_MEMORY) as memory:
        found = soak.campaign(tmp_path, Path(memory), MINUTE)
    # On a loaded machine nobody may have had a calm moment: that is no promise of Doorstep's.
    assert set(found.faults) <= {soak.NOBODY_CAME, soak.NO_LIFE}, (found.faults, found.excerpt)
    assert sum(one.undisturbed + one.disturbed for one in found.visits.values()) > 0
    assert {trouble.what for trouble in found.troubles} >= {SERVER_KILLED}
    assert 2 in found.lateness  # the first life may be over before it was asked
    assert found.pictures[ALWAYS] > 0
