"""A viewer's offer of a WebRTC session, read strictly: what of it is wanted, and nothing that is not understood.

The offer comes from outside and never goes further: what Doorstep negotiates with is written anew from these values.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from doorstep.core.errors import MediaInvalid, WayImpossible
from doorstep.core.h264_profile import H264Profile, parsed_profile_level

LARGEST_OFFER = 48 * 1024
MOST_SECTIONS = 8
MOST_LINES = 4096
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
"""The header extension by which a sender says how long a picture may be held before it is shown."""

_LONGEST_LINE = 2048
_SECTION = re.compile(
    r"(audio|video|application) ([0-9]{1,5}) ([A-Z/]{3,30})((?: [A-Za-z0-9-]{1,32}){1,128})", re.ASCII
)
_MID = re.compile(r"[A-Za-z0-9._+-]{1,32}", re.ASCII)
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}", re.ASCII)
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}", re.ASCII)
_FINGERPRINT = re.compile(r"sha-256 ((?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2})", re.ASCII | re.IGNORECASE)
_MAP = re.compile(r"([0-9]{1,3}) ([A-Za-z0-9-]{1,32})/([0-9]{1,6})(?:/([0-9]))?", re.ASCII)
_EXTENSION = re.compile(r"([0-9]{1,2})(?:/[a-z]{1,10})? (\S{1,200})", re.ASCII)
_FORMATS = re.compile(r"([0-9]{1,3}) (.*)", re.ASCII)
_SETUPS = frozenset({"actpass", "active", "passive"})
_RECEIVING = frozenset({"recvonly", "sendrecv"})
_WANTED_EXTENSIONS = frozenset(
    {"urn:ietf:params:rtp-hdrext:sdes:mid", "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", PLAYOUT_DELAY}
)
_LARGEST_EXTENSION = 14
_LEAST_TYPE, _MOST_TYPE = 96, 127


@dataclass(frozen=True, slots=True)
class OfferedCodec:
    """A payload type that a viewer can take, with what belongs to it; `resent` is the type of its RTX (RFC 4588)."""

    payload_type: int
    name: str
    parameters: str
    profile: H264Profile | None = None
    resent: int | None = None


@dataclass(frozen=True, slots=True)
class OfferedSection:
    """One `m=` line and what follows: `head` as it was read, the codecs that Doorstep could send (maybe none)."""

    kind: str
    head: tuple[str, str]
    mid: str
    codecs: tuple[OfferedCodec, ...]
    extensions: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SdpOffer:
    """What an offer says, checked; `candidates` are not (see `ice_candidate`)."""

    ufrag: str
    password: str = field(repr=False)
    fingerprint: str
    setup: str
    sections: tuple[OfferedSection, ...]
    bundled: frozenset[str]
    candidates: tuple[str, ...] = ()

    def section(self, kind: str) -> OfferedSection | None:
        """The first of this kind ("video", "audio") in which the viewer wants to be sent what Doorstep can send."""
        return next((section for section in self.sections if section.kind == kind and section.codecs), None)


def read_offer(text: str) -> SdpOffer:
    """An offer in the Session Description Protocol (RFC 8866, 9429).

    Raises MediaInvalid where it cannot be read, WayImpossible where the viewer takes no H.264.
    """
    session, *sections = _split(text)
    if not 0 < len(sections) <= MOST_SECTIONS:
        _refuse("it names no picture, or too much")
    offered = tuple(map(_section, sections))
    if len({section.mid for section in offered}) < len(offered):
        _refuse("two of its parts have one name")
    usable = [number for number, section in enumerate(offered) if section.kind == "video" and section.codecs]
    if not usable:
        msg = "This viewer takes no H.264 by WebRTC, and Doorstep sends the camera's own video as it is."
        raise WayImpossible(msg)
    picture = (*sections[usable[0]], *session)  # what is not said of the picture is said of the session
    first = (*sections[0], *picture) if _bundled(session) else picture
    return SdpOffer(
        ufrag=_checked(picture, "ice-ufrag", _UFRAG),
        password=_checked(picture, "ice-pwd", _PASSWORD),
        fingerprint=_fingerprint(picture),
        setup=_setup(picture),
        sections=offered,
        bundled=_bundled(session),
        candidates=tuple(f"candidate:{value}" for value in _values(first, "candidate")),
    )


def read_fragment(text: str) -> tuple[str, tuple[str, ...]]:
    """The user fragment ("" if it names none) and the candidates of a trickle-ice-sdpfrag (RFC 8840, 9).

    Raises MediaInvalid.
    """
    lines = _lines(text)
    ufrag = next(_values(lines, "ice-ufrag"), "")
    if ufrag and not _UFRAG.fullmatch(ufrag):
        _refuse("its ice-ufrag cannot be read")
    return ufrag, tuple(f"candidate:{value}" for value in _values(lines, "candidate"))


def _refuse(why: str) -> NoReturn:
    msg = f"The description of the WebRTC session (SDP) cannot be used: {why}."
    raise MediaInvalid(msg)


def _lines(text: str) -> list[str]:
    if len(text) > LARGEST_OFFER:
        _refuse("it is too long")
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    if len(lines) > MOST_LINES:
        _refuse("it is too long")
    for line in lines:
        if len(line) > _LONGEST_LINE or not line.isprintable() or line[1:2] != "=":
            _refuse("a line of it cannot be read")
    return lines


def _split(text: str) -> list[list[str]]:
    """The session's lines, and each section's."""
    lines = _lines(text)
    if lines[0] != "v=0":
        _refuse("it does not begin with v=0")
    parts: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("m="):
            parts.append([])
        parts[-1].append(line)
    return parts


def _values(lines: Sequence[str], name: str) -> Iterator[str]:
    prefix = f"a={name}:"
    return (line[len(prefix) :] for line in lines if line.startswith(prefix))


def _checked(lines: Sequence[str], name: str, form: re.Pattern[str]) -> str:
    value = next(_values(lines, name), "")
    if not form.fullmatch(value):
        _refuse(f"its {name} is missing or cannot be read")
    return value


def _fingerprint(lines: Sequence[str]) -> str:
    found = next(filter(None, map(_FINGERPRINT.fullmatch, _values(lines, "fingerprint"))), None)
    if found is None:
        _refuse("it has no fingerprint by SHA-256")
    return found[1].upper()


def _setup(lines: Sequence[str]) -> str:
    setup = next(_values(lines, "setup"), "actpass")
    if setup not in _SETUPS:
        _refuse("its setup is none of actpass, active and passive")
    return setup


def _bundled(session: Sequence[str]) -> frozenset[str]:
    words = next((value.split(" ") for value in _values(session, "group") if value.startswith("BUNDLE ")), [])
    return frozenset(words[1:])


def _section(lines: Sequence[str]) -> OfferedSection:
    found = _SECTION.fullmatch(lines[0].removeprefix("m="))
    if found is None:
        _refuse("a line m= cannot be read")
    kind, port, protocol, formats = found.groups()
    mid = _checked(lines, "mid", _MID)
    head = (protocol, formats.strip())
    directions = {line.removeprefix("a=") for line in lines} & {"sendrecv", "recvonly", "sendonly", "inactive"}
    is_wanted = kind != "application" and (directions or {"sendrecv"}) <= _RECEIVING
    is_open = port != "0" or "a=bundle-only" in lines
    if not (is_wanted and is_open and protocol == "UDP/TLS/RTP/SAVPF" and "a=rtcp-mux" in lines):
        return OfferedSection(kind, head, mid, ())
    return OfferedSection(kind, head, mid, tuple(_codecs(kind, lines, formats.split())), _extensions(lines))


def _codecs(kind: str, lines: Sequence[str], formats: Sequence[str]) -> Iterator[OfferedCodec]:
    """Opus, or H.264 in fragments as RFC 6184 has them (packetization-mode 1)."""
    maps = {found[1]: found for found in map(_MAP.fullmatch, _values(lines, "rtpmap")) if found}
    parameters = {found[1]: found[2] for found in map(_FORMATS.fullmatch, _values(lines, "fmtp")) if found}
    resent = {
        parameters.get(number, "").removeprefix("apt="): int(number)
        for number, found in maps.items()
        if found[2].lower() == "rtx" and number in formats and _is_dynamic(number)
    }
    for number in formats:
        found = maps.get(number)
        if found is None or not _is_dynamic(number):
            continue
        said = parameters.get(number, "")
        if kind == "audio" and (found[2].lower(), found[3], found[4]) == ("opus", "48000", "2"):
            yield OfferedCodec(int(number), "opus", said)
        elif kind == "video" and (found[2].lower(), found[3]) == ("h264", "90000"):
            profile = _profile(said)
            if profile is not None:
                yield OfferedCodec(int(number), "H264", said, profile, resent.get(number))


def _profile(parameters: str) -> H264Profile | None:
    """None where it cannot be sent in fragments (RFC 6184, 6.3), or is not understood; another may be."""
    words = dict(word.strip().partition("=")[::2] for word in parameters.split(";"))
    if words.get("packetization-mode") != "1":
        return None
    try:
        return parsed_profile_level(words.get("profile-level-id", "42001f")).profile
    except MediaInvalid:
        return None


def _is_dynamic(number: str) -> bool:
    return _LEAST_TYPE <= int(number) <= _MOST_TYPE


def _extensions(lines: Sequence[str]) -> tuple[tuple[int, str], ...]:
    found = filter(None, map(_EXTENSION.fullmatch, _values(lines, "extmap")))
    wanted = {match[2]: int(match[1]) for match in found if match[2] in _WANTED_EXTENSIONS}
    return tuple((number, name) for name, number in wanted.items() if 0 < number <= _LARGEST_EXTENSION)
