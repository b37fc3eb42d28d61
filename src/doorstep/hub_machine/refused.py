"""What ends a verb of the hub's program with one sentence: what happened, what was kept, what to do."""

from doorstep.core.errors import HubError


class HubRefused(HubError):
    """The hub cannot or will not do it; the message is for the person at the terminal."""


class HubFull(HubRefused):
    """No space is left on the disk; what was there before is still there, whole."""


class StateUnreadable(HubRefused):
    """A file of the hub's state is not what the hub writes; it was left as it is."""
