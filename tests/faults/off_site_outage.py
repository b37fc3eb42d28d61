"""Cuts the line to the bucket in the midst of many events and kills the box in the midst of one: what lies there then?

python tests/faults/off_site_outage.py --events 20 --cut 600

Against a real Ceph radosgw where it is installed, else (or with --moto) against moto.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.moto_s3 import moto_s3
from fakes.off_site_house import OffSiteHouse, box_and_observer, off_site_house, seconds_before
from fakes.radosgw import missing, own_radosgw
from fakes.rtsp_camera import indices_of, missing_in
from fakes.server_process import wait_for

KILLED_SECONDS = 8.0
"""How long the killed event runs before the kill."""

MOST_MISSING = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """`cut` seconds without a line, in the middle of so many `events` of `seconds` each, one of which is killed."""

    events: int = 20
    cut: float = 600.0
    seconds: float = 6.0
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Outage:
    """What was found.  `missing` seconds lay between the newest picture in the bucket and the kill, before the restart.

    `holes` are between the pictures of the killed event's parts, and so many seconds of them lie `behind` the end of
    its clip, which comes after the restart.  `all_there` is how long after the restart all clips were there.
    """

    events: int
    sent_during_cut: int
    waiting_at_end_of_cut: int
    killed_parts: int
    killed_seconds: float
    missing: float
    holes: int
    behind: float
    clips: int
    twice: list[str]
    absent: list[str]
    broken: list[str]
    all_there: float

    @property
    def is_well(self) -> bool:
        """As the issue asks."""
        lost = self.twice or self.absent or self.broken
        return not lost and self.missing <= MOST_MISSING and self.holes == 0 and self.behind <= 0


def outage(house: OffSiteHouse, plan: Plan) -> Outage:
    """Some events, the cut with as many, the end of it, the kill in the middle of one, and the rest."""
    before, during = plan.events // 4, plan.events // 2
    events = [house.event(plan.seconds) for _ in range(before)]
    wait_for(lambda: set(events) <= set(house.sent()), 60, "the clips before the cut")
    there = len(house.sent())
    house.line.break_off()
    began = time.monotonic()
    for number in range(during):
        events.append(house.event(plan.seconds))
        time.sleep(max(0.0, began + plan.cut * (number + 1) / during - time.monotonic()))
    sent_during = len(house.sent()) - there
    waiting = len(set(events) - set(house.sent()))
    killed = house.begin()
    events.append(killed)
    house.line.mend()
    house.go_on(KILLED_SECONDS)
    killed_at = time.time()
    house.server.kill()
    parts, shown = house.bucket.parts(killed), house.bucket.pictures_of(killed)
    house.server.start()
    back = time.monotonic()
    house.wait_until_live()
    events += [house.event(plan.seconds) for _ in range(plan.events - len(events))]
    wait_for(lambda: set(events) <= set(house.sent()), 60 + 10 * plan.events, "all clips")
    took = time.monotonic() - back
    sent = house.sent()
    return Outage(
        events=len(events),
        sent_during_cut=sent_during,
        waiting_at_end_of_cut=waiting,
        killed_parts=len(parts),
        killed_seconds=len(shown) / 25,
        missing=seconds_before(killed_at, shown[-1]) if shown else KILLED_SECONDS,
        holes=len(missing_in(shown)),
        behind=_behind(house, sent[killed][0], shown),
        clips=sum(map(len, sent.values())),
        twice=[event for event, keys in sent.items() if len(keys) > 1],
        absent=[event for event in events if event not in sent],
        broken=[event for event, keys in sent.items() if not _plays(house, keys[0])],
        all_there=round(took, 1),
    )


def _behind(house: OffSiteHouse, key: str, shown: list[int]) -> float:
    """How many seconds of what parts showed come after the end of the clip."""
    return max(0, shown[-1] - indices_of(house.bucket.fetch(key))[-1]) / 25 if shown else 0.0


def _plays(house: OffSiteHouse, key: str) -> bool:
    pictures = indices_of(house.bucket.fetch(key))
    return bool(pictures) and missing_in(pictures) == []


@contextmanager
def house_over(folder: Path, rate: float = 0.0, *, moto: bool = False) -> Iterator[OffSiteHouse]:
    """A server over a cuttable line to the best S3 server that there is; a real one gives it the recorder's rights."""
    with ExitStack() as stack:
        client: Any
        if moto or missing():
            quick = stack.enter_context(moto_s3())
            client, name, endpoint, keys = quick.client(), quick.bucket(), quick.endpoint, ("testing", "testing")
        else:
            (folder / "ceph").mkdir()
            ceph = stack.enter_context(own_radosgw(folder / "ceph"))
            name, endpoint = ceph.bucket(), ceph.endpoint
            keys, observer = box_and_observer(ceph, name)
            client = ceph.client("s3", observer)
        yield stack.enter_context(off_site_house(folder, client, name, endpoint, keys, rate=rate))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20)
    parser.add_argument("--cut", type=float, default=600.0, help="seconds")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each event")
    parser.add_argument("--rate", type=float, default=0.0, help="of the line, in bits a second")
    parser.add_argument("--moto", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(chosen.events, chosen.cut, chosen.seconds, chosen.rate)
        with house_over(Path(folder), plan.rate, moto=chosen.moto) as house:
            found = outage(house, plan)
    print(json.dumps(asdict(found) | {"well": found.is_well}, indent=1))
    sys.exit(not found.is_well)


if __name__ == "__main__":
    main()
