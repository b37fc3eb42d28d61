"""A hub as its owner sets it up, in the tests' world: the program's own `init`, on a machine where all is real but two.

Real are Caddy, sshd, coturn, the firewall, the users, the files and the certificate, which Caddy asks an authority of
the tests for; systemctl is `fakes.hub_systemctl`, and apt-get finds everything installed.
"""

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

import httpx

from fakes import hub_systemctl
from fakes.hub_authority import Authority
from fakes.hub_home import CONFIG, Home
from fakes.hub_phone import Phone
from fakes.hub_world import HUB_HOST, World, world
from fakes.server_process import ROOT, wait_for

PROGRAM = "/usr/local/bin/doorstep-hub"
_CODE = re.compile(r"\bdh1-[A-Za-z0-9_-]+")
_APT = '#!/bin/sh\necho "apt-get $*" >> /root/apt-calls\n'
_MEDIA = re.compile(
    rb"\x00[\x00-\x0f]..(ftyp|moof|mdat|moov)|\x00\x00\x00\x01[\x27\x47\x67\x25\x45\x65]|\xff\xd8\xff[\xdb\xe0\xe1]",
    re.DOTALL,
)
"""How boxes of ISO files begin, H.264's parameter sets and key pictures (Annex B), and JPEGs."""
LARGEST_FILE = 1 << 20
WEB, SSH, TURN = "doorstep-hub-web", "doorstep-hub-ssh", "doorstep-hub-turn"
_CERTIFICATES = "/var/lib/doorstep-hub-web/certificates"
_PUT = f'file=$(find {_CERTIFICATES} -name "$1"); [ -n "$file" ] && cat > "$file"'


class Hub:
    """On the hub of this world."""

    def __init__(self, built: World, authority: Authority) -> None:
        self.world, self.place = built, built.hub
        self.authority = authority
        self._program("/usr/bin/systemctl", Path(hub_systemctl.__file__).read_text(encoding="utf-8"))
        self._program("/usr/sbin/apt-get", _APT)
        self.place.run("systemctl", "enable", "--now", "ssh")  # the administrator's own, by which he came
        self._brought = "/root/doorstep-hub"
        self.place.put(self._brought, hub_program(built.folder).read_bytes())

    def init(self, *more: str, host: str = HUB_HOST) -> str:
        """The one command on the hub; the pairing code that it prints."""
        return self._code(self.place.run("python3", self._brought, "init", host, *more).stdout)

    def pair(self, *words: str) -> str:
        """Another pairing code."""
        return self._code(self.verb("pair", *words).stdout)

    def verb(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.place.run(PROGRAM, *words, check=check)

    def restart(self) -> None:
        """As a machine does it: everything ends, and what is enabled begins."""
        self.place.kill_all()
        self.place.run("systemctl", "boot")

    @contextmanager
    def certificate(self, begins: datetime, ends: datetime) -> Iterator[None]:
        """Caddy's is such a one, and nobody renews it; afterwards the authority answers again, and it gets another."""
        self.authority.stop()
        chain, key = self.authority.signed(HUB_HOST, begins, ends)
        for suffix, text in ((".crt", chain), (".key", key)):
            self.place.run("sh", "-c", _PUT, "sh", f"{HUB_HOST}{suffix}", given=text)
        self.place.run("systemctl", "restart", WEB)
        try:
            yield
        finally:
            self.authority.start()
            self.place.run("sh", "-c", f"rm -rf {_CERTIFICATES}")
            self.place.run("systemctl", "restart", WEB)

    @contextmanager
    def clock(self, wrong: str) -> Iterator[None]:
        """All that begins there takes the time for another, by faketime(1): `+3h` for example."""
        library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
        self.place.run("sh", "-c", f'echo "{wrong}" > /etc/faketimerc; echo {library} > /etc/ld.so.preload')
        try:
            yield
        finally:
            self.place.run("rm", "/etc/ld.so.preload")

    def files(self) -> Sequence[Path]:
        """All that was written on its disk since it was a bare machine, seen from outside."""
        upper = self.world.folder / "hub" / "upper"
        return [path for path in upper.rglob("*") if path.is_file() and not path.is_symlink()]

    def media(self) -> list[str]:
        """Those that are or hold pictures, and whatever is large enough to hold many."""
        found = []
        for path in self.files():
            content = path.read_bytes()
            signs = _MEDIA.findall(content)[:3]
            if (signs and not _is_program(path)) or len(content) > LARGEST_FILE:
                found.append(f"{path}: {len(content)} bytes, {signs}")
        return found

    def listening(self) -> set[tuple[str, str, int]]:
        """Protocol, address and port of everything that listens."""
        lines = [line.split() for line in self.place.run("ss", "-Hltun").stdout.splitlines()]
        places = ((words[0], *words[4].rpartition(":")[::2]) for words in lines)
        return {(kind, address.partition("%")[0], int(port)) for kind, address, port in places}

    def _program(self, path: str, text: str) -> None:
        self.place.put(path, (text if text.startswith("#!") else f"#!/usr/bin/python3\n{text}").encode())

    def _code(self, said: str) -> str:
        found: list[str] = _CODE.findall(said)
        assert len(set(found)) == 1, said
        return found[0]


def hub_program(folder: Path) -> Path:
    """The zip that an owner brings to the hub."""
    path, source = folder / "doorstep-hub", ROOT / "src" / "doorstep"
    files = [source / "__init__.py", source / "core" / "__init__.py", source / "core" / "errors.py"]
    files += [*(source / "core").glob("hub_*.py"), *(source / "hub_machine").glob("*.py")]
    with path.open("wb") as file:
        file.write(b"#!/usr/bin/python3\n")
        with ZipFile(file, "w") as packed:
            packed.write(source / "hub_machine" / "__main__.py", "__main__.py")
            for one in files:
                packed.write(one, str(one.relative_to(ROOT / "src")))
    return path


def _is_program(path: Path) -> bool:
    """The hub's own, which knows these signs as little as any; and what Python makes of it."""
    return path.name == "doorstep-hub" or path.suffix == ".pyc"


@contextmanager
def hub_world(folder: Path) -> Iterator[Hub]:
    """A world with a hub that is not set up yet."""
    with world(folder) as built, Authority(built) as authority:
        yield Hub(built, authority)


@dataclass(frozen=True, slots=True)
class Away:
    """A hub, a box that came to it, and a phone outside."""

    hub: Hub
    home: Home
    phone: Phone

    def reached(self) -> bool:
        """Whether the phone reaches the box through the hub now, asked once and impatiently."""
        try:
            return self.phone.ask("GET", "/healthz", seconds=2.0).status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def joined(hub: Hub, data: Path, config: str = CONFIG) -> Iterator[Away]:
    """A box that runs and came with the code of `init`, its tunnel up; and a phone that trusts the hub's authority."""
    code = hub.init()
    home = Home(hub.world.home, data, config)
    home.start()
    try:
        done = home.join(code)
        assert done.returncode == 0, done.stdout + done.stderr
        made = Away(hub, home, Phone(hub.world.phone, hub.authority.root))
        wait_for(lambda: made.reached() or None, 30, "the way through the hub")
        yield made
    finally:
        try:
            home.stop()
        except subprocess.TimeoutExpired:
            home.kill()
