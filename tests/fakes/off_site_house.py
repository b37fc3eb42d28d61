"""A server whose events go to a bucket of a real S3 server, and what lies there."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.append(str(Path(__file__).parents[2]))  # what deploys lies beside the code, not in it

from deploy.aws.policies import recorder

from doorstep.core.clip_words import METADATA, ClipWords, clip_words
from doorstep.core.off_site_key import CopyKind, read_copy_key, read_part_key
from fakes.poor_network import RoadOptions, TcpRoads
from fakes.radosgw import Keys, Radosgw
from fakes.rtsp_camera import MODULUS, CameraOptions, RtspCamera, indices_of
from fakes.server_process import ServerProcess, wait_for

FILM = CameraOptions(bitrate=400)
RING_SECONDS = 1.2
PREFIX = "home"
SEES = ["s3:GetObject", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts"]
CONFIG = """
[store]
kind = "s3"
bucket = "{bucket}"
prefix = "{prefix}"
endpoint = "{endpoint}"
region = "us-east-1"
encryption = "none"
{store}
[aws]
access_key_id = "{key_id}"
secret_access_key = "{secret}"
[events]
pre_roll = 3
close_after = 2
post_roll = 1
{more}
[[camera]]
id = "porch"
name = "The porch"
source = "{source}"
{unmoved}
{camera}
"""
UNMOVED = "motion_masks = [[[0, 0], [1, 0], [1, 1], [0, 1]]]"
"""Of a camera: what moves in its film makes no event, not even before the first `look_for_nobody`."""


@dataclass
class Bucket:
    """What lies in it, seen by somebody who may see all.  `client` is boto3's."""

    client: Any
    name: str
    folder: Path

    def objects(self) -> list[str]:
        """Under the prefix, without it."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=f"{PREFIX}/")
        found = (one["Key"] for page in pages for one in page.get("Contents", ()))
        return sorted(key.removeprefix(f"{PREFIX}/") for key in found)

    def clips(self) -> dict[str, ClipWords]:
        """Each clip by its key, with what stands beside it."""
        found = {}
        for key in self.objects():
            copy = read_copy_key(key)
            if copy is not None and copy.kind is CopyKind.CLIP:
                head = self.client.head_object(Bucket=self.name, Key=f"{PREFIX}/{key}")
                words = clip_words(head["Metadata"][METADATA])
                assert words is not None, head["Metadata"]
                found[key] = words
        return found

    def parts(self, event: str | None = None) -> list[str]:
        """Of one event, or of all."""
        return [key for key in self.objects() if (part := read_part_key(key)) and event in {None, part.event}]

    def fetch(self, key: str) -> Path:
        """As a file."""
        path = self.folder / key.replace("/", "_")
        path.write_bytes(self.client.get_object(Bucket=self.name, Key=f"{PREFIX}/{key}")["Body"].read())
        return path

    def pictures_of(self, event: str) -> list[int]:
        """The numbers of all pictures that the parts of an event show, each once, in their order."""
        shown = {index for key in self.parts(event) for index in indices_of(self.fetch(key))}
        return sorted(shown)


@dataclass
class OffSiteHouse:
    """One camera, `porch`, unless the config has more."""

    server: ServerProcess
    bucket: Bucket

    def ring(self, camera: str = "porch") -> None:
        """Something moves, for as long as that lasts."""
        with self.server.client() as client:
            client.post(f"/cameras/{camera}/motion").raise_for_status()

    def event(self, seconds: float, camera: str = "porch") -> str:
        """One event of at least so many seconds, which is over in the end; its id."""
        begun = self.begin(camera)
        self.go_on(seconds, camera)
        wait_for(lambda: self.find(begun)["ended_at"], 30, "the end of the event")
        return begun

    def go_on(self, seconds: float, camera: str = "porch") -> None:
        """Something moves for so long, as seldom as a running event needs: who asks too often is turned away."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.ring(camera)
            time.sleep(min(left, RING_SECONDS))

    def begin(self, camera: str = "porch") -> str:
        """The id of a new event, which runs."""
        known = {one["id"] for one in self.server.events()}
        rung_at = float("-inf")

        def newest() -> str | None:
            nonlocal rung_at
            if time.monotonic() - rung_at > RING_SECONDS:
                rung_at = time.monotonic()
                self.ring(camera)
            new = [one["id"] for one in self.server.events() if one["id"] not in known and one["ended_at"] is None]
            return new[0] if new else None

        return wait_for(newest, 30, "a new event")

    def find(self, event: str) -> dict[str, Any]:
        return next(one for one in self.server.events() if one["id"] == event)

    def look_for_nobody(self) -> None:
        """What moves in the film shall make no event and keep none open, with a model or without."""
        with self.server.client() as client:
            for camera in self.server.cameras():
                client.put(f"/cameras/{camera['id']}/detection", json={"on": False}).raise_for_status()

    def wait_until_live(self) -> None:
        wait_for(lambda: {one["state"] for one in self.server.cameras()} == {"live"}, 60, "live cameras")

    def sent(self) -> dict[str, list[str]]:
        """The keys of the clips of each event."""
        found: dict[str, list[str]] = {}
        for key, words in self.bucket.clips().items():
            found.setdefault(words.event, []).append(key)
        return found


def box_and_observer(ceph: Radosgw, bucket: str) -> tuple[tuple[str, str], Keys]:
    """Keys that have the recorder's rights alone, and those of somebody who sees what they put there."""
    box = ceph.user(recorder(bucket, PREFIX))
    sees = {"Effect": "Allow", "Action": SEES}
    places = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    observer = ceph.user({"Version": "2012-10-17", "Statement": [sees | {"Resource": places}]})
    return (box.access_key_id, box.secret_access_key), observer


@contextmanager
def off_site_house(
    folder: Path,
    client: Any,
    name: str,
    endpoint: str,
    keys: tuple[str, str],
    *,
    store: str = "",
    camera: str = "",
    more: str = "",
    source: str = "",
    rate: float = 0.0,
) -> Iterator[OffSiteHouse]:
    """Started and live; `client` looks at the bucket called `name`.  The words go into the config.

    Without a `source` a camera films numbered pictures; nobody looks at them.  `rate` is the line's to the endpoint, in
    bits a second, 0 for as fast as it goes.
    """
    seen = Path(tempfile.mkdtemp(dir=folder))
    with ExitStack() as stack:
        endpoint = stack.enter_context(slow_line(endpoint, rate)) if rate else endpoint
        source = source or stack.enter_context(RtspCamera(FILM)).url
        config = CONFIG.format(
            bucket=name,
            prefix=PREFIX,
            endpoint=endpoint,
            key_id=keys[0],
            secret=keys[1],
            source=source,
            store=store,
            camera=camera,
            unmoved=UNMOVED,
            more=more,
        )
        server = ServerProcess(folder / "data", config)
        server.start()
        stack.callback(server.kill)
        house = OffSiteHouse(server, Bucket(client, name, seen))
        house.wait_until_live()
        house.look_for_nobody()
        yield house


@contextmanager
def slow_line(endpoint: str, rate: float) -> Iterator[str]:
    """Where the same server is reached over a line of so many bits a second towards it."""
    there = urlsplit(endpoint)
    assert there.hostname is not None
    assert there.port is not None
    with TcpRoads((there.hostname, there.port), RoadOptions(rate=rate, queue=256 << 10)) as line:
        yield f"http://127.0.0.1:{line.address[1]}"


def seconds_before(killed_at: float, index: int) -> float:
    """How long before the kill the picture of that number was taken: picture n was taken n / fps seconds after 1970."""
    taken = int(killed_at * FILM.fps) % MODULUS
    return ((taken - index) % MODULUS) / FILM.fps
