"""A real server whose rules of health are in a hurry: `python -m fakes.hurried_server --config … --data … …`."""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from doorstep.app.server import serve
from doorstep.cli.logs import configure_logs
from doorstep.config.load import load_settings
from doorstep.core.picture_rules import PictureRules
from doorstep.core.settings import HealthSettings
from fakes.server_process import ServerProcess

PICTURES = PictureRules(black=1.5, covered=1.5, frozen=2.0, blurred=1.5, turned=1.5, over=0.5, learn=3.0, accept=1e6)
HURRY = 30.0
"""By which every wait of the rules is divided."""
_HURRY = "DOORSTEP_TESTS_HURRY"


class HurriedServer(ServerProcess):
    """Minutes are seconds to it."""

    run_words: Sequence[str] = (sys.executable, "-m", "fakes.hurried_server")

    def __init__(
        self, data: Path, config: str, environment: dict[str, str] | None = None, hurry: float = HURRY
    ) -> None:
        own = {"PYTHONPATH": str(Path(__file__).parents[1]), _HURRY: f"{hurry}"}
        super().__init__(data, config, own | (environment or {}))


def main(words: Sequence[str]) -> None:
    given = dict(zip(words[::2], words[1::2], strict=True))
    found = load_settings(
        Path(given["--config"]), os.environ, data=Path(given["--data"]), listen=given["--listen"], only_built=True
    )
    settings = replace(found, health=HealthSettings(PICTURES, float(os.environ[_HURRY])))
    configure_logs(as_json=False)
    asyncio.run(serve(settings, (), lambda line: print(line, flush=True)))


if __name__ == "__main__":
    main(sys.argv[1:])
