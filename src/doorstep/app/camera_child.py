"""What reads a camera in a confined child: the usual sources with the machine's own clock.  Imported there by name."""

from doorstep.clock import SystemClock
from doorstep.sources import readers
from doorstep.sources.source_spec import SourceSpec
from doorstep.sources.threaded import BlockingSource

READERS = "doorstep.app.camera_child:reader_of"
"""For `Nursery(readers=...)`."""


def reader_of(spec: SourceSpec) -> BlockingSource:
    """The source, not yet opened.  Raises ConfigInvalid, SourceRefused."""
    return readers.reader_of(spec, SystemClock())
