"""What nginx's rtmp module asks about a publisher or player, read from its form.  Whether it may is for `ingest`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.datastructures import Headers

_MOST_FIELDS = 64
_LONGEST_FIELD = 1024


@dataclass(frozen=True, slots=True)
class RtmpCall:
    """`kind` is publish, play, update_publish or update_play; `name` is the stream's, and may be a key.

    `address` is where the other side comes from, as nginx saw it; `token` is what followed the name as ?token=.
    """

    kind: str
    name: str = field(repr=False)
    address: str
    token: str = field(repr=False)


def is_form(headers: Headers) -> bool:
    """Whether the content is declared as a form (HTML, 4.10.21.6)."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/x-www-form-urlencoded"


def read_call(body: bytes) -> RtmpCall:
    """The form of nginx-rtmp's on_publish, on_play and on_update.  Raises ValueError for anything else.

    The module appends what a stranger wrote behind a ? as it is, so each field may occur once only: nobody tells us
    a second name or address.
    """
    fields = _fields(body)
    return RtmpCall(fields["call"], fields["name"], fields["addr"], fields.get("token", ""))


def _fields(body: bytes) -> Mapping[str, str]:
    fields: dict[str, str] = {}
    for name, value in parse_qsl(body, keep_blank_values=True, max_num_fields=_MOST_FIELDS):
        key = name.decode("utf-8", "replace")
        if key in fields or len(value) > _LONGEST_FIELD:
            msg = "a field stands there twice or is too long"
            raise ValueError(msg)
        fields[key] = value.decode("utf-8", "replace")
    if not all(fields.get(name) for name in ("call", "name", "addr")):
        msg = "call, name and addr must be there"
        raise ValueError(msg)
    return fields
