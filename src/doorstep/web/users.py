"""The people of the house: listed and added by the owner."""

from anyio.to_thread import run_sync
from pydantic import BaseModel, Field, SecretStr

from doorstep.core.access import Role
from doorstep.core.errors import AccessDenied
from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.given_cameras import given_cameras
from doorstep.web.instants import rfc3339
from doorstep.web.password_checks import Checks
from doorstep.web.problems import Refusal
from doorstep.web.shapes import UserShape, UsersShape, user_shape

router = resource("users")


class NewUser(BaseModel):
    """Who, what they are to the house, and which cameras they see; null means all."""

    name: str = Field(min_length=1, max_length=128)
    password: SecretStr = Field(max_length=1024)
    role: Role
    cameras: list[str] | None = None


@router.get("/users")
async def list_users(parts: Parts) -> UsersShape:
    """Everybody."""
    return UsersShape(users=[user_shape(account) for account in await run_sync(parts.people)])


@router.post("/users", status_code=201)
async def add_user(body: NewUser, parts: Parts, asker: Asker, checks: Checks) -> UserShape:
    """Somebody new."""
    cameras = given_cameras(parts, asker, body.cameras)
    try:
        await checks.run(parts.accounts.add, body.name, body.password.get_secret_value(), body.role, cameras)
    except AccessDenied as error:
        raise Refusal(400, "user-refused", str(error)) from None
    return UserShape(
        name=body.name,
        role=body.role,
        cameras=None if cameras is None else sorted(cameras),
        created_at=rfc3339(parts.clock.now()),
    )
