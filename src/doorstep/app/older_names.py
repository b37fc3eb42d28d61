"""Writes the names of now into a config of an older Doorstep, and says where one still has those of before."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from doorstep import __version__
from doorstep.app.finding import Finding
from doorstep.app.settings_file import BY_HAND, FOUND, VERSIONS_FOLDER
from doorstep.config.document import parse, read_text
from doorstep.config.older_names import OlderName, text_with_names_of_now
from doorstep.config.versions import KeptVersions
from doorstep.config.whole_file import why_not_writable, write_whole
from doorstep.core.errors import ConfigInvalid
from doorstep.core.settings_edit import SettingsUnwritable
from doorstep.ports import Clock

log = structlog.get_logger()

BEFORE = ".before-"
RENAMED_BY = f"keys renamed by Doorstep {__version__}"
_BY_HAND = "Rename them by hand; until then they are understood as they are."
_LAYOUT = "They stand there in a way that cannot be rewritten for certain."


def write_names_of_now(config: Path, data: Path, clock: Clock) -> None:
    """Rewrite the file where it has older names; that of before stays as `NAME.before-VERSION`, and among the versions.

    Every comment and all else stays.  Blocks; raises nothing: what cannot be written is understood as it is, and told.
    """
    try:
        names = _rewritten(config, KeptVersions(data / VERSIONS_FOLDER), clock)
    except (ConfigInvalid, SettingsUnwritable, OSError) as error:
        log.warning("the config keeps the names of an older Doorstep", config=str(config), reason=f"{error} {_BY_HAND}")
        return
    if names:
        kept = str(_copy_of(config))
        log.info("keys of the config were renamed", renamed=in_words(names), config=str(config), copy_of_before=kept)


def names_finding(config: Path) -> Finding | None:
    """What the next start would rewrite, for `doorstep check`; None where nothing, and where it cannot be read."""
    try:
        text = read_text(config)
        names = parse(text, str(config), config.absolute().parent).older
    except ConfigInvalid:
        return None
    if not names:
        return None
    words = why_not_writable(config) or ("" if text_with_names_of_now(text) is not None else _LAYOUT)
    fate = f"{words} {_BY_HAND}" if words else f"The next start renames them, and keeps {_copy_of(config)}."
    return Finding("config", ok=True, detail=f"It has names of an older Doorstep: {in_words(names)}. {fate}")


def in_words(names: Sequence[OlderName]) -> str:
    """Of what was called otherwise."""
    return ", ".join(f"line {one.line}: {one.was} is {one.now} since {one.since}" for one in names)


def _rewritten(config: Path, versions: KeptVersions, clock: Clock) -> Sequence[OlderName]:
    """Raises ConfigInvalid, SettingsUnwritable, OSError: then the file is as it was."""
    if not config.exists():
        return ()
    before = read_text(config)
    names = parse(before, str(config), config.absolute().parent).older
    if not names:
        return ()
    after = text_with_names_of_now(before)
    if after is None:
        raise SettingsUnwritable(_LAYOUT)
    write_whole(_copy_of(config), before, config.stat().st_mode & 0o777)
    newest = versions.newest()
    # A version of the page's too many is no reason to keep the older names.
    with suppress(SettingsUnwritable):
        if newest is None or newest.text != before:
            versions.keep(before, clock.now(), "", FOUND if newest is None else BY_HAND)
    write_whole(config, after)
    with suppress(SettingsUnwritable):
        versions.keep(after, clock.now(), "", RENAMED_BY)
    return names


def _copy_of(config: Path) -> Path:
    return config.with_name(f"{config.name}{BEFORE}{__version__}")
