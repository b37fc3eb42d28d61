"""What a changed config means for cameras that run."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.cloud_settings import S3Settings
from doorstep.core.notify_settings import (
    AppriseSettings,
    ButtonSettings,
    ChimeSettings,
    NotifySettings,
    PushSettings,
    WatchSettings,
)
from doorstep.core.reload import AT_ONCE, reload_of
from doorstep.core.settings import (
    BufferSettings,
    CameraSettings,
    DetectionSettings,
    EventSettings,
    RetentionSettings,
    Settings,
    StoreSettings,
)
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
        (replace(Settings(), detection=DetectionSettings(model="rtdetr")), "[detection]"),
        (replace(Settings(), notify=NotifySettings(push=PushSettings(contact="a@b.example"))), "[notify]"),
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


@pytest.mark.parametrize(
    "changed",
    [
        replace(Settings(), events=EventSettings(pre_roll=7.0, alert_on=frozenset({Cause.PRESS}))),
        replace(Settings(), detection=DetectionSettings(looks_per_second=2.0, look_at_least_every=60.0, crops=False)),
    ],
)
def test_rules_of_events_and_looks_hold_at_once_and_every_camera_begins_anew(changed: Settings) -> None:
    running = Settings(cameras=(camera("a"), camera("b")))
    wanted = replace(changed, cameras=running.cameras)
    plan = reload_of(running, wanted)
    assert (plan.needs_restart, plan.settings) == ((), wanted)
    assert plan.changed == running.cameras
    assert plan.unchanged == ()


@pytest.mark.parametrize(
    "changed",
    [
        replace(Settings(), events=EventSettings(alert_cooldown=7.0)),
        replace(Settings(), retention=RetentionSettings(days=3.0)),
    ],
)
def test_how_often_is_told_and_how_long_is_kept_holds_at_once_and_touches_no_camera(changed: Settings) -> None:
    running = Settings(cameras=(camera("a"),))
    plan = reload_of(running, replace(changed, cameras=running.cameras))
    assert (plan.needs_restart, plan.touches_cameras) == ((), False)
    assert plan.settings == replace(changed, cameras=running.cameras)


def test_a_table_of_which_a_part_holds_at_once_waits_for_the_rest() -> None:
    plan = reload_of(Settings(), Settings(detection=DetectionSettings(model="rtdetr", looks_per_second=2.0)))
    assert plan.needs_restart == ("[detection]",)
    assert plan.settings.detection == DetectionSettings(looks_per_second=2.0)
    assert set(AT_ONCE) == {"events", "detection", "notify", "retention", "hub"}


def test_what_goes_off_site_is_kept_by_the_retention_of_the_start() -> None:
    off_site = StoreSettings(kind="s3", s3=S3Settings("bucket"))
    plan = reload_of(Settings(store=off_site), Settings(store=off_site, retention=RetentionSettings(days=3.0)))
    assert plan.needs_restart == ("[retention]",)
    assert plan.settings.retention == RetentionSettings()


def test_channels_to_people_are_used_at_once() -> None:
    wanted = replace(Settings(), notify=NotifySettings(apprise=(AppriseSettings("ntfy", "ntfy://x/y"),)))
    plan = reload_of(Settings(), wanted)
    assert (plan.needs_restart, plan.settings.notify.apprise) == ((), wanted.notify.apprise)
