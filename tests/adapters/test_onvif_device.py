"""One ONVIF camera: its streams, its password, and all that a hostile one may answer."""

import asyncio
import base64
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.clock import SystemClock
from doorstep.core.errors import CredentialsRefused, MediaInvalid, SourceLost, SourceRefused
from doorstep.onvif import messages
from doorstep.onvif.device import Door, OfferedStream, OnvifDevice
from doorstep.onvif.messages import UsernameToken
from doorstep.onvif.strict_xml import parsed
from fakes.lan_cameras import ONVIF

USER, PASSWORD = "viewer", "p@ss:w/rd#%<&>"


@contextmanager
def camera(*words: str) -> Iterator[str]:
    """The address of its device service, on loopback: whoever may go where is judged before."""
    process = subprocess.Popen(
        [sys.executable, str(ONVIF), "--discovery", "none", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().split()[1]}/onvif/device_service"
    finally:
        process.kill()
        process.communicate(timeout=60)


def streams(address: str, user: str = "", password: str = "") -> Sequence[OfferedStream]:
    async def ask() -> Sequence[OfferedStream]:
        async with OnvifDevice(Door(address, "127.0.0.1", user, password), SystemClock()) as device:
            return await device.streams()

    return asyncio.run(ask())


def test_the_large_and_the_small_stream_are_told() -> None:
    with camera("--sub", "rtsp://127.0.0.1:8554/s?x=1&y=2") as address:
        main, sub = streams(address)
    assert main.address == "rtsp://127.0.0.1/stream1"
    assert (main.profile.width, main.profile.height, main.profile.codec) == (1280, 720, "H264")
    assert sub.address == "rtsp://127.0.0.1:8554/s?x=1&y=2"
    assert (sub.profile.width, sub.profile.height) == (640, 360)


def test_a_camera_whose_clock_is_wrong_is_asked_by_its_own() -> None:
    with camera("--user", USER, "--password", PASSWORD, "--skew", "-86400") as address:
        assert streams(address, USER, PASSWORD)


def test_a_password_that_the_camera_put_into_an_address_is_not_passed_on() -> None:
    with camera("--main", "rtsp://admin:hunter2@127.0.0.1/stream1") as address:
        [stream] = streams(address)
    assert stream.address == "rtsp://127.0.0.1/stream1"


@pytest.mark.parametrize(("user", "password"), [(USER, "wrong"), ("wrong", PASSWORD), ("", "")])
def test_a_wrong_password_is_told_as_that(user: str, password: str) -> None:
    with camera("--user", USER, "--password", PASSWORD) as address, pytest.raises(CredentialsRefused) as told:
        streams(address, user, password)
    assert PASSWORD not in str(told.value)


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        ("redirect", SourceRefused),
        ("giant", SourceRefused),
        ("bomb", SourceRefused),
        ("packed", SourceRefused),
        ("page", SourceRefused),
        ("foreign-media", SourceRefused),
        ("foreign-stream", SourceRefused),
        ("drip", SourceLost),
    ],
)
def test_a_hostile_camera_is_left_in_plain_words(trouble: str, kind: type[Exception]) -> None:
    with camera("--http-trouble", trouble) as address, pytest.raises(kind) as told:
        streams(address)
    assert "secret" not in str(told.value)
    assert str(told.value).endswith(".")


def test_a_camera_that_is_off_is_told() -> None:
    with pytest.raises(SourceLost, match="cannot be reached"):
        streams("http://127.0.0.1:1/onvif")


def test_the_digest_is_that_of_the_profile() -> None:
    """The example of ONVIF's Application Programmer's Guide, 6.1.1.3."""
    nonce = base64.b64decode("LKqI6G/AikKCQrN0zqZFlg==")
    token = UsernameToken("user", "userpassword", nonce, datetime(2010, 9, 16, 7, 50, 45, tzinfo=UTC))
    assert ">tuOSpGlFlIXsozq4HFNeeGeFLEI=<" in token.header()
    assert ">2010-09-16T07:50:45Z<" in token.header()
    assert "userpassword" not in token.header()
    assert "userpassword" not in repr(token)


@given(st.binary(max_size=400))
def test_whatever_is_sent_is_a_tree_or_refused(document: bytes) -> None:
    try:
        parsed(document)
    except MediaInvalid:
        return


@pytest.mark.parametrize(
    "document",
    [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><a/>',
        b"<a>" * 100 + b"</a>" * 100,
        b"<a>" + b"<b/>" * 9000 + b"</a>",
        b"<a " + b" ".join(b'x%d="1"' % number for number in range(300)) + b"/>",
        b"<?php evil ?><a/>",
        b'<?xml version="1.0" encoding="utf-99"?><a/>',
        b"<a>" + b" " * 300_000 + b"</a>",
        b"",
    ],
)
def test_what_no_cameras_answer_needs_is_refused(document: bytes) -> None:
    with pytest.raises(MediaInvalid):
        parsed(document)


def test_what_is_no_number_is_none() -> None:
    answer = parsed(
        b'<x xmlns:t="u"><t:Profiles token="a"><t:VideoEncoderConfiguration><t:Encoding>H\x0d264</t:Encoding>'
        b"<t:Resolution><t:Width>1e9</t:Width><t:Height>-4</t:Height></t:Resolution></t:VideoEncoderConfiguration>"
        b"</t:Profiles><t:Profiles/></x>"
    )
    [profile] = messages.profiles_in(answer)
    assert (profile.width, profile.height, profile.fps, profile.audio) == (0, 0, 0.0, False)


def test_a_clock_that_is_no_time_is_refused() -> None:
    answer = b"<x><UTCDateTime><Date><Year>2026</Year><Month>13</Month><Day>1</Day></Date></UTCDateTime></x>"
    with pytest.raises(MediaInvalid):
        messages.time_in(parsed(answer))
