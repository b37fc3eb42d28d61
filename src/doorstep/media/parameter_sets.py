"""What a sequence parameter set says: picture size, and what a decoder configuration record repeats of it."""

from dataclasses import dataclass

from doorstep.core.errors import MediaInvalid

# Profiles whose set tells of colour sampling and depth (ITU-T H.264, 7.3.2.1.1).
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_LARGEST_CODE = 32
_DEEPEST_BEYOND_EIGHT = 6
# Width and height of one colour sample in luma samples, by chroma_format_idc (H.264, table 6-1).
_SAMPLING = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """Size of the shown picture in pixels; chroma_format_idc; bit depths."""

    width: int
    height: int
    chroma_format: int
    luma_depth: int
    chroma_depth: int


class _Bits:
    """Reads an RBSP bit by bit; raises MediaInvalid behind its end."""

    def __init__(self, unit: bytes, skip: int) -> None:
        # Emulation prevention (H.264, 7.4.1): the 3 in 0 0 3 is no payload.
        self._payload = unit[skip:].replace(b"\x00\x00\x03", b"\x00\x00")
        self._at = 0

    def take(self, count: int) -> int:
        """`u(count)`."""
        end = self._at + count
        if end > 8 * len(self._payload):
            msg = "a parameter set of the video is cut off"
            raise MediaInvalid(msg)
        first, last = self._at // 8, (end + 7) // 8
        self._at = end
        return int.from_bytes(self._payload[first:last]) >> (8 * last - end) & ((1 << count) - 1)

    def unsigned(self) -> int:
        """`ue(v)` (H.264, 9.1)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > _LARGEST_CODE:
                msg = "a parameter set of the video holds an impossible number"
                raise MediaInvalid(msg)
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """`se(v)` (H.264, 9.1.1)."""
        code = self.unsigned()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def read_h264(unit: bytes) -> SequenceSet:
    """ITU-T H.264, 7.3.2.1.1.  Raises MediaInvalid."""
    bits = _Bits(unit, skip=1)
    profile = bits.take(8)
    bits.take(16)  # constraints, level
    bits.unsigned()
    chroma, luma_depth, chroma_depth = 1, 8, 8
    planes_apart = False
    if profile in _HIGH_PROFILES:
        chroma = bits.unsigned()
        planes_apart = chroma == 3 and bool(bits.take(1))
        luma_depth, chroma_depth = _depth(bits), _depth(bits)
        bits.take(1)
        _skip_scaling_matrix(bits, lists=12 if chroma == 3 else 8)
    _skip_picture_order(bits)
    bits.unsigned()
    bits.take(1)
    columns, rows = bits.unsigned() + 1, bits.unsigned() + 1
    frames_only = bits.take(1)
    if not frames_only:
        bits.take(1)
    bits.take(1)
    wide, high = _sampling(0 if planes_apart else chroma)
    fields = 2 - frames_only
    left, right, top, bottom = _window(bits)
    return SequenceSet(
        width=16 * columns - wide * (left + right),
        height=16 * rows * fields - high * fields * (top + bottom),
        chroma_format=chroma,
        luma_depth=luma_depth,
        chroma_depth=chroma_depth,
    )


def read_hevc(unit: bytes) -> SequenceSet:
    """ITU-T H.265, 7.3.2.2.1.  Raises MediaInvalid."""
    bits = _Bits(unit, skip=2)
    bits.take(4)
    sub_layers = bits.take(3)
    bits.take(1 + 96)  # nesting; general profile, tier and level (7.3.3)
    _skip_sub_layers(bits, sub_layers)
    bits.unsigned()
    chroma = bits.unsigned()
    planes_apart = chroma == 3 and bool(bits.take(1))
    width, height = bits.unsigned(), bits.unsigned()
    wide, high = _sampling(0 if planes_apart else chroma)
    left, right, top, bottom = _window(bits)
    return SequenceSet(
        width=width - wide * (left + right),
        height=height - high * (top + bottom),
        chroma_format=chroma,
        luma_depth=_depth(bits),
        chroma_depth=_depth(bits),
    )


def _sampling(chroma: int) -> tuple[int, int]:
    try:
        return _SAMPLING[chroma]
    except KeyError:
        msg = "a parameter set of the video names no known colour sampling"
        raise MediaInvalid(msg) from None


def _depth(bits: _Bits) -> int:
    """8 to 14 (H.264, 7.4.2.1.1); HEVC's 15 and 16 (7.4.3.2.1) are no camera's."""
    more = bits.unsigned()
    if more > _DEEPEST_BEYOND_EIGHT:
        msg = "a parameter set of the video holds an impossible number"
        raise MediaInvalid(msg)
    return 8 + more


def _window(bits: _Bits) -> tuple[int, int, int, int]:
    if not bits.take(1):
        return 0, 0, 0, 0
    return bits.unsigned(), bits.unsigned(), bits.unsigned(), bits.unsigned()


def _skip_scaling_matrix(bits: _Bits, lists: int) -> None:
    if not bits.take(1):
        return
    for index in range(lists):
        if bits.take(1):
            _skip_scaling_list(bits, 16 if index < 6 else 64)


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    """H.264, 7.3.2.1.1.1: a next scale of 0 ends the deltas."""
    last = 8
    for _ in range(size):
        last = (last + bits.signed()) % 256
        if last == 0:
            return


def _skip_picture_order(bits: _Bits) -> None:
    bits.unsigned()
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()
    elif kind == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(min(256, bits.unsigned())):
            bits.signed()


def _skip_sub_layers(bits: _Bits, count: int) -> None:
    present = [(bits.take(1), bits.take(1)) for _ in range(count)]
    if count:
        bits.take(2 * (8 - count))
    for has_profile, has_level in present:
        bits.take(88 * has_profile)
        bits.take(8 * has_level)
