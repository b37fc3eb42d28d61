"""A house for hours: four cameras with people, a channel on loopback, viewers that come and go, and what befalls it.

What is done to it is done here, each with a way back; how it is judged stands in `soak_books.py`.
"""

import asyncio
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx

from fakes.http_channel import Asked, HttpChannel, http_channel
from fakes.process_tree import holding, tree_of
from fakes.rude_viewers import PEERS, VISITS, Door
from fakes.server_process import ServerProcess, model_folder, wait_for
from faults.soak_books import Sample, Told, Trouble
from faults.viewers import PEER_ONE_IN, doors
from faults.visited_film import FIRST_VISIT, LATER_VISIT, QUIET, VisitedCamera, VisitedFilm, rolled

FILM = VisitedFilm("soak", (FIRST_VISIT, *[QUIET] * 4, LATER_VISIT, *[QUIET] * 4))
BEGINS = (0, 2, 5, 7)
"""By how many pieces the cameras' films are rolled."""
ALWAYS = "cam-0"
"""The camera that records round the clock."""
CONFIG = """
[buffer]
directory = "{buffer}"
seconds = 120
max_bytes = "64 MB"
[events]
alert_cooldown = 0
[detection]
input_size = "own"
[retention]
max_bytes = "300 MB"
[[notify.webhook]]
name = "sink"
url = "http://{sink}/told"
secret = "of a soak that nobody else hears"
"""
CAMERA = '[[camera]]\nid = "{id}"\nname = "{id}"\nsource = "{source}"\nrecord = "{record}"\n'
LIVE_SECONDS = 60.0
STOP_SECONDS = 60.0
SHORTEST_VIEW, LONGEST_VIEW = 1.0, 20.0
CLIP_ONE_IN = 6
LONGEST_CLIP = 60
ESTABLISHED = "01"


class Sink:
    """The channel's other end: what it took and when.  `broken` is what it does instead, see `HttpChannel`."""

    def __init__(self, channel: HttpChannel) -> None:
        self.told: list[Told] = []
        self.refused = 0
        self.broken: int | str | None = None
        self.host = channel.host
        channel.answer = self._answer

    def _answer(self, asked: Asked) -> int | str:
        if (broken := self.broken) is not None:
            self.refused += 1
            return broken
        alert = json.loads(asked.body)
        if alert["cause"] == "person":
            at = datetime.fromisoformat(alert["at"]).timestamp()
            self.told.append(Told(alert["id"], alert["camera"], at, time.time()))
        return 200


class SoakHouse:
    """The server and everything around it; `lives` counts its starts."""

    def __init__(self, server: ServerProcess, cameras: Mapping[str, VisitedCamera], sink: Sink, buffer: Path) -> None:
        self.server = server
        self.cameras = cameras
        self.sink = sink
        self.buffer = buffer
        self.lives = 0
        self.troubles: list[Trouble] = []
        self.down = threading.Event()

    def start(self) -> None:
        """Once more, with what the last one left."""
        self.server.start()
        self.lives += 1
        self.down.clear()

    def die(self) -> None:
        """As by a pulled plug."""
        self.down.set()
        self.server.kill()

    @contextmanager
    def trouble(self, what: str, *cameras: str) -> Iterator[None]:
        """Note what is done from here to the end of the block."""
        begin = time.time()
        try:
            yield
        finally:
            self.troubles.append(Trouble(what, frozenset(cameras), begin, time.time()))

    def reader(self, camera: str) -> int | None:
        """The process that holds the connection to a camera; None where there is none now."""
        sockets = {f"socket:[{inode}]" for inode in _connected_to(self.cameras[camera].port)}
        for process in tree_of(self.server.pid):
            with suppress(OSError):  # gone meanwhile
                for descriptor in Path(f"/proc/{process}/fd").iterdir():
                    with suppress(OSError):
                        if str(descriptor.readlink()) in sockets:
                            return process
        return None

    def buffer_bytes(self) -> int:
        """Of the video in memory."""
        found = 0
        for path in self.buffer.rglob("*"):
            with suppress(OSError):
                found += path.stat().st_size if path.is_file() else 0
        return found

    def sample(self) -> Sample:
        """What it holds now."""
        resident = int(Path(f"/proc/{self.server.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return Sample(time.time(), self.lives, holding(self.server.pid), self.buffer_bytes(), resident)

    def all_live(self) -> bool:
        return all(camera["state"] == "live" for camera in self.server.cameras())


def _connected_to(port: int) -> Sequence[str]:
    """Inodes of the established connections to a port of this machine, by proc(5)."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return [row[9] for row in rows if int(row[2].partition(":")[2], 16) == port and row[3] == ESTABLISHED]


@contextmanager
def soak_house(folder: Path, memory: Path, cameras: int, film: VisitedFilm = FILM) -> Iterator[SoakHouse]:
    """Its data in the one folder, its buffer in the other; all of it ends with the block, whatever happens in it."""
    with ExitStack() as around:
        sink = Sink(around.enter_context(http_channel()))
        films = [rolled(film, places % len(film.pieces)) for places in BEGINS[:cameras]]
        shown = {f"cam-{number}": VisitedCamera(film) for number, film in enumerate(films)}
        for camera in shown.values():
            around.enter_context(camera)
        rows = [
            CAMERA.format(id=name, source=camera.url, record="always" if name == ALWAYS else "events")
            for name, camera in shown.items()
        ]
        config = CONFIG.format(buffer=memory / "buffer", sink=sink.host) + "".join(rows)
        server = ServerProcess(folder / "data", config, {"DOORSTEP_MODELS": str(model_folder())})
        house = SoakHouse(server, shown, sink, memory / "buffer")
        house.start()
        around.callback(_end, server)
        wait_for(house.all_live, LIVE_SECONDS, "all cameras live")
        yield house


def _end(server: ServerProcess) -> None:
    """Once it has ended by itself, nothing is left to do."""
    with suppress(ProcessLookupError):
        server.kill()


# ------------------------------------------------------------------------------------------------- what befalls it

Deed = Generator[float]
"""Done piece by piece; each piece says how many seconds until the next one."""


def camera_gone(house: SoakHouse, chance: random.Random) -> Deed:
    """Switched off and on."""
    name = chance.choice(sorted(house.cameras))
    with house.trouble("camera gone", name):
        house.cameras[name].stop()
        yield chance.uniform(3, 20)
        house.cameras[name].start()


def camera_stalls(house: SoakHouse, chance: random.Random) -> Deed:
    """It neither sends nor answers, and then makes up for it."""
    name = chance.choice(sorted(house.cameras))
    with house.trouble("camera stalls", name):
        house.cameras[name].freeze()
        yield chance.uniform(2, 15)
        house.cameras[name].thaw()


def child_killed(house: SoakHouse, chance: random.Random) -> Deed:
    """The process that reads a camera; in ten minutes only twice the same, for the third time is a fault by design."""
    crashed = [one for one in house.troubles if one.what == "child killed" and time.time() - one.begin < 700]
    times = Counter(name for one in crashed for name in one.cameras)
    name = chance.choice([name for name in sorted(house.cameras) if times[name] < 2] or [ALWAYS])
    with house.trouble("child killed", name):
        reader = house.reader(name)
        if reader is not None and reader != house.server.pid and times[name] < 2:
            os.kill(reader, signal.SIGKILL)
        yield 0.0


def channel_refuses(house: SoakHouse, chance: random.Random) -> Deed:
    """It asks for patience."""
    yield from _channel_broken(house, 503, chance.uniform(10, 40))


def channel_gone(house: SoakHouse, chance: random.Random) -> Deed:
    """Whoever comes is cut off."""
    yield from _channel_broken(house, "cut", chance.uniform(10, 40))


def _channel_broken(house: SoakHouse, how: int | str, seconds: float) -> Deed:
    with house.trouble(f"channel answers {how}"):
        house.sink.broken = how
        yield seconds
        house.sink.broken = None


def server_killed(house: SoakHouse, chance: random.Random) -> Deed:
    """And started again a little later."""
    with house.trouble("server killed", *house.cameras):
        house.die()
        yield chance.uniform(0, 3)
        house.start()


DEEDS: Sequence[Callable[[SoakHouse, random.Random], Deed]] = (
    *(camera_gone, camera_stalls, child_killed, channel_refuses, channel_gone),
)
"""What may befall it at any time; a death of the server begins a new life, whose slope needs hours."""


# ------------------------------------------------------------------------------------------------ who comes and goes


class Visitors:
    """So many at a time until the block ends, polite and rude, by every way; and some who ask for clips."""

    def __init__(self, house: SoakHouse, at_once: int, seed: int) -> None:
        self.came: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.clips: Counter[int] = Counter()
        self._house = house
        self._tokens = [door.token for door in doors(house.server)]
        self._at_once = at_once
        self._chance = random.Random(seed)
        self._over = threading.Event()

    @contextmanager
    def coming(self) -> Iterator[None]:
        thread = threading.Thread(target=lambda: asyncio.run(self._all()))
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    async def _all(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._at_once):
                tasks.create_task(self._one_behind_the_other())

    async def _one_behind_the_other(self) -> None:
        while not self._over.is_set():
            await asyncio.sleep(self._chance.uniform(0.2, 2.0))
            if not self._house.down.is_set():
                await self._visit()

    async def _visit(self) -> None:
        chance, camera = self._chance, self._chance.choice(sorted(self._house.cameras))
        seconds = chance.uniform(SHORTEST_VIEW, LONGEST_VIEW)
        door = Door(self._house.server.url, chance.choice(self._tokens), camera)
        try:
            if chance.random() < 1 / CLIP_ONE_IN:
                await self._clip(camera)
                return
            visit = chance.choice(PEERS if chance.random() < 1 / PEER_ONE_IN else VISITS)
            self.came[visit.__name__] += 1
            await visit(door, seconds)
        except (OSError, httpx.HTTPError, EOFError, TimeoutError) as error:
            self.errors[type(error).__name__] += 1

    async def _clip(self, camera: str) -> None:
        """Of the last seconds, or of an event: read to its end."""
        house, chance = self._house, self._chance
        door = Door(house.server.url, house.server.token(), camera)
        path = f"/clip?duration={chance.randint(5, LONGEST_CLIP)}"
        async with door.client() as client, client.stream("GET", path) as answer:
            async for _ in answer.aiter_raw():
                pass
        self.clips[answer.status_code] += 1


def instant(at: float) -> str:
    """As the server is told it."""
    return datetime.fromtimestamp(at, UTC).isoformat()
