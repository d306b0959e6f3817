"""The sandboxes that figures are measured in, made over the control API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .servers import Emulator

CLOCK = "2026-05-06T10:00:00Z"
TEEKRR_KEY = "tk_bench"
RAPIDPRO_KEY = "rp_bench"
MERGED_AT_ONCE = 25_000
PEOPLE = 100
CONTACT = "a1b2c3d4-0000-4000-8000-{:012d}"

FIXTURE: dict[str, Any] = {
    "emulator": 1,
    "clock": CLOCK,
    "settings": {"rate_limits": {"teekrr": False}},
    "rapidpro": {
        "workspaces": [
            {
                "uuid": "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01",
                "name": "Bench",
                "country": "KE",
                "timezone": "Africa/Nairobi",
                "users": [
                    {
                        "email": "bench@bench.example",
                        "first_name": "Ben",
                        "last_name": "Ch",
                        "role": "administrator",
                        "tokens": [RAPIDPRO_KEY],
                    }
                ],
            }
        ]
    },
    "teekrr": {
        "clients": [
            {
                "id": "bench",
                "name": "Bench",
                "billing": {"mode": "prepaid", "creditBalance": 1_000_000_000},
                "rates": {"sms": 8, "whatsapp": 35, "email": 2},
                "subscriptions": {"sms": True, "whatsapp": True, "email": True},
                "waba": {"own": False, "platformDefaultEnabled": True},
                "apiKeys": [{"name": "main", "key": TEEKRR_KEY, "scopes": ["send_sms"]}],
            }
        ]
    },
}
TEEKRR_AUTH = {"Authorization": f"Bearer {TEEKRR_KEY}"}
RAPIDPRO_AUTH = {"Authorization": f"Token {RAPIDPRO_KEY}"}
FIRST_PAGE = "rapidpro/api/v2/messages.json?folder=sent"


class World:
    """One sandbox of a server, on a manual clock."""

    def __init__(
        self, server: Emulator, name: str, *, parent: str | None = None, fixture: Any = FIXTURE
    ) -> None:
        self.server = server
        self.name = name
        self.path = f"/s/{name}"
        wish = {"fixture": fixture} if parent is None else {"from": parent}
        server.control("POST", "/sandboxes", {"name": name, **wish})

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control API about this sandbox."""
        return self.server.control(method, f"/sandboxes/{self.name}{path}", body)

    def delete(self) -> None:
        """End the sandbox."""
        self.control("DELETE", "")

    def send_sms(self, body: bytes) -> bytes:
        """Post a broadcast at Teekrr; return the answer."""
        return self.server.call("POST", f"{self.path}/teekrr/sms", body, TEEKRR_AUTH)

    def advance(self) -> dict[str, Any]:
        """Let everything happen that is planned; return the ledger."""
        ledger: dict[str, Any] = self.control("POST", "/clock/advance", {"until": "idle"})
        return ledger

    def fill(self, count: int) -> None:
        """Put this many sent messages into RapidPro's workspace, beside what is there."""
        for document in _messages(count):
            self.control("POST", "/fixtures", document)


def recipients(count: int) -> list[str]:
    """Return valid phone numbers, none of them a magic one."""
    return [f"601{10_000_000 + number}" for number in range(count)]


def sms(count: int) -> bytes:
    """Return the body of a broadcast of one text to many."""
    return _sms(templateContent="Our branches close at 3pm.", recipients=recipients(count))


def sms_with_variables(count: int) -> bytes:
    """Return the body of a broadcast with a text for each."""
    rows = [
        {"recipient": number, "variables": {"name": f"N{at}", "code": str(at)}}
        for at, number in enumerate(recipients(count))
    ]
    return _sms(templateContent="Hi {name}, your code is {code}.", recipientVariables=rows)


def _sms(**content: Any) -> bytes:
    return json.dumps(
        {"campaignName": "Bench", "type": "quick broadcast", **content}, separators=(",", ":")
    ).encode()


def _messages(count: int) -> Iterator[dict[str, Any]]:
    people = [
        {"uuid": CONTACT.format(at), "name": f"Person {at}", "urns": [f"tel:+2547220{at:05d}"]}
        for at in range(PEOPLE)
    ]
    channel = {
        "uuid": "5f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a01",
        "name": "Bench SMS",
        "type": "EX",
        "address": "+254700100200",
        "country": "KE",
    }
    for first in range(0, count, MERGED_AT_ONCE):
        messages = [
            {
                "contact": CONTACT.format(at % PEOPLE),
                "channel": "Bench SMS",
                "direction": "out",
                "status": "delivered",
                "text": f"Reminder {at}",
            }
            for at in range(first, min(first + MERGED_AT_ONCE, count))
        ]
        part: dict[str, Any] = {
            "uuid": FIXTURE["rapidpro"]["workspaces"][0]["uuid"],
            "messages": messages,
        }
        if first == 0:
            part |= {"channels": [channel], "contacts": people}
        yield {"emulator": 1, "rapidpro": {"workspaces": [part]}}
