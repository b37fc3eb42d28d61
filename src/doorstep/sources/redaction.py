"""How a camera's address is shown: without the secrets in it.  What it means is told in `address`."""

import re

_SECRET_PARAMETERS = re.compile(
    r"([?&;](?:pass(?:word|wd)?|pwd|token|key|secret|auth|user(?:name)?|usr)=)[^&#;]*", re.IGNORECASE
)

# What follows the application in an RTMP address is the key of the stream.
_STREAM_KEY = re.compile(r"^(/[^/?#]+/).+")


def redacted(address: str) -> str:
    """The address with every user name, password, token and stream key replaced by ***; for logs, pages and errors.

    Whatever stands before the last @ of the host part goes, also where the address is no good one.
    """
    head, separator, rest = address.partition("://")
    if not separator:
        head, rest = "", address
    end = min((rest.find(mark) for mark in "/?#" if mark in rest), default=len(rest))
    if "@" in rest[end:] and "@" not in rest[:end] and not rest.startswith("/"):
        end = rest.rfind("@") + 1  # a password with a slash in it
    host = rest[:end]
    if "@" in host:
        host = "***@" + host.rpartition("@")[2]
    path = _SECRET_PARAMETERS.sub(r"\1***", rest[end:])
    if head.lower().startswith("rtmp"):
        path = _STREAM_KEY.sub(r"\1***", path)
    return head + separator + host + path
