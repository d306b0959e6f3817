"""Steers the sandbox of a test through the control API, as testers do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

START = datetime(2026, 5, 6, 10, tzinfo=UTC)
SANDBOX = "/_emulator/sandboxes/default"


def steer(rapidpro: Any, method: str, path: str, body: Any = None) -> Any:
    """Send a control call and return the answer."""
    return rapidpro.world.call(method, f"{SANDBOX}/{path}", body)


def until_idle(rapidpro: Any) -> Any:
    """Advance until nothing is left to happen; return the ledger."""
    answer = steer(rapidpro, "POST", "clock/advance", {"until": "idle"})
    assert answer.json["reason"] == "idle", answer.text
    return answer.json


def rules(rapidpro: Any, *rules: dict[str, Any]) -> None:
    """Set the outcome rules."""
    answer = steer(rapidpro, "PUT", "outcomes", {"rules": list(rules)})
    assert answer.status_code == 200, answer.text


def inbound(rapidpro: Any, sender: str, text: str = "Hello", **more: Any) -> Any:
    """Let a person write; return the message as the control API shows it."""
    wanted = {"provider": "rapidpro", "from": sender, "text": text, **more}
    answer = steer(rapidpro, "POST", "inbound", wanted)
    assert answer.status_code == 201, answer.text
    return answer.json


def push(rapidpro: Any, message: str, status: str) -> Any:
    """Force a message into a status; return the answer."""
    return steer(rapidpro, "POST", f"messages/{message}/status", {"status": status})


def history(rapidpro: Any, message: str) -> list[tuple[str, float]]:
    """Return the statuses of a message with the seconds since the fixture's time."""
    found = steer(rapidpro, "GET", f"messages/{message}").json["history"]
    return [
        (entry["status"], (datetime.fromisoformat(entry["at"]) - START).total_seconds())
        for entry in found
    ]
