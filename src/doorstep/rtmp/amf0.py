"""Values of AMF 0, the format of RTMP's commands, to bytes and back.  What a command means lives in the sessions."""

import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import Final, TypeAlias

from doorstep.rtmp.errors import RtmpInvalid

Amf0: TypeAlias = "bool | float | str | list[Amf0] | dict[str, Amf0] | None"
"""Null, undefined and unsupported are None; dates are milliseconds; objects and ECMA arrays are dictionaries."""

MOST_DEPTH: Final = 8
MOST_VALUES: Final = 1000

_LONGEST_SHORT = 0xFFFF
_DOUBLE = struct.Struct(">d")


class _Marker(IntEnum):
    """What kind of value follows (AMF0, 2.1)."""

    NUMBER = 0
    BOOLEAN = 1
    STRING = 2
    OBJECT = 3
    NULL = 5
    UNDEFINED = 6
    ECMA_ARRAY = 8
    OBJECT_END = 9
    STRICT_ARRAY = 10
    DATE = 11
    LONG_STRING = 12
    UNSUPPORTED = 13
    XML = 15
    TYPED_OBJECT = 16


def encode(values: Iterable[Amf0]) -> bytes:
    """One after the other (AMF0, 2): dictionaries as objects, lists as strict arrays.

    Raises RtmpInvalid for a key of more than 65535 bytes.
    """
    parts: list[bytes] = []
    for value in values:
        _encode(value, parts)
    return b"".join(parts)


def _encode(value: Amf0, parts: list[bytes]) -> None:
    match value:
        case None:
            parts.append(bytes([_Marker.NULL]))
        case bool():
            parts.append(bytes([_Marker.BOOLEAN, value]))
        case int() | float():
            parts.append(bytes([_Marker.NUMBER]) + _DOUBLE.pack(value))
        case str():
            text = value.encode("utf-8", "replace")
            short = len(text) <= _LONGEST_SHORT
            parts.append(
                bytes([_Marker.STRING]) + len(text).to_bytes(2) if short else bytes([_Marker.LONG_STRING]) + _long(text)
            )
            parts.append(text)
        case list():
            parts.append(bytes([_Marker.STRICT_ARRAY]) + _long(value))
            for each in value:
                _encode(each, parts)
        case dict():
            parts.append(bytes([_Marker.OBJECT]))
            for key, each in value.items():
                parts.append(_key(key))
                _encode(each, parts)
            parts.append(bytes([0, 0, _Marker.OBJECT_END]))


def _long(items: bytes | list[Amf0]) -> bytes:
    return len(items).to_bytes(4)


def _key(key: str) -> bytes:
    text = key.encode("utf-8", "replace")
    if len(text) > _LONGEST_SHORT:
        msg = "a name in a command is too long"
        raise RtmpInvalid(msg)
    return len(text).to_bytes(2) + text


def decode(payload: bytes) -> list[Amf0]:
    """Every value in the payload, at most 1000, at most 8 levels deep.  Raises RtmpInvalid."""
    return _Reading(payload).values()


class _Reading:
    """One pass over one payload."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._at = 0
        self._count = 0

    def values(self) -> list[Amf0]:
        found = []
        while self._at < len(self._payload):
            found.append(self._value(0))
        return found

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._payload):
            msg = "a command is cut off"
            raise RtmpInvalid(msg)
        taken = self._payload[self._at : end]
        self._at = end
        return taken

    def _number(self, size: int) -> int:
        return int.from_bytes(self._take(size))

    def _text(self, length_size: int) -> str:
        return self._take(self._number(length_size)).decode("utf-8", "replace")

    def _value(self, depth: int) -> Amf0:
        self._count += 1
        if self._count > MOST_VALUES or depth > MOST_DEPTH:
            msg = "a command holds more than a command needs"
            raise RtmpInvalid(msg)
        match self._number(1):
            case _Marker.BOOLEAN:
                return self._number(1) != 0
            case _Marker.NULL | _Marker.UNDEFINED | _Marker.UNSUPPORTED:
                return None
            case _Marker.STRING:
                return self._text(2)
            case _Marker.LONG_STRING | _Marker.XML:
                return self._text(4)
            case _Marker.NUMBER | _Marker.DATE as marker:
                number = float(_DOUBLE.unpack(self._take(8))[0])
                self._take(2 if marker == _Marker.DATE else 0)  # a time zone that nobody fills in
                return number
            case marker:
                return self._group(marker, depth + 1)

    def _group(self, marker: int, depth: int) -> Amf0:
        match marker:
            case _Marker.OBJECT:
                return self._members(depth)
            case _Marker.ECMA_ARRAY:
                self._take(4)  # how many: some encoders write 0, the end mark counts
                return self._members(depth)
            case _Marker.TYPED_OBJECT:
                self._text(2)
                return self._members(depth)
            case _Marker.STRICT_ARRAY:
                return [self._value(depth) for _ in range(self._number(4))]
        msg = "a command holds a kind of value that has no place there"
        raise RtmpInvalid(msg)

    def _members(self, depth: int) -> dict[str, Amf0]:
        members: dict[str, Amf0] = {}
        while True:
            key = self._text(2)
            if not key and self._payload[self._at : self._at + 1] == bytes([_Marker.OBJECT_END]):
                self._at += 1
                return members
            members[key] = self._value(depth)
