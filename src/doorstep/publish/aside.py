"""A blocking call beside the event loop that nobody has to wait for: name look-ups and HTTP can hang for long.

The loop's own executor is no place for them: the end of the process would wait for it.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def aside(call: Callable[[], T], name: str) -> T:
    """What `call` returns or raises, run in a daemon thread of its own; cancelled, it is left to itself."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(error: BaseException | None, result: T | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        error: BaseException | None = None
        result: T | None = None
        try:
            result = call()
        except BaseException as raised:  # noqa: BLE001 - nothing is swallowed: it is raised again on the loop
            error = raised
        try:
            loop.call_soon_threadsafe(settle, error, result)
        except RuntimeError:  # the loop is closed: nobody listens any more
            return

    threading.Thread(target=run, name=name, daemon=True).start()
    return await future
