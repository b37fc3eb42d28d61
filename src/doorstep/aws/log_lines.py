"""One line of JSON for each thing that a function did, as CloudWatch reads it.  No links, addresses or secrets."""

import json
import sys


def say(what: str, **more: str | float | bool | None) -> None:
    """To standard output, at once."""
    sys.stdout.write(json.dumps({"event": what, **more}) + "\n")
    sys.stdout.flush()
