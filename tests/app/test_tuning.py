"""Hours of a data folder against other settings: what is read, what is looked at, and that nothing is changed."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from doorstep.app.detector import open_detector
from doorstep.app.folders import locked
from doorstep.app.tune import known_hours, look_at_hours
from doorstep.app.tuning import Question, Tuned, tuned
from doorstep.catalog.engine import writing
from doorstep.core.cause import Cause
from doorstep.core.errors import CatalogUnavailable, ConfigInvalid, DetectorUnavailable, SpanUnavailable
from doorstep.core.relevance import Relevance
from doorstep.core.replay import ReplayedAlerts, ReplayRules, replayed
from doorstep.core.replay_settings import Asked
from doorstep.core.settings import CameraSettings, DetectionSettings, EventSettings, ServerSettings, Settings
from doorstep.core.zone import Zone
from fakes.footage import CAMERA, NOON, seconds
from fakes.kept_film import KeptFilm, items_of
from fakes.pictures import model_file, shared_file
from fakes.tuned_house import THRESHOLDS, NumberedDetector, RestlessScorer, TunedHouse

UNTIL = NOON + seconds(3600)
THE_GRID = Asked()
RULES = ReplayRules(THRESHOLDS, EventSettings(), Relevance())


def alerts() -> ReplayedAlerts:
    """As without a config: one in two minutes."""
    return ReplayedAlerts(RULES.events.alert_cooldown, RULES.events.alert_on)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[TunedHouse]:
    house = TunedHouse(tmp_path / "data")
    yield house
    house.close()


def visitor(*spans: tuple[int, int], score: float = 0.8) -> Callable[[int], float]:
    """Who is seen in pictures with these numbers."""
    return lambda number: score if any(begin <= number < end for begin, end in spans) else 0.0


def asked(
    house: TunedHouse, detector: NumberedDetector, question: Asked = THE_GRID, settings: Settings | None = None
) -> Tuned:
    """The hour after noon."""
    camera = CameraSettings(CAMERA, "Front door", "demo://", record_always=True)
    settings = settings or Settings(cameras=(camera,))
    settings = replace(settings, server=ServerSettings(data=house.data, timezone="UTC"))

    def say(_done: int, _total: int) -> None:
        """Nobody watches."""

    return tuned(settings, Question(CAMERA, NOON, UNTIL, question), lambda: detector, say, say)


def digest(folder: Path) -> dict[str, str]:
    """Of every file but what SQLite keeps beside a database that is open."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(("-shm", "-wal")))
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_key_frame_is_looked_at_at_most_once(house: TunedHouse) -> None:
    house.minutes(range(60))
    detector = NumberedDetector(visitor((10, 20)))
    found = asked(house, detector)
    assert len(detector.looked) == len(set(detector.looked)) == found.looked.looks
    assert len(found.looked.moments) == 60
    assert found.looked.seconds_between == 1.0
    assert {row.tried.words for row in found.comparison.others} >= {"close_after 20 s", "open 0.50", "keep 0.15"}


def test_what_was_seen_makes_the_events_of_live(house: TunedHouse) -> None:
    house.minutes(range(60))
    house.minutes(range(60, 120), NOON + seconds(60))
    hours = known_hours(house.data, CAMERA, NOON, UNTIL, alerts())
    detector = NumberedDetector(visitor((10, 20), (80, 90)))
    looked = look_at_hours(hours, house.data, detector, RestlessScorer, RULES, lambda _done, _total: None)
    begun = [(one.event.started_at - NOON).total_seconds() for one in replayed(CAMERA, RULES, looked.moments)]
    assert begun == [10.0, 80.0]
    assert looked.pieces == 1


def test_what_was_marked_is_spared_by_the_setting_that_knows_better(house: TunedHouse) -> None:
    house.minutes(range(120))
    house.event(10, 25)
    coat = house.event(60, 75, nobody=True)
    rules = Settings(
        cameras=(CameraSettings(CAMERA, "Front door", "demo://", record_always=True),),
        events=EventSettings(alert_cooldown=0.0),
    )
    detector = NumberedDetector(lambda number: 0.9 if 10 <= number < 20 else 0.4 if 60 <= number < 70 else 0.0)
    found = asked(house, detector, Asked(open=0.5), rules)
    (row,) = found.comparison.others
    assert (found.comparison.present.told, found.comparison.present.told_of_nobody) == (2, 1)
    assert (row.told, row.told_of_nobody) == (1, 0)
    assert [one.id for one in row.spared] == [coat]
    assert row.missed == ()


def test_events_by_the_button_are_left_out_and_counted(house: TunedHouse) -> None:
    house.minutes(range(30))
    house.event(5, 10, cause=Cause.PRESS)
    house.event(12, 20, told=False)
    hours = known_hours(house.data, CAMERA, NOON, UNTIL, alerts())
    assert (hours.others, len(hours.real)) == (1, 1)
    assert hours.none_sent
    assert hours.real[0].told


def test_where_none_was_sent_those_count_as_told_that_the_cooldown_lets_through(house: TunedHouse) -> None:
    house.minutes(range(30))
    for begin in (10, 50, 100, 131):
        house.event(begin, begin + 5, told=False)
    hours = known_hours(house.data, CAMERA, NOON, UNTIL, alerts())
    assert hours.none_sent
    assert [one.told for one in hours.real] == [True, False, False, True]


def test_where_some_were_sent_the_others_were_not_told(house: TunedHouse) -> None:
    house.minutes(range(30))
    house.event(2, 5, told=True)
    house.event(12, 20, told=False)
    assert [one.told for one in known_hours(house.data, CAMERA, NOON, UNTIL, alerts()).real] == [True, False]


def test_files_of_events_are_looked_at_with_their_gaps(house: TunedHouse) -> None:
    house.event(0, 10, own_file=range(15))
    house.event(600, 610, own_file=range(20, 35))
    found = asked(house, NumberedDetector(visitor((5, 10), (25, 30))))
    assert found.looked.pieces == 2
    assert found.looked.recorded == seconds(30)
    assert found.comparison.present.events == 2
    assert found.comparison.unseen == ()


def test_zones_of_the_config_count_and_can_be_left_out(house: TunedHouse) -> None:
    house.minutes(range(30))
    corner = Zone("corner", ((0.0, 0.0), (0.1, 0.0), (0.1, 0.1), (0.0, 0.1)))
    settings = Settings(cameras=(CameraSettings(CAMERA, "Front door", "demo://", zones=(corner,)),))
    found = asked(house, NumberedDetector(visitor((5, 15))), Asked(no_zones=True), settings)
    assert found.comparison.present.events == 0
    assert [row.events for row in found.comparison.others] == [1]
    assert not found.record_always


def test_another_config_is_one_more_row(house: TunedHouse) -> None:
    house.minutes(range(60))
    settings = Settings(server=ServerSettings(data=house.data, timezone="UTC"))
    other = replace(settings, events=EventSettings(close_after=30.0))
    question = Question(CAMERA, NOON, UNTIL, Asked(), other)
    found = tuned(settings, question, lambda: NumberedDetector(visitor((5, 10), (30, 35))), _quiet, _quiet)
    assert [(row.tried.words, row.events) for row in found.comparison.others] == [("the other config", 1)]
    assert found.comparison.present.events == 2


def _quiet(_done: int, _total: int) -> None:
    """Nobody watches."""


def test_progress_ends_at_its_end(house: TunedHouse) -> None:
    house.minutes(range(10))
    said: list[tuple[int, int]] = []
    question = Question(CAMERA, NOON, UNTIL, Asked(open=0.5))
    settings = Settings(server=ServerSettings(data=house.data, timezone="UTC"))
    tuned(settings, question, lambda: NumberedDetector(visitor()), lambda *all_: said.append(all_), _quiet)
    assert said[-1][0] == said[-1][1] > 0


def test_six_visitors_are_six_events_by_their_key_frames(house: TunedHouse) -> None:
    detector = open_detector(DetectionSettings(str(model_file("yolox_nano.onnx"))), [])
    film = KeptFilm()
    film.take(items_of(shared_file("media/one-by-one-person-detection.mp4")))
    began, ends_at = film.began, film.segments()[-1].ends_at
    house.file("continuous/front-door/2026/11/21/film.mp4", film.recording(), began, ends_at)
    settings = Settings(server=ServerSettings(data=house.data, timezone="UTC"))
    found = tuned(
        settings, Question(CAMERA, began, ends_at, Asked(alert_cooldown=0.0)), lambda: detector, _quiet, _quiet
    )
    assert [row.told for row in (found.comparison.present, *found.comparison.others)] == [1, 6]
    begun = [(one.event.started_at - began).total_seconds() for one in found.comparison.others[0].added]
    assert begun == pytest.approx([51, 75, 94, 124], abs=2.0)


# --------------------------------------------------------------------------------------------------- it only reads


def test_nothing_in_the_data_folder_is_changed(house: TunedHouse) -> None:
    house.minutes(range(30))
    house.event(2, 5)
    house.close()
    before = digest(house.data)
    asked(house, NumberedDetector(visitor((5, 15))))
    assert digest(house.data) == before


def test_a_running_server_writes_on_while_it_looks(house: TunedHouse) -> None:
    house.minutes(range(30))
    written: list[bool] = []

    def while_looking(number: int) -> float:
        with writing(house.engine):  # takes the one lock that a writer needs, and would wait for it
            written.append(True)
        return 0.0 if number else 0.5

    with locked(house.data):
        found = asked(house, NumberedDetector(while_looking))
    assert found.looked.looks == len(written) > 0


# ------------------------------------------------------------------------------------------------------- bad input


def test_a_folder_without_doorstep_is_said_and_not_made_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="nothing of Doorstep"):
        known_hours(tmp_path, CAMERA, NOON, UNTIL, alerts())
    assert list(tmp_path.iterdir()) == []


def test_hours_without_a_recording_are_said_before_a_model_is_loaded(house: TunedHouse) -> None:
    def never() -> NumberedDetector:
        raise AssertionError

    settings = Settings(server=ServerSettings(data=house.data))
    with pytest.raises(SpanUnavailable, match="Nothing of front-door was recorded within --hours 1"):
        tuned(settings, Question(CAMERA, NOON, UNTIL, Asked()), never, _quiet, _quiet)


def test_a_catalog_of_another_version_is_left_alone(house: TunedHouse) -> None:
    house.minutes(range(3))
    with house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(CatalogUnavailable, match="another version"):
        known_hours(house.data, CAMERA, NOON, UNTIL, alerts())


def test_a_recording_that_is_gone_by_now_is_noted(house: TunedHouse) -> None:
    gone = house.minutes(range(10))
    house.minutes(range(10, 20), NOON + seconds(30))
    house.store.delete(gone)
    found = asked(house, NumberedDetector(visitor((12, 16))))
    assert found.looked.flaws.gone == [gone]
    assert found.comparison.present.events == 1


def test_recordings_of_which_nothing_is_whole_make_an_empty_table(house: TunedHouse) -> None:
    key = house.minutes(range(10))
    (house.data / "recordings" / key).write_bytes(b"\0" * 5000)
    found = asked(house, NumberedDetector(visitor((2, 6))))
    assert found.looked.moments == ()
    assert found.looked.flaws.damaged == [key]
    assert found.comparison.present.events == 0


def test_a_detector_that_breaks_is_said(house: TunedHouse) -> None:
    house.minutes(range(3))

    def broken(_number: int) -> float:
        msg = "The model cannot be run."
        raise DetectorUnavailable(msg)

    with pytest.raises(DetectorUnavailable, match="cannot be run"):
        asked(house, NumberedDetector(broken))
