"""The memory of all buffers, and what happens to it when cameras come, go and change."""

from doorstep.core.camera import CameraId
from doorstep.core.disk_kind import DiskKind
from doorstep.core.health_telling import camera_of
from doorstep.core.media import Packet
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.pipeline.buffer_shares import BufferShares
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.shelves.memory import MemoryShelf
from fakes.footage import FORMAT
from fakes.instant_loop import LoopClock


class Shelf(MemoryShelf):
    """Counts what lies on it."""

    @property
    def size(self) -> int:
        return sum(len(data) for row in self._rows.values() for _, data in row.fragments.values())


class House:
    """Cameras that send a key frame a second, each of its own size."""

    def __init__(self, budget: int, seconds: float = 100.0, kind: DiskKind = DiskKind.MEMORY) -> None:
        self.clock = LoopClock()
        self.health = HealthBoard(self.clock)
        self.shelf = Shelf()
        self.shares = BufferShares(budget, seconds, kind, self.health, self.clock)
        self.cameras: dict[str, BufferedCamera] = {}
        self._seconds = seconds
        self._sent: dict[str, int] = {}

    def add(self, name: str) -> BufferedCamera:
        camera = BufferedCamera(CameraId(name), RollingBuffer(self._seconds, 1000), self.shelf, self.clock)
        self.cameras[name], self._sent[name] = camera, 0
        self.shares.add(name, camera, is_on=True)
        camera.begin(FORMAT)
        return camera

    def roll(self, seconds: int, **sizes: int) -> None:
        for second in range(seconds):
            for name, size in sizes.items():
                dts = self._sent[name] * 1000
                self.cameras[name].take(Packet(bytes(size), dts, dts, 1000, True, self.clock.monotonic()))
                self._sent[name] += 1
            self.clock.advance(1)
            if second % 10 == 0:
                self.shares.share()

    def kept(self, name: str) -> int:
        return round(self.cameras[name].buffer.seconds)

    def told(self) -> list[str]:
        return [problem.what for problem in self.health.problems()]


def test_a_small_stream_keeps_all_its_minutes_and_the_large_one_what_fits() -> None:
    house = House(budget=1_000_000)
    house.add("door")
    house.add("yard")
    house.roll(200, door=1000, yard=20_000)

    assert house.kept("door") == 100
    assert 30 <= house.kept("yard") <= 45
    assert house.shelf.size <= 1_000_000
    assert house.shares.words(CameraId("door")) == ""
    assert house.shares.words(CameraId("yard")).startswith("1.6 min wanted, ")
    [told] = house.told()
    assert "minutes of yard than wanted (1.6 min wanted" in told
    assert "door" not in told


def test_a_camera_that_is_switched_off_gives_its_share_back_at_once() -> None:
    house = House(budget=2_000_000)
    house.add("door")
    house.add("yard")
    house.roll(120, door=20_000, yard=20_000)
    before = house.kept("yard")

    house.shares.add("door", house.cameras["door"], is_on=False)
    assert house.kept("door") <= 1  # nothing is appended to it any more, and still its bytes are free
    assert house.shelf.size <= 1_100_000
    house.roll(120, yard=20_000)
    assert house.kept("yard") > 1.8 * before
    assert house.shelf.size <= 2_000_000


def test_a_camera_that_is_off_keeps_its_video_while_nobody_needs_the_room() -> None:
    house = House(budget=5_000_000)
    house.add("door")
    house.add("yard")
    house.roll(60, door=10_000, yard=1000)
    house.shares.add("door", house.cameras["door"], is_on=False)
    assert house.kept("door") >= 58


def test_a_camera_that_is_gone_leaves_everything_to_the_others() -> None:
    house = House(budget=1_000_000)
    house.add("door")
    house.add("yard")
    house.roll(60, door=20_000, yard=20_000)
    house.shares.remove(CameraId("door"))
    house.roll(60, yard=20_000)
    assert house.kept("yard") >= 40


def test_whoever_may_not_know_of_a_camera_learns_nothing_of_its_minutes() -> None:
    """Each camera's are a problem of its own, which goes with it."""
    house = House(budget=200_000)
    house.add("door")
    house.add("yard")
    house.roll(60, door=20_000, yard=20_000)
    named = {camera_of(one.key): "door" in one.what for one in house.health.problems()}
    assert named == {"door": True, "yard": False}
    house.shares.remove(CameraId("door"))
    assert [camera_of(one.key) for one in house.health.problems()] == ["yard"]
    house.shares.add("yard", house.cameras["yard"], is_on=False)
    assert house.told() == []


def test_fifteen_minutes_on_an_sd_card_are_told_in_gigabytes_a_day() -> None:
    house = House(budget=10_000_000, seconds=20, kind=DiskKind.SD_CARD)
    house.add("door")
    house.roll(30, door=100_000)
    assert "writes 8.6 GB a day to the SD card" in " ".join(house.told())
