"""Puts store, catalog and side room of a data folder together for `doorstep fsck`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Event

from sqlalchemy import Engine

from doorstep.app.catalog import IN_FILE, open_catalog, own_catalog
from doorstep.app.folders import catalog_path, locked
from doorstep.catalog.integrity import integrity_faults
from doorstep.catalog.memory import MemoryCatalog
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.tables import HEAD
from doorstep.catalog.upgrade import revision
from doorstep.clock import SystemClock
from doorstep.core.agreement import Disagreement, Fault
from doorstep.core.cloud_settings import CatalogSettings
from doorstep.core.errors import BlobMissing, CatalogUnavailable, ConfigInvalid, MediaInvalid, StoreUnavailable
from doorstep.pipeline.fsck import Findings, Fsck, Progress
from doorstep.pipeline.mend import Mender
from doorstep.ports import Catalog
from doorstep.stores.local import LocalStore
from doorstep.stores.lost_and_found import LostAndFound

SETTLES_AFTER = timedelta(minutes=1)
"""What a running server wrote longer ago than this is done; its catalog is at most a few seconds behind its disk."""

AGAIN_AFTER_SECONDS = 10.0
"""Beside a running server: longer than bytes wait for their sync, and a row for its turn."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One fault and what became of it; `mended` is None where it is as it was, for the reason in `trouble` if any."""

    found: Disagreement
    mended: str | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class FsckResult:
    """All of it.  `running`: a server was at work, so nothing was changed and what is new was not judged."""

    findings: Findings
    outcomes: tuple[Outcome, ...]
    running: bool

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong (any more)."""
        return all(outcome.mended is not None for outcome in self.outcomes)


def check_recordings(
    data: Path, post_roll: float, progress: Progress, *, repair: bool, kept: CatalogSettings = IN_FILE
) -> FsckResult:
    """Compare, and with `repair` mend; blocks for as long as reading every recording takes.

    Raises ConfigInvalid (no such folder; `repair` while a server runs), CatalogUnavailable, StoreUnavailable.
    """
    if not (data / "recordings").is_dir() and not _is_there(data, kept):
        msg = f"There is nothing of Doorstep in {data}. Name the data folder with --data or server.data."
        raise ConfigInvalid(msg)
    with ExitStack() as held:
        running = not _lock(data, held, must=repair)
        catalog, faults = held.enter_context(_catalog(data, kept, repair=repair))
        result = _compared(data, catalog, post_roll, progress, repair=repair, running=running)
    outcomes = (*(Outcome(fault) for fault in faults), *result.outcomes)
    return replace(result, outcomes=outcomes)


def _lock(data: Path, held: ExitStack, *, must: bool) -> bool:
    """Whether the folder is ours until `held` is closed."""
    try:
        held.enter_context(locked(data))
    except ConfigInvalid as error:
        if not must:
            return False
        msg = f"{error} Without --repair, fsck only reads and may run beside the server."
        raise ConfigInvalid(msg) from error
    return True


def _compared(
    data: Path, catalog: Catalog, post_roll: float, progress: Progress, *, repair: bool, running: bool
) -> FsckResult:
    store, room = LocalStore(data / "recordings"), LostAndFound(data / "recordings")
    settled_before = SystemClock().now() - SETTLES_AFTER if running else None
    findings = Fsck(store, catalog, room, progress).look(settled_before, lambda: _wait(AGAIN_AFTER_SECONDS))
    mend = Mender(store, catalog, room, post_roll).mend if repair else _left
    outcomes = tuple(_tried(mend, fault) for fault in findings.faults)
    return FsckResult(_with_held(findings, room), outcomes, running)


def _wait(seconds: float) -> None:
    Event().wait(seconds)


def _tried(mend: Callable[[Disagreement], str | None], fault: Disagreement) -> Outcome:
    """One that cannot be mended must not keep the others from it."""
    try:
        return Outcome(fault, mend(fault))
    except (BlobMissing, CatalogUnavailable, MediaInvalid, StoreUnavailable) as error:
        return Outcome(fault, trouble=str(error))


def _left(_fault: Disagreement) -> None:
    return None


def _with_held(findings: Findings, room: LostAndFound) -> Findings:
    count, size = room.held()
    if not count:
        return findings
    note = f"set+aside holds {count} files, {size / 1e6:.1f} MB: look at them, then delete what you do not need"
    return Findings(
        findings.events, findings.recordings, findings.recorded_bytes, findings.faults, (*findings.notes, note)
    )


@contextmanager
def _catalog(data: Path, kept: CatalogSettings, *, repair: bool) -> Iterator[tuple[Catalog, Sequence[Disagreement]]]:
    """The catalog and what is wrong with its file.  Without one, `repair` begins a new one."""
    if not _is_there(data, kept) and not repair:
        yield MemoryCatalog(), [_of_catalog("there is none; --repair makes one from the recordings")]
        return
    engine = own_catalog(data, kept) if repair else open_catalog(data, kept)
    try:
        _refuse_other_versions(engine)
        yield SqlCatalog(engine), [_of_catalog(words) for words in integrity_faults(engine)]
    finally:
        engine.dispose()


def _refuse_other_versions(engine: Engine) -> None:
    if revision(engine) != HEAD:
        msg = "The catalog was written by another version of Doorstep. Start this one once, or use --repair."
        raise CatalogUnavailable(msg)


def _of_catalog(words: str) -> Disagreement:
    return Disagreement(Fault.CATALOG, "catalog", None, words)


def _is_there(data: Path, kept: CatalogSettings) -> bool:
    return bool(kept.url) or catalog_path(data).exists()
