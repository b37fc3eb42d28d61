"""Debian's chromium at a place of the tests' world: it goes out by that network, and trusts who is told here."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright

from fakes.browser import FLAGS, PHONE
from fakes.hub_phone import Phone


def missing() -> str:
    """Why there can be none here, apart from what `fakes.browser` knows."""
    return "" if shutil.which("certutil") else "libnss3-tools is not installed"


@contextmanager
def opened(phone: Phone, folder: Path) -> Iterator[BrowserContext]:
    """A browser with nothing in it but the phone's authority; its own files lie in `folder`."""
    home = folder / "chromium"
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    store = ["-d", f"sql:{database}"]
    for words in (["-N", "--empty-password"], ["-A", "-t", "C,,", "-n", "tests", "-i", str(phone.root)]):
        subprocess.run(["certutil", *words, *store], check=True, capture_output=True, timeout=60)
    program = home / "chromium.sh"
    program.write_text(f'#!/bin/sh\nexec {" ".join(phone.place.inside("chromium"))} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS, env={**os.environ, "HOME": str(home)})
        try:
            with browser.new_context(viewport=PHONE) as context:
                yield context
        finally:
            browser.close()
