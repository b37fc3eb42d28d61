"""One channel that is not in the file yet, judged as if it were: what somebody fills in on the page to try it."""

from collections.abc import Mapping
from pathlib import Path

from doorstep.config.address_rules import address_faults
from doorstep.config.document import Document
from doorstep.config.judge import judged
from doorstep.config.notify_table import notify_settings
from doorstep.core.errors import ConfigInvalid
from doorstep.core.notify_settings import NotifySettings

KINDS: Mapping[str, frozenset[str]] = {
    "email": frozenset({"smtp", "from", "to"}),
    "apprise": frozenset({"url"}),
    "webhook": frozenset({"url", "secret"}),
}
"""Tables of [notify], and what of them can be tried: nothing that would be read from a file or the environment."""

_NAME = {"name": "test"}
_PAGE = "(page)"


def tried_notify(kind: str, keys: Mapping[str, object]) -> NotifySettings:
    """The settings of this one channel.  Raises ConfigInvalid in words that hold no value of it."""
    if kind not in KINDS or not KINDS[kind].issuperset(keys):
        msg = "This channel cannot be tried from here. Write it into the config file."
        raise ConfigInvalid(msg)
    tables = {"notify": {kind: dict(keys) if kind == "email" else [{**keys, **_NAME}]}}
    document = Document(_PAGE, Path("/"), tables)
    faults = address_faults(document)
    file, more = judged(document)
    if file is None or faults or more:
        told = dict.fromkeys(f"{fault.path[-1]} {fault.words}" for fault in (*faults, *more))
        msg = f"{'; '.join(told)}."
        raise ConfigInvalid(msg)
    return notify_settings(file.notify, document.folder)
