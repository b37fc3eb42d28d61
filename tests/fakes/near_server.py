"""A real `doorstep run` at whose home every service lies on loopback: `python -m fakes.near_server run …`.

A page may send no test there, and Telegram has an address of its own: only these two are others here; and the rules of
health are in a hurry where a test wants that.
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from doorstep.config import load
from doorstep.core import public_address
from doorstep.core.settings import HealthSettings, Settings
from fakes.server_process import ServerProcess, model_folder

_TELEGRAM = "DOORSTEP_TESTS_TELEGRAM"
_HURRY = "DOORSTEP_TESTS_HURRY"


class NearServer(ServerProcess):
    """Its peers are the stand-ins of the tests; `telegram` is where Telegram is, `authority` signs for them.

    `hurry` divides every wait of the rules of health.
    """

    run_words: Sequence[str] = (sys.executable, "-m", "fakes.near_server", "run")

    def __init__(
        self, data: Path, config: str | None, telegram: str = "", authority: Path | None = None, *, hurry: float = 1.0
    ) -> None:
        own = {"PYTHONPATH": str(Path(__file__).parents[1]), _TELEGRAM: telegram, _HURRY: f"{hurry}"}
        trusted = {} if authority is None else {"SSL_CERT_FILE": str(authority), "REQUESTS_CA_BUNDLE": str(authority)}
        models = {"DOORSTEP_MODELS": str(model_folder())} if model_folder() else {}
        super().__init__(data, config, own | trusted | models)


def _is_somewhere(address: str) -> bool:
    return bool(address)


def _in_a_hurry(load_settings: Callable[..., Settings]) -> Callable[..., Settings]:
    def hurried(*words: object, **named: object) -> Settings:
        return replace(load_settings(*words, **named), health=HealthSettings(hurry=float(os.environ[_HURRY])))

    return hurried


def main() -> None:
    """Before anything else is imported, for others take it from there."""
    public_address.may_be_a_camera = _is_somewhere
    load.load_settings = _in_a_hurry(load.load_settings)
    if os.environ[_TELEGRAM]:
        from apprise.plugins.telegram import NotifyTelegram  # noqa: PLC0415 - after the above

        from doorstep.notifiers import telegram_bot  # noqa: PLC0415

        telegram_bot.API = os.environ[_TELEGRAM]
        NotifyTelegram.notify_url = f"{os.environ[_TELEGRAM]}/bot"
    from doorstep.cli.main import main as doorstep  # noqa: PLC0415

    doorstep()


if __name__ == "__main__":
    main()
