"""From anywhere: the hub that stands in for this house, whether it does, and joining or leaving it.

The rules are `core/hub_link.py`'s; the connection is `app/hub.py`'s.  What comes through it: `through_hub`.
"""

from typing import Annotated
from uuid import uuid4

from fastapi import Body, Depends, Request
from pydantic import BaseModel, Field, SecretStr

from doorstep.core.access import Grant
from doorstep.core.audit import HUB_JOINED, HUB_LEFT, AuditEntry
from doorstep.core.errors import DoorstepError
from doorstep.core.household import household
from doorstep.core.hub_code import LONGEST_TEXT
from doorstep.web.fresh import SaidAgain, confirm
from doorstep.web.gate import Asker, Parts, came_through, resource
from doorstep.web.hub_parts import HubView
from doorstep.web.instants import rfc3339
from doorstep.web.parts import WebParts
from doorstep.web.password_checks import Checks
from doorstep.web.problems import Refusal, not_found
from doorstep.web.settings import of_the_house
from doorstep.web.sign_ins import address_of, name_of

router = resource("hub")
router.dependencies.append(Depends(of_the_house))


class NewHub(SaidAgain):
    """The pairing code that the hub printed; white space in it does not matter."""

    code: SecretStr = Field(min_length=1, max_length=LONGEST_TEXT)


class HubStateShape(BaseModel):
    """Whether and how this house is reached from outside; null stands for what the hub has not told yet.

    `state` is "off", "connecting", "up" or "down"; `reason` is why, in a sentence, and `why` in a word. `through_hub`
    says that this request came that way, `at_home` that it did although the asker is at home: there `home_address` is
    shorter. With `needs_restart` links begin with `address` once Doorstep began anew (POST /settings/restart).
    """

    paired: bool
    enabled: bool
    box: str
    host: str
    address: str
    state: str
    since: str | None
    reason: str
    why: str
    round_trip_ms: float | None
    certificate_ends_at: str | None
    bytes_this_month: int | None
    reached: bool | None
    reached_why: str
    through_hub: bool
    at_home: bool
    home_address: str
    needs_restart: bool


@router.get("/hub")
async def get_hub(request: Request, parts: Parts) -> HubStateShape:
    """What is so now."""
    return _shape(parts.hub.view(), request)


@router.post("/hub", status_code=201)
async def join_hub(body: NewHub, request: Request, parts: Parts, asker: Asker, checks: Checks) -> HubStateShape:
    """Join the hub that made this code; the one before, if any, is left once that worked."""
    await confirm(body.your_password, request, parts, asker, checks)
    try:
        await parts.hub.pair(body.code.get_secret_value())
    except DoorstepError as error:
        raise Refusal(409, "hub-refused", str(error)) from None
    view = parts.hub.view()
    _note(HUB_JOINED, view.host, request, parts, asker)
    return _shape(view, request)


@router.delete("/hub", status_code=204)
async def leave_hub(
    request: Request,
    parts: Parts,
    asker: Asker,
    checks: Checks,
    body: Annotated[SaidAgain | None, Body()] = None,
) -> None:
    """Be reached at home only.  The hub keeps its record of this house until `doorstep-hub revoke` there."""
    await confirm(body.your_password if body is not None else None, request, parts, asker, checks)
    host = parts.hub.view().host
    try:
        was_paired = await parts.hub.leave()
    except DoorstepError as error:
        raise Refusal(409, "hub-kept", str(error)) from None
    if not was_paired:
        raise not_found()
    _note(HUB_LEFT, host, request, parts, asker)


def _shape(view: HubView, request: Request) -> HubStateShape:
    is_outside = came_through(request)
    asked_from = household(request.client.host) if request.client is not None else ""
    return HubStateShape(
        paired=view.paired,
        enabled=view.enabled,
        box=view.box,
        host=view.host,
        address=view.address,
        state=view.state,
        since=rfc3339(view.since) if view.since is not None else None,
        reason=view.reason,
        why=view.why,
        round_trip_ms=view.round_trip_ms,
        certificate_ends_at=rfc3339(view.certificate_ends) if view.certificate_ends is not None else None,
        bytes_this_month=view.bytes_month,
        reached=view.reached,
        reached_why=view.reached_why,
        through_hub=is_outside,
        at_home=is_outside and asked_from != "" and asked_from == household(view.seen_from),
        home_address=view.home_address,
        needs_restart=view.needs_restart,
    )


def _note(verb: str, about: str, request: Request, parts: WebParts, asker: Grant) -> None:
    now = parts.clock.now()
    parts.note(AuditEntry(uuid4().hex, now, name_of(asker), address_of(request), verb, way=about, until=now))
