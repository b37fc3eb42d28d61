"""The one-file backup, made and sent to the owner, and when the last one was made.  Only a verb brings it back."""

from collections.abc import Iterator
from typing import BinaryIO
from uuid import uuid4

from anyio.to_thread import run_sync
from fastapi import Depends, Request, Response
from pydantic import BaseModel, Field, SecretStr
from starlette.responses import StreamingResponse

from doorstep.core.access import Grant
from doorstep.core.audit import BACKED_UP, AuditEntry
from doorstep.core.errors import DoorstepError
from doorstep.web.backup_parts import BackupParts, BackupRunning, MadeBackup
from doorstep.web.fresh import confirm, is_fresh
from doorstep.web.gate import LOCAL_OWNER, Asker, Parts, resource
from doorstep.web.instants import rfc3339
from doorstep.web.parts import WebParts
from doorstep.web.password_checks import Checks
from doorstep.web.problems import Refusal
from doorstep.web.settings import of_the_house

router = resource("backup")
router.dependencies.append(Depends(of_the_house))  # every camera's events are in it

_PIECE = 256 * 1024
_NONE_HERE = "This server makes no backups."


class NewBackup(BaseModel):
    """With a `passphrase` the secrets are in it, and it is encrypted; `password` is the owner's own, once more."""

    passphrase: SecretStr | None = Field(default=None, max_length=1024)
    password: SecretStr | None = Field(default=None, max_length=1024)


class LastBackupShape(BaseModel):
    """Of the newest one."""

    made_at: str
    with_secrets: bool


class BackupShape(BaseModel):
    """`last` null where none was made; where it is not `fresh` the password has to be said again.

    `why_not` says why none can be made, else empty.
    """

    why_not: str
    fresh: bool
    last: LastBackupShape | None


@router.get("/backup")
async def get_backup_state(parts: Parts, asker: Asker) -> BackupShape:
    """Whether one can be made, and when the last one was."""
    if parts.backup is None:
        return BackupShape(why_not=_NONE_HERE, fresh=False, last=None)
    last = await run_sync(parts.backup.last)
    shown = None if last is None else LastBackupShape(made_at=rfc3339(last.made_at), with_secrets=last.with_secrets)
    return BackupShape(why_not=parts.backup.why_not, fresh=is_fresh(asker, parts), last=shown)


@router.post("/backup", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}})
async def make_backup(body: NewBackup, parts: Parts, asker: Asker, request: Request, checks: Checks) -> Response:
    """The backup itself, to be saved: catalog and config in one file, never the video."""
    backup = _backup(parts, asker)
    address = request.client.host if request.client else "local"
    await confirm(body.password, request, parts, asker, checks)
    made = await _made(backup, body)
    now = parts.clock.now()
    backup.note(AuditEntry(uuid4().hex, now, asker.account or asker.name, address, BACKED_UP, until=now))
    headers = {"Content-Length": str(made.size), "Content-Disposition": f'attachment; filename="{made.name}"'}
    return StreamingResponse(_pieces(made.file), media_type="application/octet-stream", headers=headers)


def _backup(parts: WebParts, asker: Grant) -> BackupParts:
    """Raises Refusal."""
    if asker.account is None and asker is not LOCAL_OWNER:
        detail = "Only an owner who is signed in takes a backup here. A script runs `doorstep backup` on the machine."
        raise Refusal(403, "not-allowed", detail)
    if parts.backup is None or parts.backup.why_not:
        raise Refusal(409, "no-backup", parts.backup.why_not if parts.backup else _NONE_HERE)
    return parts.backup


async def _made(backup: BackupParts, body: NewBackup) -> MadeBackup:
    """Raises Refusal."""
    passphrase = body.passphrase.get_secret_value() if body.passphrase is not None else ""
    try:
        return await run_sync(backup.make, passphrase or None)
    except BackupRunning:
        raise Refusal(409, "backup-running", "A backup is being made already. Wait until it is done.") from None
    except DoorstepError as error:
        raise Refusal(409, "backup-failed", str(error)) from None


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
