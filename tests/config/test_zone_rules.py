"""What the config may say of zones, sizes, masks for motion, loitering and crops, and what is wrong with it."""

from pathlib import Path

import pytest

from doorstep.config.load import load_settings
from doorstep.core.detection import Box, Detection, Label
from doorstep.core.errors import ConfigInvalid
from doorstep.core.event import Cause
from doorstep.core.relevance import WHOLE_PICTURE, Relevance
from doorstep.core.settings import Settings

CAMERA = '[[camera]]\nid = "door"\nname = "Door"\nsource = "demo://"\n'
SQUARE = "polygon = [[0, 0], [1, 0], [1, 1], [0, 1]]"
BOW_TIE = "polygon = [[0, 0], [1, 1], [1, 0], [0, 1]]"
LINE = "polygon = [[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]]"
STEEP = "polygon = [[0.1, 0.3], [0.2, 0.6], [0.3, 0.9]]"  # of which arithmetic makes a little area
ZONE = "[[camera.zones]]\n"


def load(folder: Path, text: str) -> Settings:
    path = folder / "doorstep.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, {}, only_built=True)


def test_everything_of_zones_arrives(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        CAMERA
        + "least_heights = { person = 0.2 }\n"
        + "motion_masks = [[[0, 0], [1, 0], [1, 0.1]]]\n"
        + f'{ZONE}name = "path"\n{SQUARE}\nleast_heights = {{ person = 0.1 }}\n'
        + f'{ZONE}name = "street"\nexclude = true\n{SQUARE}\n'
        + "[detection]\ncrops = false\n"
        + '[events]\nloitering_after = 60\nstationary_after = 120\nalert_on = ["person", "loitering"]\n',
    )
    (camera,) = settings.cameras
    assert [(zone.name, zone.exclude, zone.least_heights) for zone in camera.zones] == [
        ("path", False, (("person", 0.1),)),
        ("street", True, ()),
    ]
    assert camera.least_heights == (("person", 0.2),)
    assert camera.motion_masks == (((0.0, 0.0), (1.0, 0.0), (1.0, 0.1)),)
    assert not settings.detection.crops
    assert (settings.events.loitering_after, settings.events.stationary_after) == (60.0, 120.0)
    assert Cause.LOITERING in settings.events.alert_on


def test_nobody_loiters_and_crops_are_looked_at_where_nothing_is_said(tmp_path: Path) -> None:
    settings = load(tmp_path, CAMERA)
    assert settings.events.loitering_after is None
    assert settings.events.stationary_after == 300.0
    assert settings.detection.crops


def test_beside_zones_that_only_exclude_everywhere_else_counts(tmp_path: Path) -> None:
    street = "polygon = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]"
    settings = load(tmp_path, f'{CAMERA}{ZONE}name = "street"\nexclude = true\n{street}\n')
    relevance = Relevance(settings.cameras[0].zones)
    assert relevance.zone_of(Detection(Label.PERSON, 0.9, Box(0.1, 0.2, 0.3, 0.9))) is None
    assert relevance.zone_of(Detection(Label.PERSON, 0.9, Box(0.7, 0.2, 0.9, 0.9))) == WHOLE_PICTURE


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            f'{ZONE}name = "a"\n{BOW_TIE}',
            "line 7: camera.zones.polygon: crosses itself; name its corners in their order",
        ),
        (f'{ZONE}name = "a"\n{LINE}', "line 7: camera.zones.polygon: encloses nothing"),
        (f'{ZONE}name = "a"\n{STEEP}', "line 7: camera.zones.polygon: encloses nothing"),
        (
            f'{ZONE}name = "a"\n{SQUARE}\n{ZONE}name = "a"\n{SQUARE}',
            "camera.zones: has two zones of the same name",
        ),
        (
            f'{ZONE}name = "a"\n{SQUARE}\nexclude = true\nleast_heights = {{ person = 0.1 }}',
            "line 9: camera.zones.least_heights: has no meaning beside exclude = true",
        ),
        (f'{ZONE}name = "a"\n{SQUARE}\nexclude = "yes"', "line 8: camera.zones.exclude: must be true or false"),
        (
            f'{ZONE}name = "a"\n{SQUARE}\nleast_heights = {{ person = 0 }}',
            "line 8: camera.zones.least_heights.person: must be more than 0",
        ),
        ("least_heights = { person = 1.5 }", "line 5: camera.least_heights.person: must be at most 1"),
        (
            "least_heights = { persons = 0.1 }",
            "line 5: camera.least_heights.persons: unknown key; did you mean person?",
        ),
        ("least_heights = 0.1", "line 5: camera.least_heights: must be a table"),
        (
            "least_heights = { dog = 0.1 }",
            "line 5: camera.least_heights.dog: is not among the labels of .detection., so nobody looks for it",
        ),
        (
            f'{ZONE}name = "a"\n{SQUARE}\nleast_heights = {{ car = 0.1 }}',
            "line 8: camera.zones.least_heights.car: is not among the labels",
        ),
        (
            f'[camera.zones]\nname = "a"\n{SQUARE}',
            "line 5: camera.zones: must be written with two brackets: .{2}camera",
        ),
        ("motion_masks = [[[0, 0], [1, 0]]]", "line 5: camera.motion_masks: needs at least 3 entries"),
        (
            '[events]\nalert_on = ["loitering"]',
            'events.loitering_after: is missing: "loitering" in record_on or alert_on means nothing without it',
        ),
        ("[events]\nloitering_after = 0", "line 6: events.loitering_after: must be more than 0"),
        (
            "[events]\nloitering_after = 300",
            "line 6: events.loitering_after: must be less than stationary_after [(]300 is not less than 300[)]",
        ),
        ("[events]\nstationary_after = 5", "line 6: events.stationary_after: must be at least 30"),
        ('[detection]\ncrops = "no"', "line 6: detection.crops: must be true or false"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigInvalid, match=says):
        load(tmp_path, CAMERA + text + "\n")


def test_other_labels_have_heights_where_they_are_looked_for(tmp_path: Path) -> None:
    text = CAMERA + 'least_heights = { dog = 0.05 }\n[detection]\nlabels = ["person", "dog"]\n'
    assert load(tmp_path, text).cameras[0].least_heights == (("dog", 0.05),)


def test_what_is_wrong_with_each_corner_is_said_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as told:
        load(tmp_path, f'{CAMERA}{ZONE}name = "a"\npolygon = [[0, 0], [640, 0], [640, 480]]\n')
    assert str(told.value).count("camera.zones.polygon: must be at most 1") == 1


@pytest.mark.parametrize("name", [" ", r"a\nb", r"a\u0000", r"\u202eporch", "a" * 101])
def test_a_zone_has_a_name_that_can_be_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigInvalid, match=r"zones\.name: must (be|have)"):
        load(tmp_path, f'{CAMERA}{ZONE}name = "{name}"\n{SQUARE}\n')


def test_two_zones_whose_names_look_alike_have_the_same(tmp_path: Path) -> None:
    both = "".join(f'{ZONE}name = "{name}"\n{SQUARE}\n' for name in (r"caf\u00e9", r"cafe\u0301 "))
    with pytest.raises(ConfigInvalid, match="two zones of the same name"):
        load(tmp_path, CAMERA + both)
