"""How the campaign of visits counts; the campaign itself takes minutes."""

from pathlib import Path

import pytest

from faults.visits import FILM_SECONDS, VISITS, Playing, Told, faults_of, figures_of, scored

FILM = Playing("yard", Path("film.mp4"), phase=30.0, key_frames_every=4.0)


def seen(*moments: float) -> list[Told]:
    return [Told(moment, moment + 0.3) for moment in moments]


def test_each_lap_shows_each_visit_once_where_the_phase_puts_it() -> None:
    first_lap = FILM.between(0.0, FILM_SECONDS)
    assert list(first_lap[0]) == [pytest.approx(20.2), pytest.approx(39.9)]
    assert len(first_lap) == len(VISITS)
    assert len(FILM.between(50.0, 50.0 + 10 * FILM_SECONDS)) == 10 * len(VISITS)


def test_an_event_tells_the_visit_in_which_somebody_was_first_seen() -> None:
    score = scored(FILM, seen(20.5, 44.6, 45.5), 0.0, 60.0)
    assert [[round(told.seen, 1) for told in visit] for visit in score.visits] == [[0.3], [0.1, 1.0]]
    assert (score.missed, score.false) == (0, ())


def test_a_visit_that_only_goes_on_in_the_event_before_is_missed() -> None:
    assert scored(FILM, seen(20.5), 0.0, 60.0).missed == 1


def test_an_event_between_visits_is_false_also_at_the_edge_of_what_is_asked() -> None:
    assert [told.seen for told in scored(FILM, seen(42.0, 500.0), 0.0, 60.0).false] == [42.0]
    nobody = Playing("cars", Path("cars.mp4"), 0.0, 0.0, visits=())
    assert len(scored(nobody, seen(1.0, 2.0), 0.0, 60.0).false) == 2


def test_figures_are_told_by_key_frame_interval() -> None:
    figures = figures_of([FILM], {"yard": scored(FILM, seen(20.5, 44.6), 0.0, 60.0)})
    assert figures["key frames every 4 s"] == {
        "visits": 2,
        "told": 2,
        "told_twice": 0,
        "first_sighting_s": {"median": 0.3, "p95": 0.3, "worst": 0.3},
        "decided_s": {"median": 0.6, "p95": 0.6, "worst": 0.6},
    }
    assert figures["false"] == {}


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (seen(20.5, 44.6), []),
        (seen(20.5), ["yard: 1 missed"]),
        (seen(20.5, 42.0, 44.6), ["yard: 1 of nobody"]),
        (seen(20.5, 30.0, 44.6), ["yard: 1 told twice"]),
        (seen(20.9, 45.3), ["key frames every 4 s: late, {'median': 0.8, 'p95': 0.8, 'worst': 0.8}"]),
        (seen(20.3, 46.0), ["key frames every 4 s: late, {'median': 1.5, 'p95': 1.5, 'worst': 1.5}"]),
    ],
    ids=["all well", "missed", "of nobody", "twice", "late in the median", "late at worst"],
)
def test_the_campaign_fails_for_whatever_is_worse_than_it_may_be(told: list[Told], fault: list[str]) -> None:
    assert faults_of([FILM], {"yard": scored(FILM, told, 0.0, 60.0)}) == fault


def test_a_campaign_that_asked_for_no_visit_fails() -> None:
    assert faults_of([FILM], {"yard": scored(FILM, [], 0.0, 1.0)}) == ["yard: it shows visits, and none was asked for"]
