"""A driver of Cuedesk's API for its tests: what a client does, and what a tester sees."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from werkzeug.test import TestResponse

import tests.world
from emulator.core.emulator import DEFAULT
from emulator.providers.cuedesk import PROVIDER
from tests.world import World

NOW = "2024-06-01T12:00:00Z"
HOOK = "http://127.0.0.1:9/hook"
SECRET = "cue_whsec_demo_91d2b7"
FROM = "447576209857"
CHANNEL = "ff03aa48-0000-4304-b53a-fe90f4b50001"
TO = "447592850122"
LIST = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
BAD_IDENTIFIER = "Invalid identifier: expected a phone number with country code and no leading +"
CONTROL = f"/_emulator/sandboxes/{DEFAULT}"


def missing(column: str) -> str:
    """Return the warning of a row that lacks a column."""
    return f"Missing payload variable '{column}' with no fallback defined"


def reference() -> dict[str, Any]:
    """Return Cuedesk's part of the reference fixture, at the time of the vendor's examples."""
    return {**tests.world.reference("cuedesk"), "clock": NOW}


@cache
def _world() -> World:
    # The application is made once; every desk gets a fresh sandbox.
    return World([PROVIDER], [reference()])


class Desk:
    """Cuedesk in a sandbox of its own."""

    def __init__(self) -> None:
        self.world = _world()
        self.world.begin_anew()

    @property
    def sandbox(self) -> Any:
        return self.world.sandbox

    def post(
        self, path: str, body: Any = None, key: str | None = "cue_ci_token", **options: Any
    ) -> TestResponse:
        """Send a request as a client."""
        if key is not None:
            options.setdefault("headers", {})["Authorization"] = f"Bearer {key}"
        return self.world.call("POST", f"/cuedesk{path}", body, **options)

    def get(self, path: str, key: str = "cue_ci_token") -> TestResponse:
        """Ask for something as a client."""
        headers = {"Authorization": f"Bearer {key}"}
        return self.world.call("GET", f"/cuedesk{path}", headers=headers)

    def accept(self, path: str, body: Any) -> Any:
        """Return the answer to a request that is accepted."""
        answer = self.post(path, body)
        assert answer.status_code == 202, answer.text
        return answer.get_json()

    def broadcast(self, body: Any) -> str:
        """Make a V2 broadcast and return its id."""
        return str(self.accept("/v2/broadcasts", body)["broadcast"]["uuid"])

    def violations(self, path: str, body: Any) -> list[tuple[str, str, str]]:
        """Return what a body is refused for: field, rule and message of each."""
        answer = self.post(path, body)
        assert answer.status_code == 422, answer.text
        error = answer.get_json()["error"]
        assert error["message"] == "Validation failed"
        return [(v["field"], v["rule"], v["message"]) for v in error["violations"]]

    def control(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """Return what the control API answers with this status."""
        answer = self.world.call(method, f"{CONTROL}{path}", body)
        assert answer.status_code == status, answer.text
        return answer.get_json() if answer.data else None

    def load(self, **workspace: Any) -> None:
        """Merge fields into the main workspace."""
        part = {"workspaces": [{"id": "ws_main", **workspace}]}
        self.merge(cuedesk=part)

    def merge(self, **document: Any) -> None:
        """Merge a fixture."""
        self.control("POST", "/fixtures", {"emulator": 1, **document})

    def set(self, **settings: Any) -> None:
        self.control("PATCH", "/settings", settings)

    def configure(self, **settings: Any) -> None:
        """Change Cuedesk's own settings."""
        self.set(cuedesk=settings)

    def rule(self, outcome: str, **rule: Any) -> None:
        self.control("POST", "/outcomes", {"outcome": outcome, **rule}, 201)

    def listen(self, trigger: str = "message_status_update", **webhook: Any) -> None:
        """Let callbacks go somewhere."""
        wanted = {"url": HOOK, "secret": SECRET, "trigger": trigger, **webhook}
        self.load(webhooks=[wanted])

    def advance(self, by: Any = None, **goal: Any) -> Any:
        """Advance, until idle if nothing is said."""
        wanted = {"by": by} if by is not None else goal or {"until": "idle"}
        return self.control("POST", "/clock/advance", wanted)

    def messages(self, **query: str) -> list[Any]:
        """Return the messages, oldest first."""
        query["limit"] = "1000"
        answer = self.world.client.get(f"{CONTROL}/messages", query_string=query)
        items: list[Any] = answer.get_json()["items"]
        return items[::-1]

    def message(self) -> Any:
        """Return the only message that there is."""
        [message] = self.messages()
        return message

    def statuses(self) -> list[list[str]]:
        """Return what each message has gone through."""
        return [[step["status"] for step in m["history"]] for m in self.messages()]

    def seen(self, id: str) -> Any:
        """Return a broadcast as a tester sees it."""
        return self.control("GET", f"/broadcasts/{id}")

    def push(self, status: str, expected: int = 200, **more: Any) -> Any:
        """Force the only message into a status."""
        path = f"/messages/{self.message()['id']}/status"
        return self.control("POST", path, {"status": status, **more}, expected)

    def receive(self, from_: str = TO, status: int = 201, **more: Any) -> Any:
        """Let a person write."""
        body = {"provider": "cuedesk", "from": from_, **more}
        return self.control("POST", "/inbound", body, status)

    @property
    def told(self) -> list[Any]:
        """Return the bodies of the callbacks sent so far."""
        return [json.loads(parcel.body) for parcel in self.world.sender.sent]

    @property
    def events(self) -> list[Any]:
        return [body["event"] for body in self.told]

    def stored(self) -> Any:
        """Return everything that is stored, to see that nothing has changed."""
        store = self.sandbox.store
        rows = {name: {row.id: row for row in table} for name, table in store.tables().items()}
        sends = {address: count for address, count in store.sends.items() if count}
        return rows, self.sandbox.agenda.entries(), dict(store.counters), sends


def row(identifier: Any = TO, **columns: Any) -> dict[str, Any]:
    """Return a row of a payload."""
    return {"identifier": identifier, **columns}


def newsletter(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a good V2 broadcast whose template has one value, the name."""
    return {
        "from": FROM,
        "template": {
            "name": "monthly_newsletter",
            "locale": "en",
            "body": {"payload_variables": ["name"], "fallbacks": ["friend"]},
        },
        "payload": list(rows) or [row(name="Alex")],
        **more,
    }


def notice(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a good V2 broadcast whose template has no values."""
    return newsletter(*rows, **{"template": {"name": "plain_notice", "locale": "en"}, **more})


def sale(*rows: dict[str, Any], **template: Any) -> dict[str, Any]:
    """Return a V2 broadcast whose template has a picture, three values and a button."""
    return {
        "from": FROM,
        "template": {
            "name": "holiday_sale_template",
            "locale": "en",
            "header": {"type": "image", "payload_variable": "pic", "fallback": "https://x.test/a"},
            "body": {
                "payload_variables": ["first_name", "discount_code", "expiry_date"],
                "fallbacks": ["Customer", None, "31 Dec"],
            },
            "buttons": [{"index": 0, "type": "URL", "payload_variable": "suffix", "fallback": "x"}],
            **template,
        },
        "payload": list(rows) or [row(first_name="Alex", discount_code="ALEX20")],
    }


def carousel(*rows: dict[str, Any], cards: Any = None, **template: Any) -> dict[str, Any]:
    """Return a V2 broadcast of a carousel with two cards."""
    return {
        "from": FROM,
        "template": {
            "name": "product_carousel_template",
            "locale": "en",
            "body": {"payload_variables": ["name"]},
            "cards": [card(0), card(1)] if cards is None else cards,
            **template,
        },
        "payload": list(rows) or [row(name="Alex", **columns(0), **columns(1))],
    }


def card(index: int, **more: Any) -> dict[str, Any]:
    """Return a card whose columns end in its index."""
    return {
        "index": index,
        "header": {"type": "image", "payload_variable": f"pic{index}"},
        "body": {"payload_variables": [f"item{index}", f"price{index}"]},
        "buttons": [{"index": 0, "type": "URL", "payload_variable": f"link{index}"}],
        **more,
    }


def columns(index: int) -> dict[str, str]:
    """Return what a row needs for a card."""
    return {f"{name}{index}": f"{name}-{index}" for name in ("pic", "item", "price", "link")}


def first(*recipients: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a good V1 broadcast."""
    return {
        "channel_type": "whatsapp",
        "name": "Delivery slots",
        "template_name": "holiday_sale_template",
        "locale": "en",
        "from": FROM,
        "parameters": {
            "header": {"type": "image", "value": "https://www.example.com/a.jpg"},
            "body_order": ["Name", "Code", "Until"],
            "button_order": ["link"],
        },
        "recipients": list(recipients) or [recipient()],
        **more,
    }


def recipient(identifier: Any = TO, **parameters: Any) -> dict[str, Any]:
    """Return a recipient of a V1 broadcast."""
    return {
        "identifier": identifier,
        "client_reference": "d-1",
        "parameters": {
            "body": {"Name": "Alex", "Code": "A1", "Until": "Friday"},
            "button": {"link": "a1"},
            **parameters,
        },
    }


def template_message(**more: Any) -> dict[str, Any]:
    """Return a good V2 message."""
    return {
        "to": TO,
        "from": FROM,
        "client_reference": "order-confirmation-123",
        "template": {
            "name": "holiday_sale_template",
            "locale": "en",
            "header": {"type": "image", "link": "https://x.test/a.jpg"},
            "body_variables": ["Alex", "ALEX20", "31 Dec"],
            "buttons": [{"index": 0, "type": "URL", "value": "alex"}],
        },
        **more,
    }


def first_message(**more: Any) -> dict[str, Any]:
    """Return a good V1 template message."""
    return {
        "to": TO,
        "from": FROM,
        "type": "template",
        "templateName": "monthly_newsletter",
        "language": "en",
        "category": "MARKETING",
        "clientRef": "ref-1",
        **more,
    }


def free_message(**more: Any) -> dict[str, Any]:
    """Return a good V1 free-form message."""
    message = {
        "channelType": "whatsapp",
        "to": TO,
        "from": FROM,
        "type": "text",
        "content": {"text": "Hello"},
        **more,
    }
    return {"message": message}


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a body with another value at a dotted path; ``...`` takes it away."""
    copy = json.loads(json.dumps(body))
    inner, (*way, last) = copy, path.split(".")
    for step in way:
        inner = inner[int(step)] if isinstance(inner, list) else inner.setdefault(step, {})
    if isinstance(inner, list):
        inner[int(last)] = value
    elif value is ...:
        inner.pop(last, None)
    else:
        inner[last] = value
    result: dict[str, Any] = copy
    return result


POSTS = {
    "/v2/broadcasts": newsletter,
    "/broadcasts": first,
    "/v2/messages/whatsapp": template_message,
    "/v1/messages/whatsapp": first_message,
    "/v1/messages": free_message,
}
BROADCASTS = ("/v2/broadcasts", "/broadcasts")
MESSAGES = ("/v2/messages/whatsapp", "/v1/messages/whatsapp", "/v1/messages")
