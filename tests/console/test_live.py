"""What happens is shown as it happens, also where the stream does not come through."""

from __future__ import annotations

from tests.console.browser import Page
from tests.console.stage import ANN, Sandbox, Server

FIRST_STREAM_IS_LOST = """
const Stream = window.EventSource;
let asked = 0;
window.EventSource = class extends Stream {
  constructor(url) {
    asked += 1;
    super(asked === 1 ? url.replace(/events$/, "no-stream") : url);
  }
};
"""


def test_message_appears_without_a_reload(page: Page, sandbox: Sandbox) -> None:
    page.open(f"{sandbox.name}/messages")
    page.find(".live[data-state='live']", "Live")

    sandbox.send(ANN)

    page.find(".vrow", ANN)
    sandbox.advance(by="1m")
    page.wait(lambda: "delivered" in page.find(".vrow", ANN).text)


def test_open_message_follows_what_happens_to_it(page: Page, sandbox: Sandbox) -> None:
    sandbox.send(ANN)
    id = sandbox.items(f"/messages?to={ANN}")[0]["id"]
    page.open(f"{sandbox.name}/messages/{id}")
    page.find(".timeline li", "enqueued")

    sandbox.advance(until="idle")

    page.find(".timeline li", "delivered")


def test_clock_follows_others(page: Page, sandbox: Sandbox) -> None:
    page.open(f"{sandbox.name}/overview")
    page.find(".live[data-state='live']", "Live")

    sandbox.do("PUT", "/clock", {"mode": "real", "rate": 60})

    page.find(".mode", "running, 60×")


def test_without_the_stream_the_page_asks(page: Page, sandbox: Sandbox) -> None:
    broken = page.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": "delete window.EventSource"}
    )
    try:
        page.open(f"{sandbox.name}/messages")
        page.find(".live", "Every 2 s")

        sandbox.send(ANN)

        page.find(".vrow", ANN)
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", broken)


def test_stream_is_found_again_after_it_was_lost(page: Page, sandbox: Sandbox) -> None:
    lost = page.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": FIRST_STREAM_IS_LOST}
    )
    try:
        page.open(f"{sandbox.name}/messages")
        page.find(".live", "Every 2 s")

        page.find(".live[data-state='live']", "Live")
        sandbox.send(ANN)

        page.find(".vrow", ANN)
        assert all("no-stream" in text for text in page.complaints())
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", lost)


def test_place_in_the_list_is_kept_when_messages_come(page: Page, sandbox: Sandbox) -> None:
    sandbox.send(*(f"601230{at:05d}" for at in range(200)))
    page.open(f"{sandbox.name}/messages")
    page.find(".vrow")
    page.script("document.querySelector('.vlist').scrollTop = 1200")
    page.find("[data-at='35']")
    before = page.find("[data-at='35']").text

    sandbox.send(ANN)

    page.wait(lambda: page.find("[data-at='36']").text == before)


def test_sandbox_that_is_deleted_meanwhile_is_told(page: Page, server: Server) -> None:
    gone = server.sandbox()
    page.open(f"{gone.name}/messages")
    page.find(".live[data-state='live']", "Live")

    server.control("DELETE", gone.path)

    page.said(f"There is no sandbox {gone.name}.")
    page.find(".mode", "no sandbox")
    assert all(gone.name in text for text in page.complaints())


def test_unknown_sandbox_and_view_are_told(page: Page, sandbox: Sandbox) -> None:
    page.open(f"{sandbox.name}/nonsense")
    page.find("h1", "Overview")

    page.go("no-such/messages")

    page.said("There is no sandbox no-such.")
