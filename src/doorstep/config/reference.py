"""Every key of the config file as people read of it: in the reference, and under Advanced in the page."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from doorstep.config.document import Value
from doorstep.config.judge import table_in
from doorstep.config.schema import ConfigFile
from doorstep.config.table import Table
from doorstep.config.without_secrets import is_secret
from doorstep.core.reload import AT_ONCE
from doorstep.core.settings_edit import KeyKind, SettingsKey

AUTO = {("buffer", "max_bytes"), ("buffer", "directory"), ("store", "durability")}
"""Where no value and the word "auto" are the same."""


_FIELDS = {"webhook": "webhooks"}
"""Where the settings call a key otherwise than the file."""


def settings_keys() -> Sequence[SettingsKey]:
    """In the order of the schema; tables themselves are not among them."""
    return list(_keys(ConfigFile, (), in_list=False))


def _keys(table: type[Table], path: tuple[str, ...], *, in_list: bool) -> Iterator[SettingsKey]:
    for name, field in table.model_fields.items():
        here = (*path, field.alias or name)
        below = table_in(field.annotation)
        if below is not None:
            yield from _keys(below, here, in_list=in_list or _holds_list(field.annotation))
        else:
            yield _key(here, field, in_list=in_list)


def _key(path: tuple[str, ...], field: FieldInfo, *, in_list: bool) -> SettingsKey:
    kind, choices = _kind(path, field)
    bounds = [*field.metadata, *_inner_bounds(field.annotation)]
    return SettingsKey(
        path=path,
        kind=kind,
        default="auto" if path in AUTO else _default(field),
        is_needed=field.is_required(),
        help=field.description or "",
        choices=choices,
        least=_bound(bounds, "ge", "gt"),
        most=_bound(bounds, "le", "lt"),
        at_once=is_at_once(path),
        in_list=in_list,
    )


def is_at_once(path: Sequence[str]) -> bool:
    """Whether the key, as the file names it, is used without a restart."""
    table, *below = path
    return table == "camera" or (bool(below) and _FIELDS.get(below[0], below[0]) in AT_ONCE.get(table, ()))


def _kind(path: tuple[str, ...], field: FieldInfo) -> tuple[KeyKind, Sequence[str | int]]:
    if is_secret(path, "x") or not field.repr:
        return KeyKind.SECRET, ()
    annotation = _bare(field.annotation)
    if get_origin(annotation) is Literal:
        return KeyKind.CHOICE, get_args(annotation)
    if get_origin(annotation) is list:
        inner = _bare(get_args(annotation)[0])
        if get_origin(inner) is Literal:
            return KeyKind.CHOICES, get_args(inner)
        return (KeyKind.LIST if inner is str else KeyKind.OTHER), ()
    kinds = {bool: KeyKind.SWITCH, int: KeyKind.WHOLE, float: KeyKind.NUMBER, str: KeyKind.TEXT}
    kind = kinds.get(annotation, KeyKind.OTHER)
    return (KeyKind.SIZE if path[-1] == "max_bytes" else kind), ()


def _bare(annotation: Any) -> Any:  # noqa: ANN401 - an annotation may be anything
    """Without what surrounds a type: Annotated, and None beside it."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
            continue
        others = [part for part in get_args(annotation) if part is not type(None)]
        if type(None) not in get_args(annotation) or len(others) != 1:
            return annotation
        annotation = others[0]


def _inner_bounds(annotation: Any) -> list[Any]:  # noqa: ANN401 - as above
    found: list[Any] = []
    for part in get_args(annotation):
        found += getattr(part, "metadata", [])
        found += _inner_bounds(part) if get_origin(part) is Annotated else []
    return found


def _bound(metadata: Sequence[Any], *names: str) -> float | None:
    for one in metadata:
        for name in names:
            if (value := getattr(one, name, None)) is not None:
                return float(value)
    return None


def _default(field: FieldInfo) -> Value:
    return None if field.is_required() else field.get_default(call_default_factory=True)


def _holds_list(annotation: Any) -> bool:  # noqa: ANN401 - as above
    return get_origin(_bare(annotation)) is list
