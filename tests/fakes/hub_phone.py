"""A phone outside: it knows a name and whom to trust, and comes by HTTPS, WebSocket and WebRTC as the page does."""

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from aiortc import RTCIceServer
from websockets.asyncio.client import connect

from doorstep.core.ice_server import IceServer
from fakes.hub_places import Place
from fakes.hub_world import HUB_HOST
from fakes.mse_viewer import LARGEST_MESSAGE, decode_times
from fakes.server_process import PASSWORD
from fakes.webrtc_viewer import WebRtcViewer

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
PATIENCE_SECONDS = 60.0
OWNER = "Ada"


@dataclass(slots=True)
class Phone:
    """At this place, for one box; `root` is the authority that it trusts.  Cookies are kept as a browser keeps them."""

    place: Place
    root: Path
    host: str = HUB_HOST
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    @property
    def address(self) -> str:
        return f"https://{self.host}"

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.root))

    def ask(
        self, method: str, path: str, *, token: str = "", seconds: float = PATIENCE_SECONDS, **more: Any
    ) -> httpx.Response:
        """One request.  Paths that do not begin with /api are the page's own."""
        headers = {**SAME_ORIGIN, **({"Authorization": f"Bearer {token}"} if token else {}), **more.pop("headers", {})}

        def there() -> httpx.Response:
            with httpx.Client(verify=self.trust(), timeout=seconds, cookies=self.cookies) as client:
                answer = client.request(method, self.address + path, headers=headers, **more)
                self.cookies = client.cookies
                return answer

        return self.place.call(there)

    def api(self, method: str, path: str, **more: Any) -> Any:
        """The JSON of its answer.  Raises httpx.HTTPStatusError."""
        answer = self.ask(method, f"/api/v1{path}", **more).raise_for_status()
        return answer.json() if answer.content else None

    def set_up(self, line: str) -> None:
        """The first account, by the code of the line that the server printed."""
        code = line.strip().rpartition("#")[2]
        self.api("POST", "/setup", json={"code": code, "name": OWNER, "password": PASSWORD})

    def sign_in(self, name: str = OWNER, password: str = PASSWORD) -> httpx.Response:
        return self.ask("POST", "/api/v1/session", json={"name": name, "password": password})

    def first_picture(self, camera: str, token: str = "") -> float:
        """Seconds from the first packet to the first fragment with a picture, by MSE."""
        return self.place.call(lambda: asyncio.run(self._watched(camera, token, 1)))[0]

    def watch(self, camera: str, seconds: float, token: str = "") -> list[float]:
        """When each fragment came, by MSE, in seconds from the beginning, for so long."""
        return self.place.call(lambda: asyncio.run(self._watched(camera, token, seconds=seconds)))

    def relayed(self, camera: str, token: str = "", pictures: int = 5) -> float:
        """Seconds until so many pictures were decoded, by WebRTC through TURN over TCP alone."""
        ways = self.api("GET", f"/cameras/{camera}/live", token=token)
        turn = turn_over_tcp(ways["ice_servers"])
        return self.place.call(lambda: asyncio.run(self._relayed(camera, token, turn, pictures)))

    def _headers(self, token: str) -> Mapping[str, str]:
        if token:
            return {"Authorization": f"Bearer {token}"}
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "Origin": self.address}

    async def _watched(self, camera: str, token: str, count: int = 0, seconds: float = PATIENCE_SECONDS) -> list[float]:
        began, came = time.monotonic(), list[float]()
        url = f"wss://{self.host}/api/v1/cameras/{camera}/live/mse"
        options: dict[str, Any] = {"compression": None, "max_size": LARGEST_MESSAGE, "ping_interval": None}
        context = self.trust()
        try:
            async with (
                asyncio.timeout(seconds),
                connect(url, ssl=context, additional_headers=self._headers(token), **options) as socket,
            ):
                while not count or len(came) < count:
                    message = await socket.recv()
                    if isinstance(message, bytes) and decode_times(message):
                        came.append(time.monotonic() - began)
        except TimeoutError:
            assert not count, f"no picture within {seconds} s"
        return came

    async def _relayed(self, camera: str, token: str, turn: IceServer, pictures: int) -> float:
        began = time.monotonic()
        headers = {**SAME_ORIGIN, **self._headers(token), "Content-Type": "application/sdp"}
        async with WebRtcViewer.new(turn=turn) as viewer, httpx.AsyncClient(verify=self.trust(), timeout=60) as client:
            offer = await viewer.offer()
            assert "typ relay" in offer, offer
            assert "typ host" not in offer, offer
            url = f"{self.address}/api/v1/cameras/{camera}/live/whep"
            answer = await client.post(url, content=offer, headers=headers)
            assert answer.status_code == 201, answer.text
            await viewer.take(answer.text)
            await viewer.decoded(pictures)
        return time.monotonic() - began


def turn_over_tcp(servers: list[dict[str, Any]]) -> IceServer:
    """The one of those that the page is told."""
    for server in servers:
        for url in server["urls"]:
            if url.startswith("turn:") and "transport=tcp" in url:
                known = RTCIceServer(url, server["username"], server["credential"])
                return IceServer((url,), known.username or "", known.credential or "")
    message = f"no TURN over TCP in {servers}"
    raise AssertionError(message)
