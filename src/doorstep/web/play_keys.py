"""Addresses for players that can send neither cookie nor header: with a short-lived key in them."""

from anyio.to_thread import run_sync
from fastapi import Request

from doorstep.web.gate import Asker, Parts, SeenCamera, came_through, resource
from doorstep.web.hosts import host_of
from doorstep.web.instants import rfc3339
from doorstep.web.shapes import PlayKeyShape

router = resource("cameras")


@router.post("/cameras/{camera_id}/live/key", status_code=201)
async def make_play_key(camera: SeenCamera, parts: Parts, asker: Asker, request: Request) -> PlayKeyShape:
    """A key for this camera's live picture, for an hour at most, and the addresses that it opens."""
    secret, expires_at = await run_sync(parts.rtmp.make_play_key, camera.id, asker)
    host = host_of(request.headers.get("host", ""))
    by_rtmp = not came_through(request)  # which the hub does not pass on
    bases = parts.rtmp.play_addresses(camera.id, f"[{host}]" if ":" in host else host) if by_rtmp else ()
    addresses = [f"{base}?token={secret}" for base in bases]
    hls = request.url.replace(path=f"/api/v1/cameras/{camera.id}/live/index.m3u8", query=f"key={secret}")
    return PlayKeyShape(secret=secret, expires_at=rfc3339(expires_at), addresses=addresses, hls=str(hls))
