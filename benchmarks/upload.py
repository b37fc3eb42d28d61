"""Sending a clip to a bucket: ours against bare boto3 `upload_file` of the same file, in rounds that take turns.

    python -m benchmarks.upload [--rounds 9] [--megabytes 96]

The server is Ceph's radosgw where it is installed, else moto's, on this machine either way.  Goals: 1.15 times the
time, and 1.25 times the memory (peak RSS of a process that sends one clip and does nothing else).  Ours conditions
each write, sums up each part and keeps how far it came; what sealing costs besides is told without a goal.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.figures import interleaved, of_rounds, ratio, tell
from benchmarks.house import memory_folder

from doorstep.clock import SystemClock
from doorstep.core.cloud_settings import AccessKey, S3Settings
from doorstep.core.upload import BegunUpload, Body
from doorstep.stores.s3 import S3Store

TIME_GOAL, MEMORY_GOAL = 1.15, 1.25
MEMORY_ROUNDS = 3
PIECE = 1 << 20
Send = Callable[[], object]


def unheard(_begun: BegunUpload) -> None:
    """Nobody notes how far it came."""


def body_of(path: Path) -> Body:
    """As the local store reads: a piece at a time."""

    def read(offset: int, length: int) -> Iterator[bytes]:
        with path.open("rb") as file:
            file.seek(offset)
            while length > 0 and (piece := file.read(min(PIECE, length))):
                length -= len(piece)
                yield piece

    return Body(path.stat().st_size, read)


def ours(settings: S3Settings, path: Path, names: Iterator[str]) -> Send:
    store = S3Store(settings, SystemClock())

    def send() -> None:
        assert store.send(f"ours/{next(names)}.mp4", body_of(path), None, unheard)

    return send


def bare(settings: S3Settings, path: Path, names: Iterator[str]) -> Send:
    """As its documentation has it: ten threads, parts of 8 MiB."""
    import boto3  # type: ignore[import-untyped]  # noqa: PLC0415 - the memory of each is measured alone
    from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415 - as above

    client = boto3.session.Session().client(
        "s3",
        endpoint_url=settings.endpoint,
        region_name="us-east-1",
        aws_access_key_id=settings.recorder.key_id,
        aws_secret_access_key=settings.recorder.secret,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )

    def send() -> None:
        client.upload_file(str(path), settings.bucket, f"bare/{next(names)}.mp4")

    return send


KINDS = {"bare": bare, "ours": ours, "sealed": ours}


def settings_for(kind: str, settings: S3Settings) -> S3Settings:
    return replace(settings, seal_key=bytes(range(32))) if kind == "sealed" else settings


@contextmanager
def server() -> Iterator[tuple[str, S3Settings, Callable[[], None]]]:
    """Which it is, a bucket there, and what empties that."""
    from fakes import moto_s3, radosgw  # noqa: PLC0415 - a child that sends needs neither

    if radosgw.missing():
        with moto_s3.moto_s3() as moto:
            key = AccessKey("testing", "testing")
            settings = S3Settings(moto.bucket(), endpoint=moto.endpoint, recorder=key, encryption="none")
            yield "moto", settings, emptying(moto.client(), settings.bucket)
    else:
        with memory_folder() as folder, radosgw.own_radosgw(folder) as ceph:
            key = AccessKey(ceph.admin.access_key_id, ceph.admin.secret_access_key)
            settings = S3Settings(ceph.bucket(), endpoint=ceph.endpoint, recorder=key, encryption="none")
            yield "radosgw", settings, emptying(ceph.client(), settings.bucket)


def emptying(client: Any, bucket: str) -> Callable[[], None]:  # noqa: ANN401 - of boto3
    def empty() -> None:
        for found in client.list_objects_v2(Bucket=bucket).get("Contents", ()):
            client.delete_object(Bucket=bucket, Key=found["Key"])

    return empty


def child(kind: str, told: str, path: Path) -> None:
    """Send one clip, and say how large this process became, in KiB."""
    settings = S3Settings(**json.loads(told) | {"recorder": AccessKey(**json.loads(told)["recorder"])})
    KINDS[kind](settings_for(kind, settings), path, iter([f"memory-{kind}-{time.monotonic_ns()}"]))()
    print(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0])


def peak(kind: str, settings: S3Settings, path: Path) -> float:
    """In MB, of a process of its own."""
    told = asdict(settings)
    told = {name: told[name] for name in ("bucket", "endpoint", "encryption", "recorder")}
    command = [sys.executable, "-m", "benchmarks.upload", "--child", kind, json.dumps(told), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return int(done.stdout) * 1024 / 1e6


def measure(rounds: int, megabytes: int) -> None:
    numbers = count()
    names = iter(lambda: str(next(numbers)), "")
    with memory_folder() as folder, server() as (which, settings, empty):
        path = folder / "clip.mp4"
        with path.open("wb") as film:
            film.writelines(number.to_bytes(8, "big") * 12_500 for number in range(megabytes * 10))
        works = {kind: make(settings_for(kind, settings), path, names) for kind, make in KINDS.items()}
        taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for number in range(rounds + 1):
            for kind, seconds in interleaved(works, 1, time.perf_counter, warm_up=0).items():
                taken[kind] += seconds if number else []
            empty()
        name = f"upload of {megabytes} MB to {which}"
        beside = {"megabytes_per_second": megabytes / of_rounds("", taken["ours"], "").value}
        tell(ratio(f"{name}, time", taken["ours"], taken["bare"], "x bare upload_file", TIME_GOAL, **beside))
        tell(ratio(f"{name}, sealed, time", taken["sealed"], taken["bare"], "x bare upload_file"))
        peaks = {kind: [peak(kind, settings, path) for _ in range(MEMORY_ROUNDS)] for kind in KINDS}
        beside = {"megabytes": of_rounds("", peaks["ours"], "").value}
        tell(ratio(f"{name}, peak memory", peaks["ours"], peaks["bare"], "x bare upload_file", MEMORY_GOAL, **beside))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--megabytes", type=int, default=96)
    options.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.child:
        child(chosen.child[0], chosen.child[1], Path(chosen.child[2]))
    else:
        measure(chosen.rounds, chosen.megabytes)


if __name__ == "__main__":
    main()
