"""The demo's story from end to end, as a newcomer plays it, without a line of code."""

from __future__ import annotations

from tests.console.browser import Page
from tests.console.stage import NEWS, Sandbox

SICK = "60123400013"
WELL = "60123400014"


def test_newcomer_plays_the_demo(page: Page, sandbox: Sandbox) -> None:
    page.open(f"{sandbox.name}/callbacks")

    prepare(page)
    send(page, sandbox)
    look_why(page, sandbox)
    tell_the_handler_again(page, sandbox)
    break_the_vendor(page, sandbox)
    start_over(page, sandbox)


def prepare(page: Page) -> None:
    """A handler that is told, and a rule for somebody whose phone is off."""
    page.click("summary", "Endpoints")
    page.click("summary", "Add an endpoint")
    page.choose("Provider", "teekrr", within=".adding")
    page.click("button", "Use the built-in receiver")
    page.click("button", "Add the endpoint")
    page.said("It is told from now on.")
    page.click("nav a", "Outcomes")
    page.click("a", "Add a rule")
    page.type("This", SICK)
    page.click("summary", "Error, answer and delays")
    page.type("Error code", "UNDELIVERABLE")
    page.type("Error text", "Phone is off")
    page.click("button", "Save the rule")
    page.said("The rule stands in front")


def send(page: Page, sandbox: Sandbox) -> None:
    """The client sends: everything stands still until the clock is moved."""
    sandbox.send(SICK, WELL, name="Closing early")
    page.click("nav a", "Broadcasts")
    page.click(".vrow", "Closing early")
    page.find(".legend li", "enqueued 2")
    page.click("button", "Until idle")
    page.said("callbacks sent")
    page.find(".legend li", "delivered 1")
    page.find(".legend li", "failed 1")


def look_why(page: Page, sandbox: Sandbox) -> None:
    """One never arrived, and one sees why; the other did."""
    page.click("a", "Its messages")
    page.click(".vrow", SICK)
    page.find(".problem", "UNDELIVERABLE: Phone is off")
    page.find(".part", "Decided by the rule")
    page.click("a", "See on the phone")
    page.find(".handset", "1 message never arrived")
    page.go(f"{sandbox.name}/phone/{WELL}")
    page.find(".bubble.theirs", NEWS)


def tell_the_handler_again(page: Page, sandbox: Sandbox) -> None:
    page.click("nav a", "Callbacks")
    page.click(".vrow", "succeeded")
    page.find(".part", "genuine")
    heard = len(sandbox.items("/sink"))
    page.click("button", "Send it again")
    page.said("The receiver answered 200.")
    assert len(sandbox.items("/sink")) == heard + 1


def break_the_vendor(page: Page, sandbox: Sandbox) -> None:
    """The vendor breaks down once; what was asked and answered is seen."""
    page.click("nav a", "Faults")
    page.click("a", "Add a fault")
    page.click("button", "Add the fault")
    page.said("The fault acts from now on.")
    assert sandbox.teekrr("/sms", {}).status_code == 500
    page.click("nav a", "Requests")
    page.click(".vrow", "500")
    page.find(".detail-head .badge", "500")


def start_over(page: Page, sandbox: Sandbox) -> None:
    """And all of it never happened."""
    page.click("nav a", "Sandboxes")
    page.click(f"button[aria-label='Reset: {sandbox.name}']")
    page.click("dialog button", "Reset it")
    page.said("It is as it was at first.")
    page.click("nav a", "Messages")
    page.type("Search messages", f"to: {WELL}")
    page.find(".empty", "No message is like that.")
