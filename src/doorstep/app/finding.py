"""One line of `doorstep check`.  Finding out is `check`'s business; this file stays light, for the command's help."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What was tried, whether it works, and what was seen or is to be done."""

    what: str
    ok: bool
    detail: str
