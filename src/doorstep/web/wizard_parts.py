"""What the web needs to find cameras and to try one, as functions.  `app` fills it in."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from doorstep.core.camera_probe import FoundCamera, ProbeProgress, ProbeReport, ProbeWish
from doorstep.core.errors import ProbeRefused


async def _nothing_found() -> Sequence[FoundCamera]:
    return ()


async def _no_probe(wish: ProbeWish) -> ProbeReport:
    del wish
    msg = "This server tries no cameras."
    raise ProbeRefused(msg)


@dataclass(frozen=True, slots=True)
class WizardParts:
    """`discover` takes seconds, `probe` a minute at most; it raises ProbeRefused while another runs.

    `progress` is of the probe that runs, None while none does, and `cancel` ends that one.
    """

    discover: Callable[[], Awaitable[Sequence[FoundCamera]]] = _nothing_found
    probe: Callable[[ProbeWish], Awaitable[ProbeReport]] = _no_probe
    progress: Callable[[], ProbeProgress | None] = lambda: None
    cancel: Callable[[], None] = lambda: None
