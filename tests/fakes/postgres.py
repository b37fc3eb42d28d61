"""A real PostgreSQL on loopback, one for each process of tests, with a database for each who asks."""

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from urllib.parse import quote, urlencode

from fakes.free_port import free_port

USER, PASSWORD = "doorstep", "a pass:word/with@signs%"
READY_SECONDS = 60.0
_NUMBERS = count(1)
# What a power cut would do to it is PostgreSQL's business, so the tests need not wait for disks.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "listen_addresses": "127.0.0.1",
}


def _programs() -> Path | None:
    """Debian keeps them out of the way, the newest version last."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _user() -> str | None:
    """Whom it runs as: PostgreSQL refuses root.  None for who is not root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def missing() -> str:
    """Why there can be none here; empty if there can."""
    if _programs() is None:
        return "postgresql is not installed: `make test-deps`"
    return "" if _user() is None or shutil.which("setpriv") else "setpriv is not installed"


@dataclass
class Postgres:
    """It can be stopped and come back on the same port with what it held."""

    folder: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD, encoding="utf-8")
        if (user := _user()) is not None:
            for path in (self.folder, password):
                shutil.chown(path, user)
        words = ["initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
        words += [f"--username={USER}", f"--pwfile={password}", f"--pgdata={self.folder / 'data'}"]
        subprocess.run(self._as_user(*words), check=True, capture_output=True, timeout=120)

    def start(self) -> None:
        told = {**_SETTINGS, "port": str(self.port), "unix_socket_directories": str(self.folder), **self.settings}
        words = [word for name, value in told.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self._as_user("postgres", "-D", str(self.folder / "data"), *words), stdout=log, stderr=log
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """At once, as when the plug is pulled; it mends itself when it comes back."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(60)
            self.process = None

    def url(self, database: str, *, user: str = USER, password: str = PASSWORD, **query: str) -> str:
        who = f"{quote(user, safe='')}:{quote(password, safe='')}"
        asked = f"?{urlencode(query)}" if query else ""
        return f"postgresql://{who}@127.0.0.1:{self.port}/{database}{asked}"

    def say(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Each by itself; the rows of the last, if it has any."""
        import psycopg  # noqa: PLC0415 - an extra

        found: list[tuple[object, ...]] = []
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
                found = cursor.fetchall() if cursor.description else []
        return found

    def new_database(self, like: str = "template0") -> str:
        """Its name."""
        name = f"test{next(_NUMBERS)}"
        self.say(f"CREATE DATABASE {name} TEMPLATE {like}")
        return name

    def _as_user(self, program: str, *words: str) -> list[str]:
        programs, user = _programs(), _user()
        assert programs is not None
        # It ends with the tests, however those end.
        bound = ["setpriv", "--pdeathsig", "QUIT"] if shutil.which("setpriv") else []
        if user is not None:
            bound += [f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"]
        return [*bound, str(programs / program), *words]

    def _wait_until_ready(self) -> None:
        import psycopg  # noqa: PLC0415 - an extra

        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                assert self.process is not None
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError((self.folder / "log").read_text()[-3000:]) from None
                time.sleep(0.05)
            else:
                return


@contextmanager
def postgres(**settings: str) -> Iterator[Postgres]:
    """One of the caller's own, to be stopped, filled or misled."""
    # Not below pytest's folder: that is ours alone, and PostgreSQL is somebody else where we are root.
    folder = Path(tempfile.mkdtemp(prefix="doorstep-postgres-"))
    made = Postgres(folder, free_port(), settings)
    try:
        made.make()
        made.start()
        yield made
    finally:
        with suppress(subprocess.TimeoutExpired):
            made.stop()
        shutil.rmtree(folder, ignore_errors=True)


@cache
def shared_postgres() -> Postgres:
    """The one of this process, which ends with it."""
    held = postgres()
    made = held.__enter__()
    atexit.register(held.__exit__, None, None, None)
    return made


@cache
def _migrated() -> str:
    """A database with all tables, to be copied: that is quicker than every step anew."""
    from doorstep.catalog.engine import open_engine  # noqa: PLC0415 - only who asks for it
    from doorstep.catalog.upgrade import upgrade  # noqa: PLC0415 - as above

    name = shared_postgres().new_database()
    engine = open_engine(shared_postgres().url(name))
    upgrade(engine)
    engine.dispose()
    return name


def migrated_url() -> str:
    """The address of a new database that has all tables and no row."""
    return shared_postgres().url(shared_postgres().new_database(like=_migrated()))


def empty_url() -> str:
    """The address of a new database without tables."""
    return shared_postgres().url(shared_postgres().new_database())
