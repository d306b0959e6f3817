"""A tester's desk: two invented vendors, clients of theirs, and the control API of ``default``."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.test import TestResponse

from tests.control.acme import make_provider
from tests.world import World

NOON = "2026-05-06T12:00:00Z"
FIXTURE = {
    "emulator": 1,
    "clock": NOON,
    "acme": {
        "customers": [
            {"id": "one", "name": "One", "number": "+1001", "api_keys": {"main": "key-one"}},
            {"id": "two", "name": "Two", "number": "+1002", "api_keys": {"main": "key-two"}},
        ]
    },
    "zenith": {
        "customers": [
            {"id": "zed", "name": "Zed", "number": "+2001", "api_keys": {"main": "key-zed"}}
        ]
    },
}


class Desk:
    """Speaks to the control API about one sandbox, and to the vendors as their clients do."""

    def __init__(self, world: World | None = None, sandbox: str = "default") -> None:
        self.world = world or World([make_provider("acme"), make_provider("zenith")], [FIXTURE])
        self.base = f"/_emulator/sandboxes/{sandbox}"

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Return what the control API answers."""
        return self.world.call(method, f"{self.base}{path}", body, **options)

    def get(self, path: str, /, **query: Any) -> Any:
        """Return what is shown at a path."""
        response = self.ask("GET", path, query_string=query)
        assert response.status_code == 200, response.text
        return response.json

    def items(self, path: str, /, **query: Any) -> list[Any]:
        """Return the items of a list."""
        items: list[Any] = self.get(path, **query)["items"]
        return items

    def pages(self, path: str, /, **query: Any) -> list[list[Any]]:
        """Return all pages of a list."""
        found = [self.get(path, **query)]
        while found[-1]["next"]:
            found.append(self.get(path, **query, cursor=found[-1]["next"]))
        return [page["items"] for page in found]

    def do(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """Return what a change answers with this status."""
        response = self.ask(method, path, body)
        assert response.status_code == status, response.text
        return response.json if response.data else None

    def refused(self, method: str, path: str, body: Any = None, **options: Any) -> list[Any]:
        """Return the mistakes that a call is refused for."""
        response = self.ask(method, path, body, **options)
        assert response.status_code == 422, response.text
        errors: list[Any] = response.get_json()["errors"]
        return errors

    def client(self, path: str, body: Any, key: str = "key-one") -> TestResponse:
        """Return what a vendor answers its client."""
        return self.world.call("POST", path, body, headers={"X-Api-Key": key})

    def send(self, to: str, text: str = "Hello", vendor: str = "acme") -> str:
        """Send one message and return its id."""
        key = "key-one" if vendor == "acme" else "key-zed"
        answer = self.client(f"/{vendor}/messages", {"to": to, "text": text}, key)
        assert answer.status_code == 202, answer.text
        return str(answer.get_json()["id"])

    def broadcast(self, name: str, recipients: list[str]) -> str:
        """Start a broadcast and return its id."""
        body = {"name": name, "recipients": recipients, "text": f"News for {name}"}
        return str(self.client("/acme/broadcasts", body).get_json()["id"])

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.do("POST", "/clock/advance", {"by": seconds})


def calls(world: World) -> list[tuple[str, str, str]]:
    """Return every call of the control API: its name, a method and a path."""
    control: Any = world.front._control
    found = []
    for rule in control.url_map.iter_rules():
        path = re.sub(r"<int:[^>]*>", "1", rule.rule.replace("<name>", "default"))
        path = re.sub(r"<[^>]*>", "x", path)
        found += [
            (rule.endpoint, method, path) for method in sorted(rule.methods - {"OPTIONS", "HEAD"})
        ]
    return [call for call in found if not call[0].startswith("control.console.")]
