"""An invented vendor with a lifecycle of every sort of ending, and a bench to try core on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from msgspec.structs import replace

from emulator.core.clock import Clock
from emulator.core.emulator import Emulator, Wish
from emulator.core.fixtures import Library, merge
from emulator.core.ledger import Goal, Ledger
from emulator.core.lifecycle import Delay, Lifecycle
from emulator.core.options import boolean
from emulator.core.records import Message
from emulator.core.sandbox import Sandbox
from emulator.core.sending import Parcel
from emulator.core.vendor import Setting, Topic
from tests.control.acme import Acme, AcmeMessage
from tests.world import RecordingSender

NOON = datetime(2026, 5, 6, 12, tzinfo=UTC)
HALF = Delay(0.5, 2, 20)
SLOW = Delay(2, 60, 600)
DELIVERED = ("sent", "delivered")
LIFECYCLE = Lifecycle(
    name="acme message",
    initial="queued",
    steps={
        ("queued", "sent"): HALF,
        ("queued", "failed"): HALF,
        ("queued", "errored"): HALF,
        ("errored", "queued"): SLOW,
        ("sent", "delivered"): HALF,
        ("sent", "failed"): SLOW,
        ("delivered", "read"): SLOW,
    },
    outcomes={
        "delivered": DELIVERED,
        "read": (*DELIVERED, "read"),
        "replied": (*DELIVERED, "read"),
        "rejected": ("failed",),
        "undelivered": ("sent", "failed"),
        "stuck": ("sent",),
        "pending": (),
        "bounced_permanent": ("sent", "failed"),
        "bounced_transient": ("sent", "failed"),
        "flaky": ("errored", "queued", *DELIVERED),
    },
    delay_names={state: state for state in ("sent", "delivered", "read", "failed")},
    pushes={"queued": frozenset({"sent"}), "sent": frozenset({"delivered", "failed"})},
    approximated=frozenset({"bounced_permanent", "bounced_transient"}),
    words={"sent": "dispatched", "failed": "undelivered"},
)
CUSTOMER = {"id": "one", "name": "One", "number": "+1001", "api_keys": {"main": "key-one"}}
FIXTURE: dict[str, Any] = {
    "emulator": 1,
    "clock": "2026-05-06T12:00:00Z",
    "acme": {"customers": [CUSTOMER]},
}


class Courier(Acme):
    """Acme with every ending, a topic that holds idle back and one that does not."""

    def __init__(self, slug: str = "acme") -> None:
        super().__init__(slug)
        self.happened: list[tuple[str, datetime]] = []
        self.vendor = replace(
            self.vendor,
            lifecycle=lambda channel: LIFECYCLE,
            channels=("sms", "email"),
            settings={"shouts": Setting(False, boolean)},
            topics={
                f"{slug}.campaign": Topic(partial(self.note, "campaign")),
                f"{slug}.expiry": Topic(partial(self.note, "expiry"), holds_idle=False),
                f"{slug}.broken": Topic(self.fail),
            },
        )

    def word(self, state: str) -> str:
        return LIFECYCLE.word(state)

    def note(self, kind: str, sandbox: Sandbox, at: datetime, subjects: Sequence[str]) -> None:
        self.happened += [(f"{kind} {subject}", sandbox.clock.now()) for subject in subjects]

    def fail(self, sandbox: Sandbox, at: datetime, subjects: Sequence[str]) -> None:
        self.launch(sandbox, ["+1999"])
        raise RuntimeError("a vendor's mistake")

    def launch(
        self,
        sandbox: Sandbox,
        recipients: Sequence[str],
        text: str = "Hello",
        broadcast: str | None = None,
    ) -> list[AcmeMessage]:
        """Send a text to people, as one unit."""
        with sandbox.unit():
            return self.tell_people(sandbox, "one", recipients, text, broadcast=broadcast)


class Bench:
    """One sandbox, its vendor and what it sent, without a web."""

    def __init__(
        self,
        *,
        rules: Sequence[Mapping[str, Any]] = (),
        endpoint: bool = False,
        settings: Mapping[str, Any] | None = None,
        seed: int = 0,
        source: Callable[[], float] | None = None,
    ) -> None:
        self.vendor = Courier()
        self.sender = RecordingSender()
        self.emulator = Emulator([self.vendor.vendor], self.sender, Library([]))
        document = {**FIXTURE, "outcomes": list(rules)}
        if endpoint:
            url = "http://127.0.0.1:9/hook"
            document["endpoints"] = [{"id": "ep", "provider": "acme", "url": url, "secret": "s"}]
        if source is None:
            wish = Wish(name="default", documents=(document,), settings=settings, seed=seed)
            self.sandbox = self.emulator.create(wish)
            return
        clock = Clock("real", NOON, source=source)
        self.sandbox = Sandbox("default", [self.vendor.vendor], self.sender, clock=clock, seed=seed)
        merge(self.sandbox, {**document, "settings": settings or {}})

    def send(self, *recipients: str, broadcast: str | None = None) -> list[AcmeMessage]:
        """Send a text to people."""
        return self.vendor.launch(self.sandbox, recipients, broadcast=broadcast)

    def message(self, id: str) -> AcmeMessage:
        """Return a message as it is now."""
        return self.sandbox.store.table(self.vendor.messages).get(id)

    def states(self, message: Message) -> list[str]:
        """Return the states that a message has had."""
        return [step.state for step in self.message(message.id).history]

    def advance(self, *, is_detailed: bool = False, **goal: Any) -> Ledger:
        """Advance; ``by`` may be seconds."""
        if isinstance(goal.get("by"), int | float):
            goal["by"] = timedelta(seconds=goal["by"])
        return self.sandbox.engine.advance(Goal(**goal), is_detailed=is_detailed)

    def plan(self, seconds: float, topic: str, subject: str) -> None:
        """Put something on the agenda, seconds from now."""
        at = self.sandbox.clock.now() + timedelta(seconds=seconds)
        self.sandbox.agenda.plan(at, f"acme.{topic}", subject)

    def sent(self) -> list[Parcel]:
        """Return what endpoints were sent."""
        return self.sender.sent
