"""Every view through axe-core, and by keyboard alone."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.console import browser
from tests.console.browser import Page
from tests.console.stage import Sandbox

NARROW = (390, 844)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
EVERYTHING = {"type": "tag", "values": TAGS}
COLOURS = {"type": "rule", "values": ["color-contrast"]}
RUN = """
const [rules, done] = arguments;
axe.run(document, {runOnly: rules}).then((found) => done(found.violations.map((each) =>
  `${each.id}: ${each.nodes.map((node) => node.html).join(" ")}`)));
"""


def violations(page: Page, rules: Any) -> list[str]:
    """Return what axe-core finds wrong with the page as it is."""
    axe = files("axe_core_python").joinpath("axe.min.js").read_text()
    page.script(f"if (!window.axe) {{ {axe} }}")
    found: list[str] = page.driver.execute_async_script(RUN, rules)
    return found


def places(sandbox: Sandbox) -> dict[str, str]:
    """Return a place for each view, with a detail where there are details."""

    def first(path: str) -> Any:
        return sandbox.items(f"{path}limit=1")[0]

    person = first("/messages?provider=rapidpro&direction=in&")["from"].removeprefix("tel:+")
    return {
        "overview": "",
        "messages": f"/{first('/messages?provider=teekrr&status=failed&')['id']}",
        "phone": f"/{person}",
        "broadcasts": f"/{first('/broadcasts?provider=teekrr&')['id']}",
        "callbacks": f"/{first('/callbacks?state=succeeded&')['id']}",
        "requests": f"/{first('/requests?matched=false&')['id']}",
        "outcomes": "/new?to=60123456789",
        "faults": "/new",
        "coverage": "?provider=teekrr",
        "sandboxes": "",
    }


def schemes(page: Page, scheme: str) -> None:
    """Let the page be light or dark."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@pytest.mark.parametrize(
    ("scheme", "size", "rules"),
    [
        ("light", (1280, 860), EVERYTHING),
        ("dark", (1280, 860), COLOURS),
        ("light", NARROW, EVERYTHING),
    ],
    ids=["light", "dark", "phone"],
)
def test_no_view_has_violations(
    page: Page, busy_sandbox: Sandbox, scheme: str, size: tuple[int, int], rules: Any
) -> None:
    browser.resize(page.driver, *size)
    schemes(page, scheme)
    page.open(f"{busy_sandbox.name}/overview")
    found = {}

    for view, rest in places(busy_sandbox).items():
        page.go(f"{busy_sandbox.name}/{view}{rest}")
        page.find(
            ".detail h2, .handset" if rest.startswith("/") and "new" not in rest else "h1, h2"
        )
        # What is folded away is looked at as well.
        page.script("document.querySelectorAll('main details').forEach((each) => each.open = true)")
        found[view] = violations(page, rules)

    assert {view: each for view, each in found.items() if each} == {}


def test_nothing_is_wider_than_a_phone(page: Page, busy_sandbox: Sandbox) -> None:
    browser.resize(page.driver, *NARROW)
    page.open(f"{busy_sandbox.name}/overview")
    widths = {}

    for view, rest in places(busy_sandbox).items():
        page.go(f"{busy_sandbox.name}/{view}{rest}")
        page.settle()
        widths[view] = page.script(
            "return Math.max(document.documentElement.scrollWidth, "
            "document.getElementById('main').scrollWidth)"
        )

    assert {view: width for view, width in widths.items() if width > NARROW[0]} == {}


def test_frame_is_in_order_on_a_tablet(page: Page, busy_sandbox: Sandbox) -> None:
    page.open(f"{busy_sandbox.name}/messages")
    page.find(".vrow")

    for width in (740, 900, 1000, 1150):
        browser.resize(page.driver, width, 760)
        top, side, main = (page.find(part).rect for part in (".top", ".side", "main"))
        assert (top["x"], top["y"], top["width"]) == (0, 0, width)
        assert (side["x"], side["y"]) == pytest.approx((0, top["height"]), abs=1)
        assert (main["x"], main["y"]) == pytest.approx((side["width"], top["height"]), abs=1)
        assert main["x"] + main["width"] == pytest.approx(width, abs=1)


@pytest.mark.parametrize("size", [NARROW, (768, 1024)], ids=str)
@pytest.mark.parametrize("view", ["messages", "callbacks"])
def test_narrow_row_says_who_and_what(
    page: Page, busy_sandbox: Sandbox, view: str, size: tuple[int, int]
) -> None:
    browser.resize(page.driver, *size)
    page.open(f"{busy_sandbox.name}/{view}")

    for part in (".c-who", ".c-text", ".c-time", ".c-status"):
        box = page.find(f".vrow {part}").rect
        assert box["width"] >= 40, part
        assert box["x"] + box["width"] <= size[0], part


def test_list_is_walked_with_the_keyboard(page: Page, busy_sandbox: Sandbox) -> None:
    page.open(f"{busy_sandbox.name}/messages")
    page.find(".vrow").send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)

    focused = page.driver.switch_to.active_element
    assert focused.get_attribute("data-at") == "2"
    focused.send_keys(Keys.ENTER)

    page.find(".detail h2")
    id = busy_sandbox.items("/messages?limit=3")[2]["id"]
    assert id in page.driver.current_url
    page.driver.switch_to.active_element.send_keys(Keys.END)
    assert int(str(page.driver.switch_to.active_element.get_attribute("data-at"))) >= 99


def test_focus_goes_to_what_was_opened(page: Page, busy_sandbox: Sandbox) -> None:
    page.open(f"{busy_sandbox.name}/overview")
    page.click("nav a", "Messages")
    page.find(".vrow")

    assert page.driver.switch_to.active_element.text.startswith("Messages")

    browser.resize(page.driver, *NARROW)
    page.click(".vrow")
    heading = page.find(".detail h2")
    page.wait(lambda: page.driver.switch_to.active_element == heading)
    page.click("a", "All messages")
    page.find(".vrow")


def test_back_button_goes_back(page: Page, busy_sandbox: Sandbox) -> None:
    page.open(f"{busy_sandbox.name}/messages")
    page.click(".vrow")
    page.find(".detail h2")
    page.click("nav a", "Coverage")
    page.find("h1", "Coverage")

    page.driver.back()

    page.find(".detail h2")
    page.driver.back()
    page.find(".nothing", "Pick a message")


def test_theme_is_chosen_and_kept(page: Page, busy_sandbox: Sandbox) -> None:
    def ground() -> str:
        return str(page.script("return getComputedStyle(document.body).backgroundColor"))

    schemes(page, "light")
    page.open(f"{busy_sandbox.name}/overview")
    before = ground()

    page.click("#theme")

    dark = ground()
    assert dark != before
    page.open(f"{busy_sandbox.name}/coverage")
    assert ground() == dark
    page.click("#theme")
    assert ground() == before
    page.script("localStorage.clear()")
