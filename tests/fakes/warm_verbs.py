"""A Python that has imported what the commands of a Doorstep need, and runs each in a copy of itself: without the
second and a half that a process needs to begin.  Which Doorstep that is says its environment.

A copy can be watched by strace from its first step on, without the thousands of calls of its imports.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ENDS_WITHIN_SECONDS = 300
_SERVER = """
import json, os, signal, sys
from doorstep.cli.main import main

def ended(order):
    for number, name in enumerate(("in", "out", "err")):
        descriptor = os.open(order[name], (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)[number])
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin, sys.stdout, sys.stderr = (open(number, "rw"[number > 0], closefd=False) for number in range(3))
    if order["stops"]:
        os.kill(os.getpid(), signal.SIGSTOP)
    try:
        if order["code"]:
            sys.argv = ["-c", *order["words"]]
            exec(order["code"], {"__name__": "__main__"})
            return 0
        sys.argv = ["doorstep", *order["words"]]
        main()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        import traceback
        traceback.print_exc()
        return 1

for line in sys.stdin:
    order = json.loads(line)
    if order.get("here"):  # what it imports stays
        sys.argv, sys.stdout = ["doorstep", *order["here"]], open(os.devnull, "w")
        try:
            main()
        except SystemExit:
            pass
        sys.stdout = sys.__stdout__
        print("{}", flush=True)
        continue
    copy = os.fork()
    if copy == 0:
        code = ended(order)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    if order["stops"]:
        os.waitpid(copy, os.WUNTRACED)
    print(json.dumps({"process": copy}), flush=True)
    print(json.dumps({"ended": os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])}), flush=True)
"""


class WarmVerbs:
    """One of a version; for one thread."""

    def __init__(self, environment: dict[str, str]) -> None:
        """Blocks for as long as a process needs to begin.  It ends with this one, or by `end`."""
        self._folder = TemporaryDirectory(prefix="doorstep-warm-")
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        atexit.register(self.end)
        # A verb that makes a catalog imports all that one needs.
        self._ordered({"here": ["tokens", "list", "--data", f"{self._folder.name}/data"]})

    def end(self) -> None:
        """Nothing that it began runs any more."""
        atexit.unregister(self.end)
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()

    def run(self, *words: str, stdin: str = "", code: str = "", strace: Sequence[str] = ()) -> tuple[int, str, str]:
        """A verb's exit code (negative: by that signal), and what it printed and complained of; or that of `code`.

        With `strace`, its words: watched by it.
        """
        folder = Path(self._folder.name)
        files = {name: folder / name for name in ("in", "out", "err")}
        for file in files.values():
            file.write_text("")
        files["in"].write_text(stdin)
        named = {name: str(file) for name, file in files.items()}
        copy = self._ordered({"words": words, "code": code, "stops": bool(strace), **named})["process"]
        with _watching(copy, strace):
            ended = self._told()["ended"]
        return ended, files["out"].read_text(), files["err"].read_text(errors="replace")

    def _ordered(self, order: dict[str, object]) -> dict[str, int]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(order)}\n")
        self._process.stdin.flush()
        return self._told()

    def _told(self) -> dict[str, int]:
        assert self._process.stdout is not None
        told: dict[str, int] = json.loads(self._process.stdout.readline())
        return told


@contextmanager
def _watching(process: int, strace: Sequence[str]) -> Iterator[None]:
    """It stopped itself, and goes on once it is watched."""
    if not strace:
        yield
        return
    words = [*strace, "-p", str(process)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as watcher:
        assert watcher.stderr is not None
        line = watcher.stderr.readline()
        if "attached" not in line:
            os.kill(process, signal.SIGKILL)
            raise AssertionError(line)
        os.kill(process, signal.SIGCONT)
        yield
        watcher.communicate(timeout=ENDS_WITHIN_SECONDS)
