"""A driver of Teekrr's API for its tests: what a client does, and what its dashboard shows."""

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
from emulator.core.errors import Problems
from emulator.core.faults import Fault
from emulator.core.journal import Exchange
from emulator.core.vendor import BroadcastView, MessageView
from emulator.providers.teekrr import PROVIDER
from emulator.web import context
from tests.world import World

HOOK = "http://127.0.0.1:9/hook"
SECRET = "tkwh_demo_5f1c9a7e"
ALL_EVENTS = ["delivered", "failed", "billed", "bounced"]


def reference() -> dict[str, Any]:
    """Return Teekrr's part of the reference fixture as a document of its own."""
    return tests.world.reference("teekrr")


@cache
def _world(*, has_limits: bool) -> World:
    # The applications are made once; every desk gets a fresh sandbox.
    document = reference()
    document["settings"] = {"rate_limits": {"teekrr": has_limits}}
    return World([PROVIDER], [document])


class Desk:
    """Teekrr in a sandbox of its own; rate limits are off unless asked for."""

    def __init__(self, *, has_limits: bool = False) -> None:
        self.world = _world(has_limits=has_limits)
        self.world.begin_anew()

    @property
    def sandbox(self) -> Any:
        return self.world.sandbox

    @property
    def vendor(self) -> Any:
        return PROVIDER.vendor

    def post(
        self, path: str, body: Any = None, key: str | None = "tk_all", **options: Any
    ) -> TestResponse:
        if key is not None:
            options.setdefault("headers", {})["Authorization"] = f"Bearer {key}"
        return self.world.call("POST", f"/teekrr{path}", body, **options)

    def send(self, path: str, body: Any, key: str = "tk_all") -> str:
        """Send a broadcast that is accepted; return its id."""
        answer = self.post(path, body, key)
        assert answer.status_code in (200, 202), answer.text
        return str(json.loads(answer.text)["data"]["broadcastUuid"])

    def load(self, **part: Any) -> None:
        """Merge a fixture document."""
        fixtures.merge(self.sandbox, {"emulator": 1, **part})

    def load_client(self, **client: Any) -> None:
        self.load(teekrr={"clients": [{"id": "acme", **client}]})

    def rule(self, outcome: str, **rule: Any) -> None:
        self.load(outcomes=[{"outcome": outcome, **rule}])

    def go_wrong(self, error: str, **more: Any) -> None:
        """Let requests fail with an error of that name."""
        fault = Fault(id=f"fault-{error}", kind="error", provider="teekrr", error=error, **more)
        with self.sandbox.unit():
            self.sandbox.faults.add(fault)

    def listen(self, events: list[str] | None = None, **endpoint: Any) -> None:
        """Let acme's callbacks go somewhere."""
        wanted = {"url": HOOK, "secret": SECRET, "events": events or ALL_EVENTS, **endpoint}
        self.load_client(webhooks=[wanted])

    def set(self, **settings: Any) -> None:
        problems = Problems()
        self.sandbox.settings.merge(settings, "", problems)
        problems.check()

    def advance(self, seconds: float | None = None) -> Ledger:
        """Advance, until idle if no time is given."""
        goal = Goal(until="idle") if seconds is None else Goal(by=timedelta(seconds=seconds))
        ledger: Ledger = self.sandbox.engine.advance(goal)
        return ledger

    def account(self, client: str = "acme") -> dict[str, Any]:
        found = self.sandbox.store.table(self.vendor.accounts).get(client)
        shown: dict[str, Any] = self.vendor.account_view(self.sandbox, found)
        return shown

    def billing(self, client: str = "acme") -> dict[str, Any]:
        billing: dict[str, Any] = self.account(client)["billing"]
        return billing

    def credit(self) -> tuple[int, int, int]:
        """Return acme's balance, what is reserved and what is spent."""
        billing = self.billing()
        return billing["creditBalance"], billing["creditReserved"], billing["creditSpent"]

    def records(self) -> list[Any]:
        """Return the messages in the order in which they were made."""
        table = self.sandbox.store.table(self.vendor.messages)
        return sorted(table, key=lambda message: message.serial)

    def messages(self) -> list[MessageView]:
        return [self.vendor.message_view(self.sandbox, record) for record in self.records()]

    def statuses(self) -> list[list[str]]:
        return [list(view.statuses) for view in self.messages()]

    def broadcast(self, id: str) -> BroadcastView:
        found = self.sandbox.store.table(self.vendor.broadcasts).get(id)
        view: BroadcastView = self.vendor.broadcast_view(self.sandbox, found)
        return view

    def push(self, state: str, at: int = 0) -> None:
        """Force a message into a state."""
        with self.sandbox.unit():
            self.sandbox.messaging.push(self.vendor, self.records()[at], state)

    def cancel(self, id: str) -> None:
        with self.sandbox.unit():
            found = self.sandbox.store.table(self.vendor.broadcasts).get(id)
            self.vendor.cancel(self.sandbox, found)

    @property
    def callbacks(self) -> list[dict[str, Any]]:
        """Return the bodies of the callbacks sent so far."""
        return [json.loads(parcel.body) for parcel in self.world.sender.sent]

    @property
    def events(self) -> list[str]:
        return [callback["event"] for callback in self.callbacks]

    def answer_to(self, error: Exception) -> Any:
        """Return how an error is said while a request is being answered."""
        at = self.sandbox.clock.now()
        entry = Exchange(
            id=0, at=at, provider="teekrr", method="POST", path="/sms", query=(), headers=()
        )  # fmt: skip
        token = context.begin(context.Visit(0.0, {}, self.sandbox, entry))
        try:
            return PROVIDER.error_response(error)
        finally:
            context.end(token)

    def stored(self) -> Any:
        """Return everything that is stored, to see that nothing has changed."""
        tables = self.sandbox.store.tables()
        rows = {name: {row.id: row for row in table} for name, table in tables.items()}
        planned = self.sandbox.agenda.entries()
        return copy.copy(rows), planned, dict(self.sandbox.store.counters)


def sms(*recipients: str, **more: Any) -> dict[str, Any]:
    """Return a good body for ``POST /sms``."""
    return {
        "campaignName": "Raya opening hours",
        "type": "quick broadcast",
        "templateContent": "Our branches close at 3pm on Friday.",
        "recipients": list(recipients or ("60123456789",)),
        **more,
    }


def whatsapp(*recipients: str, **more: Any) -> dict[str, Any]:
    """Return a good body for ``POST /whatsapp``."""
    return {
        "templateName": "bill_due",
        "campaignName": "Bills",
        "type": "quick broadcast",
        "recipients": list(recipients or ("60123456789",)),
        "variables": {"body": ["Aisyah", "RM 50"]},
        **more,
    }


def email(*recipients: str, **more: Any) -> dict[str, Any]:
    """Return a good body for ``POST /email``."""
    return {
        "templateName": "welcome_mail",
        "subject": "Welcome",
        "type": "quick broadcast",
        "recipients": list(recipients or ("aisyah@example.com",)),
        **more,
    }


def scheduled(body: dict[str, Any], at: str = "2026-05-07T01:30:00Z") -> dict[str, Any]:
    """Return a body that asks for a later time."""
    return {**body, "type": "schedule broadcast", "scheduledAt": at}


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return a body without some fields."""
    return {name: value for name, value in body.items() if name not in names}


GOOD = {"/sms": sms, "/whatsapp": whatsapp, "/email": email}
CHANNELS = {"/sms": "sms", "/whatsapp": "whatsapp", "/email": "email"}
TEST_SEND = {
    "templateName": "bill_due",
    "to": "+60123456789",
    "variables": {"body": ["Aisyah", "RM 50"]},
}
