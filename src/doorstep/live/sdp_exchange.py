"""The two descriptions around aiortc: an offer written anew from checked values, and an answer to the viewer's own.

Nothing that a viewer wrote reaches aiortc's parser.  The written offer holds one picture and at most one sound; in the
answer every other part of the viewer's offer is refused (RFC 9429, 5.3.1).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from doorstep.core.h264_profile import H264Profile
from doorstep.core.ice_candidate import IceCandidate
from doorstep.core.sdp_offer import PLAYOUT_DELAY, OfferedCodec, OfferedSection, SdpOffer

_NEWLINE = "\r\n"
_ANY_PROFILE = "42e01f"
"""The profile that aiortc knows; it sends packets of any, and `answer_to` writes the true one."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of an offer is used: the picture and its codec; the sound, if the viewer wants it and the camera has it."""

    picture: OfferedSection
    codec: OfferedCodec
    sound: OfferedSection | None

    @property
    def hold_id(self) -> int | None:
        """The number by which the viewer knows `PLAYOUT_DELAY`, if it does."""
        return next((number for number, name in self.picture.extensions if name == PLAYOUT_DELAY), None)

    @property
    def sections(self) -> tuple[OfferedSection, ...]:
        """One or two."""
        return (self.picture,) if self.sound is None else (self.picture, self.sound)


def chosen_of(offer: SdpOffer, decoders: Sequence[H264Profile], *, with_sound: bool) -> Chosen | None:
    """The best of what both sides can; None where the viewer's decoder shows none of these profiles."""
    picture, sound = offer.section("video"), offer.section("audio")
    if picture is None:
        return None
    known = [codec for codec in picture.codecs if codec.profile in decoders]
    if not known:
        return None
    codec = min(known, key=lambda codec: decoders.index(codec.profile or H264Profile.OTHER))
    together = sound is not None and {picture.mid, sound.mid} <= offer.bundled
    return Chosen(picture, codec, sound if with_sound and together else None)


def offer_for_aiortc(offer: SdpOffer, chosen: Chosen, candidates: Iterable[IceCandidate]) -> str:
    """The chosen parts, and of the candidates those that may be tried."""
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0"]
    lines.append(f"a=group:BUNDLE {' '.join(section.mid for section in chosen.sections)}")
    transport = [
        f"a=ice-ufrag:{offer.ufrag}",
        f"a=ice-pwd:{offer.password}",
        f"a=fingerprint:sha-256 {offer.fingerprint}",
        f"a=setup:{offer.setup}",
    ]
    lines += _picture_lines(chosen) + transport + [f"a={candidate.line}" for candidate in candidates]
    if chosen.sound is not None:
        lines += _sound_lines(chosen.sound) + transport
    return _NEWLINE.join((*lines, ""))


def answer_to(offer: SdpOffer, chosen: Chosen, answer: str) -> str:
    """What aiortc answered, in the order of the viewer's parts, with the profile that the viewer named."""
    session, *sections = _parts(answer)
    by_mid = {section.mid: lines for section, lines in zip(chosen.sections, sections, strict=True)}
    if chosen.hold_id is not None:  # aiortc does not know it; `WebRtcPeer` sends it
        by_mid[chosen.picture.mid].append(f"a=extmap:{chosen.hold_id} {PLAYOUT_DELAY}")
    lines = [line for line in session if not line.startswith("a=group:")]
    order = [section.mid for section in offer.sections if section.mid in by_mid]
    lines.append(f"a=group:BUNDLE {' '.join(order)}")
    for section in offer.sections:
        lines += by_mid.get(section.mid) or _refused(section)
    true, known = f"a=fmtp:{chosen.codec.payload_type} {chosen.codec.parameters}", _ANY_PROFILE
    number = chosen.codec.payload_type
    is_told = f"a=fmtp:{number} "
    return _NEWLINE.join([true if line.startswith(is_told) and known in line else line for line in lines] + [""])


def _picture_lines(chosen: Chosen) -> list[str]:
    codec, number = chosen.codec, chosen.codec.payload_type
    numbers = f"{number}" if codec.resent is None else f"{number} {codec.resent}"
    lines = _head(chosen.picture, numbers)
    lines += [
        f"a=rtpmap:{number} H264/90000",
        f"a=rtcp-fb:{number} nack",
        f"a=rtcp-fb:{number} nack pli",
        f"a=fmtp:{number} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={_ANY_PROFILE}",
    ]
    if codec.resent is not None:
        lines += [f"a=rtpmap:{codec.resent} rtx/90000", f"a=fmtp:{codec.resent} apt={number}"]
    return lines


def _sound_lines(sound: OfferedSection) -> list[str]:
    number = sound.codecs[0].payload_type
    return [*_head(sound, f"{number}"), f"a=rtpmap:{number} opus/48000/2"]


def _head(section: OfferedSection, numbers: str) -> list[str]:
    lines = [f"m={section.kind} 9 UDP/TLS/RTP/SAVPF {numbers}", "c=IN IP4 0.0.0.0", f"a=mid:{section.mid}"]
    lines += ["a=recvonly", "a=rtcp-mux", "a=rtcp:9 IN IP4 0.0.0.0"]
    return lines + [f"a=extmap:{number} {name}" for number, name in section.extensions]


def _parts(description: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for line in description.split(_NEWLINE):
        if line.startswith("m="):
            parts.append([])
        if line:
            parts[-1].append(line)
    return parts


def _refused(section: OfferedSection) -> list[str]:
    """A part that is not used keeps its place, with port 0 (RFC 9429, 5.3.1)."""
    protocol, formats = section.head
    return [f"m={section.kind} 0 {protocol} {formats}", "c=IN IP4 0.0.0.0", f"a=mid:{section.mid}", "a=inactive"]
