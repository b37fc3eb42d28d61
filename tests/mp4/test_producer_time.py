"""Capture times before fragments: as another program reads them, and where their numbers end."""

import re
import struct
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.media import Codec
from doorstep.mp4.fragment import fragment
from doorstep.mp4.init_segment import init_segment
from doorstep.mp4.producer_time import producer_time
from fakes.ffprobe import probed_packets
from fakes.footage import NOON, real_stream


def test_another_reader_finds_it_before_each_fragment_and_reads_the_film(tmp_path: Path) -> None:
    fmt, packets = real_stream(Codec.H264)
    film = tmp_path / "film.mp4"
    pieces = (
        producer_time(NOON, one.pts) + fragment(number, one.dts, [one]).data for number, one in enumerate(packets)
    )
    film.write_bytes(init_segment(fmt) + b"".join(pieces))

    assert [(one.pts, one.dts) for one in probed_packets(film)] == [(one.pts, one.dts) for one in packets]
    ran = subprocess.run(["ffprobe", "-v", "trace", str(film)], capture_output=True, check=True, timeout=60)
    assert len(re.findall(rb"type:'prft' parent:'root' sz: 32 ", ran.stderr)) >= 2


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - given beside it
    st.integers(0, 2**63),
)
def test_the_time_comes_back_to_the_microsecond(at: datetime, media_time: int) -> None:
    size, kind, flags, track, seconds, fraction, media = struct.unpack(">I4sIIIIQ", producer_time(at, media_time))
    assert (size, kind, flags >> 24, track, media) == (32, b"prft", 1, 1, media_time)
    since = (at - datetime(1900, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    found = seconds * 1_000_000 + fraction * 1_000_000 / 2**32
    assert abs(since % (2**32 * 1_000_000) - found) <= 1


def test_it_is_the_time_of_the_network_time_protocol() -> None:
    """RFC 5905, figure 4: 1 January 1970 is 2,208,988,800 s behind the beginning of the era."""
    assert producer_time(datetime(1970, 1, 1, 0, 0, 0, 500_000, UTC), 7)[16:] == bytes.fromhex(
        "83aa7e80 80000000 00000000 00000007"
    )
