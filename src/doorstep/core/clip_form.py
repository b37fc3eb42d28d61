"""How somebody wants a clip: as one film or as many in a ZIP, cut exactly or from a key frame on."""

from dataclasses import dataclass
from enum import StrEnum


class ClipKind(StrEnum):
    """The file that a clip comes in."""

    MP4 = "mp4"
    ZIP = "zip"


@dataclass(frozen=True, slots=True)
class ClipForm:
    """With `exact` False the clip shows all from the key frame at or before the asked start.

    That is for players that ignore edit lists, which would show it anyway and put the sound beside the picture.  The
    parts of a ZIP always begin with key frames.
    """

    kind: ClipKind = ClipKind.MP4
    exact: bool = True


AS_RECORDED = ClipForm()
"""One MP4 that starts just where it was asked to."""
