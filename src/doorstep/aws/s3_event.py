"""What a bucket says when objects were made in it: which, in which bucket.  Reading them lives elsewhere.

Amazon's form, "Event message structure" of its user guide, where keys come as in the query of an address; a Ceph
cluster says the same with `ceph:s3`, and keys as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_plus

from doorstep.core.off_site_key import RUNNING, SEALED, TOLD

AMAZON, CEPH = "aws:s3", "ceph:s3"
_MADE = "ObjectCreated:"
_CLIP_ENDS = (".mp4", f".mp4{SEALED}")
_NO_CLIPS = (f"{RUNNING}/", f"{TOLD}/")
"""Parts of what still happens, and the marks of what was told."""


@dataclass(frozen=True, slots=True)
class MadeObject:
    """One object that was made, by bucket and key."""

    bucket: str
    key: str

    def is_clip(self, prefix: str) -> bool:
        """Whether it is a whole clip of ours, and not a picture, a part or something else in the bucket."""
        inside = self.key.removeprefix(f"{prefix}/") if prefix else self.key
        return (inside != self.key or not prefix) and inside.endswith(_CLIP_ENDS) and not inside.startswith(_NO_CLIPS)


def made_objects(event: object) -> Sequence[MadeObject]:
    """All that were made, each once, in the order told; what is no such event (a bucket's first test) says of none."""
    records = event.get("Records") if isinstance(event, Mapping) else None
    found = (_made_object(record) for record in records) if isinstance(records, list) else ()
    return list(dict.fromkeys(one for one in found if one is not None))


def _made_object(record: object) -> MadeObject | None:
    if not isinstance(record, Mapping) or record.get("eventSource") not in (AMAZON, CEPH):
        return None
    if not str(record.get("eventName", "")).removeprefix("s3:").startswith(_MADE):
        return None
    try:
        bucket, key = record["s3"]["bucket"]["name"], record["s3"]["object"]["key"]
        as_it_is = record["eventSource"] == CEPH
        return MadeObject(str(bucket), str(key) if as_it_is else unquote_plus(str(key), errors="strict"))
    except (KeyError, TypeError, UnicodeDecodeError):
        return None
