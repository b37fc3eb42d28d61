"""Test my doorstep: begins a test of one camera and tells how it went.  What a test does is the pipeline's business."""

from pydantic import BaseModel, Field

from doorstep.core.camera import CameraId
from doorstep.core.errors import RehearsalRefused
from doorstep.core.rehearsal import RehearsalReport, RehearsalState, Step, StepState
from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.preference_shapes import sees_camera
from doorstep.web.problems import Refusal

router = resource("tests")


class Wish(BaseModel):
    """Which camera's pipeline the visitor is to pass."""

    camera: str = Field(max_length=200)


class BegunShape(BaseModel):
    """Under which id the report is to be had."""

    id: str


class StageShape(BaseModel):
    """One stage; `ms` since the visitor was captured.  `channel` and `name` say whom it is about, where it is one."""

    stage: Step
    state: StepState
    ms: int | None
    words: str
    channel: str | None
    name: str | None


class ReportShape(BaseModel):
    """How a test stands, or went."""

    id: str
    camera: str
    state: RehearsalState
    stages: list[StageShape]
    summary: str


@router.post("/test", status_code=202)
async def begin_test(parts: Parts, asker: Asker, wish: Wish) -> BegunShape:
    """Begin one; while one of the same camera runs, it is that."""
    if not sees_camera(parts, asker, CameraId(wish.camera)):
        raise Refusal(404, "not-found", "There is no such camera.")
    try:
        return BegunShape(id=parts.rehearsals.begin(CameraId(wish.camera)))
    except RehearsalRefused as error:
        raise Refusal(409, "no-test-now", str(error)) from error


@router.get("/test/{test_id}")
async def get_test(parts: Parts, asker: Asker, test_id: str) -> ReportShape:
    """One of the newest; a restart of Doorstep forgets them."""
    report = parts.rehearsals.report(test_id)
    if report is None or not asker.sees(report.camera):
        raise Refusal(404, "not-found", "There is no such test, or Doorstep was restarted since.")
    return _shape(report)


def _shape(report: RehearsalReport) -> ReportShape:
    stages = [
        StageShape(
            stage=one.step,
            state=one.state,
            ms=one.ms,
            words=one.words,
            channel=one.channel or None,
            name=one.name or None,
        )
        for one in report.steps
    ]
    return ReportShape(id=report.id, camera=report.camera, state=report.state, stages=stages, summary=report.summary)
