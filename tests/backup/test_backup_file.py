"""One file with everything, plain or encrypted: what comes back, and what is refused."""

import gzip
import io
import json
import stat
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.backup.backup_file import checksum, is_backup, open_backup, write_backup
from doorstep.backup.contents import (
    CATALOG,
    CONFIG,
    MANIFEST,
    KeptFile,
    LeftOut,
    Manifest,
    manifest_bytes,
    read_manifest,
)
from doorstep.backup.errors import BackupInvalid
from doorstep.backup.passphrase import Passphrase
from doorstep.backup.tar_members import write_end, write_member

PASSPHRASE = "correct horse battery staple"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SMALL = {CONFIG: b'[server]\nlisten = "[::]:8080"\n', "keys/push": b"\0\1\2"}
ROWS = bytes(range(256)) * 1000


def manifest(catalog: bytes = ROWS, *, has_secrets: bool = False, small: dict[str, bytes] | None = None) -> Manifest:
    files = [KeptFile(name, len(data), checksum(data)) for name, data in (small or SMALL).items()]
    kept = KeptFile(CATALOG, len(catalog), checksum(catalog))
    left_out = (LeftOut("camera.porch.source", "DOORSTEP_CAMERA_PORCH_SOURCE"),)
    return Manifest(NOON, "0.1.0", "0003", {"events": 3}, has_secrets, (*files, kept), left_out)


def made(folder: Path, *, encrypted: bool = False, catalog: bytes = ROWS) -> Path:
    path = folder / "house.backup"
    told = manifest(catalog, has_secrets=encrypted)
    write_backup(path, told, SMALL, io.BytesIO(catalog), Passphrase(PASSPHRASE, work=10) if encrypted else None)
    return path


def opened(path: Path, passphrase: str = PASSPHRASE) -> tuple[Manifest, dict[str, bytes], bytes]:
    out = io.BytesIO()
    with open_backup(path, lambda: passphrase) as backup:
        backup.save_catalog(out)
        return backup.manifest, dict(backup.files), out.getvalue()


@pytest.mark.parametrize("encrypted", [False, True])
def test_everything_comes_back(tmp_path: Path, encrypted: bool) -> None:
    path = made(tmp_path, encrypted=encrypted)
    assert opened(path) == (manifest(has_secrets=encrypted), SMALL, ROWS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert is_backup(path)
    assert [file.name for file in tmp_path.iterdir()] == ["house.backup"]


def test_a_plain_backup_is_a_tar_for_everybody(tmp_path: Path) -> None:
    with tarfile.open(made(tmp_path), "r:gz") as tar:
        assert tar.getnames() == [MANIFEST, CONFIG, "keys/push", CATALOG]
        found = tar.extractfile(CATALOG)
        assert found is not None
        assert found.read() == ROWS


def test_of_an_encrypted_backup_nothing_can_be_read(tmp_path: Path) -> None:
    data = made(tmp_path, encrypted=True).read_bytes()
    assert b"listen" not in data
    assert ROWS[:64] not in data
    with pytest.raises(BackupInvalid, match="passphrase"):
        opened(tmp_path / "house.backup", "wrong horse battery staple")


def test_secrets_are_never_written_in_the_clear(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="encrypted"):
        write_backup(tmp_path / "x", manifest(has_secrets=True), SMALL, io.BytesIO(ROWS), None)


def test_a_backup_that_fails_leaves_the_one_before(tmp_path: Path) -> None:
    before = made(tmp_path).read_bytes()
    with pytest.raises(ValueError, match="ended before"):
        write_backup(tmp_path / "house.backup", manifest(), SMALL, io.BytesIO(b"short"), None)
    assert (tmp_path / "house.backup").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["house.backup"]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.booleans(), st.data())
def test_a_backup_that_was_cut_or_changed_is_refused_or_the_same(
    tmp_path_factory: pytest.TempPathFactory, encrypted: bool, draw: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("backup")
    path = made(folder, encrypted=encrypted)
    data = bytearray(path.read_bytes())
    if draw.draw(st.booleans()):
        del data[draw.draw(st.integers(0, len(data) - 1)) :]
    else:
        data[draw.draw(st.integers(0, len(data) - 1))] ^= draw.draw(st.integers(1, 255))
    path.write_bytes(data)
    try:
        found = opened(path)
    except BackupInvalid:
        return
    assert not encrypted or bytes(data[:6]) != b"age-en"
    assert found == (manifest(), SMALL, ROWS)


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
def test_any_file_is_refused_in_plain_words(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "file"
    for content in (data, b"\x1f\x8b" + data, gzip.compress(data), b"age-encryption.org/v1\n" + data):
        path.write_bytes(content)
        with pytest.raises(BackupInvalid):
            opened(path)


def crafted(folder: Path, told: bytes, *files: tuple[str, bytes]) -> Path:
    out = io.BytesIO()
    for name, data in ((MANIFEST, told), *files):
        write_member(out, name, len(data), 0, io.BytesIO(data))
    write_end(out)
    path = folder / "crafted"
    path.write_bytes(gzip.compress(out.getvalue()))
    return path


def test_a_bomb_is_not_opened(tmp_path: Path) -> None:
    zeros = bytes(70_000_000)
    path = crafted(tmp_path, manifest_bytes(manifest(zeros, small={CONFIG: b""})), (CONFIG, b""), (CATALOG, zeros))
    assert path.stat().st_size < 100_000
    with pytest.raises(BackupInvalid, match="far beyond"):
        opened(path)


def test_files_that_the_manifest_does_not_name_are_refused(tmp_path: Path) -> None:
    told = manifest_bytes(manifest(small={CONFIG: b"a"}))
    cases: list[list[tuple[str, bytes]]] = [
        [(CONFIG, b"b"), (CATALOG, ROWS)],
        [(CONFIG, b"a"), (CATALOG, ROWS[::-1])],
        [(CONFIG, b"a"), (CATALOG, ROWS), ("keys/more", b"")],
        [(CATALOG, ROWS)],
        [(CONFIG, b"a")],
        [("keys/other", b"a"), (CATALOG, ROWS)],
    ]
    for files in cases:
        with pytest.raises(BackupInvalid):
            opened(crafted(tmp_path, told, *files))


def changed(**values: Any) -> bytes:
    return json.dumps({**json.loads(manifest_bytes(manifest())), **values}).encode()


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        changed(version=2),
        changed(version=True),
        changed(format="zip"),
        changed(made_at="yesterday"),
        changed(made_at="2026-11-21T12:00:00"),
        changed(files=[]),
        changed(rows={"events": -1}),
        changed(rows=[]),
        changed(revision="00\x1b[2J"),
        changed(files=[{"name": CATALOG, "size": 1, "sha256": "0" * 64, "place": "", "mode": 0}]),
        changed(files=[{"name": name, "size": 1, "sha256": "0" * 64, "place": ""} for name in ("etc/passwd", CATALOG)]),
        changed(files=[{"name": name, "size": 1, "sha256": "0" * 64, "place": ""} for name in (CATALOG, CATALOG)]),
        changed(files=[{"name": CATALOG, "size": 2**40, "sha256": "0" * 64, "place": ""}]),
        changed(files=[{"name": "keys/../x", "size": 1, "sha256": "0" * 64, "place": ""}]),
    ],
)
def test_a_manifest_that_we_do_not_write_is_refused(told: bytes) -> None:
    with pytest.raises(BackupInvalid):
        read_manifest(told)


def test_a_manifest_from_the_future_says_so() -> None:
    with pytest.raises(BackupInvalid, match="newer Doorstep"):
        read_manifest(changed(version=2))
