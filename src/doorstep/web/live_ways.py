"""How a camera can be watched now, so that a player need not try what cannot work."""

from fastapi import Request

from doorstep.core.camera import CameraId, StreamKind
from doorstep.core.ice_server import IceServer
from doorstep.core.live_session import LiveWay
from doorstep.web.gate import Asker, Parts, SeenCamera, came_through, resource
from doorstep.web.live_shapes import IceServerShape, LiveWayShape, LiveWaysShape
from doorstep.web.parts import WebParts

router = resource("live")


@router.get("/cameras/{camera_id}/live")
async def get_live_ways(camera: SeenCamera, parts: Parts, asker: Asker, request: Request) -> LiveWaysShape:
    """The ways in the order in which a player should try them, of the main stream; and the server's time."""
    has_sub = parts.mse.shown(camera.id, StreamKind.SUB) is StreamKind.SUB
    return LiveWaysShape(
        ways=_ways(parts, camera.id),
        streams=[StreamKind.MAIN, StreamKind.SUB] if has_sub else [StreamKind.MAIN],
        ice_servers=[
            _ice_server(server) for server in parts.webrtc.ice_servers(asker.id, through_hub=came_through(request))
        ],
        now=round(parts.clock.now().timestamp() * 1000),
    )


def _ways(parts: WebParts, camera: CameraId) -> list[LiveWayShape]:
    """What may wait for a camera that is away (MSE, HLS, MJPEG) is possible meanwhile."""
    why_no_webrtc = parts.webrtc.why_not(camera, StreamKind.MAIN)
    return [
        _way(LiveWay.MSE, mime=parts.mse.mime(camera, StreamKind.MAIN)),
        _way(LiveWay.WEBRTC, why_no_webrtc),
        _way(LiveWay.HLS),
        _way(LiveWay.MJPEG),
    ]


def _way(way: LiveWay, reason: str = "", mime: str | None = None) -> LiveWayShape:
    return LiveWayShape(way=way.value, possible=not reason, reason=reason, mime=mime)


def _ice_server(server: IceServer) -> IceServerShape:
    return IceServerShape(
        urls=list(server.urls), username=server.username or None, credential=server.credential or None
    )
