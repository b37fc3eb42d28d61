"""Log lines on standard error: one structured line for each change of state, with nothing secret in it."""

import logging
import re
import sys

from doorstep.cli.left_out import left_out

with left_out("rich"):  # with it, for tracebacks in colours that nobody is shown, structlog takes 5 MiB more
    import structlog
    from structlog.typing import EventDict, WrappedLogger

SECRET_IN_ADDRESS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/\s@]+@")
SECRET_KEYS = ("password", "token", "secret", "cookie", "authorization", "stream_key")


class StandardError(structlog.PrintLogger):
    """Standard error as it is when a line is written: who replaced it for a while may have closed his own."""

    def msg(self, message: str) -> None:
        """One line."""
        print(message, file=sys.stderr, flush=True)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def configure_logs(*, as_json: bool) -> None:
    """Once, at the start of the process."""
    final = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            final,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: StandardError(),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Passwords inside addresses and values under telling names never reach a line."""
    for key, value in event.items():
        if any(word in key.lower() for word in SECRET_KEYS):
            event[key] = "***"
        elif isinstance(value, str):
            event[key] = SECRET_IN_ADDRESS.sub(r"\g<scheme>***@", value)
    return event
