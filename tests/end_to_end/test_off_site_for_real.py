"""A real server and Ceph's S3: what it sends with the recorder's rights alone, goes on with after a kill, and seals."""

import base64
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import boto3  # type: ignore[import-untyped]
import numpy as np
import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped]
from typer.testing import CliRunner

from doorstep.cli.main import app
from doorstep.core.off_site_key import read_part_key
from doorstep.stores.s3_sending import PART_BYTES
from fakes.off_site_house import PREFIX, OffSiteHouse, box_and_observer, off_site_house
from fakes.radosgw import Keys, missing, radosgw
from fakes.rtsp_camera import indices_of, missing_in, needs_camera
from fakes.s3_stores import SEAL_KEY
from fakes.server_process import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing())]

LONG_AGO = "2026-01-01 00:00:00.000000"
LINE = 24e6
"""Bits a second: a part of a clip takes almost three seconds on it, so a kill meets a clip half-way."""


@contextmanager
def house_at_ceph(folder: Path, **more: Any) -> Iterator[tuple[OffSiteHouse, Keys]]:
    """It has the recorder's rights alone; the keys are of somebody who sees its bucket."""
    ceph = radosgw()
    bucket = ceph.bucket()
    keys, observer = box_and_observer(ceph, bucket)
    with off_site_house(folder, ceph.client("s3", observer), bucket, ceph.endpoint, keys, **more) as house:
        yield house, observer


def test_the_recorders_rights_are_enough_to_send_and_for_nothing_else(tmp_path: Path) -> None:
    needs_camera()
    with house_at_ceph(tmp_path) as (house, _):
        event = house.event(3)
        wait_for(lambda: event in house.sent(), 30, "its clip")
        (key,) = house.sent()[event]
        assert missing_in(indices_of(house.bucket.fetch(key))) == []
        assert house.bucket.parts(event)
        assert house.server.blind_by() == []
        for refused in stolen(house, key):
            with pytest.raises(ClientError, match=r"403|AccessDenied"):
                refused()
        assert house.bucket.clips()[key].event == event


def stolen(house: OffSiteHouse, key: str) -> list[Any]:
    """What somebody tries who found the box's keys in its config."""
    config = (house.server.data.parent / f"{house.server.data.name}.toml").read_text()
    words = dict(line.split(" = ", 1) for line in config.splitlines() if " = " in line)
    thief = boto3.session.Session().client(
        "s3",
        region_name="us-east-1",
        endpoint_url=radosgw().endpoint,
        aws_access_key_id=json.loads(words["access_key_id"]),
        aws_secret_access_key=json.loads(words["secret_access_key"]),
    )
    at = {"Bucket": house.bucket.name, "Key": f"{PREFIX}/{key}"}
    return [
        lambda: thief.get_object(**at),
        lambda: thief.head_object(**at),
        lambda: thief.delete_object(**at),
        lambda: thief.list_objects_v2(Bucket=house.bucket.name),
    ]


def test_a_clip_that_a_kill_met_half_way_goes_on_in_the_next_process_where_it_was(tmp_path: Path) -> None:
    film = make_noise(tmp_path / "noise.mp4")
    with house_at_ceph(tmp_path, source=f"file://{film}?loop", rate=LINE) as (house, _):
        event = house.event(2)
        begun = wait_for(lambda: noted(house, event), 30, "a part that the row knows")
        house.server.kill()
        before = parts_there(house, begun["upload_id"])
        assert event not in house.sent()
        house.server.start()
        after = dict(before)

        def arrived() -> bool:
            after.update(parts_there(house, begun["upload_id"]))
            return event in house.sent()

        wait_for(arrived, 60, "the clip")
        ((key,),) = house.sent().values()
    assert radosgw().uploads_in(house.bucket.name) == []  # it was that one that was completed, and no other
    assert 1 <= len(begun["etags"]) <= len(before)
    sent_again = [number for number in range(1, len(begun["etags"]) + 1) if before[number] != after[number]]
    assert sent_again == []
    head = house.bucket.client.head_object(Bucket=house.bucket.name, Key=f"{PREFIX}/{key}")
    assert head["ContentLength"] == begun["size"] > 2 * PART_BYTES
    assert pictures_in(house.bucket.fetch(key)) > 20


def make_noise(path: Path) -> Path:
    """A film whose seconds are as large as many minutes of others."""
    chance = np.random.default_rng(1)
    rate, width, height = 10, 640, 480
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "qp": "4", "x264-params": f"keyint={rate}:min-keyint={rate}:bframes=0"}
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(2 * rate):
            frame = av.VideoFrame.from_ndarray(chance.integers(16, 235, (height * 3 // 2, width), np.uint8), "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@contextmanager
def catalog_of(house: OffSiteHouse) -> Iterator[sqlite3.Connection]:
    """As a file, beside the server."""
    with closing(sqlite3.connect(house.server.data / "doorstep.sqlite")) as catalog, catalog:
        yield catalog


def noted(house: OffSiteHouse, event: str) -> dict[str, Any] | None:
    """How far the upload has come, as a restart will know it; None before it has a part."""
    with catalog_of(house) as catalog:
        row = catalog.execute("select begun from uploads where event_id = ?", (event,)).fetchone()
    found: dict[str, Any] | None = json.loads(row[0]) if row and row[0] else None
    return found if found and found["etags"] else None


def parts_there(house: OffSiteHouse, upload_id: str) -> Mapping[int, object]:
    """When each part of it arrived; none once it is complete."""
    client, name = house.bucket.client, house.bucket.name
    under_way = client.list_multipart_uploads(Bucket=name).get("Uploads", ())
    key = next((one["Key"] for one in under_way if one["UploadId"] == upload_id), None)
    if key is None:
        return {}
    try:
        parts = client.list_parts(Bucket=name, Key=key, UploadId=upload_id).get("Parts", ())
    except client.exceptions.NoSuchUpload:
        return {}
    return {part["PartNumber"]: (part["LastModified"], part["ETag"]) for part in parts}


def pictures_in(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.demux(video=0))


def test_what_is_sealed_is_opened_by_its_key_alone_also_of_an_event_that_a_kill_met(tmp_path: Path) -> None:
    needs_camera()
    (tmp_path / "seal.key").write_bytes(base64.b64encode(SEAL_KEY))
    with house_at_ceph(tmp_path, store=f'seal_key_file = "{tmp_path / "seal.key"}"') as (house, observer):
        event = house.begin()
        house.go_on(6)
        house.server.kill()
        assert {part.event for key in house.bucket.objects() if (part := read_part_key(key))} == {event}
        assert len(saved(house, observer, tmp_path / "before")) > 3 * 25
        house.server.start()
        wait_for(lambda: [key for key in house.bucket.objects() if not key.startswith("running/")], 60, "its clip")
        wait_for(lambda: len(saved(house, observer, tmp_path / "after")) > 5 * 25, 30, "the whole of it")
        for key in house.bucket.objects():
            assert key.endswith(".enc")
            assert b"ftyp" not in house.bucket.fetch(key).read_bytes()[:64]


def saved(house: OffSiteHouse, observer: Keys, to: Path) -> list[int]:
    """The numbers of the pictures that `doorstep recover` shows of the one event, out of the bucket alone."""
    where = ["--from", f"s3://{house.bucket.name}/{PREFIX}", "--to", str(to), "--endpoint", radosgw().endpoint]
    keys = {"AWS_ACCESS_KEY_ID": observer.access_key_id, "AWS_SECRET_ACCESS_KEY": observer.secret_access_key}
    words = ["recover", *where, "--seal-key-file", str(to.parent / "seal.key")]
    result = CliRunner().invoke(app, words, env=keys)
    assert result.exit_code == 0, result.output
    (clip,) = to.rglob("*.mp4")
    pictures = indices_of(clip)
    assert missing_in(pictures) == []
    return pictures


def test_what_is_deleted_here_goes_there_too_where_doorstep_sweeps(tmp_path: Path) -> None:
    needs_camera()
    ceph = radosgw()
    bucket, keys = ceph.bucket(), (ceph.admin.access_key_id, ceph.admin.secret_access_key)
    sweeps = 'delete = "sweeper"'
    with off_site_house(tmp_path, ceph.client(), bucket, ceph.endpoint, keys, store=sweeps) as house:
        gone, stays = house.event(1), house.event(1)
        wait_for(lambda: house.sent().keys() == {gone, stays}, 30, "their clips")
        (key,) = house.sent()[gone]
        with house.server.client() as client:
            client.delete(f"/events/{gone}").raise_for_status()
        house.server.stop()
        with catalog_of(house) as catalog:
            done = catalog.execute("update events set deleted_at = ? where id = ?", (LONG_AGO, gone))
            assert done.rowcount == 1
        house.server.start()
        wait_for(lambda: left(house, gone) == "leaving", 60, "its end here")
        house.server.stop()
        house.server.start()
        wait_for(lambda: left(house, gone) == "", 30, "its end there")
        assert [one for one in house.bucket.objects() if one.startswith(key.replace(".mp4", "."))] == []
        assert house.sent().keys() == {stays}


def left(house: OffSiteHouse, event: str) -> str:
    """What the row of its upload says; empty without one."""
    with catalog_of(house) as catalog:
        row = catalog.execute("select state from uploads where event_id = ?", (event,)).fetchone()
    return str(row[0]) if row else ""
