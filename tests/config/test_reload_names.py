"""What waits for a restart is called as the owner wrote it in his file."""

from dataclasses import fields, replace
from typing import Any, get_origin

from doorstep.config.schema import ConfigFile
from doorstep.core.reload import AT_ONCE, reload_of
from doorstep.core.settings import Settings


def test_every_table_that_waits_for_a_restart_is_called_as_in_the_file() -> None:
    in_file = {
        f"[[{name}]]" if get_origin(field.annotation) is list else f"[{name}]"
        for name, field in ConfigFile.model_fields.items()
    }
    something: Any = object()
    others: dict[str, Any] = {
        "detection": replace(Settings().detection, model="another"),
        "notify": replace(Settings().notify, mqtt=something),
    }
    at_once = {name for name, keys in AT_ONCE.items() if len(keys) == len(fields(getattr(Settings(), name)))}
    changed = [
        reload_of(Settings(), replace(Settings(), **{field.name: others.get(field.name, something)})).needs_restart
        for field in fields(Settings)
        if field.name not in {"cameras", "health"} | at_once  # applied at once, and no table of the file
    ]
    waiting = in_file - {"[[camera]]"} - {f"[{name}]" for name in at_once}
    assert sorted(changed) == sorted((table,) for table in waiting)
