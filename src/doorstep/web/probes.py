"""For whatever watches the server: /healthz says that it is up, /readyz that it is seeing."""

from anyio import move_on_after
from fastapi import Request, Response
from starlette.responses import PlainTextResponse

from doorstep.core.access import Grant, Scope
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.health import Problem
from doorstep.core.health_telling import CAMERA, rule_of
from doorstep.web.gate import Parts, get_and_head, grant_of, resource
from doorstep.web.shapes import ReadyShape, problem_shape
from doorstep.web.status import sees_everything, visible_problems

router = resource("probes", prefix="")

ASKER_WITHIN_SECONDS = 2.0


@get_and_head(router, "/healthz", "text/plain")
async def is_up() -> Response:
    """Always "up"."""
    return PlainTextResponse("up")


@get_and_head(router, "/readyz", "application/json")
async def is_seeing(request: Request, parts: Parts) -> Response:
    """200 while Doorstep sees, else 503, with what kind of problems; what they are only for who may read the status.

    It sees while each camera that is switched on is live, or has been connecting for at most half a minute since
    Doorstep started; one that is stalled, refused or faulted is a problem at once.  So is whatever keeps it from
    recognising, recording or telling: after its first half minute also that nobody will be told.  Minor problems are
    listed and change nothing: a config that could not be reloaded, a detect stream that the main one stands in for.
    The answer waits for no disk: where it cannot be learned in time who asks, it says what a stranger learns.
    """
    problems = parts.health.problems()
    seeing = sees_everything(problems)
    shape = ReadyShape(seeing=seeing, problems=list(dict.fromkeys(map(_kind, problems))))
    grant = await _asker_in_time(request) if problems else None
    if grant is not None and grant.allows(Scope.STATUS_READ):
        shape.problems = [problem_shape(problem) for problem in visible_problems(parts, grant)]
    return Response(shape.model_dump_json(), 200 if seeing else 503, media_type="application/json")


def _kind(problem: Problem) -> str:
    """Its key as far as a stranger may know it: the rest may hold the names of people, devices and channels."""
    return problem.key if problem.key.startswith(f"{CAMERA}:") else rule_of(problem.key)


async def _asker_in_time(request: Request) -> Grant | None:
    with move_on_after(ASKER_WITHIN_SECONDS):
        try:
            return await grant_of(request)
        except CatalogUnavailable:
            return None
    return None
