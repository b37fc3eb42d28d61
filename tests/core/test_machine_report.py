"""The report as text and JSON, and the net that keeps names and addresses out of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.machine_report import (
    MachineReport,
    PrivateWords,
    ReportLine,
    ReportSection,
    as_json,
    as_text,
    without_private,
)

REPORT = MachineReport(
    (
        ReportSection("One", (ReportLine("answers", told=True), ReportLine("seen", None), ReportLine("s", 2.0))),
        ReportSection("Two", (ReportLine("each", ("a", "b")), ReportLine("none", ()), ReportLine("cores", 4))),
    )
)


def test_a_report_is_read_by_people() -> None:
    assert as_text(REPORT) == (
        "One\n  answers: yes\n  seen: not known\n  s: 2\n\nTwo\n  each:\n    a\n    b\n  none: none\n  cores: 4\n"
    )


def test_a_report_is_read_by_programs() -> None:
    assert json.loads(json.dumps(as_json(REPORT))) == {
        "One": {"answers": True, "seen": None, "s": 2.0},
        "Two": {"each": ["a", "b"], "none": [], "cores": 4},
    }


@pytest.mark.parametrize(
    "secret",
    [
        "rtsp://viewer:pass@192.0.2.10/stream1",
        "192.0.2.10",
        "d8:3a:dd:12:34:56",
        "2001:db8::1:2",
        "fe80::da3a:ddff:fe12:3456",
        "anna@example.org",
    ],
)
def test_addresses_of_every_kind_are_left_out(secret: str) -> None:
    told = PrivateWords.of(()).taken_from(f"it says {secret} there")
    assert told == "it says (left out) there"


@pytest.mark.parametrize(
    "harmless",
    [
        "6.12.47+rpt-rpi-2712",
        "1:1.20250915-1",
        "libcamera0.6 0.6.0+rpt20251202-1",
        "2026-11-22T21:38:14",
        "imx708 4608x2592",
        "memory.max 629145600",
        "rw,noatime,commit=600",
        "7:5.1.9-0+deb12u1",
    ],
)
def test_what_we_need_to_know_stays(harmless: str) -> None:
    assert PrivateWords.of(("anna", "pi", "raspberrypi")).taken_from(harmless) == harmless


def test_a_folder_of_somebody_is_shortened() -> None:
    private = PrivateWords.of(())
    assert private.taken_from("at /home/anna/video/x, and /root") == "at ~, and ~"


def test_a_name_goes_in_any_case_and_only_as_a_whole() -> None:
    private = PrivateWords.of(("Anna",))
    assert private.taken_from("ANNA's HDMI, savannah") == "(left out)'s HDMI, savannah"


@given(st.text(st.characters(categories=("L", "N")), min_size=4, max_size=20), st.text(max_size=30))
def test_no_private_word_is_left(word: str, around: str) -> None:
    report = MachineReport((ReportSection("x", (ReportLine("y", (f"{around} {word} {around}", word)),)),))
    told = as_text(without_private(report, PrivateWords.of((word,)))).split()
    assert word not in told or word in {
        "raspberrypi",
        "root",
        "debian",
        "doorstep",
        "localhost",
        "local",
        "admin",
        "user",
    }
