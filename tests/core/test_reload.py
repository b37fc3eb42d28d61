"""What a changed config means for cameras that run."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.notify_settings import ButtonSettings, ChimeSettings, EmailSettings, NotifySettings, WatchSettings
from doorstep.core.reload import reload_of
from doorstep.core.settings import BufferSettings, CameraSettings, DetectionSettings, Settings
from doorstep.core.zone import Zone


def camera(name: str, source: str = "demo://") -> CameraSettings:
    return CameraSettings(CameraId(name), name.title(), source)


CAMERAS = st.lists(
    st.builds(camera, st.sampled_from("abcdef"), st.sampled_from(["demo://", "file:///a.mp4", "file:///b.mp4"])),
    unique_by=lambda one: one.id,
    max_size=6,
)


@given(CAMERAS, CAMERAS)
def test_every_camera_of_either_config_has_exactly_one_fate(
    before: list[CameraSettings], after: list[CameraSettings]
) -> None:
    plan = reload_of(Settings(cameras=tuple(before)), Settings(cameras=tuple(after)))
    fates = [*(one.id for one in (*plan.added, *plan.changed)), *plan.removed, *plan.unchanged]
    assert sorted(fates) == sorted({one.id for one in (*before, *after)})
    assert plan.order == tuple(one.id for one in after)
    assert plan.settings.cameras == tuple(after)
    assert plan.needs_restart == ()
    running = {one.id: one for one in before} | {one.id: one for one in (*plan.added, *plan.changed)}
    for gone in plan.removed:
        del running[gone]
    assert running == {one.id: one for one in after}
    assert all(one in before and one in after for one in after if one.id in plan.unchanged)


@given(CAMERAS)
def test_the_same_config_touches_nothing(cameras: list[CameraSettings]) -> None:
    settings = Settings(cameras=tuple(cameras))
    plan = reload_of(settings, settings)
    assert not plan.touches_cameras
    assert plan.unchanged == tuple(one.id for one in cameras)


def test_another_order_is_no_change() -> None:
    plan = reload_of(Settings(cameras=(camera("a"), camera("b"))), Settings(cameras=(camera("b"), camera("a"))))
    assert not plan.touches_cameras
    assert plan.order == ("b", "a")


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        (replace(Settings(), buffer=BufferSettings(seconds=60.0)), "[buffer]"),
        (replace(Settings(), detection=DetectionSettings(looks_per_second=2.0)), "[detection]"),
        (replace(Settings(), notify=NotifySettings(EmailSettings("smtp://mail", "a@b", ("c@d",)))), "[notify]"),
        (replace(Settings(), buttons=(ButtonSettings(CameraId("door"), 17),)), "[[button]]"),
        (replace(Settings(), chime=ChimeSettings(sound_on=True)), "[chime]"),
        (replace(Settings(), watch=WatchSettings(ping_every=30.0)), "[watch]"),
    ],
)
def test_what_only_a_restart_changes_is_named_and_left_as_it_runs(changed: Settings, name: str) -> None:
    plan = reload_of(Settings(), changed)
    assert plan.needs_restart == (name,)
    assert plan.settings == Settings()
    assert reload_of(plan.settings, changed).needs_restart == (name,)


def test_a_camera_with_another_zone_size_or_motion_mask_has_changed() -> None:
    corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
    before = CameraSettings(CameraId("door"), "Door", "demo://", zones=(Zone("path", corners),))
    for after in (
        replace(before, zones=()),
        replace(before, zones=(Zone("path", corners, exclude=True),)),
        replace(before, zones=(Zone("path", corners, least_heights=(("person", 0.2),)),)),
        replace(before, least_heights=(("person", 0.2),)),
        replace(before, motion_masks=(corners,)),
    ):
        assert reload_of(Settings(cameras=(before,)), Settings(cameras=(after,))).changed == (after,)
