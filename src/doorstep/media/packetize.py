"""Access units as Doorstep keeps them: lengths, no start codes; parameter sets in a record, not in-band."""

from collections.abc import Sequence

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import Codec, VideoFormat
from doorstep.media.nal import (
    H264,
    Hevc,
    is_annex_b,
    join_length_prefixed,
    nal_type,
    split_annex_b,
    split_length_prefixed,
)
from doorstep.media.parameter_sets import SequenceSet, read_h264, read_hevc

_SETS: dict[Codec, tuple[int, ...]] = {
    Codec.H264: (H264.SPS, H264.PPS),
    Codec.HEVC: (Hevc.VPS, Hevc.SPS, Hevc.PPS),
}
_DELIMITERS: dict[Codec, int] = {Codec.H264: H264.DELIMITER, Codec.HEVC: Hevc.DELIMITER}
_SPS: dict[Codec, int] = {Codec.H264: H264.SPS, Codec.HEVC: Hevc.SPS}
_PROFILES_WITHOUT_DEPTH = frozenset({66, 77, 88})
# What the counts and lengths of the records can tell (ISO/IEC 14496-15, 5.3.3.1.2).
_MOST_SETS: dict[tuple[Codec, int], int] = {(Codec.H264, H264.SPS): 31}
_MOST_OF_A_KIND = 255
_LARGEST_SET = 0xFFFF
_SHORTEST_SPS = {Codec.H264: 4, Codec.HEVC: 15}


class Packetizer:
    """Turns the packets of one stream into length-prefixed ones and watches its parameter sets.  One thread."""

    def __init__(self, codec: Codec, timescale: int, config: bytes) -> None:
        """`config` is the stream's record, or its parameter sets with start codes, or empty: then they come in-band."""
        self._codec = codec
        self._timescale = timescale
        self._length_size = 4
        self._start_codes = not config or is_annex_b(config)
        self._sets: dict[int, list[bytes]] = {}
        self.format: VideoFormat | None = None
        if config:
            self.reconfigure(config)

    def reconfigure(self, config: bytes) -> None:
        """Take another record or other parameter sets.  Raises MediaInvalid."""
        if is_annex_b(config):
            self._adopt(split_annex_b(config))
            return
        length_size, units = read_record(self._codec, config)
        self._length_size = length_size
        self._adopt(units)
        if self.format is not None and length_size == 4:
            # The encoder's own record stays as it is, extensions included.
            known = self.format
            self.format = VideoFormat(known.codec, known.width, known.height, known.timescale, config)

    def packet(self, data: bytes, *, key: bool) -> bytes:
        """The access unit with 4-byte lengths; `format` may change with it.

        Damaged bytes with lengths pass as they are, for a decoder to conceal; only lengths of another size cannot be
        kept then, and nothing is returned.  Raises MediaInvalid for a parameter set that cannot be.
        """
        if self._start_codes:
            return self._without_sets(split_annex_b(data))
        if not key and self._length_size == 4:
            return data
        try:
            units = split_length_prefixed(data, self._length_size)
        except MediaInvalid:
            return data if self._length_size == 4 else b""
        self._adopt(units)
        return data if self._length_size == 4 else join_length_prefixed(units)

    def _without_sets(self, units: Sequence[bytes]) -> bytes:
        """Sets are in the record and delimiters are implied (ISO/IEC 14496-15, 5.3.2): neither is a sample's."""
        self._adopt(units)
        left_out = {*_SETS[self._codec], _DELIMITERS[self._codec]}
        return join_length_prefixed(unit for unit in units if nal_type(self._codec, unit) not in left_out)

    def _adopt(self, units: Sequence[bytes]) -> None:
        found: dict[int, list[bytes]] = {}
        for unit in units:
            kind = nal_type(self._codec, unit)
            if kind in _SETS[self._codec]:
                of_kind = found.setdefault(kind, [])
                if unit not in of_kind:
                    of_kind.append(unit)
        if all(unit in self._sets.get(kind, []) for kind, sets in found.items() for unit in sets):
            return
        self._sets |= found
        if self._sets.keys() == set(_SETS[self._codec]):
            self.format = format_of(self._codec, self._timescale, self._sets)


def format_of(codec: Codec, timescale: int, sets: dict[int, list[bytes]]) -> VideoFormat:
    """The format that these parameter sets describe.  Raises MediaInvalid."""
    for kind, units in sets.items():
        if len(units) > _MOST_SETS.get((codec, kind), _MOST_OF_A_KIND) or max(map(len, units)) > _LARGEST_SET:
            msg = "the video has more parameter sets than a decoder can take"
            raise MediaInvalid(msg)
    sps = sets[_SPS[codec]][0]
    if len(sps) < _SHORTEST_SPS[codec]:
        msg = "a parameter set of the video is cut off"
        raise MediaInvalid(msg)
    if codec is Codec.H264:
        sequence = read_h264(sps)
        record = _avc_record(sequence, sets[H264.SPS], sets[H264.PPS])
    else:
        sequence = read_hevc(sps)
        record = _hevc_record(sequence, sps, [(kind, sets[kind]) for kind in _SETS[codec]])
    try:
        return VideoFormat(codec, sequence.width, sequence.height, timescale, record)
    except ValueError as error:
        msg = f"the video's format makes no sense: {error}"
        raise MediaInvalid(msg) from error


def _avc_record(sequence: SequenceSet, sps: Sequence[bytes], pps: Sequence[bytes]) -> bytes:
    """ISO/IEC 14496-15, 5.3.3.1.2; lengths of four bytes."""
    profile, compatibility, level = sps[0][1:4]
    record = bytearray([1, profile, compatibility, level, 0xFC | 3, 0xE0 | len(sps)])
    record += _with_short_lengths(sps)
    record.append(len(pps))
    record += _with_short_lengths(pps)
    if profile not in _PROFILES_WITHOUT_DEPTH:
        depths = (0xF8 | sequence.luma_depth - 8, 0xF8 | sequence.chroma_depth - 8)
        record += bytes([0xFC | sequence.chroma_format, *depths, 0])
    return bytes(record)


def _hevc_record(sequence: SequenceSet, sps: bytes, arrays: Sequence[tuple[int, Sequence[bytes]]]) -> bytes:
    """ISO/IEC 14496-15, 8.3.3.1.2; lengths of four bytes.  Profile, tier and level are copied from the set."""
    payload = sps[2:].replace(b"\x00\x00\x03", b"\x00\x00")
    sub_layers, nested = (payload[0] >> 1 & 7) + 1, payload[0] & 1
    record = bytearray([1]) + payload[1:13]
    record += bytes([0xF0, 0, 0xFC, 0xFC | sequence.chroma_format])
    record += bytes([0xF8 | sequence.luma_depth - 8, 0xF8 | sequence.chroma_depth - 8, 0, 0])
    record += bytes([sub_layers << 3 | nested << 2 | 3, len(arrays)])
    for kind, units in arrays:
        record += bytes([0x80 | kind]) + len(units).to_bytes(2) + _with_short_lengths(units)
    return bytes(record)


def _with_short_lengths(units: Sequence[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(2) + unit for unit in units)


def read_record(codec: Codec, record: bytes) -> tuple[int, list[bytes]]:
    """The size of lengths in the stream's packets, and the parameter sets.  Raises MediaInvalid."""
    try:
        return _read_avc_record(record) if codec is Codec.H264 else _read_hevc_record(record)
    except IndexError:
        msg = "the video's decoder configuration is cut off"
        raise MediaInvalid(msg) from None


def _read_avc_record(record: bytes) -> tuple[int, list[bytes]]:
    units: list[bytes] = []
    position = _read_short_lengths(record, 6, record[5] & 0x1F, units)
    _read_short_lengths(record, position + 1, record[position], units)
    return (record[4] & 3) + 1, units


def _read_hevc_record(record: bytes) -> tuple[int, list[bytes]]:
    units: list[bytes] = []
    position = 23
    for _ in range(record[22]):
        count = record[position + 1] << 8 | record[position + 2]
        position = _read_short_lengths(record, position + 3, count, units)
    return (record[21] & 3) + 1, units


def _read_short_lengths(record: bytes, position: int, count: int, units: list[bytes]) -> int:
    for _ in range(count):
        end = position + 2 + (record[position] << 8 | record[position + 1])
        if end > len(record) or end == position + 2:
            raise IndexError
        units.append(record[position + 2 : end])
        position = end
    return position
