"""Pulls out the cable to the bucket in the midst of many events, and kills the box twice: what lies there then?

python tests/faults/off_site_outage.py --events 20 --cut 600

A real Ceph radosgw in a network namespace of its own, which root alone can make.  The first kill meets an event whose
parts arrive, the second one that the cut met before.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.far_network import Cable, far_network
from fakes.off_site_house import OffSiteHouse, box_and_observer, off_site_house, seconds_before
from fakes.radosgw import own_radosgw
from fakes.rtsp_camera import indices_of, missing_in
from fakes.server_process import wait_for

MOST_MISSING = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """`cut` seconds without a line, in the middle of so many `events` of at least `seconds` each.

    Two of them are killed, one only if they are fewer than four; such a one runs for `killed` seconds before the kill
    or the cut, and so long again behind that.
    """

    events: int = 20
    cut: float = 600.0
    seconds: float = 6.0
    killed: float = 8.0
    behind_cut: float = 8.0
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Killed:
    """What the bucket alone showed of an event that a kill met, before the restart.

    `missing` seconds lay between its newest picture and the last moment in which it could send.  `holes` are between
    its pictures, and so many seconds of them lie `behind` the end of its clip, which comes after the restart.
    """

    event: str
    in_the_cut: bool
    parts: int
    seconds: float
    missing: float
    holes: int
    shown: list[int]
    behind: float = 0.0

    @property
    def is_well(self) -> bool:
        """As the issue asks."""
        return bool(self.shown) and self.missing <= MOST_MISSING and self.holes == 0 and self.behind <= 0


@dataclass(frozen=True, slots=True)
class Outage:
    """What was found.  `all_there` is how many seconds after the return of the line all clips were there."""

    events: int
    killed: list[Killed]
    sent_during_cut: int
    waiting_at_end_of_cut: int
    clips: int
    twice: list[str]
    absent: list[str]
    broken: list[str]
    all_there: float

    @property
    def is_well(self) -> bool:
        """As the issue asks."""
        return not (self.twice or self.absent or self.broken) and all(one.is_well for one in self.killed)


def outage(house: OffSiteHouse, cable: Cable, plan: Plan) -> Outage:
    """Some events, the first kill, the cut with the second kill and as many, and the rest once the line is back."""
    is_long = plan.events >= 4
    events = [house.event(plan.seconds) for _ in range(plan.events // 4)]
    killed = [killed_while_parts_arrive(house, plan)] if is_long else []
    events += [one.event for one in killed]
    wait_for(lambda: set(events) <= set(house.sent()), 60 + 10 * plan.events, "the clips before the cut")
    there = len(house.sent())
    began, met = killed_in_the_cut(house, cable, plan)
    killed.append(met)
    events.append(met.event)
    during = max(1, plan.events // 2)
    for number in range(during - 1):
        time.sleep(max(0.0, began + plan.cut * (number + 1) / during - time.monotonic()))
        events.append(house.event(plan.seconds))
    time.sleep(max(0.0, began + plan.cut - time.monotonic()))
    sent_during, waiting = len(house.sent()) - there, len(set(events) - set(house.sent()))
    cable.plug_in()
    back = time.monotonic()
    events += [house.event(plan.seconds) for _ in range(plan.events - len(events))]
    wait_for(lambda: set(events) <= set(house.sent()), 60 + 10 * plan.events, "all clips")
    took, sent = time.monotonic() - back, house.sent()
    return Outage(
        events=len(events),
        killed=[replace(one, behind=_behind(house, sent[one.event][0], one.shown)) for one in killed],
        sent_during_cut=sent_during,
        waiting_at_end_of_cut=waiting,
        clips=sum(map(len, sent.values())),
        twice=[event for event, keys in sent.items() if len(keys) > 1],
        absent=[event for event in events if event not in sent],
        broken=[event for event, keys in sent.items() if not _plays(house, keys[0])],
        all_there=round(took, 1),
    )


def killed_while_parts_arrive(house: OffSiteHouse, plan: Plan) -> Killed:
    """What the bucket shows then; the box is back and live."""
    event = house.begin()
    house.go_on(plan.killed)
    killed_at = time.time()
    house.server.kill()
    found = shown_of(house, event, killed_at, in_the_cut=False)
    house.server.start()
    house.wait_until_live()
    return found


def killed_in_the_cut(house: OffSiteHouse, cable: Cable, plan: Plan) -> tuple[float, Killed]:
    """When the cable was pulled, and what the bucket shows of the event that it met; the box is back, the line not."""
    event = house.begin()
    house.go_on(plan.killed)
    cable.pull()
    cut_at, began = time.time(), time.monotonic()
    house.go_on(plan.behind_cut)
    house.server.kill()
    found = shown_of(house, event, cut_at, in_the_cut=True)
    house.server.start()
    house.wait_until_live()
    return began, found


def shown_of(house: OffSiteHouse, event: str, until: float, *, in_the_cut: bool) -> Killed:
    """From its parts, which have arrived up to that moment."""
    parts, shown = house.bucket.parts(event), house.bucket.pictures_of(event)
    missing = round(seconds_before(until, shown[-1]), 2) if shown else until
    return Killed(event, in_the_cut, len(parts), len(shown) / 25, missing, len(missing_in(shown)), shown)


def _behind(house: OffSiteHouse, key: str, shown: list[int]) -> float:
    """How many seconds of what parts showed come after the end of the clip."""
    return max(0, shown[-1] - indices_of(house.bucket.fetch(key))[-1]) / 25 if shown else 0.0


def _plays(house: OffSiteHouse, key: str) -> bool:
    pictures = indices_of(house.bucket.fetch(key))
    return bool(pictures) and missing_in(pictures) == []


@contextmanager
def house_at_a_cable(folder: Path, **more: Any) -> Iterator[tuple[OffSiteHouse, Cable]]:
    """A server with the recorder's rights alone at a radosgw; who looks there does so over another cable.

    `more` is as `off_site_house` takes it.
    """
    with ExitStack() as stack:
        far = stack.enter_context(far_network())
        cable, ours = far.cable(), far.cable()
        (folder / "ceph").mkdir()
        ceph = stack.enter_context(own_radosgw(folder / "ceph", ours.address, far))
        name = ceph.bucket()
        keys, observer = box_and_observer(ceph, name)
        endpoint = f"http://{cable.address}:{ceph.port}"
        house = off_site_house(folder, ceph.client("s3", observer), name, endpoint, keys, **more)
        yield stack.enter_context(house), cable


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in asdict(Plan()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    plan = Plan(**vars(parser.parse_args()))
    with (
        tempfile.TemporaryDirectory() as folder,
        house_at_a_cable(Path(folder), rate=plan.rate) as (house, cable),
    ):
        found = outage(house, cable, plan)
    told = asdict(found) | {"well": found.is_well}
    for one in told["killed"]:
        del one["shown"]
    print(json.dumps(told, indent=1))
    sys.exit(not found.is_well)


if __name__ == "__main__":
    main()
