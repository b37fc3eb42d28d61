"""A house for hours: four cameras with people, a channel on loopback, viewers that come and go, and what befalls it.

What is done to it is done here, each with a way back; how it is judged stands in `soak_books.py`.
"""

import asyncio
import io
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import av
import httpx

from fakes.http_channel import Asked, HttpChannel, http_channel
from fakes.process_tree import holding, tree_of
from fakes.rude_viewers import PEERS, VISITS, Door
from fakes.server_process import ServerProcess, model_folder, wait_for
from faults.soak_books import Sample, Told, Trouble
from faults.viewers import PEER_ONE_IN, doors
from faults.visited_film import FIRST_VISIT, LATER_VISIT, QUIET, Span, VisitedCamera, VisitedFilm, rolled

FILM = VisitedFilm("soak", (FIRST_VISIT, *[QUIET] * 4, LATER_VISIT, *[QUIET] * 4))
BEGINS = (0, 2, 5, 7)
"""By how many pieces the cameras' films are rolled."""
ALWAYS = "cam-0"
"""The camera that records round the clock."""
SPARED = "cam-3"
"""Nothing is done to this one, so that the process that reads it grows as old as the server."""
CONFIG = """
[buffer]
directory = "{buffer}"
seconds = 120
max_bytes = "{buffer_mb} MB"
[events]
alert_cooldown = 0
[detection]
input_size = "own"
[retention]
max_bytes = "20 GB"  # never full: then the minutes in which nobody came would go first, the newest too
[[notify.webhook]]
name = "sink"
url = "http://{sink}/told"
secret = "of a soak that nobody else hears"
"""
CAMERA = '[[camera]]\nid = "{id}"\nname = "{id}"\nsource = "{source}"\nrecord = "{record}"\n'
BUFFER_MB = 64
LIVE_SECONDS = 60.0
STOP_SECONDS = 60.0
SHORTEST_VIEW, LONGEST_VIEW = 1.0, 20.0
CLIP_ONE_IN = 6
PEER_ONE_IN_YOUNG = 2
"""In the warm-up of each life: it takes a hundred of them until the heap has found its size, else most of an hour."""
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
        self.started_at = 0.0
        self.troubles: list[Trouble] = []
        self.down = threading.Event()

    def start(self) -> None:
        """Once more, with what the last one left."""
        self.server.start()
        self.started_at = time.monotonic()
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

    @property
    def exposed(self) -> Sequence[str]:
        """The cameras to which something may be done."""
        return sorted(self.cameras.keys() - {SPARED})

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
        for folder, _, names in os.walk(self.buffer):  # which passes over what vanishes meanwhile
            for name in names:
                with suppress(OSError):
                    found += Path(folder, name).stat().st_size
        return found

    def sample(self) -> Sample:
        """What it holds now.  Raises OSError where it is gone."""
        reader = self.reader(SPARED) if SPARED in self.cameras else None
        read_by = _resident(reader) if reader is not None else 0
        held = holding(self.server.pid)
        return Sample(time.time(), self.lives, held, self.buffer_bytes(), _resident(self.server.pid), read_by)

    def pictures(self, camera: str, span: Span) -> int:
        """How many a clip of it shows, counted in the file; 0 where there is no clip."""
        query = {"start": instant(span[0]), "end": instant(span[1])}
        with self.server.client() as client:
            answer = client.get(f"/cameras/{camera}/clip", params=query)
        return pictures_in(answer.content) if answer.is_success else 0

    def all_live(self) -> bool:
        return all(camera["state"] == "live" for camera in self.server.cameras())


def _connected_to(port: int) -> Sequence[str]:
    """Inodes of the established connections to a port of this machine, by proc(5)."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return [row[9] for row in rows if int(row[2].partition(":")[2], 16) == port and row[3] == ESTABLISHED]


def _resident(process: int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def pictures_in(clip: bytes) -> int:
    """Those that are shown: what lies before the beginning, back to a key frame, is hidden by the edit list.

    0 where it is no film.
    """
    try:
        with av.open(io.BytesIO(clip), "r") as container:
            return sum(packet.pts is not None and packet.pts >= 0 for packet in container.demux(video=0))
    except av.FFmpegError:
        return 0


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
        config = CONFIG.format(buffer=memory / "buffer", buffer_mb=BUFFER_MB, sink=sink.host) + "".join(rows)
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

CHILD_KILLED, SERVER_KILLED = "child killed", "server killed"


def camera_gone(house: SoakHouse, chance: random.Random) -> Deed:
    """Switched off and on."""
    name = chance.choice(house.exposed)
    with house.trouble("camera gone", name):
        house.cameras[name].stop()
        yield chance.uniform(3, 20)
        house.cameras[name].start()


def camera_stalls(house: SoakHouse, chance: random.Random) -> Deed:
    """It neither sends nor answers, and then makes up for it."""
    name = chance.choice(house.exposed)
    with house.trouble("camera stalls", name):
        house.cameras[name].freeze()
        yield chance.uniform(2, 15)
        house.cameras[name].thaw()


def child_killed(house: SoakHouse, chance: random.Random) -> Deed:
    """The process that reads a camera; in ten minutes only twice the same, for the third time is a fault by design."""
    crashed = [one for one in house.troubles if one.what == CHILD_KILLED and time.time() - one.begin < 700]
    times = Counter(name for one in crashed for name in one.cameras)
    names = [name for name in house.exposed if times[name] < 2]
    name = chance.choice(names) if names else ""
    reader = house.reader(name) if name else None
    if reader is None or reader == house.server.pid:  # not counted: nothing was done to anybody
        return
    with house.trouble(CHILD_KILLED, name):
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
    with house.trouble(SERVER_KILLED, *house.cameras):
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

    def __init__(self, house: SoakHouse, at_once: int, seed: int, warm_up: float) -> None:
        self.came: Counter[str] = Counter()
        self.ran_into: list[tuple[Span, str]] = []
        """When somebody met what no visitor expects, and what."""
        self.clips: Counter[int] = Counter()
        self._house = house
        self._tokens = [door.token for door in doors(house.server)]
        self._at_once = at_once
        self._warm_up = warm_up
        self._chance = random.Random(seed)
        self._over = threading.Event()

    @contextmanager
    def coming(self) -> Iterator[None]:
        with ThreadPoolExecutor(1) as thread:
            going = thread.submit(lambda: asyncio.run(self._all()))
            try:
                yield
            finally:
                self._over.set()
        going.result()  # raises what they ended by: without anybody who watches, hours prove little

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
        began, door = time.time(), Door(self._house.server.url, chance.choice(self._tokens), camera)
        try:
            if chance.random() < 1 / CLIP_ONE_IN:
                await self._clip(camera)
                return
            visit = chance.choice(PEERS if chance.random() < 1 / self._peer_one_in else VISITS)
            self.came[visit.__name__] += 1
            await visit(door, seconds)
        except (OSError, httpx.HTTPError, EOFError, TimeoutError) as error:
            self.ran_into.append(((began, time.time()), type(error).__name__))

    @property
    def _peer_one_in(self) -> int:
        is_young = time.monotonic() - self._house.started_at < self._warm_up
        return PEER_ONE_IN_YOUNG if is_young else PEER_ONE_IN

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
