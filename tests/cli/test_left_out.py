"""A server holds no library that nothing of it uses: on a machine of 512 MB each counts."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from doorstep.cli.left_out import left_out

NOT_ASKED_FOR = frozenset(
    {
        "aiosmtplib",
        "alembic",
        "apprise",
        "boto3",
        "httpx",
        "mako",
        "onnxruntime",
        "pydantic.v1",
        "pygments",
        "rich",
        "segno",
    }
    | {"sqlalchemy.dialects.postgresql", "webauthn", "doorstep.stores.s3"}
)
SERVER = """
import sys
def loaded():
    return [name for name, module in sys.modules.items() if module is not None]
import doorstep.cli.main
from doorstep.cli.logs import configure_logs
from doorstep.cli.left_out import left_out
from doorstep.cli.run import UNUSED
with left_out(*UNUSED):
    import doorstep.app.server
    print(*loaded())
    import httpx
    print(*loaded())
import rich
"""
READER = "import sys, doorstep.sources.nursery_process, doorstep.app.camera_child; print(*sys.modules)"


def loaded(program: str) -> list[set[str]]:
    """What each line of it names."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=300)
    return [set(line.split()) for line in done.stdout.splitlines()]


def test_what_is_left_out_is_not_there_and_afterwards_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nobody_else_loads_this.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with left_out("nobody_else_loads_this"), pytest.raises(ModuleNotFoundError):
        import_module("nobody_else_loads_this")
    assert import_module("nobody_else_loads_this") is sys.modules.pop("nobody_else_loads_this")


def test_what_is_loaded_already_stays() -> None:
    with left_out("json"):
        assert import_module("json") is json


def test_a_server_loads_what_its_house_uses() -> None:
    start, with_client = loaded(SERVER)
    assert "doorstep.pipeline.camera_pipeline" in start
    assert start & NOT_ASKED_FOR == set()
    assert with_client & {"rich", "pygments", "click.core"} <= start  # a client of HTTP without its command line


def test_the_process_that_cameras_are_forked_from_holds_what_all_of_them_need() -> None:
    (found,) = loaded(READER)
    assert {"av", "doorstep.sources.rtsp", "doorstep.media.shared_frame"} <= found
    assert found & {"numpy", "httpx", "asyncio", "structlog", "ssl", "rich"} == set()
