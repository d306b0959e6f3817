"""Twenty thousand messages, and still a page that answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.common.by import By

from tests.console.browser import Page
from tests.console.stage import Sandbox, Server

MANY = 20_000


@pytest.fixture(scope="module")
def crowd(server: Server) -> Iterator[Sandbox]:
    """A sandbox in which 20,000 people were written to."""
    made = server.sandbox(fixture="empty")
    [account] = made.get("")["providers"]["teekrr"]["accounts"]
    key = account["keys"][0]["key"]
    rich = {"billing": {"creditBalance": 1_000_000}}
    made.do("PATCH", f"/accounts/teekrr/{account['id']}", rich)
    for half in range(2):
        numbers = [f"6011{half}{at:06d}" for at in range(MANY // 2)]
        answer = server.ask(
            "POST",
            f"/s/{made.name}/teekrr/sms",
            {
                "campaignName": "All",
                "type": "quick broadcast",
                "templateContent": "News",
                "recipients": numbers,
            },
            headers={"Authorization": f"Bearer {key}"},
        )
        assert answer.ok, answer.text
    yield made
    server.ask("DELETE", f"/_emulator{made.path}")


def rows(page: Page) -> list[Any]:
    return page.driver.find_elements(By.CSS_SELECTOR, ".vrow")


def test_first_view_draws_what_can_be_seen(page: Page, crowd: Sandbox) -> None:
    page.open(f"{crowd.name}/messages")
    page.find(".vrow")

    assert page.texts(".total") == ["20,000"]
    assert len(rows(page)) < 100


def test_end_of_the_list_is_reached(page: Page, crowd: Sandbox) -> None:
    page.open(f"{crowd.name}/messages")
    page.find(".vrow")

    page.script("const list = document.querySelector('.vlist'); list.scrollTop = list.scrollHeight")

    last = page.wait(lambda: page.driver.find_element(By.CSS_SELECTOR, f"[data-at='{MANY - 1}']"))
    assert "60110000000" in last.text
    assert len(rows(page)) < 100
    order = page.script(
        "return [...document.querySelectorAll('.vrow')].map((row) => Number(row.dataset.at))"
    )
    assert order == sorted(order)


def test_scrolling_does_not_freeze_the_page(page: Page, crowd: Sandbox) -> None:
    page.open(f"{crowd.name}/messages")
    page.find(".vrow")

    usual = page.driver.execute_async_script(
        """
        const done = arguments[0], list = document.querySelector(".vlist");
        const frames = [];
        let before = performance.now();
        const step = (now) => {
          frames.push(now - before);
          before = now;
          list.scrollTop += 300;
          if (frames.length < 60) requestAnimationFrame(step);
          else done(frames.sort((a, b) => a - b)[30]);
        };
        requestAnimationFrame(step);
        """
    )

    # Sixty in a second are smooth; the machines of tests are busy.
    assert usual < 100


def test_search_among_them_finds_one(page: Page, crowd: Sandbox) -> None:
    page.open(f"{crowd.name}/messages")

    page.type("Search messages", "to: 60110000042")

    page.wait(lambda: page.texts(".total") == ["1"])
    assert "60110000042" in page.find(".vrow").text


def test_page_stays_usable_while_thousands_move(page: Page, crowd: Sandbox) -> None:
    page.open(f"{crowd.name}/broadcasts")
    page.click(".vrow", "All")
    page.find(".part", "10,000 recipients")

    page.click("button", "Until idle")

    page.said("passed")
    page.find(".legend li", "delivered 10,000")
    page.click("nav a", "Messages")
    page.find(".vrow", "delivered")
