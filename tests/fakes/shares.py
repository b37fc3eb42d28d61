"""How the tests are shared out among the workers of `pytest -n`."""

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]
from xdist.workermanage import WorkerController  # type: ignore[import-untyped]

BROWSER = "tests/browser"
"""One worker runs all of it and nothing behind it: these tests share a house and a chromium, whose loop runs until that
worker ends and must not run beside another's.
"""

LONG = (BROWSER, "tests/faults", "tests/end_to_end", "tests/publish", "tests/app", "tests/adapters")
"""Folders whose tests wait more than they reckon, the longest first."""


class Shares(LoadScopeScheduling):  # type: ignore[misc]
    """A file is one worker's, for its tests share servers.  What is long begins first, so that none is left alone with
    it at the end; the order is random otherwise.
    """

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        self.config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return BROWSER if file.startswith(f"{BROWSER}/") else file

    def _reschedule(self, node: WorkerController) -> None:
        if BROWSER in self.assigned_work[node] and not node.shutting_down:
            node.shutdown()
        else:
            super()._reschedule(node)

    def _assign_work_unit(self, node: WorkerController) -> None:
        self.workqueue.move_to_end(min(self.workqueue, key=self._place), last=False)
        super()._assign_work_unit(node)

    def _place(self, share: str) -> int:
        """Where it comes in the queue; a worker that is alone ends with the browser's."""
        if share == BROWSER and len(self.nodes) == 1:
            return len(LONG) + 1
        return next((number for number, folder in enumerate(LONG) if share.startswith(folder)), len(LONG))
