"""How the tests are shared out among the workers of `pytest -n`."""

from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]
from xdist.workermanage import WorkerController  # type: ignore[import-untyped]

LOOKS = "tests/browser/test_looks.py"
BROWSER = "tests/browser"
"""One worker runs all of it in one go: these tests share a house and a chromium, whose loop must not run beside
another's.  Both end with the package, so that the worker goes on with others.  What only looks is a third of it, and
another worker's where there are enough.
"""
ENOUGH = 4

LONG = (BROWSER, "tests/faults", "tests/end_to_end", "tests/publish", "tests/app", "tests/adapters")
"""Folders whose tests wait more than they reckon, the longest first."""

CABLES = "fakes.far_network"
"""Whoever takes this makes network interfaces, and removes them.  A chromium then takes the network for another one and
breaks off whatever it loads (ERR_NETWORK_CHANGED).
"""


class Shares(LoadScopeScheduling):  # type: ignore[misc]
    """A file is one worker's, for its tests share servers.  What is long begins first, so that none is left alone with
    it at the end; the order is random otherwise.
    """

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        self.config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file == LOOKS and self.numnodes >= ENOUGH:
            return LOOKS
        return BROWSER if file.startswith(f"{BROWSER}/") else file

    def _assign_work_unit(self, node: WorkerController) -> None:
        self.workqueue.move_to_end(min(self.workqueue, key=self._place), last=False)
        super()._assign_work_unit(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """The test in which this worker died, which is not tried again: xdist's own would, with each worker it has."""
        shares: list[dict[str, bool]] = list(self.assigned_work[node].values())
        died_in = next((test for share in shares for test, is_done in share.items() if not is_done), None)
        for share in shares:
            if died_in is not None and died_in in share:
                share[died_in] = True
        super().remove_node(node)
        return died_in

    def _place(self, share: str) -> int:
        """Where it comes in the queue; a worker that is alone ends with the browser's, and cables wait for its end."""
        if share == BROWSER and len(self.nodes) == 1:
            return len(LONG) + 1
        if self._browser_runs() and share not in (BROWSER, LOOKS) and _needs_cables(self.config.rootpath / share):
            return len(LONG) + 1
        return next((number for number, folder in enumerate(LONG) if share.startswith(folder)), len(LONG))

    def _browser_runs(self) -> bool:
        pages = (mine.get(share, {}) for mine in self.assigned_work.values() for share in (BROWSER, LOOKS))
        return any(not all(page.values()) for page in pages)


@cache
def _needs_cables(path: Path) -> bool:
    """As its import says, or that of the module of the same name beside it."""
    both = (path, path.with_name(path.name.removeprefix("test_")))
    return any(CABLES in one.read_text(encoding="utf-8") for one in both if one.is_file())
