"""What keeps a server from starting: each is ConfigInvalid, one sentence with its remedy."""

import socket
import stat
from pathlib import Path

import pytest

from doorstep.app.cameras import time_zone
from doorstep.app.folders import data_folder, locked
from doorstep.app.http import listen, owners_socket
from doorstep.core.errors import ConfigInvalid
from doorstep.core.settings import ServerSettings


def test_a_port_that_is_taken_is_named() -> None:
    with listen(ServerSettings(host="127.0.0.1", port=0)) as first:
        port = first.getsockname()[1]
        with (
            pytest.raises(ConfigInvalid, match=rf"127\.0\.0\.1:{port} .*--listen"),
            listen(ServerSettings(host="127.0.0.1", port=port)),
        ):
            pass


def test_an_address_of_another_machine_cannot_be_listened_on() -> None:
    with pytest.raises(ConfigInvalid, match=r"cannot listen on 192\.0\.2\.1"), listen(ServerSettings(host="192.0.2.1")):
        pass


def test_a_data_folder_serves_one_at_a_time(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(ConfigInvalid, match="Another Doorstep"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_a_lock_that_cannot_be_opened_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(ConfigInvalid, match="another user"), locked(tmp_path):
        pass


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(ConfigInvalid, match="--data"):
        data_folder(tmp_path / "data")


def test_the_owners_socket_is_the_owners_alone_and_goes_with_the_server(tmp_path: Path) -> None:
    path = tmp_path / "doorstep.sock"
    path.write_text("left by a crash")
    with owners_socket(tmp_path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
    assert not path.exists()


def test_a_data_folder_too_deep_for_a_socket_is_refused(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    with pytest.raises(ConfigInvalid, match="too long"), owners_socket(deep):
        pass


def test_a_time_zone_that_does_not_exist_is_named() -> None:
    with pytest.raises(ConfigInvalid, match="Europe/Wien "):
        time_zone("Europe/Wien ")
