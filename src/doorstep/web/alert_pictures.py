"""The picture of an alert by a short-lived address, for a notification: nobody is signed in there, the key decides."""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import Query, Response

from doorstep.core.event import EventId
from doorstep.web.gate import Parts, get_and_head, resource
from doorstep.web.problems import not_found

router = resource("alerts")


@get_and_head(router, "/alerts/{alert_id}/picture.jpg", "image/jpeg")
async def get_alert_picture(
    alert_id: str,
    parts: Parts,
    key: Annotated[str, Query(max_length=128)] = "",
    event: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """As it went with the alert, else the event's best.  A wrong key and a missing picture look alike."""
    if parts.push is None or not parts.push.picture_opens(alert_id, event, key):
        raise not_found()
    picture = parts.push.snapshot_of(alert_id)
    if not picture and event:
        picture = await run_sync(parts.push.still_of, EventId(event))
    if not picture:
        raise not_found()
    return Response(picture, media_type="image/jpeg")
