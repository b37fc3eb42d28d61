"""Why a stream cannot be sent on, named after what the publisher can do about it."""

from doorstep.core.errors import DoorstepError


class IngestError(DoorstepError):
    """The connection to an ingest is over, or never was."""


class IngestLost(IngestError):
    """The net or the server failed; trying again may help."""


class IngestRefused(IngestError):
    """The server said no (key, certificate, kind of server); trying again soon will not help."""
