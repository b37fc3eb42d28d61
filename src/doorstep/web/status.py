"""Is Doorstep seeing, what is wrong, and how full is the storage."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from fastapi import Request

from doorstep.core.access import Grant, Scope
from doorstep.core.errors import CatalogUnavailable, StoreUnavailable
from doorstep.core.health import Problem
from doorstep.core.health_telling import OWNERS_RULES, camera_of, rule_of
from doorstep.core.storage_forecast import StorageUse, forecast
from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.parts import WebParts
from doorstep.web.shapes import OffSiteStatusShape, StatusShape, StorageShape, model_shape, problem_shape, remote_shape

router = resource("status")

_DAY_SECONDS = 86400.0
ANSWER_WITHIN_SECONDS = 1.0


@router.get("/status")
async def get_status(parts: Parts, asker: Asker, request: Request) -> StatusShape:
    """For the owner's page and for scripts; a camera's problems only for those who may see it.

    While the disk does not answer, the storage is as it was when it last did; none where no catalog was there yet.
    """
    problems = visible_problems(parts, asker)
    return StatusShape(
        version=parts.version,
        seeing=sees_everything(problems),
        model=model_shape(parts.model()),
        remote_detector=remote_shape(parts.remote()),
        problems=[problem_shape(problem) for problem in problems],
        storage=await known_storage(parts, request),
        off_site=_off_site(parts),
    )


def _off_site(parts: WebParts) -> OffSiteStatusShape | None:
    waiting = parts.off_site.waiting() if parts.off_site is not None else None
    if parts.off_site is None or waiting is None:
        return None
    return OffSiteStatusShape(place=parts.off_site.place, waiting=waiting)


async def known_storage(parts: WebParts, request: Request) -> StorageShape | None:
    """None where no catalog was there yet.  Raises StoreUnavailable."""
    with suppress(CatalogUnavailable):
        return await _last_storage_of(request).now(parts)
    return None


class LastStorage:
    """How full the storage is, without waiting for a disk that stalls.  One for each server; on the event loop.

    One thread asks however many want to know, so that those who wait do not use up the threads of all others.
    """

    def __init__(self) -> None:
        self._asking: asyncio.Future[StorageShape] | None = None
        self._last: StorageShape | None = None

    async def now(self, parts: WebParts) -> StorageShape:
        """As it is, or as it last was; raises CatalogUnavailable, StoreUnavailable where that was never known."""
        if self._asking is None:
            self._asking = asyncio.get_running_loop().run_in_executor(None, _storage, parts)
        asking = self._asking
        await asyncio.wait([asking], timeout=ANSWER_WITHIN_SECONDS)
        if asking.done():
            if self._asking is asking:
                self._asking = None
            try:
                self._last = asking.result()
            except (CatalogUnavailable, StoreUnavailable):
                if self._last is None:
                    raise
        if self._last is None:
            msg = "The disk does not answer."
            raise StoreUnavailable(msg)
        return self._last


def _last_storage_of(request: Request) -> LastStorage:
    state = request.app.state
    if not hasattr(state, "last_storage"):
        state.last_storage = LastStorage()
    last: LastStorage = state.last_storage
    return last


def sees_everything(problems: Sequence[Problem]) -> bool:
    """Nothing is wrong but what is minor."""
    return all(problem.minor for problem in problems)


def problems_of(parts: WebParts, asker: Grant) -> list[Problem]:
    """Those of the whole house and of the asker's own cameras."""
    hidden = {camera.id for camera in parts.cameras.cameras() if not asker.sees(camera.id)}
    return [problem for problem in parts.health.problems() if camera_of(problem.key) not in hidden]


def visible_problems(parts: WebParts, asker: Grant) -> list[Problem]:
    """Of those, what may be read: of people's devices and of tokens only by him or by the owner."""
    found = problems_of(parts, asker)
    if asker.allows(Scope.ADMIN):
        return found
    return [one for one in found if one.person in {None, asker.account} and rule_of(one.key) not in OWNERS_RULES]


def _storage(parts: WebParts) -> StorageShape:
    """Blocks."""
    used = parts.catalog.recorded_bytes()
    now = parts.clock.now()
    oldest = [event.started_at for event in parts.catalog.expired_events(now, 1)]
    oldest += [minute.starts_at for minute in parts.catalog.loose_spans(1)]
    free = parts.store.free_bytes()
    most = parts.storage_limit_bytes()
    left = most - used if free is None else min(most - used, free)
    days = (now - min(oldest, default=now)).total_seconds() / _DAY_SECONDS
    told, written = forecast(StorageUse(used, used + max(0, left), days, parts.keep_days())), parts.written_a_day()
    return StorageShape(
        used_bytes=used,
        limit_bytes=most,
        days_left=None if told is None or told.days_left is None else round(told.days_left, 1),
        days_kept=None if told is None else round(told.days_kept, 1),
        bound=None if told is None else told.bound,
        written_bytes_a_day=None if written is None else round(written),
    )
