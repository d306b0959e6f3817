"""A server with the demo on it, and what happened in one of its sandboxes."""

from __future__ import annotations

from typing import Any

import requests

from emulator.app import create_app
from emulator.runtime.in_process import InProcessServer
from emulator.settings import ServerSettings

TEEKRR = {"Authorization": "Bearer tk_demo"}
NEWS = "Our branches close at 3pm on Friday. Selamat Hari Raya!"
ANN = "60123400000"


class Server:
    """An emulator on a free port."""

    def __init__(self, **settings: Any) -> None:
        self._app = create_app(ServerSettings(**{"clock": "manual", **settings}))
        self._server = InProcessServer(self._app)
        self.url = self._server.url
        self.session = requests.Session()

    def close(self) -> None:
        """Stop it."""
        self.session.close()
        self._app.stop()
        self._server.close()
        self._app.close()

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Return what it answers."""
        return self.session.request(method, f"{self.url}{path}", json=body, timeout=30, **options)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Return what the control API shows."""
        answer = self.ask(method, f"/_emulator{path}", body)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def sandbox(self, **wish: Any) -> Sandbox:
        """Make a sandbox, a copy of ``default`` if nothing else is wished."""
        made = self.control("POST", "/sandboxes", wish or {"from": "default"})
        return Sandbox(self, made["name"])


class Sandbox:
    """One sandbox, as testers and as clients of Teekrr speak to it."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name
        self.path = f"/sandboxes/{name}"

    def get(self, path: str) -> Any:
        """Return what is shown at a path."""
        return self.server.control("GET", f"{self.path}{path}")

    def items(self, path: str) -> list[Any]:
        """Return the items of a list."""
        found: list[Any] = self.get(path)["items"]
        return found

    def do(self, method: str, path: str, body: Any = None) -> Any:
        """Change something."""
        return self.server.control(method, f"{self.path}{path}", {} if body is None else body)

    def advance(self, **goal: Any) -> Any:
        """Let time pass."""
        return self.do("POST", "/clock/advance", goal)

    def teekrr(self, path: str, body: Any) -> requests.Response:
        """Ask Teekrr as its customer."""
        return self.server.ask("POST", f"/s/{self.name}/teekrr{path}", body, headers=TEEKRR)

    def send(self, *numbers: str, text: str = NEWS, name: str = "Hari Raya") -> str:
        """Send a broadcast; return its id."""
        body = {
            "campaignName": name,
            "type": "quick broadcast",
            "templateContent": text,
            "recipients": list(numbers),
        }
        answer = self.teekrr("/sms", body)
        assert answer.ok, answer.text
        id: str = self.items("/broadcasts?provider=teekrr&limit=1")[0]["id"]
        return id

    def sink(self, provider: str = "teekrr", **more: Any) -> str:
        """Let the built-in receiver hear of everything; return the endpoint's id."""
        url = f"{self.server.url}/_emulator{self.path}/sink/{provider}"
        made = self.do("POST", "/endpoints", {"provider": provider, "url": url, **more})
        return str(made["id"])


RULES = [
    {
        "id": "absent",
        "provider": "teekrr",
        "share": 0.1,
        "outcome": "undelivered",
        "error": {"code": "UNDELIVERABLE", "message": "Absent subscriber"},
    },
    {"id": "answer", "to_suffix": "77", "outcome": "replied", "reply": {"text": "STOP"}},
]


def tell_story(sandbox: Sandbox) -> None:
    """Let something of every sort happen, so that no view is empty."""
    sandbox.sink(secret="s3cret")
    sandbox.do("PUT", "/outcomes", {"rules": RULES})
    keep = {"requests": {"count": 2}}
    sandbox.do("PATCH", "/settings", {"latency": "realistic", "keep": keep})
    sandbox.send(*(f"6012{3400000 + at * 7:07d}" for at in range(120)))
    sandbox.advance(by="40s")
    sandbox.teekrr("/smss", {"recipients": [ANN]})
    sandbox.teekrr("/sms", {"campainName": "Hello", "type": "quick broadcast"})
    sandbox.do("POST", "/faults", {"provider": "teekrr", "path": "/sms", "fault": {"delay": "1s"}})
    [first, *_] = sandbox.items("/messages?provider=rapidpro&direction=in&limit=1")
    reply = {"provider": "rapidpro", "from": first["from"], "text": "Thank you, I will come."}
    sandbox.do("POST", "/inbound", reply)
