"""What a run of a flow does: there is no flow engine, the flow's ``simulate`` says it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from emulator.core.durations import parse_duration
from emulator.core.sandbox import Sandbox

from .records import Flow, Value

#: What a result is when its flow knows no categories.
ANY_ANSWER: Final = "All Responses"


class Result(NamedTuple):
    """One result of a run; what is None follows from the answer or is drawn."""

    key: str
    name: str
    node: str
    categories: tuple[str, ...] = ()
    value: str | None = None
    category: str | None = None
    input: str | None = None


class Simulation(NamedTuple):
    """What a run of one flow does.

    :param messages: templates of the texts that it sends at its start.
    :param waits: whether the rest takes effect when the contact answers, not after the duration.
    :param path: the nodes that a run passes.
    :param webhooks: URLs that it calls; see :mod:`.flow_webhooks`.
    """

    messages: tuple[str, ...]
    waits: bool
    results: tuple[Result, ...]
    resthooks: tuple[str, ...]
    webhooks: tuple[Mapping[str, Any], ...]
    outcome: str
    duration: timedelta
    path: tuple[str, ...]

    @property
    def is_endless(self) -> bool:
        """Whether the contact is waited for after everything has taken effect."""
        return self.outcome in ("waiting", "expired")


def simulation_of(sandbox: Sandbox, flow: Flow) -> Simulation:
    """Return what a run of a flow does; without ``simulate`` it completes at once."""
    told = flow.simulate
    given: Mapping[str, Any] = told or {}
    # Nobody can answer a background flow, so it ends where another would wait.
    is_silent = flow.type == "background"
    outcome = given.get("outcome", "completed")
    if is_silent and outcome == "waiting":
        outcome = "completed"
    messages, waits = tuple(given.get("messages", ())), bool(given.get("wait")) and not is_silent
    return Simulation(
        messages=messages,
        waits=waits,
        results=() if told is None else _results(sandbox, flow, given.get("results")),
        resthooks=tuple(given.get("resthooks", ())),
        webhooks=tuple(given.get("webhooks", ())),
        outcome=outcome,
        duration=parse_duration(given.get("duration", 0)),
        path=_path(sandbox, flow, len(messages), waits=waits),
    )


def result_of(
    sandbox: Sandbox, flow: Flow, key: str, given: Mapping[str, Any] | None = None
) -> Result:
    """Return a result of a flow, one too that the flow does not list.

    :param given: what ``simulate`` says about it.
    """
    told = given or {}
    known = next((result for result in flow.results if result["key"] == key), {})
    nodes = known.get("node_uuids") or (_drawn_node(sandbox, flow, f"result {key}"),)
    return Result(
        key=key,
        name=known.get("name") or key.replace("_", " ").title(),
        node=nodes[0],
        categories=tuple(known.get("categories", ())),
        value=told.get("value"),
        category=told.get("category"),
        input=told.get("input"),
    )


def drawn_category(sandbox: Sandbox, flow: Flow, contact: str, result: Result) -> str:
    """Return the category that a contact's result falls in where nobody says it."""
    if not result.categories:
        return ANY_ANSWER
    drawn = sandbox.draws.below(len(result.categories), "result", flow.id, result.key, contact)
    return result.categories[drawn]


def as_value(result: Result, value: str, category: str, at: datetime) -> Value:
    """Return a result as runs keep it."""
    return Value(
        name=result.name,
        value=value,
        category=category,
        node=result.node,
        time=at,
        input=result.input,
    )


def _results(
    sandbox: Sandbox, flow: Flow, told: Mapping[str, Mapping[str, Any]] | None
) -> tuple[Result, ...]:
    given = {result["key"]: {} for result in flow.results} if told is None else told
    return tuple(result_of(sandbox, flow, key, given[key]) for key in given)


def _path(sandbox: Sandbox, flow: Flow, messages: int, *, waits: bool) -> tuple[str, ...]:
    """Return a node for each message and one for the wait, at least one in all.

    Assumed: a flow waits where it gets its first result.
    """
    count = messages if messages or waits else 1
    drawn = [_drawn_node(sandbox, flow, at) for at in range(count)]
    if not waits:
        return tuple(drawn)
    known = (node for result in flow.results for node in result["node_uuids"])
    return (*drawn, next(known, None) or _drawn_node(sandbox, flow, "wait"))


def _drawn_node(sandbox: Sandbox, flow: Flow, which: object) -> str:
    return str(UUID(bytes=sandbox.draws.digest("node", flow.id, which), version=4))
