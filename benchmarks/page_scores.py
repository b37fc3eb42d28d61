"""Lighthouse on a phone: what a page loses of 100 points.  Goals: accessibility and best practices 0, performance 5.

    python -m benchmarks.page_scores [--rounds 3]

A real server with the demo's camera and some alerts; a real chromium that is signed in.  Lighthouse (with its own
lock, in benchmarks/lighthouse) is installed at the first run.  A page of this machine's own loopback is slowed down by
Lighthouse as a phone on a mobile network is (its "simulate" throttling), so that the figures do not hang on the machine
alone; performance is the best of the rounds, for a neighbour's load can only take from it.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # Any: Lighthouse's own report

from benchmarks.figures import Figure, tell
from benchmarks.house import folder_of_our_own, models
from playwright.sync_api import sync_playwright

from fakes.browser import FLAGS, missing, set_up
from fakes.free_port import free_port
from fakes.server_process import PASSWORD, ROOT, ServerProcess, wait_for

FOLDER = Path(__file__).parent / "lighthouse"
PROGRAM = FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("performance", "accessibility", "best-practices")
GOALS = {"performance": 5.0, "accessibility": 0.0, "best-practices": 0.0}
PAGES = {
    "live": "/",
    "alerts": "/alerts",
    "timeline": "/timeline",
    "settings": "/settings",
    "notifications": "/settings/notifications",
}
LONGEST_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Scores:
    """0 to 1 by category, and the audits that took something of what must be whole."""

    by_category: Mapping[str, float]
    complaints: tuple[str, ...]
    largest_paint_seconds: float
    shift: float


def node() -> Path:
    """With Lighthouse beside it, installed if need be.  Raises SystemExit in the words of the front door."""
    sys.path.insert(0, str(ROOT / "front_door"))
    import web_app  # noqa: PLC0415 - the front door is a folder of scripts
    from steps import run  # noqa: PLC0415 - as above

    found = web_app.find_node()
    if not PROGRAM.is_file():
        command: list[str | Path] = [*web_app.npm(found), "ci", "--ignore-scripts"]
        run("installing Lighthouse", command, folder=FOLDER, environment=web_app.path_of(found))
    return found


@contextmanager
def signed_in_browser(folder: Path, server: ServerProcess) -> Iterator[int]:
    """The port on which a chromium that is signed in can be driven."""
    port = free_port()
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=shutil.which("chromium"),
            args=[*FLAGS, f"--remote-debugging-port={port}"],
        )
        try:
            set_up(context.new_page(), server, "Ann", PASSWORD)
            yield port
        finally:
            context.close()


def looked_at(program: Path, port: int, address: str, report: Path) -> Scores:
    """One run of Lighthouse."""
    command: list[str | Path] = [
        *(program, PROGRAM, address, f"--port={port}", "--output=json", f"--output-path={report}", "--quiet"),
        *(f"--only-categories={','.join(CATEGORIES)}", "--disable-storage-reset"),
    ]
    subprocess.run(command, check=True, timeout=LONGEST_SECONDS, stdin=subprocess.DEVNULL)
    told = json.loads(report.read_text(encoding="utf-8"))
    audits = told["audits"]
    weak = (
        f"{category}: {audits[one['id']]['title']}{_where(audits[one['id']])}"
        for category in CATEGORIES[1:]
        for one in told["categories"][category]["auditRefs"]
        if one["weight"] > 0 and (audits[one["id"]]["score"] or 0) < 1 and audits[one["id"]]["score"] is not None
    )
    return Scores(
        {category: told["categories"][category]["score"] or 0.0 for category in CATEGORIES},
        tuple(weak),
        audits["largest-contentful-paint"]["numericValue"] / 1000,
        audits["cumulative-layout-shift"]["numericValue"],
    )


def _where(audit: Mapping[str, Any]) -> str:
    """The first place that an audit complains of, as Lighthouse tells it."""
    items = audit.get("details", {}).get("items") or [{}]
    return f" ({items[0]['node']['selector']})" if "node" in items[0] else ""


def report_of(name: str, rounds: list[Scores]) -> Iterator[Figure]:
    """A figure for each category."""
    for category in CATEGORIES:
        lost = [round(100 * (1 - one.by_category[category]), 1) for one in rounds]
        value = min(lost) if category == "performance" else max(lost)
        beside: dict[str, float | str] = {}
        if category == "performance":
            beside = {
                "lcp_s": min(one.largest_paint_seconds for one in rounds),
                "cls": max(one.shift for one in rounds),
            }
        elif value:
            beside = {"because": "; ".join(sorted({why for one in rounds for why in one.complaints}))}
        title = f"{name} page, {category}, points lost of 100"
        yield Figure(title, value, min(lost), max(lost), "points", len(rounds), GOALS[category], beside)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    rounds = options.parse_args().rounds
    if missing():
        raise SystemExit(missing())
    program = node()
    with folder_of_our_own() as folder:
        server = ServerProcess(folder / "data", None, {"DOORSTEP_MODELS": str(models())})
        server.start()
        try:
            with signed_in_browser(folder, server) as port:
                wait_for(lambda: [one for one in server.events() if one["ended_at"]], 120, "an alert that is over")
                found: dict[str, list[Scores]] = {name: [] for name in PAGES}
                for number in range(rounds):
                    for name, path in PAGES.items():
                        address = server.url + path
                        found[name].append(looked_at(program, port, address, folder / f"{name}-{number}.json"))
        finally:
            server.kill()
    for name, scores in found.items():
        for figure in report_of(name, scores):
            tell(figure)


if __name__ == "__main__":
    main()
