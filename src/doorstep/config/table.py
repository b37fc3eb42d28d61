"""What all tables of the config file are made of.  The tables themselves stand in `schema`."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError


def unless_auto(value: object) -> object:
    """None for the word "auto"."""
    return None if value == "auto" else value


Text = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
SecondsOrAuto = Annotated[float | None, Field(gt=0, le=3600), BeforeValidator(unless_auto)]


def rule_broken(words: str, key: str) -> PydanticCustomError:
    """That keys which are fine alone do not go together; `key`, seen from the table, is where the error is shown."""
    return PydanticCustomError("rule", "{words}", {"words": words, "key": key})


class Table(BaseModel):
    """What all tables have in common: nothing unknown, nothing converted, no value in an error."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, hide_input_in_errors=True, validate_by_name=False
    )
