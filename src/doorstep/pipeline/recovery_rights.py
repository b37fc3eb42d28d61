"""Whether the keys of a recovery may read at all: one object that they may not is passed over, but not all of them."""

from collections.abc import Callable, Iterator, Sequence
from threading import Lock

from doorstep.core.errors import (
    BlobMissing,
    DoorstepError,
    MediaInvalid,
    StoreForbidden,
    StoreRefused,
    StoreUnavailable,
)
from doorstep.core.recovery_plan import Listed, RecoveryPlan

MOST_ASKED = 8


class ReadingRights:
    """Asks others of the plan once one was forbidden.  Thread-safe; `read` is as `Bucket` has it."""

    def __init__(self, read: Callable[[Listed], Iterator[bytes]], plan: RecoveryPlan) -> None:
        self._read = read
        self._plan = plan
        self._asking = Lock()
        self._may_read: bool | None = None

    def passed_over(self, error: DoorstepError) -> str:
        """Why an object cannot be had.  Raises the error itself, StoreForbidden, where none that is asked can."""
        if isinstance(error, StoreForbidden):
            with self._asking:
                if self._may_read is None:
                    self._may_read = any(map(self._is_read, _some_of(self._plan)))
            if not self._may_read:
                raise error
        return str(error)

    def _is_read(self, at: Listed) -> bool:
        try:
            next(self._read(at), b"")
        except (MediaInvalid, StoreRefused) as error:
            return not isinstance(error, StoreForbidden)  # what is broken, or sealed with another key, was read
        except (BlobMissing, StoreUnavailable):
            return False
        return True


def _some_of(plan: RecoveryPlan) -> Sequence[Listed]:
    """Of every kind and time."""
    lying = [copy.at for copy in plan.copies] + [part.at for event in plan.events for part in event.parts]
    return lying[:: -(-len(lying) // MOST_ASKED)]
