"""The steps of `versions`, in Alembic's words: which there are, and taking them."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from doorstep.core.site import SiteName


def known() -> frozenset[str]:
    """Every revision there is a step for."""
    return frozenset(step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions())


def head() -> str | None:
    """The last one."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def take(connection: Connection, target: str, site: SiteName) -> None:
    """Every step up to `target`, within the connection's transaction; rows of before there were sites are `site`'s."""
    config = _config()
    config.attributes["connection"] = connection
    config.attributes["site"] = site
    command.upgrade(config, target)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
