"""Where to publish: `rtmp(s)://HOST[:PORT]/APP/KEY`, read from the command line or a file, its key kept out of sight.

Connecting lives in `uplink`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from doorstep.core.errors import ConfigInvalid

PORTS = {"rtmp": 1935, "rtmps": 443}
EXAMPLE = "rtmps://HOST/live/KEY"
LONGEST_FILE = 4096

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Destination:
    """An ingest and the key of one stream there; its text and `repr` never hold the key."""

    tls: bool
    host: str
    port: int
    app: str
    key: str = field(repr=False)

    @property
    def url(self) -> str:
        """The `tcUrl` of RTMP's `connect` (7.2.1.1): without the key."""
        return str(self)

    def __str__(self) -> str:
        scheme = "rtmps" if self.tls else "rtmp"
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[scheme] else f":{self.port}"
        return f"{scheme}://{host}{port}/{self.app}"


def parse_destination(text: str, environment: Mapping[str, str]) -> Destination:
    """`${NAME}` stands for a variable of the environment.  Raises ConfigInvalid with words that hold no key."""
    expanded = _expanded(text.strip(), environment)
    try:
        parts = urlsplit(expanded)
        port = parts.port
    except ValueError:
        msg = f"--to: this is not an address; write it like {EXAMPLE}"
        raise ConfigInvalid(msg) from None
    if parts.scheme not in PORTS or not parts.hostname:
        msg = f"--to: must begin with rtmp:// or rtmps:// and a host; write it like {EXAMPLE}"
        raise ConfigInvalid(msg)
    if parts.username is not None or parts.password is not None or parts.fragment:
        msg = f"--to: RTMP knows no user or password before the host, the key says who publishes; write {EXAMPLE}"
        raise ConfigInvalid(msg)
    app, _, key = parts.path.lstrip("/").partition("/")
    if not app or not key:
        msg = f"--to: needs an application and a key behind the host; write it like {EXAMPLE}"
        raise ConfigInvalid(msg)
    query = f"?{parts.query}" if parts.query else ""
    return Destination(
        tls=parts.scheme == "rtmps",
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        app=unquote(app),
        key=unquote(key) + query,
    )


def read_secret(path: Path, option: str) -> str:
    """The first line of a small file, such as a systemd credential.  Raises ConfigInvalid, which names the option."""
    try:
        with path.open(encoding="utf-8") as file:
            line = file.read(LONGEST_FILE).partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        msg = f"{option}: {path} cannot be read: {reason}"
        raise ConfigInvalid(msg) from None
    if not line:
        msg = f"{option}: the first line of {path} is empty"
        raise ConfigInvalid(msg)
    return line


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in environment:
            msg = f"--to: the environment has no variable {match[1]}"
            raise ConfigInvalid(msg)
        return environment[match[1]]

    return _VARIABLE.sub(value, text)
