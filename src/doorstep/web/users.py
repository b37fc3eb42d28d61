"""The people of the house: listed, added, changed and removed by the owner."""

from datetime import datetime
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import Body, Query, Request
from pydantic import BaseModel, Field, SecretStr

from doorstep.core.access import Grant, Rights, Role
from doorstep.core.audit import PERSON_ADDED, PERSON_CHANGED, PERSON_REMOVED, RESET_MADE
from doorstep.core.camera import CameraId
from doorstep.core.errors import AccessDenied, ChangedMeanwhile, LastOwner
from doorstep.web.fresh import SaidAgain, confirm
from doorstep.web.gate import LOCAL_OWNER, Asker, Parts, resource
from doorstep.web.given_cameras import given_cameras
from doorstep.web.instants import parse_optional_instant, rfc3339
from doorstep.web.parts import WebParts
from doorstep.web.password_checks import Checks
from doorstep.web.people_shapes import ResetShape, UserShape, UsersShape, user_shape
from doorstep.web.problems import Refusal, not_found
from doorstep.web.reach import RESET_PATH, best_address
from doorstep.web.sign_ins import name_of, note, person_asked_for, sign_ins_of

router = resource("users")


class NewUser(SaidAgain):
    """Who, what they are to the house, which cameras they see (null: all) and until when (null: for good).

    Without a password they come in by a link (`reset`) or a code for their phone, and choose one themselves.
    """

    name: str = Field(min_length=1, max_length=128)
    password: SecretStr | None = Field(default=None, max_length=1024)
    role: Role
    cameras: list[str] | None = None
    until: str | None = None


class SeenRights(BaseModel):
    """What somebody may, as `GET /users` told it."""

    role: Role
    cameras: list[str] | None
    until: str | None


class ChangedUser(SaidAgain):
    """What is not named stays; for `cameras` null means all, for `until` for good.

    `seen` is what the change was made from: where the person may something else by now nothing changes (409).
    """

    role: Role | None = None
    cameras: list[str] | None = None
    until: str | None = None
    seen: SeenRights | None = None


@router.get("/users")
async def list_users(parts: Parts) -> UsersShape:
    """Everybody."""
    accounts = await run_sync(parts.people)
    sessions = await run_sync(sign_ins_of(parts).sessions.sessions)
    now = parts.clock.now()
    return UsersShape(users=[user_shape(account, sessions, over=account.is_over(now)) for account in accounts])


@router.post("/users", status_code=201)
async def add_user(body: NewUser, request: Request, parts: Parts, asker: Asker, checks: Checks) -> UserShape:
    """Somebody new."""
    rights = Rights(body.role, given_cameras(parts, asker, body.cameras), _until(parts, body.until))
    if rights.role is Role.OWNER:
        await confirm(body.your_password, request, parts, asker, checks)
    password = None if body.password is None else body.password.get_secret_value()
    try:
        account = await checks.run(sign_ins_of(parts).admit, body.name, password, rights)
    except AccessDenied as error:
        raise Refusal(400, "user-refused", str(error)) from None
    note(request, parts, name_of(asker), PERSON_ADDED, account.name)
    return user_shape(account, (), over=False)


@router.patch("/users/{name}")
async def change_user(
    name: str, body: ChangedUser, request: Request, parts: Parts, asker: Asker, checks: Checks
) -> UserShape:
    """What they may from now on, also where they watch already.  An owner who does everything stays (409)."""
    account = await person_asked_for(parts, asker, name)
    named = body.model_fields_set
    rights = Rights(
        role=body.role or account.role,
        cameras=given_cameras(parts, asker, body.cameras) if "cameras" in named else account.cameras,
        until=_until(parts, body.until) if "until" in named else account.until,
    )
    if body.role is Role.OWNER and account.role is not Role.OWNER:
        await confirm(body.your_password, request, parts, asker, checks)
    try:
        changed = await run_sync(sign_ins_of(parts).persons.change, account.name, rights, _seen(body.seen))
    except ChangedMeanwhile as error:
        raise Refusal(409, "changed-meanwhile", str(error)) from None
    except LastOwner as error:
        raise Refusal(409, "last-owner", str(error)) from None
    if changed is None:
        raise not_found()
    note(request, parts, name_of(asker), PERSON_CHANGED, changed.name)
    sessions = await run_sync(sign_ins_of(parts).sessions.sessions, changed.name)
    return user_shape(changed, sessions, over=changed.is_over(parts.clock.now()))


@router.delete("/users/{name}", status_code=204)
async def remove_user(
    name: str, request: Request, parts: Parts, asker: Asker, *, myself: Annotated[bool, Query()] = False
) -> None:
    """They are signed out everywhere, and their passkeys, devices and choices go.  Oneself only with `myself`."""
    account = await person_asked_for(parts, asker, name)
    if account.name == asker.account and not myself:
        raise Refusal(409, "yourself", "This is you. Say so, if you want to remove yourself.")
    try:
        removed = await run_sync(sign_ins_of(parts).persons.remove, account.name)
    except LastOwner as error:
        raise Refusal(409, "last-owner", str(error)) from None
    if not removed:
        raise not_found()
    note(request, parts, name_of(asker), PERSON_REMOVED, account.name)


@router.post("/users/{name}/reset", status_code=201)
async def make_reset_link(
    name: str,
    request: Request,
    parts: Parts,
    asker: Asker,
    checks: Checks,
    body: Annotated[SaidAgain | None, Body()] = None,
) -> ResetShape:
    """A link that sets this person's password once, within a day.  It is shown this once; one before it ends."""
    account = await person_asked_for(parts, asker, name)
    _refuse_own(asker, account.name)
    if account.role is Role.OWNER:
        await confirm(body.your_password if body else None, request, parts, asker, checks)
    try:
        made = await run_sync(sign_ins_of(parts).new_passwords.make_reset, account.name)
    except AccessDenied as error:
        raise Refusal(409, "over", str(error)) from None
    if made is None:
        raise not_found()
    code, until = made
    note(request, parts, name_of(asker), RESET_MADE, account.name)
    return ResetShape(href=f"{best_address(request, parts)}{RESET_PATH}{code}", expires_at=rfc3339(until))


def _refuse_own(asker: Grant, name: str) -> None:
    """Whoever borrowed this session for a minute must not lock its person out."""
    if asker is not LOCAL_OWNER and asker.account == name:
        raise Refusal(409, "yourself", "To change your own password, open Settings, Your sign-in and devices.")


def _seen(seen: SeenRights | None) -> Rights | None:
    if seen is None:
        return None
    cameras = None if seen.cameras is None else frozenset(CameraId(one) for one in seen.cameras)
    return Rights(seen.role, cameras, parse_optional_instant(seen.until, "until"))


def _until(parts: WebParts, text: str | None) -> datetime | None:
    until = parse_optional_instant(text, "until")
    if until is not None and until <= parts.clock.now():
        raise Refusal(400, "bad-time", '"until" must lie in the future.')
    return until
