"""What a broker passes on may be anything, of any length: only what is a command is obeyed, and nothing is repeated."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.notifiers.mqtt_topics import (
    CHIME,
    KEPT_OF_CAMERA,
    LARGEST_PAYLOAD,
    LONGEST_NOTE,
    LONGEST_SNOOZE,
    SNOOZE,
    STATUS,
    Happened,
    Snooze,
    SwitchDetection,
    camera_of_state,
    command_of,
    of_camera,
)

CAMERAS = st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True).map(CameraId)
VERBS = st.sampled_from(["press", "trigger", "detection/set", "state"])
ODD_NAMES = st.text(max_size=60) | st.sampled_from(["", "+", "#", "../x", "front-door\n", "front-door/", "a" * 41, "A"])
TOPICS = st.one_of(
    st.text(max_size=200),
    st.builds("cameras/{}/{}".format, CAMERAS | ODD_NAMES, VERBS | st.text(max_size=20)),
    st.builds("{}snooze/set{}".format, st.text(max_size=2), st.text(max_size=2)),
)
PAYLOADS = st.one_of(
    st.binary(max_size=2 * LARGEST_PAYLOAD),
    st.text(max_size=LARGEST_PAYLOAD).map(str.encode),
    st.sampled_from([b"ON", b"OFF", b"", b"0", b"99999", b"-1", b"1e9", b"NaN", "٣".encode(), b"\x00ON", b"ON\n"]),
)


@given(TOPICS, PAYLOADS)
@example("cameras/front-door/press\n", b"")
@example("cameras/" + "a/" * 20_000 + "press", b"x" * 500_000)
@example("snooze/set", "٣٦٠٠".encode())
def test_whatever_comes_is_a_command_within_its_bounds_or_none(topic: str, payload: bytes) -> None:
    command = command_of(topic, payload)
    match command:
        case Happened(camera, cause, note):
            assert topic == of_camera(camera, "press" if cause is Cause.PRESS else "trigger")
            assert len(note) <= LONGEST_NOTE
            assert note.isprintable()
            assert note == note.strip()
        case SwitchDetection(camera, on):
            assert topic == of_camera(camera, "detection/set")
            assert payload.decode().strip().strip("\x00") == ("ON" if on else "OFF")
        case Snooze(seconds):
            assert topic == "snooze/set"
            assert 0.0 <= seconds <= LONGEST_SNOOZE
        case None:
            return
    assert len(payload) <= LARGEST_PAYLOAD
    if not isinstance(command, Snooze):
        assert re.fullmatch("[a-z0-9-]{1,40}", command.camera)


@given(CAMERAS, VERBS, st.binary(min_size=LARGEST_PAYLOAD + 1, max_size=4 * LARGEST_PAYLOAD))
def test_what_is_too_long_asks_for_nothing(camera: CameraId, verb: str, payload: bytes) -> None:
    assert command_of(of_camera(camera, verb), payload) is None


@given(CAMERAS, st.sampled_from([("press", Cause.PRESS), ("trigger", Cause.TRIGGER)]), st.text(max_size=200))
def test_who_rings_or_reports_is_understood_with_any_note(
    camera: CameraId, asked: tuple[str, Cause], note: str
) -> None:
    verb, cause = asked
    command = command_of(of_camera(camera, verb), note.encode())
    assert isinstance(command, Happened)
    assert (command.camera, command.cause) == (camera, cause)


@given(st.integers(-LONGEST_SNOOZE, 2 * LONGEST_SNOOZE) | st.integers())
def test_a_snooze_lasts_as_many_seconds_as_asked_and_a_day_at_most(seconds: int) -> None:
    is_asked = 0 <= seconds < 100_000
    expected = Snooze(min(seconds, LONGEST_SNOOZE)) if is_asked else None
    assert command_of("snooze/set", str(seconds).encode()) == expected


@given(CAMERAS, st.sampled_from([*KEPT_OF_CAMERA, "doorbell"]), PAYLOADS)
def test_what_doorstep_says_itself_is_never_a_command(camera: CameraId, what: str, payload: bytes) -> None:
    for topic in (of_camera(camera, what), STATUS, SNOOZE, CHIME):
        assert command_of(topic, payload) is None


@given(TOPICS)
def test_a_topic_is_a_camera_s_state_or_none(topic: str) -> None:
    camera = camera_of_state(topic)
    assert camera is None or topic == of_camera(CameraId(camera), "state")


@given(CAMERAS)
def test_the_state_of_each_camera_is_known_for_its(camera: CameraId) -> None:
    assert camera_of_state(of_camera(camera, "state")) == camera
