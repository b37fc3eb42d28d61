"""Why a conversation over RTMP cannot go on."""

from doorstep.core.errors import MediaInvalid


class RtmpInvalid(MediaInvalid):
    """The peer broke the protocol or a limit: close the connection.  The only error that `rtmp` raises."""
