"""The settings, read and changed by the owner.  What they mean and which are right: `config`."""

from collections.abc import Sequence

from anyio.to_thread import run_sync
from fastapi import Depends, Request
from fastapi.responses import JSONResponse

from doorstep.core.access import Grant
from doorstep.core.audit import RESTARTED, SETTINGS_CHANGED, AuditEntry
from doorstep.core.settings_edit import (
    AnyChange,
    Changed,
    SecretChange,
    SettingsChange,
    SettingsChanged,
    SettingsRefused,
    SettingsUnwritable,
)
from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.instants import rfc3339
from doorstep.web.parts import WebParts
from doorstep.web.problems import PROBLEM_TYPE, Refusal, not_found
from doorstep.web.settings_shapes import (
    AnewShape,
    ChangedShape,
    KeyShape,
    KeysShape,
    PreviewShape,
    SettingsShape,
    VersionShape,
    VersionsShape,
    Wanted,
    WantedChange,
    WantedPreview,
    WantedRestore,
    WantedSecret,
    preview_shape,
)


# A coroutine though it awaits nothing: FastAPI runs a plain function in a thread.
async def of_the_house(asker: Asker) -> None:
    """Raises Refusal for an owner, or a token, of some cameras only."""
    if asker.cameras is not None:
        raise Refusal(403, "not-allowed", "Only an owner who sees every camera may do this.")


router = resource("settings")
router.dependencies.append(Depends(of_the_house))


@router.get("/settings")
async def get_settings(parts: Parts) -> SettingsShape:
    """The whole file, without its secrets."""
    view = await run_sync(parts.settings.file.read)
    return SettingsShape(
        version=view.version,
        writable=view.writable,
        why_not=view.why_not,
        fault=view.fault,
        path=view.path,
        values=dict(view.values),
        cameras=[dict(camera) for camera in view.cameras],
        secrets=[list(path) for path in view.secrets],
        secret_names=list(view.secret_names),
        restart=list(parts.settings.waiting()),
        restart_seconds=parts.settings.restart_seconds,
    )


@router.get("/settings/keys")
async def list_keys(parts: Parts) -> KeysShape:
    """What may be set, as the reference tells it."""
    return KeysShape(
        keys=[
            KeyShape(
                path=list(key.path),
                kind=key.kind,
                default=key.default,
                help=key.help,
                choices=list(key.choices),
                least=key.least,
                most=key.most,
                at_once=key.at_once,
            )
            for key in parts.settings.known_keys()
            if not key.in_list
        ]
    )


@router.post("/settings/preview")
async def preview_settings(body: WantedPreview, parts: Parts) -> PreviewShape:
    """Nothing is written."""
    file = parts.settings.file
    try:
        if body.restore is not None:
            preview = await run_sync(file.preview_restore, body.version, body.restore)
        else:
            preview = await run_sync(file.preview, body.version, _changes(body.changes))
    except (SettingsChanged, SettingsUnwritable) as error:
        raise _refusal(error) from None
    if preview is None:
        raise not_found()
    return preview_shape(preview)


@router.put("/settings", response_model=ChangedShape)
async def put_settings(body: Wanted, parts: Parts, asker: Asker, request: Request) -> ChangedShape | JSONResponse:
    """All of the changes, or none; what can be used at once is."""
    try:
        changed = await run_sync(parts.settings.file.change, body.version, _changes(body.changes), _name(asker))
    except SettingsRefused as error:
        return _refused(error)
    except (SettingsChanged, SettingsUnwritable) as error:
        raise _refusal(error) from None
    return await _used(changed, parts, asker, request)


@router.get("/settings/versions")
async def list_versions(parts: Parts) -> VersionsShape:
    """The last ten states."""
    kept = await run_sync(parts.settings.file.versions)
    return VersionsShape(
        versions=[
            VersionShape(id=one.id, at=rfc3339(one.at), who=one.who, what=one.what, current=one.is_current)
            for one in kept
        ]
    )


@router.post("/settings/versions/{version_id}/restore", response_model=ChangedShape)
async def restore_version(
    version_id: str, body: WantedRestore, parts: Parts, asker: Asker, request: Request
) -> ChangedShape | JSONResponse:
    """Go back; that is itself a change, and what held until now is kept."""
    try:
        changed = await run_sync(parts.settings.file.restore, body.version, version_id, _name(asker))
    except SettingsRefused as error:
        return _refused(error)
    except (SettingsChanged, SettingsUnwritable) as error:
        raise _refusal(error) from None
    if changed is None:
        raise not_found()
    return await _used(changed, parts, asker, request)


@router.post("/settings/restart", status_code=202)
async def begin_anew(parts: Parts, asker: Asker, request: Request) -> AnewShape:
    """Recordings are finished first; sessions stay."""
    if words := await parts.settings.begin_anew():
        raise Refusal(409, "settings-unusable", words)
    _note(RESTARTED, "", parts, asker, request)
    return AnewShape(seconds=parts.settings.restart_seconds)


async def _used(changed: Changed, parts: WebParts, asker: Grant, request: Request) -> ChangedShape:
    trouble = await parts.settings.use()
    _note(SETTINGS_CHANGED, changed.what, parts, asker, request)
    return ChangedShape(version=changed.version, restart=list(changed.restart), trouble=trouble)


def _note(verb: str, about: str, parts: WebParts, asker: Grant, request: Request) -> None:
    now = parts.clock.now()
    address = request.client.host if request.client else ""
    entry_id = f"settings-{now:%Y%m%dT%H%M%S%f}"
    parts.settings.note(AuditEntry(entry_id, now, _name(asker), address, verb, way=about, until=now))


def _name(asker: Grant) -> str:
    return asker.account or asker.name


def _changes(wanted: Sequence[WantedChange | WantedSecret]) -> list[AnyChange]:
    return [
        SecretChange(one.secret, one.value.get_secret_value())
        if isinstance(one, WantedSecret)
        else SettingsChange(tuple(one.path), one.value)
        for one in wanted
    ]


def _refusal(error: SettingsChanged | SettingsUnwritable) -> Refusal:
    code = "settings-changed" if isinstance(error, SettingsChanged) else "settings-unwritable"
    return Refusal(409, code, str(error))


def _refused(error: SettingsRefused) -> JSONResponse:
    """A problem document (RFC 9457) with the faults by path."""
    document = {
        "type": "about:blank",
        "title": "Unprocessable Content",
        "status": 422,
        "detail": str(error),
        "code": "settings-refused",
        "faults": [{"path": list(fault.path), "what": fault.what} for fault in error.faults],
    }
    return JSONResponse(document, 422, media_type=PROBLEM_TYPE)
