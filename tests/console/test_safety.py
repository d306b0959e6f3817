"""Whatever stands in messages stays text, and nobody gets in without the token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from selenium.webdriver.common.by import By

from emulator.console.pages import ASSETS
from tests.console.browser import Page
from tests.console.stage import ANN, Sandbox, Server

TOKEN = "open-sesame"
EVIL = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"
SCRIPTS = sorted(ASSETS.rglob("*.js"))


@pytest.fixture(scope="module")
def guarded() -> Iterator[Server]:
    started = Server(control_token=TOKEN, fixtures=("empty",))
    yield started
    started.close()


def test_text_of_messages_stays_text(page: Page, sandbox: Sandbox) -> None:
    [first, *_] = sandbox.items("/messages?provider=rapidpro&direction=in&limit=1")
    inbound = {"provider": "rapidpro", "from": first["from"], "text": EVIL}
    said = sandbox.do("POST", "/inbound", {**inbound, "media": ["javascript:alert(1)"]})
    sandbox.send(ANN, text=EVIL, name=EVIL)
    sandbox.do("POST", "/outcomes", {"id": EVIL, "text_pattern": "x", "outcome": "read"})

    person = first["from"].removeprefix("tel:+")
    asked = f"requests/{sandbox.items('/requests')[0]['id']}"
    for place in (f"messages/{said['id']}", f"phone/{person}", "broadcasts", asked, "outcomes"):
        page.open(f"{sandbox.name}/{place}")
        page.find("main", "<img src=x")
        assert "broken" not in page.driver.title
        assert page.driver.find_elements(By.CSS_SELECTOR, "main img, main script") == []
        assert page.driver.find_elements(By.CSS_SELECTOR, "[href^='javascript']") == []


def test_markup_cannot_be_made_of_text(page: Page, sandbox: Sandbox) -> None:
    page.open(f"{sandbox.name}/overview")

    refused = page.script(
        "try { document.body.insertAdjacentHTML('beforeend', '<b>hi</b>'); return null; }"
        "catch (error) { return error.name; }"
    )

    assert refused == "TypeError"
    assert any("TrustedHTML" in text for text in page.complaints())


@pytest.mark.parametrize("path", ["", "/console.css", "/js/main.js", "/icon.svg", "/nothing"])
def test_every_answer_carries_the_policy(server: Server, path: str) -> None:
    answer = server.ask("GET", f"/_emulator/console{path}")

    policy = answer.headers["Content-Security-Policy"]
    assert answer.status_code == (404 if path == "/nothing" else 200)
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("page_name", ["index.html", "door.html"])
def test_page_has_nothing_inline_and_nothing_from_elsewhere(page_name: str) -> None:
    text = (ASSETS / page_name).read_text()

    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", text) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//[^\"]*", text) == []
    for name in re.findall(r"(?:src|href)=\"console/([^\"]+)\"", text):
        assert (ASSETS / name).is_file()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_imports_only_what_is_there_and_makes_no_markup(script: Any) -> None:
    text = script.read_text()

    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text) == []
    )
    for name in re.findall(r"from \"([^\"]+)\"", text):
        assert (script.parent / name).is_file(), name


@pytest.mark.parametrize("path", ["../pages.py", "%2e%2e/pages.py", "js/../../pages.py", "js"])
def test_only_assets_are_handed_out(server: Server, path: str) -> None:
    request = requests.Request("GET", f"{server.url}/_emulator/console/x").prepare()
    request.url = f"{server.url}/_emulator/console/{path}"

    assert server.session.send(request, timeout=10).status_code == 404


def test_what_has_not_changed_is_not_sent_again(server: Server) -> None:
    first = server.ask("GET", "/_emulator/console/js/main.js")
    again = server.ask(
        "GET", "/_emulator/console/js/main.js", headers={"If-None-Match": first.headers["ETag"]}
    )

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_root_leads_to_the_console(server: Server) -> None:
    answer = server.ask("GET", "/")

    assert answer.status_code == 200
    assert answer.url == f"{server.url}/_emulator/console"
    slash = server.ask("GET", "/_emulator/console/", allow_redirects=False)
    assert slash.headers["Location"] == "/_emulator/console"


def test_token_in_the_address_becomes_a_cookie(guarded: Server) -> None:
    answer = guarded.ask("GET", f"/_emulator/console?token={TOKEN}", allow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/_emulator/console")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    guarded.session.cookies.clear()


@pytest.mark.parametrize("query", ["", "?token=wrong", "?token="])
def test_without_the_token_the_console_stays_shut(guarded: Server, query: str) -> None:
    guarded.session.cookies.clear()

    answer = guarded.ask("GET", f"/_emulator/console{query}")

    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert 'id="token"' in answer.text
    assert guarded.ask("GET", "/_emulator/sandboxes").status_code == 401


def test_token_is_asked_for_once(page: Page, guarded: Server) -> None:
    page.driver.get(f"{guarded.url}/_emulator/console#/default/coverage")

    page.type("Control token", "wrong")
    page.click("button", "Open the console")
    page.find("[role=alert]", "That is not the token.")
    assert "wrong" not in page.driver.current_url
    page.type("Control token", TOKEN)
    page.click("button", "Open the console")

    page.find("h1", "Coverage")
    page.find(".live", "Live")
    assert TOKEN not in page.driver.current_url
    assert page.script("return document.cookie") == ""
    page.driver.refresh()
    page.find("h1", "Coverage")
    page.driver.delete_all_cookies()
