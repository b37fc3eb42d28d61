"""A real `doorstep run` whose every call that writes is noted by strace."""

import subprocess
import threading
from pathlib import Path

from fakes.server_process import ServerProcess, command
from faults.disk_trace import tracing


class TracedServer(ServerProcess):
    """As its base; the trace is complete once `stop` or `kill` returned."""

    def __init__(self, data: Path, config: str, trace: Path, environment: dict[str, str] | None = None) -> None:
        super().__init__(data, config, environment)
        self.trace = trace

    def start(self) -> None:
        with self.log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [*tracing(self.trace), *command("run", *self._arguments)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self._environment,
            )
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        if not first.startswith("listening on http"):
            self.kill()
            self._process.stdout.close()
            raise AssertionError((first, self.log.read_text()[-3000:]))
        self.url = first.split()[-1]
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()
