"""Debian's chromium, driven by the tests; a page of the console in it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import (
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 10.0
BLANK = "about:blank"
PASSING = (
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
"""What may be so now and otherwise in a moment: the page draws things anew."""
SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)

# One call for a whole list of elements: asking each takes many times as long. Where lines break
# is a matter of style sheets.
FIND = """
const [selector, text] = arguments;
return [...document.querySelectorAll(selector)].find((each) => each.checkVisibility() &&
  (each.innerText ?? each.textContent).replace(/\\s+/g, " ").includes(text)) ?? null;
"""
TEXTS = """
return [...document.querySelectorAll(arguments[0])].map((each) =>
  (each.innerText ?? each.textContent).replace(/\\s+/g, " ").trim());
"""
FIELD = """
const [selector, text] = arguments;
const label = [...document.querySelectorAll(selector)].find((each) => each.checkVisibility() &&
  each.innerText.trim() === text);
return label ? document.getElementById(label.htmlFor) : null;
"""


def missing() -> str | None:
    """Return what is not installed, None if everything is."""
    absent = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"{' and '.join(absent)} not installed" if absent else None


def start(profile: Path, size: tuple[int, int] = (1280, 860)) -> webdriver.Chrome:
    """Start a browser with an empty profile."""
    options = Options()
    options.binary_location = str(shutil.which("chromium"))
    for switch in (*SWITCHES, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, Service(str(shutil.which("chromedriver"))))
    # Not the window: what is inside it is what pages are laid out in.
    resize(driver, *size)
    return driver


def resize(driver: webdriver.Chrome, width: int, height: int) -> None:
    """Give the page this size."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


class Page:
    """The console in a browser: finds what people see, and waits for it."""

    def __init__(self, driver: webdriver.Chrome, url: str) -> None:
        self.driver = driver
        self.url = url

    def open(self, place: str = "", query: str = "") -> None:
        """Load the console anew at a place such as ``default/messages``."""
        if self.driver.current_url != BLANK:
            # Another place on the same page would not load it anew.
            self.driver.get(BLANK)
        self.driver.get(f"{self.url}/_emulator/console{query}#/{place}")
        self.wait(lambda: self.script("return document.documentElement.dataset.ready === 'true'"))

    def go(self, place: str) -> None:
        """Go to a place within the page."""
        self.script("location.hash = arguments[0]", f"#/{place}")
        self.settle()

    def settle(self) -> None:
        """Wait until no list is being read any more."""
        self.wait(lambda: not self.driver.find_elements(By.CSS_SELECTOR, "[aria-busy='true']"))

    def script(self, text: str, *arguments: Any) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(text, *arguments)

    def wait(self, condition: Any, what: str = "") -> Any:
        """Wait until a condition holds, and return what it said."""

        def holds(_driver: Any) -> Any:
            try:
                return condition()
            except PASSING:
                return False

        return WebDriverWait(self.driver, PATIENCE, 0.05).until(holds, what)

    def find(self, selector: str, text: str = "") -> WebElement:
        """Return the first element that is seen and holds the text."""
        what = f"{selector} with {text!r}"
        element: WebElement = self.wait(lambda: self.script(FIND, selector, text), what)
        return element

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all elements."""
        found: list[str] = self.script(TEXTS, selector)
        return found

    def click(self, selector: str, text: str = "") -> None:
        """Click the first element that holds the text."""
        self.wait(lambda: self._clicked(selector, text), f"{selector} with {text!r}")

    def _clicked(self, selector: str, text: str) -> bool:
        element = self.find(selector, text)
        self.script("arguments[0].scrollIntoView({block: 'nearest'})", element)
        element.click()
        return True

    def field(self, label: str, within: str = "body") -> WebElement:
        """Return the field with a label."""
        found: WebElement = self.wait(lambda: self.script(FIELD, f"{within} label", label), label)
        return found

    def type(self, label: str, text: str, within: str = "body") -> None:
        """Put text into the field with a label, in the place of what it holds."""
        element = self.field(label, within)
        element.clear()
        element.send_keys(text)

    def choose(self, label: str, value: str, within: str = "body") -> None:
        """Choose from the list with a label."""
        element = self.field(label, within)
        element.find_element(By.CSS_SELECTOR, f"option[value='{value}']").click()

    def said(self, text: str) -> None:
        """Wait until the console says something, and dismiss it."""
        toast = self.find(".toast", text)
        toast.find_element(By.TAG_NAME, "button").click()

    def complaints(self) -> list[str]:
        """Return what the browser has complained about since it was last asked.

        Calls that the control API refuses are no faults of the page, which tells of them.
        """
        messages = [str(entry["message"]) for entry in self.driver.get_log("browser")]
        return [text for text in messages if "responded with a status of 4" not in text]
