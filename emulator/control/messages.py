"""Messages of all vendors in one view."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from flask import Blueprint, Response

from emulator.core.errors import NotFound
from emulator.core.records import Failure, Message, Plan
from emulator.core.rules import bare, from_person
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import MessageView, Vendor
from emulator.web.bodies import json_response

from .addresses import forms_of, is_same
from .bodies import Fields, Query, filled_text, json_body, moment, one_known, one_of
from .context import IN_SANDBOX, the_sandbox, vendors_meant
from .newest import Row, Seat, Source, newest_listing, seat_of
from .words import state_of_word

bp = Blueprint("messages", __name__, url_prefix=IN_SANDBOX)

Since = datetime | Seat


class Wanted(NamedTuple):
    """The filters of a list of messages."""

    provider: str | None
    to: str | None
    from_: str | None
    status: str | None
    direction: str | None
    broadcast: str | None
    text: str | None
    since: Since | None

    def sources(self, sandbox: Sandbox) -> list[Source]:
        """Return the narrowest partitions that hold everything wanted."""
        vendors = [v for v in sandbox.vendors.values() if self.provider in (None, v.slug)]
        return [source for vendor in vendors for source in self._sources_of(sandbox, vendor)]

    def _sources_of(self, sandbox: Sandbox, vendor: Vendor) -> list[Source]:
        table = sandbox.store.table(vendor.messages)
        if self.broadcast is not None:
            broadcast = vendor_broadcast(sandbox, vendor, self.broadcast)
            return [Source(vendor.slug, table, "broadcast", broadcast)] if broadcast else []
        # A person is filed under the address; the vendors' own numbers are not.
        for person, direction in ((self.to, "out"), (self.from_, "in")):
            if person is not None and self.direction in (None, direction):
                forms = forms_of(person)
                places = forms if direction == "out" else [from_person(form) for form in forms]
                known = [place for place in places if table.count("address", place)]
                if known or self.direction is not None:
                    return [Source(vendor.slug, table, "address", place) for place in known]
        return [Source(vendor.slug, table, "all", "all")]

    def condition(self, sandbox: Sandbox) -> Callable[[Row], bool] | None:
        """Return what rows of the sources must still meet; None if they all are wanted."""
        reads_view = self.to or self.from_ or self.status or self.text
        if not reads_view and self.direction is None:
            return None

        def is_wanted(row: Row) -> bool:
            if self.direction not in (None, row.record.direction):
                return False
            if not self._may_be_of(row.record):
                return False
            if not reads_view:
                return True
            return self._is_met(sandbox.vendors[row.label].message_view(sandbox, row.record))

        return is_wanted

    def _may_be_of(self, message: Message) -> bool:
        # Views are costly, and a person's address tells without one.
        person = self.to if message.direction == "out" else self.from_
        return person is None or bare(message.address) in forms_of(person)

    def horizon(self) -> Callable[[Row], bool] | None:
        """Return what says of a row that it is not older than wanted; None if none can be."""
        since = self.since
        if since is None:
            return None
        if isinstance(since, datetime):
            return lambda row: bool(row.record.created_at >= since)
        return lambda row: seat_of(row) > since

    def _is_met(self, view: MessageView) -> bool:
        return (
            self.status in (None, view.status)
            and (self.to is None or is_same(view.to, self.to))
            and (self.from_ is None or is_same(view.from_, self.from_))
            and (self.text is None or self.text in folded(view.text or ""))
        )


def folded(text: str) -> str:
    """Return a text as it is looked for: in either case, however its accents are written."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _wanted(query: Query, sandbox: Sandbox) -> Wanted:
    provider = query.get("provider", one_of(*sandbox.vendors))
    vendors = vendors_meant(sandbox, provider)
    return Wanted(
        provider=provider,
        to=query.get("to", _person),
        from_=query.get("from", _person),
        status=query.get("status", one_known(vendor.message_statuses for vendor in vendors)),
        direction=query.get("direction", one_of("out", "in")),
        broadcast=query.get("broadcast", filled_text),
        text=query.get("text", lambda value: folded(filled_text(value))),
        since=query.get("since", lambda value: _since(sandbox, value)),
    )


def _person(value: str) -> str:
    # In a query a plus sign stands for a blank, unless it is encoded.
    return filled_text(value.strip())


def _since(sandbox: Sandbox, value: Any) -> Since:
    found = sandbox.find_message(value)
    if found is not None:
        vendor, message = found
        return seat_of(Row(vendor.slug, message))
    try:
        return moment(value)
    except ValueError as error:
        raise ValueError(f"{error}, or the id of a message") from error


@bp.get("/messages")
def list_messages(name: str) -> Response:
    """List messages to and from people, newest first; ``text`` is looked for in the text."""
    sandbox, query = the_sandbox(name), Query()
    wanted = _wanted(query, sandbox)
    return newest_listing(
        sandbox,
        query,
        lambda: wanted.sources(sandbox),
        lambda row: show(sandbox, sandbox.vendors[row.label], row.record),
        wanted.condition(sandbox),
        wanted.horizon(),
    )


@bp.get("/messages/<path:id>")
def get_message(name: str, id: str) -> Response:
    """Show one message, and what decided about its outcome."""
    sandbox = the_sandbox(name)
    Query().check()
    with sandbox.store.lock:
        vendor, message = find(sandbox, id)
        return json_response(
            {**show(sandbox, vendor, message), "decided_by": _decided_by(message.plan)}
        )


def _decided_by(plan: Plan) -> dict[str, str | None] | None:
    return {"source": plan.source, "rule": plan.rule} if plan.outcome else None


@bp.post("/messages/<path:id>/status")
def push_status(name: str, id: str) -> Response:
    """Force a message into a status now, with everything that follows from it.

    Errors: 409 its lifecycle has no way there; 422 no such status.
    """
    Query().check()
    sandbox = the_sandbox(name)
    fields = Fields(json_body())
    word, error = fields.need("status", filled_text), fields.get("error", _failure)
    fields.check()
    assert word is not None
    with sandbox.unit():
        vendor, message = find(sandbox, id)
        state = state_of_word(sandbox, vendor, message, word)
        sandbox.webhooks.at_once(lambda: _push(sandbox, vendor, message, state, error))
        settle(sandbox)
        return json_response(show(sandbox, *find(sandbox, id)))


def _push(
    sandbox: Sandbox, vendor: Vendor, message: Message, state: str, error: Failure | None
) -> None:
    sandbox.messaging.push(vendor, message, state, error)


def _failure(value: Any) -> Failure:
    is_object = isinstance(value, dict) and set(value) <= {"code", "message"}
    code = value.get("code") if is_object else None
    if isinstance(code, int) and not isinstance(code, bool):
        code = str(code)
    words = value.get("message", "") if is_object else None
    if not isinstance(code, str) or not isinstance(words, str):
        raise ValueError('Must be an object such as {"code": "131026", "message": "…"}')
    return Failure(code=code, message=words)


def settle(sandbox: Sandbox) -> None:
    """With latency ``instant``, take the steps that are due now, as vendors' views do."""
    if sandbox.settings.latency == "instant":
        sandbox.engine.settle()


def find(sandbox: Sandbox, id: str) -> tuple[Vendor, Any]:
    """Return a message of any vendor by the vendor's own id, with its vendor.

    :raises NotFound: there is none with this id.
    """
    found = sandbox.find_message(id)
    if found is None:
        raise NotFound(f"no message {id}")
    return found


def vendor_broadcast(sandbox: Sandbox, vendor: Vendor, id: str) -> str | None:
    """Return under which id the messages of a vendor's broadcast are filed, None if unknown."""
    find_own = vendor.find_broadcast
    table = sandbox.store.table(vendor.broadcasts)
    found = find_own(sandbox, id) if find_own else table.find(id)
    return found.id if found else None


def show(sandbox: Sandbox, vendor: Vendor, message: Message) -> dict[str, Any]:
    """Return the view of a message that all vendors share."""
    view = vendor.message_view(sandbox, message)
    history = zip(view.statuses, message.history, strict=True)
    is_sent = message.direction == "out"
    return {
        "id": message.id,
        "provider": vendor.slug,
        "account": message.account,
        "channel": message.channel,
        "direction": message.direction,
        "from": view.from_,
        "to": view.to,
        "contact": view.contact,
        "text": view.text,
        "template": view.template,
        "media": list(view.media),
        "status": view.status,
        "outcome": (message.plan.outcome or None) if is_sent else None,
        "error": message.error,
        "broadcast": view.broadcast,
        "created_at": message.created_at,
        "history": [{"status": status, "at": step.at} for status, step in history],
        "native": view.native,
    }
