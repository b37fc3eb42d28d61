"""Holds a document against the schema, and says what is wrong in the owner's words instead of the validator's."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from doorstep.config.document import Document
from doorstep.config.fault import Fault, shown
from doorstep.config.key_lines import KeyPath
from doorstep.config.schema import ConfigFile
from doorstep.config.table import Table

_WORDS = {
    "missing": "is missing",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number, without quotes",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false, without quotes",
    "list_type": "must be a list in [ ]",
    "model_type": "must be a table",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must consist of a-z, 0-9 and - (not at its ends), at most 40 of them",
    "literal_error": "must be {expected}",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "too_short": "needs at least {min_length} entries, not {actual_length}",
    "too_long": "may have at most {max_length} entries",
    "value_error": "{error}",
    "rule": "{words}",
}
_NOT_OURS = "Take it out, or install the newer Doorstep that knows it"


def judged(document: Document) -> tuple[ConfigFile | None, list[Fault]]:
    """The file as values, or everything that is wrong with it.

    What is wrong is set aside and the rest judged again, so that one fault does not hide another.
    """
    faults: list[Fault] = []
    while True:
        try:
            return ConfigFile.model_validate(document.tables), faults
        except ValidationError as error:
            known = document.aside | {fault.path for fault in faults}
            found = [fault for fault in map(_fault, error.errors(include_input=False)) if fault.path not in known]
        if not found:
            return None, faults
        faults += {fault.path: fault for fault in reversed(found)}.values()
        for fault in found:
            document.set_aside(fault.path)


def _fault(error: ErrorDetails) -> Fault:
    path: KeyPath = error["loc"]
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return Fault(path, _unknown_key(path))
        case "rule":
            places = (int(part) if part.isdigit() else part for part in context["key"].split("."))
            return Fault((*path, *places), context["words"])
        case "list_type" if path[-1] in {"apprise", "button", "camera", "webhook", "zones"}:
            return Fault(path, f"must be written with two brackets: [[{shown(path)}]]")
        case kind:
            return Fault(path, _WORDS.get(kind, "cannot be used").format(**context))


def _unknown_key(path: KeyPath) -> str:
    """With the nearest right key: in the same table, or else in another."""
    *table, last = path
    name = str(last)
    here = _keys_of(_table_at(tuple(table)))
    if near := get_close_matches(name, here, 1, 0.6):
        return f"unknown key; did you mean {near[0]}?"
    elsewhere = {key.rpartition(".")[2]: key for key in _all_keys()}
    if near := get_close_matches(name, elsewhere, 1, 0.75):
        return f"unknown key; did you mean {elsewhere[near[0]]}?"
    nearest = get_close_matches(name, here, 1, 0.0)
    return f"unknown key; {f'the nearest that is known here is {nearest[0]}. ' if nearest else ''}{_NOT_OURS}"


def _table_at(path: KeyPath) -> type[Table]:
    table: type[Table] = ConfigFile
    for key in path:
        if isinstance(key, str):
            table = _tables_of(table).get(key, table)
    return table


def _keys_of(table: type[Table]) -> list[str]:
    return [field.alias or name for name, field in table.model_fields.items()]


def _tables_of(table: type[Table]) -> dict[str, type[Table]]:
    """The keys that hold a table, or a list of them."""
    found = {field.alias or name: table_in(field.annotation) for name, field in table.model_fields.items()}
    return {key: below for key, below in found.items() if below is not None}


def table_in(annotation: Any) -> type[Table] | None:  # noqa: ANN401 - an annotation may be anything
    """The table that a key of this type holds, itself or in a list; None for other types."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    return next((found for part in get_args(annotation) if (found := table_in(part))), None)


def _all_keys(table: type[Table] = ConfigFile, prefix: str = "") -> Iterator[str]:
    below = _tables_of(table)
    for key in _keys_of(table):
        yield f"{prefix}{key}"
        if key in below:
            yield from _all_keys(below[key], f"{prefix}{key}.")
