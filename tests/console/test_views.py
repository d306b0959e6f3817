"""The main path of each view, as somebody at the screen walks it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.console.browser import Page
from tests.console.stage import ANN, NEWS, TEEKRR, Sandbox

QUICK = {"eng": [{"text": "Yes"}, {"text": "No"}]}
BOB = "60123990513"
"""Its last six digits say: sent, then reported failed."""


def test_overview_counts_warns_and_advances(page: Page, sandbox: Sandbox) -> None:
    sandbox.teekrr("/smss", {})
    sandbox.send(ANN)

    page.open(f"{sandbox.name}/overview")

    page.find(".warning", "1 request asked for something")
    names = page.texts("a.line[href*='/broadcasts/'] .grow")
    due = {b["name"]: b["scheduled_at"] for b in sandbox.items("/broadcasts?limit=20")}
    assert len(names) > 2
    assert names == sorted(names, key=lambda name: due[name])
    total = sandbox.get("/messages?limit=1")["total"]
    assert page.find("a.tile", "Messages").text.split()[0] == str(total)
    page.click("button", "Until idle")
    page.said("passed")
    assert sandbox.items(f"/messages?to={ANN}")[0]["status"] == "delivered"
    page.find("main .line", "delivered")


def test_what_is_not_kept_any_more_is_told(page: Page, sandbox: Sandbox) -> None:
    page.open(f"{sandbox.name}/requests")
    page.find(".empty")
    assert page.texts(".side-list > .hint:not([hidden])") == []
    keep = {"requests": {"count": 2}, "callbacks": {"count": 1}, "events": {"count": 1}}
    sandbox.do("PATCH", "/settings", {"keep": keep})
    for _ in range(3):
        sandbox.teekrr("/smss", {})

    page.find(".side-list > .hint", "1 older request not kept any more: the setting keep.requests")

    sandbox.sink()
    sandbox.send(ANN)
    sandbox.advance(by="1m")
    dropped = sandbox.get("")["dropped"]
    callbacks = f"{dropped['callbacks']} older callbacks"
    assert dropped["callbacks"] > 1
    page.go(f"{sandbox.name}/callbacks")
    page.find(".side-list > .hint", f"{callbacks} not kept any more")
    page.go(f"{sandbox.name}/overview")
    page.find(".warning", f"{dropped['requests']} requests, {dropped['callbacks']} callbacks")
    # Nothing in the console is missing for it.
    assert sandbox.get("")["dropped"]["events"] > 0
    assert "event" not in " ".join(page.texts(".warning"))


def test_clock_runs_at_a_rate_and_is_paused(page: Page, sandbox: Sandbox) -> None:
    page.open(f"{sandbox.name}/overview")
    page.click("button[aria-label='Let the clock run']")
    page.find("[data-mode='real']")

    rates = page.find("select[aria-label='Rate of the clock']")
    rates.find_element("css selector", "option[value='3600']").click()

    page.find(".mode", "running, 3600×")
    assert sandbox.get("/clock")["rate"] == 3600
    page.click("button[aria-label='Pause the clock']")
    page.find("[data-mode='manual']")
    assert sandbox.get("/clock")["mode"] == "manual"


def test_what_is_due_next_is_gone_to(page: Page, sandbox: Sandbox) -> None:
    due = sandbox.get("/clock")["next_due"]
    page.open(f"{sandbox.name}/overview")

    page.click("button", "Go there")

    page.said("passed")
    assert sandbox.get("/clock")["now"] == due


def test_messages_are_searched(page: Page, sandbox: Sandbox) -> None:
    sandbox.send(ANN, BOB)
    sandbox.advance(until="idle")
    page.open(f"{sandbox.name}/messages")

    page.type("Search messages", f'to:{BOB} status: failed provider: teekrr text: "3pm on Friday"')

    page.wait(lambda: page.texts(".total") == ["1"])
    assert BOB in page.find(".vrow").text
    page.type("Search messages", "to: 60999")
    page.find(".empty", "No message is like that.")
    page.type("Search messages", "provider: nobody")
    page.find("[role=alert]", "Must be one of")


def test_message_tells_its_course_and_why(page: Page, sandbox: Sandbox) -> None:
    sandbox.do("POST", "/outcomes", {"id": "mine", "to": ANN, "outcome": "rejected"})
    sandbox.send(ANN)
    sandbox.advance(by="1m")
    page.open(f"{sandbox.name}/messages")

    page.click(".vrow", ANN)

    page.find(".detail h2", ANN)
    page.find(".part", "Decided by the rule mine")
    page.find(".part", "Sent alone now, it would be rejected")
    steps = [step["status"] for step in sandbox.items(f"/messages?to={ANN}")[0]["history"]]
    assert [text.split()[0] for text in page.texts(".timeline li")] == steps


def test_rule_is_made_from_a_message(page: Page, sandbox: Sandbox) -> None:
    sandbox.send(ANN)
    page.open(f"{sandbox.name}/messages?q=to:{ANN}")
    page.click(".vrow", ANN)
    page.click("a", "Make a rule from this message")

    page.find("h2", "New rule")
    assert page.field("This").get_attribute("value") == ANN
    page.choose("Outcome", "undelivered")
    page.click("button", "Save the rule")

    page.said("The rule stands in front")
    [rule] = sandbox.items("/outcomes")
    assert (rule["to"], rule["provider"], rule["outcome"]) == (ANN, "teekrr", "undelivered")


def test_status_is_forced(page: Page, sandbox: Sandbox) -> None:
    sandbox.send(ANN)
    id = sandbox.items(f"/messages?to={ANN}")[0]["id"]
    page.open(f"{sandbox.name}/messages/{id}")
    page.click("summary", "Force a status")

    page.type("Status", "opened")
    page.click("button", "Set the status")
    page.find(".field .problem", "Must be one of")
    page.type("Status", "delivered")
    page.click("button", "Set the status")

    page.said("It is delivered now.")
    page.find(".timeline li", "delivered")


def test_phone_shows_what_arrived_and_answers(page: Page, sandbox: Sandbox) -> None:
    [first, *_] = sandbox.items("/messages?provider=rapidpro&direction=in&limit=1")
    number, name = first["from"].removeprefix("tel:+"), first["contact"]["name"]
    page.open(f"{sandbox.name}/phone")

    page.type("Find a person", name)
    page.click(".person", name)
    page.type("Reply", "See you on Thursday")
    page.click("button", "Send")

    page.find(".bubble.mine", "See you on Thursday")
    [latest, *_] = sandbox.items(f"/messages?from={number}&direction=in")
    assert latest["text"] == "See you on Thursday"


def test_phone_shows_a_message_once_it_has_arrived(page: Page, sandbox: Sandbox) -> None:
    sandbox.send(ANN)
    page.open(f"{sandbox.name}/phone/{ANN}")
    page.find(".handset", "1 message still on the way")
    assert page.texts(".bubble") == []

    sandbox.advance(until="idle")

    page.find(".bubble.theirs", NEWS)


def test_broadcast_shows_progress_and_course(page: Page, busy_sandbox: Sandbox) -> None:
    [broadcast] = busy_sandbox.items("/broadcasts?provider=teekrr&limit=1")
    page.open(f"{busy_sandbox.name}/broadcasts")

    page.click(".vrow", "Hari Raya")

    for status, count in broadcast["counts"].items():
        page.find(".legend li", f"{status} {count}")
    page.find(".plot svg")
    areas = page.driver.find_elements("css selector", ".plot polygon")
    assert len(areas) >= 3
    assert all("NaN" not in str(area.get_attribute("points")) for area in areas)


def test_broadcast_is_cancelled(page: Page, sandbox: Sandbox) -> None:
    scheduled = {"campaignName": "Later", "type": "schedule broadcast", "templateContent": "Hi"}
    at = "2030-01-01T10:00:00Z"
    answer = sandbox.teekrr("/sms", {**scheduled, "recipients": [ANN], "scheduledAt": at})
    assert answer.ok, answer.text
    page.open(f"{sandbox.name}/broadcasts")
    page.click(".vrow", "Later")

    page.click("button", "Cancel it")
    page.click("dialog button", "Cancel the broadcast")

    page.said("The broadcast is cancelled.")
    page.find(".detail-head .badge", "cancelled")


def test_callback_is_edited_and_redelivered(page: Page, sandbox: Sandbox) -> None:
    sandbox.sink(events=["delivered"])
    sandbox.send(ANN)
    sandbox.advance(until="idle")
    page.open(f"{sandbox.name}/callbacks?state=succeeded")

    page.click(".vrow", "delivered")
    page.find(".part", "genuine")
    page.click("summary", "Edit and send")
    page.type("Body, exactly as it is sent", '{"event": "mine"}')
    page.click("button", "Send the edited callback")

    page.said("The receiver answered 200.")
    assert sandbox.items("/sink")[-1]["body"] == '{"event": "mine"}'
    page.wait(lambda: len(page.texts(".attempts > li")) == 2)


def test_endpoint_is_added_and_removed(page: Page, sandbox: Sandbox) -> None:
    page.open(f"{sandbox.name}/callbacks")
    page.click("summary", "Endpoints")
    page.click("summary", "Add an endpoint")
    page.choose("Provider", "cuedesk", within=".adding")

    page.click("button", "Use the built-in receiver")
    page.click("button", "Add the endpoint")

    page.said("Its secret is")
    url = f"{sandbox.server.url}/_emulator{sandbox.path}/sink/cuedesk"
    assert url in [endpoint["url"] for endpoint in sandbox.items("/endpoints")]
    page.click(f"button[aria-label='Remove {url}']")
    page.click("dialog button", "Remove it")
    page.wait(lambda: url not in [e["url"] for e in sandbox.items("/endpoints")])


@pytest.mark.needs("curl")
def test_request_shows_near_misses_and_a_command(page: Page, sandbox: Sandbox) -> None:
    sandbox.teekrr("/smss", {"recipients": [ANN]})
    page.open(f"{sandbox.name}/requests?show=unmatched")

    page.click(".vrow", "/smss")

    page.find(".part", "POST /sms")
    page.click("button", "Copy as curl")
    page.said("Copied.")
    page.click("summary", "As curl")
    command = page.find("details pre", "curl").text
    before = sandbox.get("/requests?limit=1")["total"]
    subprocess.run(["bash", "-c", command], check=True, capture_output=True, timeout=20)
    again, first = sandbox.items("/requests?limit=2")
    assert sandbox.get("/requests?limit=1")["total"] == before + 1
    assert [again[part] for part in ("path", "body")] == [first[part] for part in ("path", "body")]
    assert again["account"] == first["account"]


def upload(sandbox: Sandbox, size: int) -> None:
    """Upload a picture of so many bytes, none of which is text."""
    picture = b"\x89PNG\r\n\x1a\n".ljust(size, b"\xff")
    url = f"{sandbox.server.url}/s/{sandbox.name}/teekrr/whatsapp/upload-header-image"
    files = {"file": ("shop.png", picture, "image/png")}
    assert sandbox.server.session.post(url, headers=TEEKRR, files=files, timeout=20).ok


@pytest.mark.needs("curl")
def test_upload_is_repeated_by_a_command(page: Page, sandbox: Sandbox) -> None:
    upload(sandbox, 1000)
    page.open(f"{sandbox.name}/requests/1")

    page.click("summary", "As curl")
    command = page.find("details pre", "curl").text
    subprocess.run(["bash", "-c", command], check=True, capture_output=True, timeout=20)

    again, first = sandbox.items("/requests")
    assert first["body_encoding"] == "base64"
    for part in ("path", "body", "body_encoding", "account", "status"):
        assert again[part] == first[part]


def test_large_body_is_shown_in_part(page: Page, sandbox: Sandbox) -> None:
    upload(sandbox, 300_000)
    page.open(f"{sandbox.name}/requests/1")

    pre = page.find("pre[aria-label='Body of the request']")

    whole = sandbox.get("/requests/1")["body"]
    assert pre.get_property("textContent") == whole[:100_000]
    page.find(".code .hint", f"{len(whole) - 100_000:,} more characters")


def test_request_shows_fields_that_nobody_reads(page: Page, sandbox: Sandbox) -> None:
    sandbox.teekrr("/sms", {"campainName": "Hello", "type": "quick broadcast"})
    page.open(f"{sandbox.name}/requests")

    page.click(".vrow", "/sms")

    page.find(".part", "Did you mean campaignName?")


def test_rules_are_tried_moved_edited_and_removed(page: Page, sandbox: Sandbox) -> None:
    rules = [{"id": "one", "outcome": "read"}, {"id": "two", "to": ANN, "outcome": "rejected"}]
    sandbox.do("PUT", "/outcomes", {"rules": rules})
    page.open(f"{sandbox.name}/outcomes")

    page.choose("Provider", "teekrr", within=".dry-run")
    page.type("To", ANN, within=".dry-run")
    page.click("button", "What would happen?")
    page.find("[role=status]", "by the rule one")
    page.click("button[aria-label='Move two up']")
    page.said("Moved.")
    page.click("a[aria-label='Edit two']")
    page.choose("Outcome", "undelivered")
    page.click("summary", "More conditions")
    page.type("Only a share", "2")
    page.click("button", "Save the rule")
    page.find(".field .problem", "0")
    page.type("Only a share", "0.5")
    page.click("button", "Save the rule")
    page.said("The rule is changed.")
    page.click("button[aria-label='Remove one']")
    page.click("dialog button", "Remove it")

    page.wait(lambda: len(sandbox.items("/outcomes")) == 1)
    [left] = sandbox.items("/outcomes")
    assert (left["id"], left["outcome"], left["share"]) == ("two", "undelivered", 0.5)


def test_what_no_rule_wants_is_decided(page: Page, sandbox: Sandbox) -> None:
    page.open(f"{sandbox.name}/outcomes")

    page.choose("Whautomate", "undelivered")
    page.said("It holds for messages from now on.")
    page.choose("How long steps take", "instant")
    page.said("It holds for messages from now on.")

    settings = sandbox.get("/settings")
    assert settings["default_outcome"]["whautomate"] == "undelivered"
    assert settings["latency"] == "instant"


def test_phone_of_somebody_whose_vendor_takes_no_answers_says_so(
    page: Page, sandbox: Sandbox
) -> None:
    sandbox.send(ANN)
    sandbox.advance(until="idle")
    page.open(f"{sandbox.name}/phone/{ANN}")
    page.find(".bubble.theirs", NEWS)

    page.type("Reply", "Hello?")
    page.click("button", "Send")

    page.find(".reply .problem", "eekrr")


def test_button_on_the_phone_is_tapped(page: Page, sandbox: Sandbox) -> None:
    server, name = sandbox.server, sandbox.name
    contact = sandbox.items("/messages?provider=rapidpro&direction=in&limit=1")[0]["contact"]
    made = server.ask(
        "POST",
        f"/s/{name}/rapidpro/api/v2/broadcasts.json",
        {"text": {"eng": "Will you come?"}, "contacts": [contact["id"]], "quick_replies": QUICK},
        headers={"Authorization": "Token rp_demo_admin"},
    )
    assert made.ok, made.text
    sandbox.advance(until="idle")
    [asked] = sandbox.items("/messages?text=Will you come&limit=1")
    page.open(f"{name}/phone/{asked['to'].removeprefix('tel:+')}")

    page.click(".choices button", "Yes")

    page.find(".bubble.mine", "Yes")
    [latest] = sandbox.items("/messages?direction=in&limit=1")
    assert (latest["text"], latest["contact"]["id"]) == ("Yes", contact["id"])


def test_fault_is_added_from_a_request_and_acts(page: Page, sandbox: Sandbox) -> None:
    sandbox.send(ANN)
    page.open(f"{sandbox.name}/requests")
    page.click(".vrow", "/sms")
    page.click("a", "Make a fault for it")

    page.find("h2", "New fault")
    page.type("Error", "server_eror")
    page.click("button", "Add the fault")
    page.find(".field .problem", "server_error")
    page.type("Error", "server_error")
    page.click("button", "Add the fault")
    page.said("The fault acts from now on.")

    assert sandbox.teekrr("/sms", {}).status_code == 500
    page.find(".rule", "1 hit")


def test_coverage_is_filtered_by_evidence_and_use(page: Page, sandbox: Sandbox) -> None:
    sandbox.send(ANN)
    page.open(f"{sandbox.name}/coverage")
    page.find("tbody tr", "sms.send")

    page.choose("Used here", "yes")

    page.wait(lambda: len(page.texts("tbody tr")) == 1)
    assert page.texts("tbody tr")[0].startswith("sms.send")
    assert "used=yes" in page.driver.current_url


def test_sandbox_is_forked_kept_put_back_and_deleted(
    page: Page, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.send(ANN)
    downloads = {"behavior": "allow", "downloadPath": str(tmp_path)}
    page.driver.execute_cdp_cmd("Browser.setDownloadBehavior", downloads)
    page.open(f"{sandbox.name}/sandboxes")

    page.click(f"button[aria-label='Save a snapshot: {sandbox.name}']")
    page.said("Saved among your downloads.")
    kept = tmp_path / f"{sandbox.name}.json"
    page.wait(kept.exists)
    page.click(f"button[aria-label='Reset: {sandbox.name}']")
    page.click("dialog button", "Reset it")
    page.said("It is as it was at first.")
    assert sandbox.items(f"/messages?to={ANN}") == []
    page.field("File").send_keys(str(kept))
    page.click("button", "Load it")
    page.said("continues the snapshot")
    assert len(sandbox.items(f"/messages?to={ANN}")) == 1

    page.click(f"button[aria-label='Fork: {sandbox.name}']")
    fork = page.find(".toast", "is a copy of").text.split()[0]
    page.click(f"a[aria-label='Show {fork}']")
    page.find("h1", "Overview")
    assert page.driver.current_url.endswith(f"#/{fork}/overview")
    page.go(f"{fork}/sandboxes")
    page.click(f"button[aria-label='Delete: {fork}']")
    page.click("dialog button", "Delete it")
    page.said("is gone")
    assert sandbox.server.ask("GET", f"/_emulator/sandboxes/{fork}").status_code == 404


EMPTY = ["messages", "phone", "broadcasts", "callbacks", "requests", "outcomes", "faults"]


@pytest.mark.parametrize("view", EMPTY)
def test_empty_view_says_what_to_do(page: Page, empty_sandbox: Any, view: str) -> None:
    page.open(f"{empty_sandbox.name}/{view}")

    shown = page.find(".empty")

    assert len(shown.text.splitlines()) >= 2


def test_text_is_read_from_the_side_where_its_script_begins(page: Page, sandbox: Sandbox) -> None:
    sandbox.send(ANN, text="مرحبا بكم في عيادتنا، نفتح الساعة التاسعة صباحا", name="שלום")

    page.open(f"{sandbox.name}/messages")
    cell = page.find(".c-text", "مرحبا")
    assert page.script("return getComputedStyle(arguments[0]).direction", cell) == "rtl"

    page.open(f"{sandbox.name}/broadcasts")
    name = page.find(".line-1 .cut", "שלום")
    assert page.script("return getComputedStyle(arguments[0]).direction", name) == "rtl"
