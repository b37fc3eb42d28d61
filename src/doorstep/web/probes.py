"""For whatever watches the server: /healthz says that it is up, /readyz that it is seeing."""

from fastapi import Request, Response
from starlette.responses import PlainTextResponse

from doorstep.core.access import Scope
from doorstep.web.gate import Parts, get_and_head, grant_of, resource
from doorstep.web.shapes import ReadyShape, problem_shape
from doorstep.web.status import visible_problems

router = resource("probes", prefix="")


@get_and_head(router, "/healthz", "text/plain")
async def is_up() -> Response:
    """Always "up"."""
    return PlainTextResponse("up")


@get_and_head(router, "/readyz", "application/json")
async def is_seeing(request: Request, parts: Parts) -> Response:
    """200 while nothing is wrong, else 503 with the problems' keys; what they are only for who may read the status."""
    problems = parts.health.problems()
    shape = ReadyShape(seeing=not problems, problems=[problem.key for problem in problems])
    grant = await grant_of(request) if problems else None
    if grant is not None and grant.allows(Scope.STATUS_READ):
        shape.problems = [problem_shape(problem) for problem in visible_problems(parts, grant)]
    return Response(shape.model_dump_json(), 503 if problems else 200, media_type="application/json")
