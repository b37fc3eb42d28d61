"""What the store says of an event's pictures: whether it has them, and where in its still somebody is."""

from dataclasses import dataclass

from doorstep.core.detection import Box
from doorstep.core.errors import BlobMissing
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.media.still_box import FRONT_BYTES, box_in
from doorstep.ports import Store


@dataclass(frozen=True, slots=True)
class Pictures:
    """`box` is the still's own, None where it does not say."""

    are_there: bool
    box: Box | None = None


def pictures_of(store: Store, key: str) -> Pictures:
    """Of the recording with this key.  Blocks; raises StoreUnavailable."""
    if not store.exists(thumbnail_key(key)):
        return Pictures(are_there=False)
    try:
        return Pictures(are_there=True, box=box_in(store.read(still_key(key), 0, FRONT_BYTES)))
    except BlobMissing:
        return Pictures(are_there=False)
