"""`doorstep check` says of copies in a bucket that the config does not name any more."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from doorstep.app.catalog import open_catalog, own_catalog
from doorstep.app.check_off_site import off_site_findings
from doorstep.catalog.sql_uploads import SqlUploadRecords
from doorstep.catalog.upgrade import upgrade
from doorstep.core.camera import CameraId
from doorstep.core.cloud_settings import S3Settings
from doorstep.core.event import EventId
from doorstep.core.settings import ServerSettings, Settings, StoreSettings
from doorstep.core.upload import Upload, UploadState

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def with_bucket(data: Path, bucket: str) -> Settings:
    store = StoreSettings("s3", s3=S3Settings(bucket, region="eu-central-1")) if bucket else StoreSettings()
    return Settings(server=ServerSettings(data=data), store=store)


def test_copies_in_a_bucket_of_before_are_a_warning_and_those_in_the_one_of_now_are_none(tmp_path: Path) -> None:
    engine = own_catalog(tmp_path)
    records = SqlUploadRecords(engine)
    one = Upload(EventId("e1"), CameraId("door"), "1.mp4", NOON, NOON, UploadState.DONE, place="s3://old/doorstep")
    records.save_upload(one)
    records.save_upload(replace(one, event=EventId("e2"), state=UploadState.DUE))
    engine.dispose()
    assert list(off_site_findings(with_bucket(tmp_path, "old"))) == []
    for now in ("new", ""):
        (found,) = off_site_findings(with_bucket(tmp_path, now))
        assert found.ok
        assert found.detail.startswith("WARNING: One copy lies in s3://old/doorstep, which the config does not name")


def test_a_catalog_of_an_older_doorstep_is_no_fault(tmp_path: Path) -> None:
    engine = open_catalog(tmp_path)
    upgrade(engine, "0009")
    engine.dispose()
    assert list(off_site_findings(with_bucket(tmp_path, "new"))) == []
