"""What a test of the doorstep is made of was found when the server began: to begin one waits for no disk."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from doorstep.app.server_parts import make_server
from doorstep.config.load import load_settings
from doorstep.core.camera import CameraId
from doorstep.core.errors import RehearsalRefused
from doorstep.core.settings import CameraSettings
from doorstep.vision.models import DEMO_VISITOR


def test_to_begin_a_test_looks_at_no_file(tmp_path: Path) -> None:
    found = load_settings(None, {})
    camera = CameraSettings(CameraId("front-door"), "Front door", "demo://")
    settings = replace(found, server=replace(found.server, data=tmp_path / "data"), cameras=(camera,))
    settings.server.data.mkdir()

    async def main() -> None:
        with ThreadPoolExecutor(1) as looks:
            server = await make_server(settings, (tmp_path,), "http://d", looks)
            try:
                (tmp_path / DEMO_VISITOR.file_name).write_bytes(b"another picture")  # who read it would find it wrong
                with pytest.raises(RehearsalRefused, match=r"`doorstep models fetch`, then restart Doorstep\."):
                    server.rehearsals.desk.begin(camera.id)
            finally:
                server.nursery.close()
                server.engine.dispose()

    asyncio.run(main())
