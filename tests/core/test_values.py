"""Cameras, media, detections, gaps, health, ledger, errors, access: what the values of the core promise."""

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core import errors
from doorstep.core.access import READ_SCOPES, SCOPES_OF_ROLE, Grant, Role, Scope
from doorstep.core.camera import CameraId, CameraState, CameraStatus
from doorstep.core.detection import PERSON, Box, Detection, Label
from doorstep.core.event import Recording
from doorstep.core.gap import Gap
from doorstep.core.health import Problem
from doorstep.core.ledger import LedgerEntry, Stage, milliseconds_since_capture
from doorstep.core.media import Codec, Packet, VideoFormat

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DOOR, GARDEN = CameraId("front-door"), CameraId("garden")


def boxes() -> st.SearchStrategy[Box]:
    sides = st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)).map(sorted)
    return st.builds(lambda x, y: Box(x[0], y[0], x[1], y[1]), sides, sides)


# ------------------------------------------------------------------------------------------------------ detection


def test_box_knows_its_height_area_and_feet() -> None:
    box = Box(0.2, 0.1, 0.6, 0.6)
    assert box.height == pytest.approx(0.5)
    assert box.area == pytest.approx(0.2)
    assert box.feet == pytest.approx((0.4, 0.6))


@pytest.mark.parametrize(
    "corners", [(0.6, 0.0, 0.5, 1.0), (0.0, 0.6, 1.0, 0.5), (-0.1, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 1.1)]
)
def test_box_outside_the_picture_is_refused(corners: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="does not lie in the picture"):
        Box(*corners)


def test_overlap_is_intersection_over_union() -> None:
    assert Box(0.0, 0.0, 0.2, 0.2).overlap(Box(0.1, 0.0, 0.3, 0.2)) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "other", [Box(0.5, 0.0, 0.6, 0.2), Box(0.0, 0.5, 0.2, 0.6), Box(0.2, 0.0, 0.4, 0.2), Box(0, 0, 0, 0)]
)
def test_boxes_that_share_no_area_do_not_overlap(other: Box) -> None:
    assert Box(0.0, 0.0, 0.2, 0.2).overlap(other) == 0.0


@given(boxes(), boxes())
def test_overlap_is_the_same_from_both_sides_and_lies_between_0_and_1(one: Box, other: Box) -> None:
    assert one.overlap(other) == other.overlap(one)
    assert 0.0 <= one.overlap(other) <= 1.0


def test_boxes_too_small_for_a_float_do_not_overlap() -> None:
    assert Box(0.0, 0.0, 1e-200, 1e-200).overlap(Box(0.0, 0.0, 1e-200, 1e-200)) == 0.0


@given(boxes().filter(lambda box: box.area > 1e-6))
def test_box_overlaps_itself_entirely(box: Box) -> None:
    assert box.overlap(box) == pytest.approx(1.0)


# ---------------------------------------------------------------------------------------------------------- media


@pytest.mark.parametrize(("width", "height"), [(0, 480), (640, 0), (16385, 480), (640, 16385), (-1, 480)])
def test_picture_of_an_impossible_size_is_refused(width: int, height: int) -> None:
    with pytest.raises(ValueError, match="is outside 1"):
        VideoFormat(Codec.H264, width, height, 90_000, b"")


@pytest.mark.parametrize("timescale", [0, -1, 10_000_001])
def test_impossible_timescale_is_refused(timescale: int) -> None:
    with pytest.raises(ValueError, match="timescale"):
        VideoFormat(Codec.HEVC, 640, 480, timescale, b"")


def test_values_cannot_be_changed() -> None:
    packet = Packet(b"\0\0\0\1x", pts=0, dts=0, duration=1, key=True, arrived=0.0)
    with pytest.raises(FrozenInstanceError):
        packet.pts = 1  # type: ignore[misc]
    assert VideoFormat(Codec.H264, 640, 480, 90_000, b"config") == VideoFormat(Codec.H264, 640, 480, 90_000, b"config")


def test_values_compare_by_what_they_hold() -> None:
    minute = timedelta(minutes=1)
    assert Gap(DOOR, NOON, NOON + minute, "no power") == Gap(DOOR, NOON, NOON + minute, "no power")
    assert Problem("camera:front-door", "not seen", NOON, "check") != Problem(
        "camera:garden", "not seen", NOON, "check"
    )
    assert Detection(PERSON, 0.9, Box(0, 0, 1, 1)) == Detection(Label("person"), 0.9, Box(0, 0, 1, 1))
    assert Recording("a.mp4", NOON, NOON + minute, 1000).seconds == 60.0
    status = CameraStatus(DOOR, "Front door", CameraState.LIVE, NOON, "", True, True, None, "local")
    assert status.state == "live"
    assert status.remedy == ""


@pytest.mark.parametrize("state", list(CameraState))
def test_every_state_in_which_something_is_wrong_has_a_remedy(state: CameraState) -> None:
    status = CameraStatus(DOOR, "Front door", state, NOON, "", True, True, None, "local")
    assert bool(status.remedy) == (state not in {CameraState.LIVE, CameraState.OFF})


# --------------------------------------------------------------------------------------------------------- ledger


def test_ledger_counts_milliseconds_from_the_capture() -> None:
    captured = LedgerEntry(Stage.CAPTURED, NOON)
    sent = LedgerEntry(Stage.SENT, NOON + timedelta(milliseconds=740), "email")
    decided = LedgerEntry(Stage.DECIDED, NOON + timedelta(milliseconds=700))
    assert milliseconds_since_capture((decided, captured, sent), sent) == 740
    assert milliseconds_since_capture((captured,), captured) == 0


def test_a_press_which_no_camera_captured_counts_from_its_first_stage() -> None:
    decided = LedgerEntry(Stage.DECIDED, NOON)
    sent = LedgerEntry(Stage.SENT, NOON + timedelta(milliseconds=740), "email")
    assert [milliseconds_since_capture((decided, sent), each) for each in (decided, sent)] == [0, 740]
    assert milliseconds_since_capture((decided,), decided) == 0
    assert milliseconds_since_capture((), decided) == 0


# --------------------------------------------------------------------------------------------------------- errors


def test_every_expected_error_stands_in_the_tree_of_its_file() -> None:
    tree = errors.__doc__ or ""
    names = [
        name for name, value in vars(errors).items() if isinstance(value, type) and value.__module__ == errors.__name__
    ]
    assert len(names) >= 16
    assert [name for name in names if name not in tree] == []
    assert all(issubclass(getattr(errors, name), errors.DoorstepError) for name in names)


def test_full_store_is_an_unavailable_store() -> None:
    assert issubclass(errors.StoreFull, errors.StoreUnavailable)
    reasons = {errors.SourceLost, errors.SourceRefused, errors.SourceEnded}
    assert all(issubclass(reason, errors.SourceError) for reason in reasons)


# --------------------------------------------------------------------------------------------------------- access


def grant(scopes: frozenset[Scope], cameras: frozenset[CameraId] | None = None) -> Grant:
    return Grant("1", "hash", "script", None, scopes, cameras, NOON, None)


def test_grant_opens_what_it_names_and_nothing_else() -> None:
    clips = grant(frozenset({Scope.CLIP_READ}))
    assert clips.allows(Scope.CLIP_READ)
    assert clips.allows(Scope.CLIP_READ, DOOR)
    assert [scope for scope in Scope if clips.allows(scope)] == [Scope.CLIP_READ]


def test_admin_opens_everything_but_a_foreign_camera() -> None:
    admin = grant(frozenset({Scope.ADMIN}), frozenset({DOOR}))
    assert all(admin.allows(scope, DOOR) for scope in Scope)
    assert not any(admin.allows(scope, GARDEN) for scope in Scope)


def test_foreign_camera_does_not_exist_for_the_holder() -> None:
    live = grant(frozenset({Scope.LIVE_READ}), frozenset({DOOR}))
    assert live.sees(DOOR)
    assert not live.sees(GARDEN)
    assert grant(frozenset()).sees(GARDEN)


def test_roles_open_what_the_table_says() -> None:
    assert SCOPES_OF_ROLE[Role.OWNER] == frozenset(Scope)
    assert SCOPES_OF_ROLE[Role.FAMILY] >= READ_SCOPES
    assert Scope.ADMIN not in SCOPES_OF_ROLE[Role.FAMILY]
    assert SCOPES_OF_ROLE[Role.GUEST] == {Scope.LIVE_READ}
    assert set(SCOPES_OF_ROLE) == set(Role)
