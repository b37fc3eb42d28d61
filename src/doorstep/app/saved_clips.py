"""Clips that people keep: who copies them out of buffer and recordings, put together."""

from doorstep.app.server_parts import ServerParts
from doorstep.pipeline.saved_clips import SavedClips


def make_saved_clips(server: ServerParts) -> SavedClips:
    """Nothing runs by itself."""
    return SavedClips(server.clips.recorded, server.shared.storage.store, server.clips.past, server.shared.rows)
