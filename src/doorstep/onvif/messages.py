"""What is said to ONVIF cameras and what they answer, as bytes and values.  Sans I/O; nothing of them is trusted.

WS-Discovery of April 2005 (soap-over-udp), ONVIF Core 22.06 (device), Media Service 21.06, and for the password the
UsernameToken Profile 1.0 of WS-Security (OASIS, 2004): digest = base64(sha1(nonce + created + password)).
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

from doorstep.core.errors import MediaInvalid
from doorstep.onvif.strict_xml import Element, parsed

MULTICAST = ("239.255.255.250", 3702)
_MOST_NAME = 100
_MOST_ADDRESS = 1024
_MOST_PROFILES = 32
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl"'
    ' xmlns:tt="http://www.onvif.org/ver10/schema">{head}<s:Body>{body}</s:Body></s:Envelope>'
)
_PROBE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"'
    ' xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header>'
    '<a:Action s:mustUnderstand="1">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>'
    "<a:MessageID>{message_id}</a:MessageID>"
    "<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>"
    '<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>'
    "<s:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"
)
_WHO_ASKS = (
    '<s:Header><w:Security s:mustUnderstand="1" xmlns:w="http://docs.oasis-open.org/wss/2004/01/'
    'oasis-200401-wss-wssecurity-secext-1.0.xsd" xmlns:u="http://docs.oasis-open.org/wss/2004/01/'
    'oasis-200401-wss-wssecurity-utility-1.0.xsd"><w:UsernameToken><w:Username>{user}</w:Username>'
    '<w:Password Type="http://docs.oasis-open.org/wss/2004/01/'
    'oasis-200401-wss-username-token-profile-1.0#PasswordDigest">{digest}</w:Password>'
    '<w:Nonce EncodingType="http://docs.oasis-open.org/wss/2004/01/'
    'oasis-200401-wss-soap-message-security-1.0#Base64Binary">{nonce}</w:Nonce>'
    "<u:Created>{created}</u:Created></w:UsernameToken></w:Security></s:Header>"
)
_REFUSALS = frozenset({"NotAuthorized", "FailedAuthentication", "InvalidSecurity"})
GET_TIME = "<tds:GetSystemDateAndTime/>"
GET_CAPABILITIES = "<tds:GetCapabilities><tds:Category>All</tds:Category></tds:GetCapabilities>"
GET_PROFILES = "<trt:GetProfiles/>"


@dataclass(frozen=True, slots=True)
class UsernameToken:
    """Who asks, once: another nonce and time for each question."""

    user: str = field(repr=False)
    password: str = field(repr=False)
    nonce: bytes
    created: datetime

    def header(self) -> str:
        """The SOAP header that proves the password without showing it."""
        created = self.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        digest = hashlib.sha1(  # as the profile says; the camera knows no better
            self.nonce + created.encode() + self.password.encode(), usedforsecurity=False
        ).digest()
        return _WHO_ASKS.format(
            user=escape(self.user),
            digest=base64.b64encode(digest).decode(),
            nonce=base64.b64encode(self.nonce).decode(),
            created=created,
        )


@dataclass(frozen=True, slots=True)
class Match:
    """What one answer to a probe says: names for people, and where the camera says that its door is."""

    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """One of the camera's streams as it describes it; sizes are 0 where it does not."""

    token: str
    codec: str
    width: int
    height: int
    fps: float
    audio: bool


def probe_message(message_id: str) -> bytes:
    """Asks every camera of the network; `message_id` is one of a kind, such as "urn:uuid:…"."""
    return _PROBE.format(message_id=escape(message_id)).encode()


def match_of(datagram: bytes, message_id: str) -> Match | None:
    """The answer to the probe of this id; None for any other.  Raises MediaInvalid."""
    root = parsed(datagram)
    if root.words("Header", "RelatesTo") != message_id:
        return None
    match = root.first("Body", "ProbeMatch")
    if match is None:
        return None
    addresses = match.words("XAddrs").split()
    name = _name_in(match.words("Scopes").split())
    return Match(name, tuple(each for each in addresses if len(each) < _MOST_ADDRESS))


def question(body: str, token: UsernameToken | None = None) -> bytes:
    """One request; with a token somebody asks it."""
    return _ENVELOPE.format(head=token.header() if token is not None else "", body=body).encode()


def get_stream_uri(profile: str) -> str:
    """Where the stream of a profile is, by RTSP (Media Service, 5.2.20)."""
    return (
        "<trt:GetStreamUri><trt:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport>"
        "<tt:Protocol>RTSP</tt:Protocol></tt:Transport></trt:StreamSetup>"
        f"<trt:ProfileToken>{escape(profile)}</trt:ProfileToken></trt:GetStreamUri>"
    )


def is_refusal(answer: Element) -> bool:
    """Whether the camera says that this user may not, or gave the wrong password (Core, 5.8.2.3)."""
    fault = answer.first("Fault")
    said = {each.text.rpartition(":")[2].strip() for each in fault.all("Value")} if fault is not None else set()
    return bool(said & _REFUSALS)


def time_in(answer: Element) -> datetime | None:
    """The camera's clock; None where it does not tell.  Raises MediaInvalid for what is no date."""
    found = answer.first("UTCDateTime")
    if found is None:
        return None
    parts = [found.words(*path) for path in _CLOCK]
    try:
        return datetime(*(int(part[:4]) for part in parts), tzinfo=UTC)  # type: ignore[misc,arg-type] # six numbers
    except ValueError as error:
        msg = "its clock is no time"
        raise MediaInvalid(msg) from error


_CLOCK = (
    *(("Date", part) for part in ("Year", "Month", "Day")),
    *(("Time", part) for part in ("Hour", "Minute", "Second")),
)


def media_door(answer: Element) -> str:
    """The address of the camera's media service, empty where it names none."""
    return answer.words("Media", "XAddr")[:_MOST_ADDRESS]


def profiles_in(answer: Element) -> Sequence[Profile]:
    """The streams that can be asked for, the largest picture first."""
    found = [_profile(each) for each in list(answer.all("Profiles"))[:_MOST_PROFILES]]
    return sorted((each for each in found if each.token), key=lambda each: each.width * each.height, reverse=True)


def stream_uri(answer: Element) -> str:
    """Where the stream is, empty where the camera does not say."""
    return answer.words("MediaUri", "Uri")[:_MOST_ADDRESS]


def _profile(element: Element) -> Profile:
    encoder = element.first("VideoEncoderConfiguration") or Element("")
    return Profile(
        token=element.attributes.get("token", "")[:_MOST_NAME],
        codec=_plain(encoder.words("Encoding"))[:20],
        width=_number(encoder.words("Resolution", "Width")),
        height=_number(encoder.words("Resolution", "Height")),
        fps=float(_number(encoder.words("RateControl", "FrameRateLimit"))),
        audio=element.first("AudioEncoderConfiguration") is not None,
    )


def _number(text: str) -> int:
    whole = text.partition(".")[0]
    return int(whole) if whole.isascii() and whole.isdecimal() and len(whole) < 6 else 0


def _name_in(scopes: Sequence[str]) -> str:
    """As the camera calls itself: onvif://www.onvif.org/name/… and hardware/… (Core, 7.3.2.2)."""
    found: dict[str, str] = {}
    for scope in scopes[:200]:
        try:
            _, kind, value = urlsplit(scope).path.split("/", 2)
        except ValueError:
            continue
        found.setdefault(kind.lower(), _plain(unquote(value)))
    name, hardware = found.get("name", ""), found.get("hardware", "")
    together = name if not hardware or hardware.lower() in name.lower() else f"{name} {hardware}"
    return together.strip()[:_MOST_NAME]


def _plain(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
