"""Upgrades the data of Doorstep 0.1.0, is killed at each call that writes, and looks at what is left, field by field.

0.1.0 runs for real from this checkout's history, records, and is stopped or killed.  Then a verb of ours that opens the
catalog is killed, by strace, as it enters its first, second, third … call that changes the catalog, its log, its copy
or their folder; and the plug is pulled on paper at any of them, with whatever a disk may have kept.  Each time the
older one must still run on what lies there, or ours, and the next try must bring up all of it.  So is the way back.

python tests/faults/upgrade_kills.py --every 1 --cuts 100
"""

import argparse
import hashlib
import json
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from doorstep.catalog.kept_rows import lost_rows, revision_in, same_rows
from doorstep.catalog.tables import HEAD
from fakes.kept_house import gone_from, house_on_disk
from fakes.odd_rows import add_odd_rows
from fakes.server_process import PASSWORD, wait_for
from faults.bad_files import make_still
from faults.disk_states import Kept, TracedDisk
from faults.disk_trace import SYNCS, Call, calls_of, tracing
from faults.older_doorstep import OWNER, House, make_house, older, ran, warm_verbs
from faults.power_cuts import quiet
from faults.verb_kills import Verb, each_of

BEFORE = "0010"
CONFIG = """\
# The porch.  Written by hand,   and nobody else's to tidy up.
[events]   # seconds
close_after = 1
post_roll = 0.5
pre_roll = 1 # what led to it

[[camera]]
id = "porch"
name = "Porch"   # to the street
source = "file://{film}?loop"
#[[camera]]
#id = "garden"
"""
STATES = (Kept.ALL, Kept.NOTHING, Kept.A_PREFIX, Kept.SCATTERED)
UNFINISHED = (".part", ".part-journal", ".part-wal", ".part-shm")
OPENING = Verb(("tokens", "list"), tuple(f".before-{HEAD}{end}" for end in ("", *UNFINISHED)))
GIVING_BACK = Verb(("downgrade", "--to", "0.1.0"), ("-journal", *UNFINISHED, f".after-{HEAD}"))
COPYING = """
import os, sys
from pathlib import Path
source, data = map(Path, sys.argv[1:3])
data.mkdir(mode=0o700, exist_ok=True)
for file in sorted(source.glob("doorstep.sqlite*")):
    with (data / file.name).open("wb", buffering=0) as copy:
        copy.write(file.read_bytes())
        os.fsync(copy.fileno())
folder = os.open(data, os.O_RDONLY)
os.fsync(folder)
from doorstep.app.accounts import open_accounts
with open_accounts(data) as accounts:
    print(len(accounts.tokens()))
"""


@dataclass(frozen=True, slots=True)
class Left:
    """What one kill or cut left: the catalog's last step, and everything that is wrong, in words."""

    at: str
    revision: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What the older one told of its house, which each version must tell after it."""

    events: dict[str, Any]
    clips: dict[str, str]


# --------------------------------------------------------------------------------------------------------- the house


def older_house(folder: Path, events: int, *, killed: bool) -> tuple[House, Known]:
    """Made by a real 0.1.0, which was stopped, or killed with its last rows in the catalog's log."""
    folder.mkdir(parents=True, exist_ok=True)
    film = make_still(folder / "film.mp4", 3)
    house = make_house(folder, CONFIG.format(film=film))
    server = house.server(is_older=True)
    server.start()
    try:
        wait_for(lambda: all(one["state"] == "live" for one in server.cameras()), 60, "the camera is live")
        for number in range(events):
            _one_event(server, number + 1)
        add_odd_rows(house.catalog)
        known = told_by(server)
    finally:
        server.kill() if killed else server.stop()
    assert len(known.events) == events
    assert Path(f"{house.catalog}-wal").exists() == killed
    return house, known


def _one_event(server: Any, wanted: int) -> None:
    with server.client() as client:
        client.post("/cameras/porch/motion").raise_for_status()
    wait_for(lambda: _closed(server.events()) >= wanted, 60, "the event is over")


def _closed(events: Sequence[dict[str, Any]]) -> int:
    return sum(event["ended_at"] is not None and bool(event["clip"]) and event["clip"]["whole"] for event in events)


def told_by(server: Any) -> Known:
    """Every event with all that is told of it by both versions, and each clip's bytes, by their SHA-256."""
    events = {event["id"]: event for event in server.events()}
    clips = {}
    with server.client() as client:
        for name in events:
            answer = client.get(f"/events/{name}/clip.mp4")
            answer.raise_for_status()
            clips[name] = hashlib.sha256(answer.content).hexdigest()
    return Known(events, clips)


def changes(house: House, known: Known, server: Any) -> list[str]:
    """Nothing where the owner signs in, his token works, every event is as it was and every clip plays as it did."""
    faults = []
    with server.client() as client:
        signed = client.post("/session", json={"name": OWNER, "password": PASSWORD})
    if signed.status_code != 201:
        faults.append(f"the owner cannot sign in: {signed.status_code}")
    now = told_by(server)
    for name, event in known.events.items():
        there = now.events.get(name, {})
        changed = [key for key, value in event.items() if there.get(key) != value]
        if changed:
            faults.append(f"event {name} changed: {changed}")
    faults += [f"clip {name} changed" for name, digest in known.clips.items() if now.clips.get(name) != digest]
    if house.config.read_bytes() != house.written:
        faults.append("the config was written")
    return faults


# ------------------------------------------------------------------------------------------------------------- kills


def kills(house: House, into: Path, every: int) -> Iterator[Left]:
    """One at each `every`-th call that changes something; the last call is the last of the verb's."""
    calls = OPENING.calls(copy_of(house, into / "count"), into / "trace")
    for number, at in each_of(calls, every):
        state = copy_of(house, into / "state")
        died = OPENING.is_killed_at(state, calls, number)
        left = judged(state, house, at)
        yield left if died else replace(left, faults=(*left.faults, "it was not killed"))
        shutil.rmtree(into / "state")


def kills_on_the_way_back(house: House, into: Path, every: int) -> Iterator[Left]:
    """The same of `doorstep downgrade`: the catalog in place is that of now or that of before, and none is lost."""
    up = copy_of(house, into / "up")
    ran("tokens", "create", "--scope", "admin", *up.words)
    calls = GIVING_BACK.calls(copy_of(up, into / "count"), into / "trace")
    for number, at in each_of(calls, every):
        state = copy_of(up, into / "state")
        died = GIVING_BACK.is_killed_at(state, calls, number)
        found = revision_of(state.catalog)
        faults = [] if died else ["it was not killed"]
        with opened_copy(house if found == BEFORE else up) as wanted, closing(sqlite3.connect(state.catalog)) as now:
            faults += [] if same_rows(wanted, now) else [f"the catalog is none of both, and of {found}"]
        yield Left(at, found, (*faults, *_faults_of_second_try(state, house, up)))
        shutil.rmtree(into / "state")


def _faults_of_second_try(state: House, house: House, up: House) -> list[str]:
    """It is done, what was there lies beside, and nothing unfinished does."""
    try:
        ran(*GIVING_BACK.words, *state.words)
        older("tokens", "list", "--json", *state.words)
    except AssertionError as error:
        return [f"the next try fails: {error}"]
    asides = sorted(state.data.glob("*.after-*"))
    faults = [] if len(asides) == 1 else [f"beside lie {asides}"]
    for wanted, there in ((house, state.catalog), *((up, aside) for aside in asides)):
        with opened_copy(wanted) as known, closing(sqlite3.connect(there)) as now:
            faults += [] if same_rows(known, now) else [f"{there.name} is not as it was"]
    return [*faults, *(f"{path.name} was left" for path in state.data.glob("*.part*"))]


# -------------------------------------------------------------------------------------------------------------- cuts


def cuts(house: House, into: Path, number: int, seed: int) -> Iterator[Left]:
    """The plug pulled at random calls, each with every kind of state that a disk may be in."""
    chance, root, trace = Random(seed), into / "traced", into / "cuts"
    strace = [word for word in tracing(trace) if word not in {"-D", "--seccomp-bpf"}]  # it is there already
    code, _, complaint = warm_verbs(is_older=False).run(str(house.data), str(root), code=COPYING, strace=strace)
    assert code == 0, complaint
    calls = wait_for(lambda: _whole_trace(trace, root), 30, "the tracer wrote its last lines")
    disk = TracedDisk(root, calls)
    assert not disk.unknown, disk.unknown
    copied = max(place for place, call in enumerate(calls[: _first_of_upgrade(calls)]) if call.kind in SYNCS)
    for turn in range(number):
        # Half of them where it counts: from the commit on.
        begin = copied + 1 if turn % 2 else copied + 1 + 3 * (len(calls) - copied) // 4
        call = chance.choice(calls[begin:])
        cut = chance.choice((call.done, max(call.begun, call.done - 1)))
        for kept in STATES:
            state = House(into / "state", house.secret)
            state.data.parent.mkdir()
            shutil.copy(house.config, state.config)
            disk.leave(state.data, cut, kept, chance)
            yield judged(state, house, f"cut {turn} in {call.kind}, {kept.name}", runs=False)
            shutil.rmtree(into / "state")


def _whole_trace(trace: Path, root: Path) -> list[Call] | None:
    """Once its process has ended."""
    ended = trace.read_text(encoding="ascii", errors="replace").rstrip().endswith("+++ exited with 0 +++")
    return calls_of(trace, root) if ended else None


def _first_of_upgrade(calls: Sequence[Call]) -> int:
    """The first call behind the copying, which ends with the folder's sync."""
    root = min((call.paths[0] for call in calls if call.kind in SYNCS), key=len)
    return next(n for n, call in enumerate(calls) if call.kind in SYNCS and call.paths[0] == root) + 1


# ----------------------------------------------------------------------------------------------------------- verdict


def judged(state: House, house: House, at: str, *, runs: bool = True) -> Left:
    """Holds the rows that are left against the house; `runs` asks the versions for them too.  Then tries again."""
    found = revision_of(state.catalog)
    faults = []
    if found not in {BEFORE, HEAD}:
        faults.append(f"the catalog is of {found}")
    faults += _faults_of_rows(state, house, is_before=found == BEFORE)
    if state.config.read_bytes() != house.config.read_bytes():
        faults.append("the config changed")
    if runs and found == BEFORE:
        try:
            if not older("tokens", "list", "--json", *state.words).strip():
                faults.append("the older one does not know the token any more")
        except AssertionError as error:
            faults.append(f"the older one does not run: {error}")
    faults += _faults_of_next_try(state, house)
    return Left(at, found, tuple(faults))


def _faults_of_rows(state: House, house: House, *, is_before: bool) -> list[str]:
    with opened_copy(house) as known, closing(sqlite3.connect(state.catalog)) as now:
        faults = [f"pages: {words}" for (words,) in now.execute("PRAGMA integrity_check") if words != "ok"]
        if is_before and not same_rows(known, now):
            faults.append("the catalog of before is not as it was")
        faults += [f"{table} lost something" for table in lost_rows(known, now)]
    return faults


def _faults_of_next_try(state: House, house: House) -> list[str]:
    """The upgrade again, by ours: whole, with a copy of before that is whole too, and nothing unfinished beside."""
    try:
        from doorstep.app.accounts import open_accounts  # noqa: PLC0415 - what the short form does without

        with open_accounts(state.data) as accounts:
            faults = [] if len(accounts.tokens()) == 1 else ["the token is gone"]
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault
        return [f"the next try fails: {error!r}"]
    if revision_of(state.catalog) != HEAD:
        faults.append("the next try did not bring it up")
    faults += _faults_of_rows(state, house, is_before=False)
    copies = sorted(path.name for path in state.data.glob("*.before-*"))
    if copies != [f"{state.catalog.name}.before-{HEAD}"]:
        return [*faults, f"copies: {copies}"]
    with opened_copy(house) as known, closing(sqlite3.connect(state.data / copies[0])) as kept:
        return faults if same_rows(known, kept) else [*faults, "the copy of before is not whole"]


def opened_copy(house: House) -> Any:
    """The house's catalog, with what its log holds, and without touching either."""
    folder = Path(tempfile.mkdtemp())
    for file in house.data.glob("doorstep.sqlite*"):
        shutil.copy(file, folder)
    connection = sqlite3.connect(folder / "doorstep.sqlite")
    connection.execute("SELECT count(*) FROM events").fetchall()
    shutil.rmtree(folder)  # what is open stays
    return closing(connection)


def revision_of(catalog: Path) -> str:
    with closing(sqlite3.connect(catalog)) as database:
        return str(revision_in(database))


def copy_of(house: House, into: Path) -> House:
    """Config and catalog alone: no verb that upgrades touches a recording."""
    copy = House(into, house.secret)
    copy.data.mkdir(mode=0o700, parents=True)
    shutil.copy(house.config, copy.config)
    for file in house.data.glob("doorstep.sqlite*"):
        shutil.copy(file, copy.data)
    return copy


def whole_copy_of(house: House, into: Path) -> House:
    """With the recordings too; their folder is all that a config of a house names by its own."""
    shutil.copytree(house.data.parent, into, ignore=shutil.ignore_patterns("*.sock", "lock", "data-run"))
    return House(into, house.secret)


# ------------------------------------------------------------------------------------------------------ there and back


def way_back(house: House, known: Known) -> list[str]:
    """Brought up, one more event, then `doorstep downgrade`: the older one knows all of before, and finds the new."""
    before = house_on_disk(house.data, house.config)
    server = house.server(is_older=False)
    server.start()
    try:
        faults = changes(house, known, server)
        wait_for(lambda: all(one["state"] == "live" for one in server.cameras()), 60, "the camera is live")
        _one_event(server, len(known.events) + 1)
        newer = told_by(server)
    finally:
        server.kill()
    faults += gone_from(before, house.data, house.config)
    told = ran("downgrade", "--to", "0.1.0", *house.words)
    if "1 events that" not in told:
        faults.append(f"the downgrade says {told}")
    try:
        older("fsck", "--repair", *house.words)
    except AssertionError as error:
        faults.append(f"the older fsck: {error}")
    server = house.server(is_older=True)
    server.start()
    try:
        faults += changes(house, known, server)
        found = told_by(server)
    finally:
        server.stop()
    # An event that is made anew from its recording ends where that ends.
    if _recorded(found) != _recorded(newer):
        faults.append(f"the older one finds {_recorded(found)} of {_recorded(newer)}")
    return faults


def _recorded(known: Known) -> dict[str, int]:
    return {name: event["clip"]["bytes"] if event["clip"] else 0 for name, event in known.events.items()}


def figures_of(left: Sequence[Left]) -> dict[str, object]:
    """For the report."""
    revisions = {name: sum(one.revision == name for one in left) for name in sorted({one.revision for one in left})}
    bad = [f"{one.at}: {'; '.join(one.faults)}" for one in left if one.faults]
    return {"tries": len(left), "left_at": revisions, "faults": bad}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--events", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    quiet()
    figures: dict[str, object] = {}
    all_left: list[Left] = []
    with tempfile.TemporaryDirectory() as name:
        for how, killed in (("stopped", False), ("killed", True)):
            folder = Path(name) / how
            house, known = older_house(folder / "house", chosen.events, killed=killed)
            (folder / "kills").mkdir()
            (folder / "cuts").mkdir()
            (folder / "down").mkdir()
            for kind, left in (
                ("kills", list(kills(house, folder / "kills", chosen.every))),
                ("cuts", list(cuts(house, folder / "cuts", chosen.cuts, chosen.seed))),
                ("kills on the way back", list(kills_on_the_way_back(house, folder / "down", chosen.every))),
            ):
                figures[f"{how}, {kind}"] = figures_of(left)
                all_left += left
            faults = way_back(whole_copy_of(house, folder / "back"), known)
            figures[f"{how}, there and back"] = faults
            all_left.append(Left(f"{how}, there and back", HEAD, tuple(faults)))
    print(json.dumps(figures, indent=1))
    sys.exit(any(one.faults for one in all_left))


if __name__ == "__main__":
    main()
