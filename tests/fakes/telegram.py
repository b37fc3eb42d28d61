"""Telegram's Bot API on loopback, over TLS: one bot, who has written to it, and what it was told to send.

As core.telegram.org/bots/api says of getMe, getUpdates and the methods that send.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from fakes.certificates import Certificate
from fakes.push_service import QuietServer

TOKEN = "1234567890:AAHfiqksKZ8WmR2zMn-3zk6lQyQn2Jx_abc"
BOT = "ann_door_bot"
WRONG = {"ok": False, "error_code": 401, "description": "Unauthorized"}


@dataclass
class Telegram:
    """`chats` are who has written; `answer` None lets it answer as it does, else with that status and body."""

    port: int = 0
    chats: list[dict[str, object]] = field(default_factory=list)
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    answer: tuple[int, bytes] | None = None

    @property
    def base(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def write(self, chat: int, name: str) -> None:
        """Somebody writes to the bot."""
        self.chats.append({"id": chat, "type": "private", "first_name": name})

    def respond(self, path: str, body: bytes) -> tuple[int, bytes]:
        if self.answer is not None:
            return self.answer
        _, _, rest = path.partition("/bot")
        token, _, method = rest.partition("/")
        if token != TOKEN:
            return 401, json.dumps(WRONG).encode()
        result: object = {"message_id": 1}
        if method == "getMe":
            result = {"id": 1, "is_bot": True, "username": BOT}
        elif method == "getUpdates":
            messages = [{"message_id": number, "chat": chat, "text": "hi"} for number, chat in enumerate(self.chats)]
            result = [{"update_id": number, "message": message} for number, message in enumerate(messages)]
        else:
            self.sent.append((method, body))
        return 200, json.dumps({"ok": True, "result": result}).encode()


@contextmanager
def telegram(tls: Certificate) -> Iterator[Telegram]:
    """Until the block ends; each request is answered in a thread of its own."""
    made = Telegram()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            status, content = made.respond(self.path, self.rfile.read(int(self.headers.get("Content-Length", "0"))))
            self.close_connection = True
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815 - the library's name

        def log_message(self, *_: object) -> None:
            """Nothing: the token stands in the path."""

    server = QuietServer(("127.0.0.1", 0), Door)
    server.socket = tls.server_context().wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
