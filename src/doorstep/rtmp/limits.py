"""How much a peer may make us hold: every length is held against one of these before bytes are kept."""

from dataclasses import dataclass

MOST_CHUNK_STREAMS = 64
MOST_CHUNK_BYTES = 2**20
MOST_COMMAND_BYTES = 64 * 2**10
MOST_COMMANDS_BEFORE_ACCEPTED = 32
MOST_BYTES_BEFORE_ACCEPTED = 256 * 2**10
MOST_NAME_CHARACTERS = 512


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Of one message, and of all unfinished messages of one peer together, in bytes."""

    message: int
    unfinished: int


STRANGER = ReadLimits(message=MOST_COMMAND_BYTES, unfinished=2 * MOST_COMMAND_BYTES)
"""Before somebody has decided that the peer may send media."""

KNOWN = ReadLimits(message=8 * 2**20, unfinished=12 * 2**20)
"""From then on: a key frame of 8 MiB is far beyond what a camera sends."""
