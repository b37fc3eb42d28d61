"""Who did what, for the owner to look up."""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import Query

from doorstep.core.audit import AuditFilter
from doorstep.core.camera import CameraId
from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.live_shapes import AuditShape, audit_entry_shape

router = resource("audit")


@router.get("/audit")
async def list_audit_entries(
    parts: Parts,
    asker: Asker,
    cursor: Annotated[str | None, Query(max_length=500, pattern=r"^[\x21-\x7e]+$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 60,
    who: Annotated[str | None, Query(max_length=400)] = None,
    camera: Annotated[str | None, Query(max_length=400)] = None,
    verb: Annotated[list[str] | None, Query(max_length=50)] = None,
) -> AuditShape:
    """One page, newest first, of what was done with the cameras that the asker may see.

    Of somebody, about a camera, with one of these verbs, where those are named.
    """
    wanted = AuditFilter(who, None if camera is None else CameraId(camera), None if verb is None else frozenset(verb))
    page, following = await run_sync(parts.audit.entries, cursor, limit, asker.cameras, wanted)
    return AuditShape(entries=[audit_entry_shape(entry) for entry in page], next=following)
