"""What the control API shows and changes of a real vendor: Teekrr."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emulator.providers.teekrr import PROVIDER
from tests.control.desk import Desk
from tests.providers.teekrr.desk import email
from tests.world import World

FIXTURES = Path(__file__).parents[2] / "fixtures"
TO = "60123456789"
FAR = "2026-05-07T10:00:00Z"


class Teekrr(Desk):
    """A desk with Teekrr's part of the reference fixture."""

    def __init__(self) -> None:
        reference = json.loads((FIXTURES / "reference.json").read_text())
        document = {name: reference[name] for name in ("emulator", "clock", "teekrr")}
        super().__init__(World([PROVIDER], [document]))

    def sms(self, *recipients: str, **more: Any) -> Any:
        """Send a broadcast and return its uuid, or what was answered instead."""
        body = {
            "campaignName": "May",
            "type": "quick broadcast",
            "templateContent": "Hello",
            "recipients": list(recipients),
            **more,
        }
        headers = {"Authorization": "Bearer tk_all"}
        answer = self.world.call("POST", "/teekrr/sms", body, headers=headers)
        return answer.get_json()["data"]["broadcastUuid"] if answer.status_code == 202 else answer

    def billing(self) -> Any:
        return self.get("/accounts/teekrr/acme")["billing"]


@pytest.fixture
def teekrr() -> Teekrr:
    return Teekrr()


def test_messages_that_come_from_no_number_are_left_out_where_one_is_asked_for(
    teekrr: Teekrr,
) -> None:
    headers = {"Authorization": "Bearer tk_all"}
    answer = teekrr.world.call("POST", "/teekrr/email", email(), headers=headers)
    assert answer.status_code == 200, answer.text

    assert [message["from"] for message in teekrr.items("/messages")] == [None]
    assert teekrr.items("/messages", **{"from": "60123456789"}) == []


def test_messages_of_a_broadcast_are_found(teekrr: Teekrr) -> None:
    may = teekrr.sms(TO, "60198765432")
    teekrr.sms(TO, campaignName="June")

    of_may = teekrr.get("/messages", broadcast=may)
    to_one = teekrr.items("/messages", to=f"+{TO}")

    assert of_may["total"] == 2
    assert {message["broadcast"] for message in of_may["items"]} == {may}
    assert [message["native"]["campaignName"] for message in to_one] == ["June", "May"]
    assert to_one[0]["status"] == "enqueued"
    assert [step["status"] for step in to_one[0]["history"]] == ["pending", "enqueued"]


def test_broadcasts_are_found_by_name(teekrr: Teekrr) -> None:
    teekrr.sms(TO)
    june = teekrr.sms(TO, campaignName="June")

    [broadcast] = teekrr.items("/broadcasts", name="June")

    assert (broadcast["id"], broadcast["total"]) == (june, 1)
    assert broadcast["counts"] == {"enqueued": 1}


def test_pushed_failure_gives_the_credit_back(teekrr: Teekrr) -> None:
    teekrr.do("POST", "/endpoints", {"provider": "teekrr", "url": "http://127.0.0.1:9/"}, 201)
    teekrr.sms(TO)
    [message] = teekrr.items("/messages")
    assert teekrr.billing() == {
        "mode": "prepaid",
        "creditBalance": 9992,
        "creditReserved": 8,
        "creditSpent": 0,
    }

    error = {"code": "UNDELIVERABLE", "message": "Absent subscriber"}
    pushed = teekrr.do(
        "POST", f"/messages/{message['id']}/status", {"status": "failed", "error": error}
    )

    assert (pushed["status"], pushed["error"]) == ("failed", error)
    assert teekrr.billing()["creditBalance"] == 10000
    [told] = [json.loads(parcel.body) for parcel in teekrr.world.sender.sent]
    assert (told["event"], told["data"]["errorCode"]) == ("failed", "UNDELIVERABLE")


def test_final_message_cannot_be_pushed(teekrr: Teekrr) -> None:
    teekrr.sms(TO)
    teekrr.do("POST", "/clock/advance", {"until": "idle"})
    [message] = teekrr.items("/messages")

    teekrr.do("POST", f"/messages/{message['id']}/status", {"status": "enqueued"}, 409)
    [mistake] = teekrr.refused("POST", f"/messages/{message['id']}/status", {"status": "deliverd"})

    assert mistake["suggestion"] == "delivered"


def test_scheduled_broadcast_is_cancelled_once(teekrr: Teekrr) -> None:
    id = teekrr.sms(TO, type="schedule broadcast", scheduledAt=FAR)

    cancelled = teekrr.do("POST", f"/broadcasts/{id}/cancel")
    teekrr.do("POST", f"/broadcasts/{id}/cancel", status=409)

    assert (cancelled["status"], cancelled["scheduled_at"]) == ("cancelled", FAR)
    assert teekrr.items("/messages", broadcast=id)[0]["status"] == "cancelled"
    assert teekrr.billing()["creditBalance"] == 10000


def test_account_is_topped_up(teekrr: Teekrr) -> None:
    before = teekrr.get("/accounts/teekrr/acme")

    changed = teekrr.do("PATCH", "/accounts/teekrr/acme", {"billing": {"creditBalance": 5}})

    assert changed == {**before, "billing": {**before["billing"], "creditBalance": 5}}
    assert teekrr.sms(TO).status_code == 402


def test_mistake_in_an_account_points_into_the_body(teekrr: Teekrr) -> None:
    [error] = teekrr.refused(
        "PATCH", "/accounts/teekrr/acme", {"billing": {"creditBalance": "much"}}
    )

    assert error["pointer"] == "/billing/creditBalance"


def test_new_client_with_a_new_key_can_send(teekrr: Teekrr) -> None:
    client = {
        "id": "fresh",
        "name": "Fresh",
        "billing": {"mode": "prepaid", "creditBalance": 100},
        "subscriptions": {"sms": True, "whatsapp": False, "email": False},
    }
    teekrr.do("POST", "/accounts/teekrr", client, 201)
    key = teekrr.do("POST", "/accounts/teekrr/fresh/keys", {"name": "main"}, 201)
    body = {
        "campaignName": "x",
        "type": "quick broadcast",
        "templateContent": "x",
        "recipients": [TO],
    }
    headers = {"Authorization": f"Bearer {key['key']}"}

    first = teekrr.world.call("POST", "/teekrr/sms", body, headers=headers).status_code
    teekrr.do("DELETE", "/accounts/teekrr/fresh/keys/main", status=204)
    second = teekrr.world.call("POST", "/teekrr/sms", body, headers=headers).status_code

    assert (first, second) == (202, 401)


@pytest.mark.parametrize("name", [[], {}, 5, True])
def test_name_of_a_key_is_text(teekrr: Teekrr, name: object) -> None:
    [error] = teekrr.refused("POST", "/accounts/teekrr/acme/keys", {"name": name})

    assert error["pointer"] == "/name"


def test_vendor_without_inbound_refuses_it(teekrr: Teekrr) -> None:
    teekrr.refused("POST", "/inbound", {"provider": "teekrr", "from": TO, "text": "Hi"})


def test_misspelt_field_is_shown_as_unread(teekrr: Teekrr) -> None:
    teekrr.sms(TO, recipient=[TO])

    assert teekrr.get("/requests/1")["unread"] == [
        {"pointer": "/recipient", "suggestion": "recipients"}
    ]


def test_instant_latency_leaves_nothing_to_wait_for(teekrr: Teekrr) -> None:
    teekrr.do("PATCH", "/settings", {"latency": "instant"})

    teekrr.sms(TO)

    assert teekrr.items("/messages")[0]["status"] == "delivered"


def test_error_of_a_pushed_status_may_be_a_number_alone(teekrr: Teekrr) -> None:
    teekrr.sms(TO)
    [message] = teekrr.items("/messages")
    body = {"status": "failed", "error": {"code": 30003}}

    pushed = teekrr.do("POST", f"/messages/{message['id']}/status", body)

    assert pushed["error"] == {"code": "30003", "message": "Message could not be delivered"}
