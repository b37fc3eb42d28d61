"""Cameras to be added: who is there, and whether an address shows a picture.  Saving one is `settings`' business."""

import asyncio
from base64 import b64encode

from fastapi import Depends
from pydantic import BaseModel, Field
from starlette.requests import Request

from doorstep.core.camera_probe import FoundCamera, ProbedStream, ProbeReport, ProbeWish, Trouble
from doorstep.core.errors import ProbeRefused
from doorstep.web.gate import Parts, resource
from doorstep.web.problems import Refusal
from doorstep.web.settings import of_the_house
from doorstep.web.wizard_parts import WizardParts

router = resource("camera wizard")
router.dependencies.append(Depends(of_the_house))  # who may not save a camera has none to try

_LOOK_SECONDS = 0.5


class FoundShape(BaseModel):
    """A camera; `onvif` null where it does not tell its streams by itself."""

    name: str
    address: str
    onvif: str | None
    known: bool


class DiscoveryShape(BaseModel):
    """What was found."""

    found: list[FoundShape]


class WishShape(BaseModel):
    """An address, a host alone, or `onvif` as discovery told it."""

    address: str = Field(default="", max_length=2048, repr=False)
    onvif: str = Field(default="", max_length=1024)
    user: str = Field(default="", max_length=200, repr=False)
    password: str = Field(default="", max_length=200, repr=False)
    maker: str = Field(default="", max_length=40)


class StreamShape(BaseModel):
    """One stream that was seen; its address has neither user nor password."""

    address: str
    codec: str
    width: int
    height: int
    fps: float
    audio: bool


class ReportShape(BaseModel):
    """Of `ok` the first stream is the largest, and `picture` a data: address; else `trouble` says why, in words.

    `kind` is that in a word, for pages with words of their own.
    """

    ok: bool
    address: str | None = None
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    audio: bool | None = None
    picture: str | None = None
    streams: list[StreamShape] = []
    kind: Trouble = Trouble.NONE
    trouble: str = ""


class ProgressShape(BaseModel):
    """How many addresses of how many were tried; `running` false where no probe runs."""

    running: bool
    tried: int
    most: int


@router.post("/cameras/discover")
async def discover_cameras(parts: Parts) -> DiscoveryShape:
    """Cameras of the network, and of this machine; takes a few seconds."""
    return DiscoveryShape(found=[_found(each) for each in await parts.wizard.discover()])


@router.post("/cameras/probe")
async def probe_camera(parts: Parts, request: Request, wish: WishShape) -> ReportShape:
    """Try an address, a minute at most; it ends when who asked hangs up.  409 while another is tried."""
    if bool(wish.address.strip()) == bool(wish.onvif):
        raise Refusal(400, "invalid", "Name either an address or the ONVIF door of a camera.")
    wanted = ProbeWish(wish.address.strip(), wish.onvif, wish.user, wish.password, wish.maker)
    report: ProbeReport | ProbeRefused
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(_until_gone(request, parts.wizard))
        try:
            report = await parts.wizard.probe(wanted)
        except ProbeRefused as error:
            report = error
        watching.cancel()
    if isinstance(report, ProbeRefused):
        raise Refusal(409, "probe-runs", str(report))
    return _report(report)


@router.get("/cameras/probe/progress")
async def probe_progress(parts: Parts) -> ProgressShape:
    """Of the probe that runs."""
    found = parts.wizard.progress()
    return ProgressShape(running=found is not None, tried=found.tried if found else 0, most=found.most if found else 0)


@router.delete("/cameras/probe", status_code=204)
async def end_probe(parts: Parts) -> None:
    """End the probe that runs, if one does."""
    parts.wizard.cancel()


async def _until_gone(request: Request, wizard: WizardParts) -> None:
    while not await request.is_disconnected():  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(_LOOK_SECONDS)
    wizard.cancel()


def _found(camera: FoundCamera) -> FoundShape:
    return FoundShape(name=camera.name, address=camera.address, onvif=camera.onvif or None, known=camera.known)


def _report(report: ProbeReport) -> ReportShape:
    if not report.streams:
        return ReportShape(ok=False, kind=report.trouble, trouble=report.words)
    main = report.streams[0]
    return ReportShape(
        ok=True,
        address=main.address,
        codec=main.codec,
        width=main.width,
        height=main.height,
        fps=main.fps,
        audio=main.audio,
        picture=f"data:image/jpeg;base64,{b64encode(report.picture).decode()}",
        streams=[_stream(each) for each in report.streams],
    )


def _stream(stream: ProbedStream) -> StreamShape:
    return StreamShape(
        address=stream.address,
        codec=stream.codec,
        width=stream.width,
        height=stream.height,
        fps=stream.fps,
        audio=stream.audio,
    )
