"""The URLs that a run of a flow calls, as ``simulate`` lists them under ``webhooks``.

The form is assumed: ``{"url", "method"?, "headers"?, "body"?, "result"?}``. URL, headers and body
are templates; ``result`` is the key of the run's result that keeps what became of the call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from emulator.core.records import Attempt, Delivery
from emulator.core.sandbox import Sandbox

from .expressions import compile_template
from .kinds import CONTACTS, FLOWS, RUNS
from .payloads import Payloads
from .records import Flow, Run, Workspace
from .scope import ContactScope, Surroundings
from .simulations import as_value, result_of
from .webhooks import FIXED_HEADERS, SLUG

METHODS: Final = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH")
MOST_HEADERS: Final = 10
KEYS: Final = ("url", "method", "headers", "body", "result")
EVENT: Final = "webhook"

_WITHOUT_BODY = frozenset({"GET", "HEAD"})
_ACCEPT = (("Accept", "application/json"),)
_CONTENT_TYPE = (("Content-Type", "application/json"),)


class WebhookCaller:
    """Calls the URLs of one flow."""

    def __init__(self, sandbox: Sandbox, workspace: Workspace, flow: Flow) -> None:
        self._sandbox = sandbox
        self._workspace = workspace
        self._flow = flow
        self._surroundings = Surroundings(sandbox, workspace)
        self._payloads = Payloads(sandbox, workspace)

    def call(self, webhook: Mapping[str, Any], run: Run) -> None:
        """Call a URL from a run; what becomes of it is a result of the run later."""
        contact = self._sandbox.store.table(CONTACTS).get(run.contact)
        scope = ContactScope(self._surroundings, contact)

        def filled(text: str) -> str:
            return compile_template(text).evaluate(scope)

        method = webhook.get("method", "POST")
        body = b""
        if method not in _WITHOUT_BODY:
            told = webhook.get("body")
            body = _encoded(self._usual_body(run) if told is None else _filled(told, filled))
        own = {name: filled(text) for name, text in webhook.get("headers", {}).items()}
        result = webhook.get("result")
        self._sandbox.webhooks.owe_all(
            [
                Delivery(
                    id=self._sandbox.ids.uuid4(f"{SLUG}.deliveries"),
                    serial=self._sandbox.ids.serial("deliveries"),
                    provider=SLUG,
                    account=self._workspace.id,
                    endpoint=self._flow.id,
                    event=EVENT if result is None else f"{EVENT}:{result}",
                    subject=run.id,
                    url=filled(webhook["url"]),
                    headers=_headers(own, has_body=bool(body)),
                    body=body,
                    created_at=self._sandbox.clock.now(),
                    method=method,
                )
            ]
        )

    def _usual_body(self, run: Run) -> Mapping[str, Any]:
        contact = self._payloads.contact(self._sandbox.store.table(CONTACTS).get(run.contact))
        return {
            "contact": {name: contact[name] for name in ("uuid", "name", "urn")},
            "flow": {"uuid": self._flow.id, "name": self._flow.name},
            "results": {
                key: {"value": value.value, "category": value.category}
                for key, value in run.values.items()
            },
        }


def _headers(own: Mapping[str, str], *, has_body: bool) -> tuple[tuple[str, str], ...]:
    """Return the flow's own headers, and the usual ones that it does not name in any case."""
    named = {name.lower() for name in own}
    usual = (*_ACCEPT, *(_CONTENT_TYPE if has_body else ()), *FIXED_HEADERS)
    return (*((name, text) for name, text in usual if name.lower() not in named), *own.items())


def _filled(value: Any, fill: Callable[[str], str]) -> Any:
    """Return JSON with its texts filled in."""
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, list):
        return [_filled(item, fill) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, fill) for key, item in value.items()}
    return value


def _encoded(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else msgspec.json.encode(value)


def answered(sandbox: Sandbox, delivery: Delivery, attempt: Attempt) -> None:
    """Keep what became of a call as a result of its run, if the flow wants that."""
    table, (_, _, key) = sandbox.store.table(RUNS), delivery.event.partition(":")
    flow, run = sandbox.store.table(FLOWS).find(delivery.endpoint), table.find(delivery.subject)
    if flow is None or run is None or not key:
        return
    result = result_of(sandbox, flow, key)._replace(input=f"{delivery.method} {delivery.url}")
    category = "Success" if attempt.is_success else "Failure"
    now = sandbox.clock.now()
    value = as_value(result, str(attempt.status or 0), category, now)
    table.change(run, values={**run.values, key: value}, modified_on=now)
