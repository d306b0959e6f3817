"""Take the README's pictures of the console: ``make screenshots``."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.console import browser
from tests.console.browser import Page
from tests.console.pictures import shrink
from tests.console.stage import Sandbox, Server, tell_story

FOLDER = Path(__file__).parents[2] / "docs" / "img"
SIZE = (1200, 760)
NARROW = (390, 760)


def places(sandbox: Sandbox) -> Mapping[str, str]:
    """Return what is on each picture."""
    [failed] = sandbox.items("/messages?provider=teekrr&status=failed&limit=1")
    [broadcast] = sandbox.items("/broadcasts?provider=teekrr&limit=1")
    [inbound] = sandbox.items("/messages?provider=rapidpro&direction=in&limit=1")
    [told] = sandbox.items("/callbacks?state=succeeded&limit=1")
    return {
        "overview": "overview",
        "messages": f"messages/{failed['id']}",
        "broadcasts": f"broadcasts/{broadcast['id']}",
        "callbacks-dark": f"callbacks/{told['id']}",
        "phone-narrow": f"phone/{inbound['from'].removeprefix('tel:+')}",
    }


def take(page: Page, sandbox: Sandbox, name: str, place: str) -> None:
    """Take one picture; its name says how the page is to look."""
    browser.resize(page.driver, *(NARROW if name.endswith("narrow") else SIZE))
    scheme: Any = {"name": "prefers-color-scheme", "value": "light"}
    if name.endswith("dark"):
        scheme["value"] = "dark"
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    page.open(f"{sandbox.name}/{place}")
    page.find(".live[data-state='live']")
    page.find("h2")
    page.settle()
    if place.startswith("broadcasts"):
        page.find(".plot svg")
    (FOLDER / f"{name}.png").write_bytes(shrink(page.driver.get_screenshot_as_png()))


def main() -> None:
    absent = browser.missing()
    if absent is not None:
        sys.exit(f"{absent}: on Debian, apt install chromium chromium-driver")
    FOLDER.mkdir(parents=True, exist_ok=True)
    server = Server(clock="manual@2026-05-06T10:00:00Z")
    try:
        sandbox = Sandbox(server, "default")
        tell_story(sandbox)
        with tempfile.TemporaryDirectory() as profile:
            driver = browser.start(Path(profile), SIZE)
            try:
                for name, place in places(sandbox).items():
                    take(Page(driver, server.url), sandbox, name, place)
            finally:
                driver.quit()
    finally:
        server.close()


if __name__ == "__main__":
    main()
