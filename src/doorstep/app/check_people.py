"""Compares for `doorstep check` whose channels the config says they are with those who have an account."""

from collections.abc import Sequence

from doorstep.app.catalog import open_catalog
from doorstep.app.channels import EMAIL
from doorstep.app.finding import Finding
from doorstep.app.folders import catalog_path
from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.health_rules import unknown_person
from doorstep.core.notify_settings import NotifySettings
from doorstep.core.recipient import Recipient
from doorstep.core.settings import Settings


def people_findings(settings: Settings) -> Sequence[Finding]:
    """Nothing where no channel names a person, or nobody has an account yet.  Blocks."""
    named = _named(settings.notify)
    try:
        people = _people(settings) if named else ()
    except CatalogUnavailable as error:
        return (Finding("people", ok=False, detail=str(error)),)
    if not people:
        return ()
    trouble = unknown_person(named, people)
    if trouble is not None:
        return (Finding("people", ok=False, detail=f"{trouble.what} {trouble.remedy}"),)
    return (Finding("people", ok=True, detail="Whoever the channels name has an account."),)


def _named(settings: NotifySettings) -> Sequence[Recipient]:
    found = [(one.name, one.person) for one in settings.apprise]
    found += [(one.name, one.person) for one in settings.webhooks]
    if settings.email is not None:
        found.append((EMAIL, settings.email.person))
    return [Recipient(name, name, person=person) for name, person in found if person is not None]


def _people(settings: Settings) -> Sequence[str]:
    """Nobody where the catalog is not there yet, or not what this version needs: the server mends that."""
    if not settings.catalog.url and not catalog_path(settings.server.data).exists():
        return ()
    engine = open_catalog(settings.server.data, settings.catalog)
    try:
        return [one.name for one in SqlAccountRecords(engine).accounts()]
    except CatalogUnavailable:
        return ()
    finally:
        engine.dispose()
