"""Who sets a real server up and turns notifications on in a browser, without one."""

from contextlib import closing

import httpx

from fakes.push_service import Browser
from fakes.server_process import PASSWORD, ServerProcess, wait_for

OWNER = "Ada"


def set_up(server: ServerProcess) -> httpx.Client:
    """The owner, signed in, in a browser that shows the server's own page."""
    line = wait_for(lambda: next((line for line in server.lines if "/setup#" in line), None), 20, "the set-up address")
    page = httpx.Client(base_url=f"{server.url}/api/v1", headers={"Sec-Fetch-Site": "same-origin"}, timeout=60)
    account = {"code": line.strip().rpartition("#")[2], "name": OWNER, "password": PASSWORD}
    page.post("/setup", json=account).raise_for_status()
    return page


def subscribe(server: ServerProcess, browser: Browser) -> None:
    """A first device of the owner."""
    with closing(set_up(server)) as page:
        page.post("/push/subscriptions", json=browser.to_json()).raise_for_status()
