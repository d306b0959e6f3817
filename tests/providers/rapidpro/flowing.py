"""Flows of the reference workspace for tests: made, entered, looked at."""

from __future__ import annotations

from typing import Any

from .people import LAKESIDE

WAITS = {"messages": ["Hello @contact.first_name"], "wait": True}
LANGUAGE = {
    "key": "language_choice",
    "name": "Language Choice",
    "categories": ["English", "Swahili", "Other"],
    "node_uuids": ["5a1d9e0c-2b7f-4c3e-8d11-0a9b8c7d6e5f"],
}


def make_flow(rapidpro: Any, name: str, simulate: Any = None, **more: Any) -> str:
    """Add or change a flow by its name; return its UUID."""
    told = {} if simulate is None else {"simulate": simulate}
    rapidpro.load({**LAKESIDE, "flows": [{"name": name, **told, **more}]})
    uuid: str = flow_called(rapidpro, name)["uuid"]
    return uuid


def flow_called(rapidpro: Any, name: str) -> Any:
    """Return the flow with a name as the API shows it."""
    (found,) = [flow for flow in rapidpro.items("flows") if flow["name"] == name]
    return found


def start_flow(rapidpro: Any, flow: str, *contacts: str, **more: Any) -> Any:
    """Start contacts in a flow; return the start as it is shown at once."""
    body = {"flow": flow, **({"contacts": list(contacts)} if contacts else {}), **more}
    answer = rapidpro.post("flow_starts", body)
    assert answer.status_code == 201, answer.text
    return answer.json


def enter(rapidpro: Any, flow: str, *contacts: str, **more: Any) -> Any:
    """Let contacts enter a flow; return the start when it is complete."""
    start = start_flow(rapidpro, flow, *contacts, **more)
    rapidpro.advance(5)
    return rapidpro.one("flow_starts", uuid=start["uuid"])


def states(rapidpro: Any, name: str) -> dict[str, int]:
    """Return how many runs of a flow are in each state that any is in."""
    return {key: n for key, n in flow_called(rapidpro, name)["runs"].items() if n}
