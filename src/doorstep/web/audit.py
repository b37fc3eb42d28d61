"""Who did what, for the owner to look up."""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import Query

from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.live_shapes import AuditShape, audit_entry_shape

router = resource("audit")


@router.get("/audit")
async def list_audit_entries(
    parts: Parts,
    asker: Asker,
    cursor: Annotated[str | None, Query(max_length=500, pattern=r"^[\x21-\x7e]+$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 60,
) -> AuditShape:
    """One page, newest first, of what was done with the cameras that the asker may see."""
    page, following = await run_sync(parts.audit.entries, cursor, limit, asker.cameras)
    return AuditShape(entries=[audit_entry_shape(entry) for entry in page], next=following)
