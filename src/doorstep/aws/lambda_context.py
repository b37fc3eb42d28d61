"""What Lambda tells a function of one call, as far as ours look at it."""

from typing import Protocol


class Context(Protocol):
    """Of one call."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Until it is ended."""
        ...
