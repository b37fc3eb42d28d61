"""A WebSocket that is asked for and left at once, as the app answers it; without a network."""

from urllib.parse import unquote, urlsplit

import httpx
from starlette.types import ASGIApp, Message


async def knock(app: ASGIApp, address: str, headers: dict[str, str]) -> httpx.Response:
    """The answer as HTTP has it: 101 where the socket opened, 403 where it was closed instead, or the app's own."""
    url = urlsplit(address)
    named = {"host": url.netloc, **headers}
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws" if url.scheme == "http" else "wss",
        "path": unquote(url.path),
        "raw_path": url.path.encode(),
        "query_string": url.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in named.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8080),
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }
    coming: list[Message] = [{"type": "websocket.connect"}]
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop() if coming else {"type": "websocket.disconnect", "code": 1001}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    first, *rest = sent
    match first["type"]:
        case "websocket.accept":
            return httpx.Response(101)
        case "websocket.close":
            return httpx.Response(403)
        case _:
            body = b"".join(message.get("body", b"") for message in rest)
            return httpx.Response(first["status"], headers=first["headers"], content=body)
