from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core import upload as rules
from doorstep.core.camera import CameraId
from doorstep.core.cloud_settings import S3Settings
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.off_site_line import (
    LONGEST_SECONDS,
    REFUSED_SECONDS,
    TOLD_AFTER_SECONDS,
    URGENT_SECONDS,
    OffSiteLine,
    elsewhere_words,
    waiting_words,
)
from doorstep.core.running_part import LEAST_BYTES, MOST_BYTES, PartPace, newest_run
from doorstep.core.upload import MOST_MISSES, UploadState
from fakes.footage import bare_segment

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = "front-door/2026/11/21/20261121_120000.mp4"
EVENT = Event(
    EventId("e1"), CameraId("front-door"), NOON, NOON, ended_at=NOON, recording=Recording(KEY, NOON, NOON, 10)
)
UPLOAD = rules.asked(EVENT, NOON, sealed=False)
JITTER = st.floats(0, 1)


def test_an_event_is_asked_for_under_the_key_of_its_recording_and_due_at_once() -> None:
    assert (UPLOAD.key, UPLOAD.state, rules.is_due(UPLOAD, NOON)) == (KEY, UploadState.DUE, True)


def test_only_what_was_begun_before_can_have_its_key_taken_by_itself() -> None:
    assert not rules.is_ours(UPLOAD, 10, 10)
    begun = rules.begun(UPLOAD)
    assert rules.is_ours(begun, 10, 10)
    assert rules.is_ours(begun, 10, None)
    assert not rules.is_ours(begun, 10, 11)
    assert not rules.is_ours(rules.renamed(begun, NOON, 0.5), 10, 10)


@given(st.lists(JITTER, min_size=1, max_size=MOST_MISSES + 2))
def test_what_is_missing_is_given_up_after_a_few_tries_and_never_waits_long(jitters: list[float]) -> None:
    upload, now = UPLOAD, NOON
    for number, jitter in enumerate(jitters, 1):
        if upload.state is not UploadState.DUE:
            break
        upload = rules.missed(upload, "it is gone", now, jitter)
        assert (upload.state is UploadState.GIVEN_UP) == (number == MOST_MISSES)
        assert now <= upload.next_at <= now + timedelta(seconds=rules.LONGEST_RETRY_SECONDS)


@given(st.integers(1, 60), JITTER)
def test_who_says_of_each_key_that_it_is_taken_is_asked_more_and_more_slowly(times: int, jitter: float) -> None:
    upload = UPLOAD
    for _ in range(times):
        upload = rules.renamed(upload, NOON, jitter)
    assert upload.key.endswith(f"_{times + 1}.mp4")
    assert rules.is_due(upload, NOON) == (times == 1)
    assert upload.next_at <= NOON + timedelta(seconds=rules.LONGEST_RETRY_SECONDS)


@given(st.integers(0, 500), JITTER)
def test_a_disk_that_stalled_for_long_takes_no_miss_from_what_is_missing_afterwards(stalls: int, jitter: float) -> None:
    upload = UPLOAD
    for _ in range(stalls):
        upload = rules.delayed(upload, "it is busy", NOON, jitter)
    assert rules.missed(upload, "it is gone", NOON, jitter).state is UploadState.DUE


@given(st.integers(0, 500), JITTER)
def test_a_disk_that_does_not_answer_is_tried_for_ever(attempts: int, jitter: float) -> None:
    upload = rules.delayed(replace(UPLOAD, attempts=attempts), "it is busy", NOON, jitter)
    assert upload.state is UploadState.DUE
    assert not rules.is_due(upload, NOON)
    assert rules.is_due(upload, upload.next_at)
    # A clock that is set back by years makes nobody wait for years.
    assert rules.is_due(upload, NOON - timedelta(days=400))


def test_what_is_done_or_given_up_is_due_no_more() -> None:
    done = rules.done(rules.begun(UPLOAD), 10, NOON)
    assert (done.state, done.size, done.unsure, done.begun) == (UploadState.DONE, 10, False, None)
    assert not rules.is_due(done, NOON)
    assert not rules.is_due(rules.given_up(UPLOAD, rules.NO_ROOM), NOON)


@given(st.lists(st.tuples(st.booleans(), JITTER), max_size=50))
def test_the_line_is_tried_slower_and_slower_but_soon_for_a_running_event(tries: list[tuple[bool, float]]) -> None:
    line, now = OffSiteLine(), 1000.0
    for works, jitter in tries:
        if works:
            line.worked()
            assert line.works
            assert line.next_try(urgent=False) <= now
            assert line.trouble(now + 1e6, "") is None
        else:
            line.failed("nobody answers", now, jitter)
            assert now < line.next_try(urgent=True) <= now + URGENT_SECONDS
            assert line.next_try(urgent=True) <= line.next_try(urgent=False) <= now + LONGEST_SECONDS
        now += 1.0


def test_a_silence_is_told_once_it_lasts_and_a_refusal_at_once() -> None:
    line = OffSiteLine()
    line.failed("Nobody answers.", 0.0, 0.5)
    assert line.trouble(TOLD_AFTER_SECONDS - 1, "") is None
    told = line.trouble(TOLD_AFTER_SECONDS, waiting_words(2, NOON))
    assert told is not None
    assert told.what == "Nothing goes off-site: Nobody answers. 2 clips wait to go off-site since 2026-11-21 12:00."
    line.failed("The key is wrong.", 0.0, 0.5, refused=True)
    assert line.trouble(0.0, "") is not None
    assert line.next_try(urgent=False) == REFUSED_SECONDS
    line.worked()
    assert line.trouble(1e9, "") is None
    assert waiting_words(0, None) == ""
    assert waiting_words(1, NOON).startswith("One clip waits")


@given(st.integers(0, 20), st.integers(1, 10_000), st.sets(st.integers(0, 20)))
def test_the_next_part_is_the_newest_that_hang_together_and_fit(count: int, most: int, holes: set[int]) -> None:
    waiting = [
        bare_segment(number, at=number, size=100 + 40 * number) for number in range(count) if number not in holes
    ]
    run = newest_run(waiting, most)
    assert list(run) == waiting[len(waiting) - len(run) :]
    assert bool(run) == bool(waiting)
    assert len(run) <= 1 or sum(one.size for one in run) <= most
    assert all(two.sequence - one.sequence == 1 for one, two in pairwise(run))
    before = waiting[len(waiting) - len(run) - 1 : len(waiting) - len(run)]
    if before:
        fits = sum(one.size for one in (*before, *run)) <= most
        assert not fits or before[0].sequence + 1 != run[0].sequence


@given(st.lists(st.tuples(st.integers(1, 10**8), st.floats(0, 100)), max_size=20))
def test_a_part_is_as_large_as_the_line_is_fast(sent: list[tuple[int, float]]) -> None:
    pace = PartPace()
    for size, took in sent:
        pace.sent(size, took)
        assert LEAST_BYTES <= pace.most_bytes <= MOST_BYTES


def test_what_was_begun_in_another_bucket_begins_anew_and_goes_on_in_its_own() -> None:
    begun = replace(rules.begun(UPLOAD), begun=rules.BegunUpload("an id", 5, 10), place="a/b/c", attempts=3)
    assert rules.bound_for(begun, "a/b/c") == begun
    moved = rules.bound_for(begun, "a/other/c")
    assert (moved.begun, moved.unsure, moved.attempts, moved.place) == (None, False, 0, "a/other/c")
    assert not rules.is_ours(moved, 10, 10)
    of_before = replace(begun, place="")
    assert rules.bound_for(of_before, "a/b/c") == begun
    assert not rules.is_elsewhere(of_before, "a/b/c")


def test_a_place_is_server_bucket_and_prefix_and_the_same_with_tls_and_without() -> None:
    assert S3Settings("our-door", "home").place == "s3://our-door/home"
    places = {
        S3Settings("door", "home", endpoint).place
        for endpoint in ("http://NAS.lan:9000/", "https://nas.lan:9000", "nas.lan:9000")
    }
    assert places == {"nas.lan:9000/door/home"}
    assert len({S3Settings(b, p, e).place for b in ("x", "y") for p in ("p", "q") for e in ("", "nas.lan")}) == 8


@pytest.mark.parametrize(
    "same",
    [
        ("https://nas.lan", "https://nas.lan:443", "https://nas.lan:443/", "http://nas.lan:80", "HTTP://NAS.lan:80"),
        ("nas.lan", "nas.lan:443", "nas.lan:80", "NAS.LAN"),
        ("[fd00::80]", "http://[FD00::80]:80/"),
        ("https://nas.lan/Shelf", "https://NAS.lan:443/Shelf/"),
        (
            "",
            "https://s3.eu-central-1.amazonaws.com",
            "s3.eu-central-1.amazonaws.com:443",
            "https://S3.amazonaws.com/",
            "http://s3.dualstack.us-gov-west-1.amazonaws.com",
            "https://s3-fips.dualstack.us-east-1.amazonaws.com",
            "https://s3-eu-west-1.amazonaws.com",
            "https://s3.cn-north-1.amazonaws.com.cn",
        ),
    ],
)
def test_a_bucket_is_one_place_however_its_server_is_written(same: tuple[str, ...]) -> None:
    assert len({S3Settings("door", "home", endpoint, region="eu-central-1").place for endpoint in same}) == 1


def test_servers_that_differ_are_places_that_differ() -> None:
    others = [
        "",
        "https://nas.lan",
        "https://nas.lan:80",
        "http://nas.lan:443",
        "nas.lan:9000",
        "nas.lan:4430",
        "nas.lan/Shelf",
        "nas.lan/shelf",
        "s3.eu-central-1.amazonaws.com.example.org",
        "s3.eu-central-1.amazonaws.com:9000",
        "s3.eu-central-1.amazonaws.com/shelf",
        "s3.eu-central-1.amazonawsXcom",
        "mys3.eu-central-1.amazonaws.com",
        "door.s3.eu-central-1.amazonaws.com",
    ]
    assert len({S3Settings("door", "home", endpoint).place for endpoint in others}) == len(others)


def test_words_for_what_lies_elsewhere_count_and_name_each_bucket() -> None:
    assert elsewhere_words({}) == ""
    assert elsewhere_words({"s3://a/b": 1}) == "One copy lies in s3://a/b, which the config does not name any more."
    assert elsewhere_words({"s3://a/b": 1, "c/d": 3}).startswith("One copy lies in s3://a/b and 3 copies lie in c/d,")
