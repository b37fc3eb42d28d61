"""Smallest JPEGs of any number of channels and any claimed size, which no encoder at hand makes (ITU-T T.81)."""

import struct


def _part(mark: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, mark, len(content) + 2) + content


def odd_jpeg(channels: int, width: int = 8, height: int = 8) -> bytes:
    """Every block is flat: one DC difference of size 0 (code 0) and an end of block (code 0), two bits a channel."""
    ids = bytes(range(1, channels + 1))
    frame = struct.pack(">BHHB", 8, height, width, channels) + b"".join(bytes((one, 0x11, 0)) for one in ids)
    table = bytes([1] + [0] * 15 + [0])
    blocks = ((width + 7) // 8) * ((height + 7) // 8) if width * height < 10_000 else 1
    bits = "0" * (2 * channels * blocks)
    scan = bytes(int(bits[i : i + 8].ljust(8, "1"), 2) for i in range(0, len(bits), 8))
    adobe = _part(0xEE, b"Adobe\x00\x64\x00\x00\x00\x00\x00") if channels == 4 else b""
    return (
        b"\xff\xd8"
        + adobe
        + _part(0xDB, bytes([0]) + bytes([1] * 64))
        + _part(0xC0, frame)
        + _part(0xC4, b"\x00" + table)
        + _part(0xC4, b"\x10" + table)
        + _part(0xDA, bytes([channels]) + b"".join(bytes((one, 0)) for one in ids) + b"\x00\x3f\x00")
        + scan
        + b"\xff\xd9"
    )
