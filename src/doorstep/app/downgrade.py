"""The way back to an older Doorstep: the catalog of before its upgrade, put in place again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from doorstep.app.folders import catalog_path, locked
from doorstep.app.older_names import BEFORE
from doorstep.catalog.putting_back import Snapshot, last_step_of, newer_events, put_back, whole_snapshots
from doorstep.config.document import parse, read_text
from doorstep.config.older_names import called_otherwise
from doorstep.config.page_rules import names_in
from doorstep.config.secrets_file import read_secrets, secrets_beside
from doorstep.core.cloud_settings import CatalogSettings
from doorstep.core.errors import ConfigInvalid, DoorstepError
from doorstep.core.releases import RELEASES, revision_of, version_of

_BEFORE_THE_PAGE = RELEASES[0][1]
"""Who knows this step and no later one reads no settings that the page keeps outside of a config that is named."""


@dataclass(frozen=True, slots=True)
class Downgraded:
    """What was put in place, where the catalog of before went, and how many events only that one knows."""

    snapshot: Snapshot
    aside: Path
    lost_events: int
    notes: tuple[str, ...]


def kept_catalogs(data: Path, kept: CatalogSettings) -> list[Snapshot]:
    """Newest first.  The server may run.  Raises ConfigInvalid."""
    _refuse_postgres(kept)
    try:
        return whole_snapshots(_catalog(data))
    except OSError as error:
        msg = f"The data folder {data} cannot be read ({error.strerror}). Name another with --data."
        raise ConfigInvalid(msg) from error


def downgrade(
    data: Path, kept: CatalogSettings, to: str, config: Path | None, own: Path | None = None
) -> Downgraded | None:
    """Give the catalog back to the Doorstep of version `to`, which is installed afterwards; None if it reads it as is.

    `config` is the file that was named; where none was, `own` is the page's.  The server must be stopped.  No recording
    is touched.  Raises ConfigInvalid, CatalogUnavailable, DoorstepError: then nothing was changed.
    """
    _refuse_postgres(kept)
    wanted = revision_of(to)
    if wanted is None:
        known = ", ".join(version for version, _ in RELEASES)
        msg = f"{to} is no version of Doorstep with a catalog that is known here. Known: {known}."
        raise ConfigInvalid(msg)
    notes = tuple(_notes(config or own, to, is_named=config is not None))
    with locked(data):
        catalog = _catalog(data)
        if not catalog.exists():
            msg = f"There is no catalog in {data}. Name the data folder with --data."
            raise ConfigInvalid(msg)
        now = last_step_of(catalog)
        if now <= wanted:
            return None
        try:
            snapshot = _chosen(catalog, wanted, now, to)
            lost = newer_events(catalog, snapshot.path)
            aside = put_back(catalog, snapshot.path)
        except OSError as error:
            msg = (
                f"The catalog could not be put back ({error.strerror}). Nothing was changed. Check {data} and its disk."
            )
            raise DoorstepError(msg) from error
    return Downgraded(snapshot, aside, lost, notes)


def _catalog(data: Path) -> Path:
    """Behind links: the copies lie beside the file itself."""
    return catalog_path(data).resolve()


def _chosen(catalog: Path, wanted: str, now: str, to: str) -> Snapshot:
    """What `to` wrote last on the catalog's way to what it is now.

    One that was taken before `to` itself brought it up lacks all that `to` wrote; one that was taken for an upgrade
    that failed may be years old.
    """
    for snapshot in whole_snapshots(catalog):
        if snapshot.revision <= wanted < snapshot.made_for <= now:
            return snapshot
    msg = (
        f"No copy of the catalog that {to} reads lies in {catalog.parent}. Move the catalog away, install {to}, and "
        "make a new one with `doorstep fsck --repair`: every recording is found again."
    )
    raise DoorstepError(msg)


def _refuse_postgres(kept: CatalogSettings) -> None:
    if kept.url:
        msg = "The catalog is a PostgreSQL, of which Doorstep keeps no copy. Bring back what `pg_dump` made before."
        raise ConfigInvalid(msg)


def _notes(config: Path | None, to: str, *, is_named: bool) -> Iterator[str]:
    """What an older Doorstep would not find in the config.  Raises ConfigInvalid."""
    if config is None or not config.exists():
        return
    version, place = version_of(to), secrets_beside(config)
    tables = parse(read_text(config), str(config), config.absolute().parent).tables
    for then, now in called_otherwise(tables, version):
        yield f"Doorstep {version} calls {now} {then}: rename it in {config}{_or_copy(config)}"
    if revision_of(to) != _BEFORE_THE_PAGE:
        return
    if names := sorted(names_in(tables).intersection(read_secrets(place))):
        yield f"Doorstep {version} does not read {place}: give it {', '.join(names)} in its environment"
    if not is_named:
        yield f"Doorstep {version} does not look for {config}: name it with --config"


def _or_copy(config: Path) -> str:
    copies = sorted(path.name for path in config.parent.iterdir() if path.name.startswith(f"{config.name}{BEFORE}"))
    return f", or put back {', '.join(copies)}" if copies else ""
