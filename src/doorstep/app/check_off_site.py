"""Looks whether copies lie in buckets that the settings do not name any more: for `doorstep check`.

Whether the bucket that they name can be used: `check_aws`.
"""

from collections.abc import Iterator

from doorstep.app.catalog import open_catalog
from doorstep.app.finding import Finding
from doorstep.catalog.sql_uploads import SqlUploadRecords
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.off_site_line import elsewhere_words
from doorstep.core.settings import Settings
from doorstep.pipeline.off_site_places import REMEDY


def off_site_findings(settings: Settings) -> Iterator[Finding]:
    """None where all copies lie in the bucket of now, or nobody knows: that the catalog is away is said elsewhere."""
    bucket = settings.store.s3
    try:
        engine = open_catalog(settings.server.data, settings.catalog)
        try:
            words = elsewhere_words(SqlUploadRecords(engine).copies_elsewhere(bucket.place if bucket else ""))
        finally:
            engine.dispose()
    except CatalogUnavailable:
        return
    if words:
        yield Finding("copies off-site", ok=True, detail=f"WARNING: {words} {REMEDY}")
