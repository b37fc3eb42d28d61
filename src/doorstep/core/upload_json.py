"""How far an upload has come as JSON, for its row."""

import json

from doorstep.core.upload import BegunUpload


def begun_text(begun: BegunUpload) -> str:
    """To be read by `begun_of`."""
    told = {
        "upload_id": begun.upload_id,
        "part_bytes": begun.part_bytes,
        "size": begun.size,
        "etags": list(begun.etags),
        "salt": begun.salt,
    }
    return json.dumps(told, separators=(",", ":"))


def begun_of(text: str) -> BegunUpload | None:
    """None where nobody can read it: the sending begins anew."""
    try:
        told = json.loads(text)
        etags = tuple(map(str, told["etags"]))
        return BegunUpload(
            str(told["upload_id"]), int(told["part_bytes"]), int(told["size"]), etags, str(told.get("salt", ""))
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
