"""A driver of Whautomate's API for its tests: what a client does, and what a tester does."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from functools import cache
from typing import Any

from werkzeug.test import TestResponse

import tests.world
from emulator.core import fixtures
from emulator.core.engine import Goal, Ledger
from emulator.providers.whautomate import PROVIDER
from tests.world import World

SANDBOX = "/_emulator/sandboxes/default"
KEY_A, KEY_B = "wh_test_key_a", "wh_test_key_b"
HOOK = "http://127.0.0.1:9/hook"
NOW = "2026-05-06T10:00:00.000Z"
MAIN, WEST = {"id": "locMain001"}, {"id": "locWest002"}
ALL_CONTACTS = [{"id": "segAllCon1"}]
ALL_CLIENTS: dict[str, Any] = {"type": "client", "segments": [{"id": "segAllCli3"}]}
OFFER: dict[str, Any] = {
    "template": {"name": "spring_offer", "language": "en"},
    "headerMediaUrl": "https://cdn.example.test/banner.jpg",
    "bodyTextParameters": ["there", "20%"],
    "buttonUrlParameters": ["spring-26"],
}
HELLO = {"name": "plain_hello", "language": "en"}


def reference() -> dict[str, Any]:
    """Return Whautomate's part of the reference fixture as a document of its own."""
    document = tests.world.reference("whautomate", "outcomes")
    rules = [rule for rule in document["outcomes"] if rule["provider"] == "whautomate"]
    return {**document, "outcomes": rules}


@cache
def _world() -> World:
    # The applications are made once; every desk gets a fresh sandbox.
    return World([PROVIDER], [reference()])


class Desk:
    """Whautomate in a sandbox of its own."""

    def __init__(self) -> None:
        self.world = _world()
        self.world.begin_anew()

    @property
    def sandbox(self) -> Any:
        return self.world.sandbox

    def call(
        self, method: str, path: str, body: Any = None, key: str | None = KEY_A, **options: Any
    ) -> TestResponse:
        if key is not None:
            options["headers"] = {"x-api-key": key, **options.get("headers", {})}
        return self.world.call(method, f"/whautomate/v1{path}", body, **options)

    def get(self, path: str, key: str | None = KEY_A) -> Any:
        """Return what an address answers that must answer 200."""
        answer = self.call("GET", path, key=key)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def post(self, path: str, body: Any, key: str = KEY_A) -> Any:
        answer = self.call("POST", path, body, key)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def put(self, path: str, body: Any, key: str = KEY_A) -> Any:
        answer = self.call("PUT", path, body, key)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def delete(self, path: str, key: str = KEY_A) -> None:
        answer = self.call("DELETE", path, key=key)
        assert (answer.status_code, answer.get_json()) == (200, {"success": True})

    def refusal(
        self, method: str, path: str, body: Any = None, key: str = KEY_A
    ) -> tuple[int, str, str | None]:
        """Return status, error and field of an answer that must be a refusal; nothing changed."""
        before = self.stored()
        answer = self.call(method, path, body, key)
        said = answer.get_json()
        assert answer.status_code >= 400, answer.text
        assert said["success"] is False
        assert set(said) <= {"success", "error", "field"}
        assert self.stored() == before
        return answer.status_code, said["error"], said.get("field")

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.world.call(method, SANDBOX + path, body)
        assert answer.status_code < 300, answer.text
        return answer.get_json(silent=True)

    def set(self, **settings: Any) -> None:
        self.control("PATCH", "/settings", {"whautomate": settings})

    def load(self, **account: Any) -> None:
        """Merge into account A."""
        part = {"accounts": [{"id": "harbour", **account}]}
        fixtures.merge(self.sandbox, {"emulator": 1, "whautomate": part})

    def rule(self, outcome: str, **rule: Any) -> None:
        self.control("POST", "/outcomes", {"provider": "whautomate", "outcome": outcome, **rule})

    def advance(self, seconds: float | None = None) -> Ledger:
        """Advance, until idle if no time is given."""
        goal = Goal(until="idle") if seconds is None else Goal(by=timedelta(seconds=seconds))
        ledger: Ledger = self.sandbox.engine.advance(goal)
        return ledger

    def messages(self, query: str = "") -> list[dict[str, Any]]:
        """Return messages as testers see them, oldest first."""
        items: list[dict[str, Any]] = self.control("GET", f"/messages?{query}")["items"]
        return items[::-1]

    def inbound(self, from_: str, text: str | None = "Hi", **more: Any) -> Any:
        said = {} if text is None else {"text": text}
        return self.control(
            "POST", "/inbound", {"provider": "whautomate", "from": from_, **said, **more}
        )

    def subscribe(self, *events: str, **more: Any) -> Any:
        body = {"name": "Test", "active": True, "serverUrl": HOOK, "events": list(events), **more}
        return self.post("/webhooks", body)

    @property
    def callbacks(self) -> list[dict[str, Any]]:
        """Return the bodies of the callbacks sent so far."""
        return [json.loads(parcel.body) for parcel in self.world.sender.sent]

    @property
    def events(self) -> list[str]:
        return [callback["event"]["type"] for callback in self.callbacks]

    def broadcast(self, **more: Any) -> str:
        """Make a broadcast and return its id."""
        return str(self.post("/broadcasts", hello(**more))["id"])

    def run(self, **more: Any) -> dict[str, Any]:
        """Make a broadcast, let everything happen, and return it."""
        id = self.broadcast(**more)
        self.advance()
        found: dict[str, Any] = self.get(f"/broadcasts/{id}")
        return found

    def logs(self, id: str, query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"/broadcasts/{id}/logs{query}")
        return found

    def statuses(self, id: str) -> list[tuple[str, str]]:
        return [(log["recepientName"], log["status"]) for log in self.logs(id)]

    def stored(self) -> Any:
        """Return everything that is stored, to see that nothing has changed."""
        tables = self.sandbox.store.tables()
        rows = {name: {row.id: row for row in table} for name, table in tables.items()}
        planned = self.sandbox.agenda.entries()
        return copy.copy(rows), planned, dict(self.sandbox.store.counters)


def hello(**more: Any) -> dict[str, Any]:
    """Return a good body for ``POST /v1/broadcasts``: to the VIPs, now."""
    body = {
        "name": "Hello VIPs",
        "type": "contact",
        "segments": [{"id": "segVipCon2"}],
        "template": HELLO,
        "location": MAIN,
        **more,
    }
    return {name: value for name, value in body.items() if value is not ...}


def to_template(number: str = "+12025550199", **more: Any) -> dict[str, Any]:
    """Return a good body for a single template message."""
    return {
        "recepient": {"phoneNumber": number, "name": "Zoe"},
        "location": MAIN,
        "template": HELLO,
        **more,
    }


def stats(broadcast: dict[str, Any]) -> tuple[int, ...]:
    """Return total, success, failure; sent, delivered, read, failed, replied."""
    return (*broadcast["processedStats"].values(), *broadcast["deliveryStats"].values())


def one(desk: Desk, number: str = "+12027770001") -> None:
    """Let the segment ``segOne`` have one member."""
    desk.load(
        contacts=[
            {
                "id": "conOne",
                "name": "One",
                "phoneNumber": number,
                "location": "locMain001",
                "tags": ["One"],
            }
        ],
        segments=[
            {"id": "segOne", "name": "One", "type": "contact", "criteria": {"tags": ["One"]}}
        ],
    )
