"""What a key may run on the hub of the tests: `serve NAME` and `pair-in NAME`, by the formats both ends agreed on.

The hub's own program is another (`hub_machine`); this one shows its environment, and pairs whoever asks first.
"""

import json
import os
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from doorstep.core.errors import HubError
from doorstep.core.hub_line import tunnel_line
from doorstep.core.hub_names import LET_GO
from doorstep.core.hub_pairing import Pairing, PairingFault, pair_answer, pair_refusal, read_pair_request
from doorstep.core.hub_status import HubStatus, read_question, status_line


def serve(folder: Path) -> int:
    """Says at once how it is and then each second, echoes, ends with its input."""
    (folder / "environment.json").write_text(json.dumps(dict(os.environ)))
    pid = folder / "session.pid"
    if os.environ.get("SSH_ORIGINAL_COMMAND") == LET_GO:
        former = pid.read_text().split() if pid.exists() else []
        for one in former:
            with suppress(ProcessLookupError):  # the second ends with the first
                os.kill(int(one), signal.SIGKILL)
        (folder / "let-go").touch()
        return 0
    pid.write_text(f"{os.getpid()} {os.getppid()}")
    told, rest = 0.0, b""
    while True:
        if time.monotonic() - told >= 1.0:
            told = time.monotonic()
            _say(None)
        ready, _, _ = select.select([0], [], [], 0.2)
        if not ready:
            continue
        came = os.read(0, 4096)
        if not came:
            return 0
        *lines, rest = (rest + came).split(b"\n")
        for line in lines:
            _say(read_question(line))


def _say(echo: int | None) -> None:
    status = HubStatus(int(time.time()), reached=True, bytes_month=7, seen_from="203.0.113.5", echo=echo)
    os.write(1, status_line(status))


def pair_in(folder: Path) -> int:
    """One line in, one line out; only the first with this code is taken."""
    if (folder / "fault").exists():
        os.write(1, pair_refusal(PairingFault((folder / "fault").read_text())))
        return 0
    if (folder / "words").exists():
        os.write(1, (folder / "words").read_bytes())
        return 0
    try:
        key = read_pair_request(sys.stdin.buffer.readline(4096))
    except HubError:
        os.write(1, pair_refusal(PairingFault.BAD))
        return 1
    if (folder / "paired").exists():
        os.write(1, pair_refusal(PairingFault.USED))
        return 0
    (folder / "paired").write_bytes(key)
    place = json.loads((folder / "place.json").read_text())
    line = tunnel_line(place["box"], place["port"], key, str(folder / "doorstep-hub"))
    with (folder / "authorized_keys").open("a") as keys:
        keys.write(line + "\n")
    os.write(1, pair_answer(Pairing(**place)))
    return 0


if __name__ == "__main__":
    verb = serve if sys.argv[2] == "serve" else pair_in
    sys.exit(verb(Path(sys.argv[1])))
