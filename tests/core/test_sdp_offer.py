"""Offers of browsers are understood; whatever else comes is refused in a sentence, never by a crash."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.cloud_metadata import CLOUD_METADATA
from doorstep.core.errors import MediaInvalid, WayImpossible
from doorstep.core.h264_profile import H264Profile, decoders_of, parsed_profile_level, profile_level
from doorstep.core.ice_candidate import MOST_CANDIDATES, may_try, usable_candidates
from doorstep.core.sdp_offer import LARGEST_OFFER, read_fragment, read_offer

FINGERPRINT = ":".join(["AB"] * 32)
TRANSPORT = ["a=ice-ufrag:abcd", "a=ice-pwd:" + "p" * 24, f"a=fingerprint:sha-256 {FINGERPRINT}", "a=setup:actpass"]
PICTURE = [
    "m=video 9 UDP/TLS/RTP/SAVPF 96 102 103 108 109",
    "c=IN IP4 0.0.0.0",
    "a=mid:0",
    "a=recvonly",
    "a=rtcp-mux",
    "a=extmap:3 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid",
    "a=extmap:13 urn:3gpp:video-orientation",
    "a=rtpmap:96 VP8/90000",
    "a=rtpmap:102 H264/90000",
    "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f",
    "a=rtpmap:103 rtx/90000",
    "a=fmtp:103 apt=108",
    "a=rtpmap:108 H264/90000",
    "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
    "a=rtpmap:109 H264/90000",
    "a=fmtp:109 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f",
    *TRANSPORT,
]
SOUND = [
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 0",
    "a=mid:1",
    "a=recvonly",
    "a=rtcp-mux",
    "a=rtpmap:111 opus/48000/2",
    *TRANSPORT,
]
CHANNEL = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:2", *TRANSPORT]
SESSION = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1 2"]
OFFER = [*SESSION, *PICTURE, *SOUND, *CHANNEL]


def written(lines: list[str]) -> str:
    return "\r\n".join([*lines, ""])


def changed(old: str, new: str) -> str:
    assert old in written(OFFER)
    return written(OFFER).replace(old, new)


def candidate(address: str, *, port: int = 50_000, kind: str = "host", name: str = "1") -> str:
    return f"candidate:{name} 1 udp 2122260223 {address} {port} typ {kind} generation 0"


def test_the_offer_of_a_browser_is_understood() -> None:
    offer = read_offer(written(OFFER))
    assert (offer.ufrag, offer.password, offer.fingerprint, offer.setup) == ("abcd", "p" * 24, FINGERPRINT, "actpass")
    picture, sound, channel = offer.sections
    assert [(one.payload_type, one.profile, one.resent) for one in picture.codecs] == [
        (108, H264Profile.CONSTRAINED_BASELINE, 103),
        (109, H264Profile.HIGH, None),
    ]
    assert sorted(number for number, _ in picture.extensions) == [3, 9]
    assert [(one.payload_type, one.name) for one in sound.codecs] == [(111, "opus")]
    assert channel.codecs == ()
    assert offer.bundled == {"0", "1", "2"}
    assert "p" * 24 not in repr(offer)


@pytest.mark.parametrize("old", [SESSION[0], *TRANSPORT[:3], "a=mid:0"])
def test_what_is_missing_is_told(old: str) -> None:
    with pytest.raises(MediaInvalid, match="cannot be used"):
        read_offer(changed(f"{old}\r\n", ""))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=setup:actpass", "a=setup:holdconn"),
        ("a=setup:actpass", "a=setup:"),
        ("a=mid:1", "a=mid:0"),
        ("a=ice-ufrag:abcd", "a=ice-ufrag:ab cd"),
        ("sha-256", "md5"),
        ("m=audio 9", "m=image 9"),
        ("s=-", "s=\x00"),
        ("s=-", "nothing"),
        ("s=-", "s=" + "x" * 5000),
        ("s=-", "\r\n".join(["a=candidate:x"] * 10_000)),
    ],
)
def test_what_is_wrong_is_told(old: str, new: str) -> None:
    with pytest.raises(MediaInvalid, match="cannot be used"):
        read_offer(changed(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("H264/90000", "H265/90000"),
        ("packetization-mode=1", "packetization-mode=0"),
        ("profile-level-id=", "profile-level-id=?"),
        ("m=video 9", "m=video 0"),
        ("a=recvonly", "a=sendonly"),
        ("a=recvonly", "a=inactive"),
    ],
)
def test_who_takes_no_h264_is_told_so(old: str, new: str) -> None:
    with pytest.raises(WayImpossible, match=r"no H\.264"):
        read_offer(changed(old, new))


@given(st.text(max_size=2000) | st.lists(st.sampled_from([*OFFER, "a=x", "m=video", ""]), max_size=60).map(written))
def test_nonsense_is_refused_and_nothing_else_happens(text: str) -> None:
    try:
        read_offer(text)
    except (MediaInvalid, WayImpossible):
        return


@given(st.data())
def test_a_damaged_offer_is_read_or_refused(data: st.DataObject) -> None:
    text = list(written(OFFER))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at] = data.draw(st.sampled_from(["", "0", " ", "\n", "\x00", "é", "a=", ":", "/", "999999"]))
    try:
        offer = read_offer("".join(text))
    except (MediaInvalid, WayImpossible):
        return
    assert offer.section("video") is not None
    assert all(96 <= codec.payload_type <= 127 for section in offer.sections for codec in section.codecs)


def test_an_offer_is_bounded() -> None:
    with pytest.raises(MediaInvalid, match="too long"):
        read_offer("v" * (LARGEST_OFFER + 1))


def test_a_fragment_names_its_session_and_candidates() -> None:
    text = "a=ice-ufrag:abcd\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\na=end-of-candidates\r\n"
    assert read_fragment(text) == ("abcd", ("candidate:1 1 udp 1 192.0.2.1 5000 typ host",))
    with pytest.raises(MediaInvalid):
        read_fragment("a=ice-ufrag:?\r\n")


@given(st.text(max_size=500))
def test_a_fragment_of_nonsense_is_read_or_refused(text: str) -> None:
    try:
        read_fragment(text)
    except MediaInvalid:
        return


@pytest.mark.parametrize(
    "line",
    [
        candidate("0a1b2c3d.local"),
        candidate("camera.example.org"),
        candidate("127.0.0.1"),
        candidate("::1"),
        candidate("::ffff:127.0.0.1"),
        candidate("::ffff:169.254.169.254"),
        candidate("169.254.1.1"),
        candidate("fe80::1"),
        candidate("0.0.0.0"),  # noqa: S104 - refused
        candidate("224.0.0.251"),
        candidate("255.255.255.255"),
        candidate("192.0.2.1", port=53),
        candidate("192.0.2.1", port=70_000),
        candidate("192.0.2.1", kind="prflx"),
        candidate("192.0.2.1").replace(" 1 udp", " 2 udp"),
        candidate("192.0.2.1").replace("udp", "tcp"),
        candidate("1.2.3"),
        "candidate:",
        *map(candidate, sorted(map(str, CLOUD_METADATA))),  # in one order for all who share the tests
    ],
)
def test_an_address_that_must_not_be_tried_is_passed_over(line: str) -> None:
    assert usable_candidates([line], from_here=False) == []


def test_a_viewer_on_this_machine_may_be_reached_by_loopback() -> None:
    (found,) = usable_candidates([candidate("127.0.0.1")], from_here=True)
    assert str(found.address) == "127.0.0.1"
    assert usable_candidates([candidate("169.254.169.254")], from_here=True) == []


def test_ten_thousand_candidates_are_sixteen() -> None:
    lines = [candidate(f"10.0.{number // 250}.{number % 250 + 1}") for number in range(10_000)]
    found = usable_candidates(lines, from_here=False)
    assert len(found) == MOST_CANDIDATES
    assert usable_candidates(lines, from_here=False, room=0) == []
    assert len(usable_candidates(lines[:1] * 50, from_here=False)) == 1


@given(st.ip_addresses(), st.booleans())
def test_what_is_written_is_what_was_read_and_may_be_tried(address: object, here: bool) -> None:
    number = ip_address(str(address))
    for found in usable_candidates([candidate(str(address))], from_here=here):
        assert may_try(found.address, from_here=here)
        assert usable_candidates([found.line], from_here=here) == [found]
        assert found.address == (getattr(number, "ipv4_mapped", None) or number)


@pytest.mark.parametrize(
    ("text", "profile"),
    [
        ("42e01f", H264Profile.CONSTRAINED_BASELINE),
        ("42C01E", H264Profile.CONSTRAINED_BASELINE),
        ("42001f", H264Profile.BASELINE),
        ("4d001f", H264Profile.MAIN),
        ("4d8028", H264Profile.CONSTRAINED_BASELINE),
        ("640028", H264Profile.HIGH),
        ("640c1f", H264Profile.CONSTRAINED_HIGH),
        ("f4001f", H264Profile.HIGH_444),
        ("6e0028", H264Profile.OTHER),
    ],
)
def test_a_profile_is_told_by_its_numbers(text: str, profile: H264Profile) -> None:
    assert parsed_profile_level(text).profile is profile
    assert profile_level(b"\x01" + bytes.fromhex(text)).profile is profile


@pytest.mark.parametrize("text", ["42e01f", "42001f", "4d001f", "640c28", "640028"])
def test_the_streams_own_profile_is_asked_for_first_and_what_is_less_last(text: str) -> None:
    stream = parsed_profile_level(text)
    assert decoders_of(stream)[0] is stream.profile
    assert H264Profile.CONSTRAINED_BASELINE in decoders_of(stream)


@pytest.mark.parametrize("text", ["6e0028", "7a0028", "f40028", "2c0028"])
def test_no_browser_shows_ten_bits_or_other_samplings(text: str) -> None:
    assert decoders_of(parsed_profile_level(text)) == ()


@given(st.binary(max_size=20))
def test_a_record_of_nonsense_is_read_or_refused(record: bytes) -> None:
    try:
        decoders_of(profile_level(record))
    except MediaInvalid:
        assert len(record) < 4
