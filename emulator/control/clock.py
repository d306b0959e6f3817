"""The clock of a sandbox: look at it, set it, let it advance."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from flask import Blueprint, Response

from emulator.core.clock import FASTEST, Mode
from emulator.core.emulator import ClockWish
from emulator.core.errors import Problems
from emulator.core.ledger import LONGEST_REAL, LONGEST_VIRTUAL, MOST_EVENTS, Goal, Ledger
from emulator.core.sandbox import Sandbox
from emulator.web.bodies import json_response

from .bodies import (
    Fields,
    Query,
    clock_moment,
    filled_text,
    flag,
    json_body,
    number,
    one_of,
    span,
    whole,
)
from .context import IN_SANDBOX, the_sandbox
from .views import clock_view
from .words import words_of

bp = Blueprint("clock", __name__, url_prefix=IN_SANDBOX)

TARGETS = ("by", "to", "until")
MODES: dict[str, Mode] = {"real": "real", "manual": "manual"}


@bp.get("/clock")
def read_clock_of(name: str) -> Response:
    """Show the clock, and what it has before it."""
    Query().check()
    return json_response(clock_view(the_sandbox(name)))


@bp.put("/clock")
def set_clock(name: str) -> Response:
    """Set mode, time or rate; what falls due by that waits for the next advance.

    Errors: 409 the time given has passed.
    """
    Query().check()
    problems = Problems()
    wish = read_clock(json_body(), "", problems)
    problems.check()
    sandbox = the_sandbox(name)
    sandbox.set_clock(wish.mode, wish.now, wish.rate)
    return json_response(clock_view(sandbox))


@bp.post("/clock/advance")
def advance_clock(name: str) -> Response:
    """Let happen what is due until a moment, until idle, or until a message has a status.

    Answers when it is done, with a ledger. Errors: 409 the moment has passed, or the sandbox
    was reset or deleted meanwhile.
    """
    query = Query()
    is_detailed = query.get("detail", flag) or False
    query.check()
    sandbox = the_sandbox(name)
    ledger = sandbox.engine.advance(_read_goal(sandbox, json_body()), is_detailed=is_detailed)
    return json_response(ledger_view(ledger))


def read_clock(given: Any, pointer: str, problems: Problems) -> ClockWish:
    """Return what is asked of a clock, nothing if ``given`` is None; mistakes are noted."""
    fields = Fields({} if given is None else given, pointer, problems=problems)
    mode = fields.get("mode", one_of(*MODES))
    wish = ClockWish(
        mode=None if mode is None else MODES[mode],
        now=fields.get("now", clock_moment),
        rate=fields.get("rate", number(0, FASTEST)),
    )
    fields.note_unknown()
    return wish


def ledger_view(ledger: Ledger) -> dict[str, Any]:
    """Return the answer to an advance."""
    view: dict[str, Any] = {
        "from": ledger.start,
        "to": ledger.end,
        "reason": ledger.reason,
        "events": ledger.events,
        "transitions": ledger.transitions,
        "callbacks": {
            "attempted": ledger.attempted,
            "succeeded": ledger.succeeded,
            "failed": ledger.failed,
        },
        "pending": ledger.pending,
        "next_due": ledger.next_due,
        "real_ms": round(ledger.real_ms, 3),
    }
    if ledger.is_detailed:
        view["log"] = [
            {
                "at": entry.at,
                "kind": entry.kind,
                "provider": entry.provider,
                "subject": entry.subject,
                "from": entry.before,
                "to": entry.after,
                **({"callback": entry.callback} if entry.callback else {}),
            }
            for entry in ledger.log
        ]
    return view


def _read_goal(sandbox: Sandbox, given: dict[str, Any]) -> Goal:
    fields = Fields(given)
    if sum(given.get(name) is not None for name in TARGETS) != 1:
        fields.problems.add("", "Must have exactly one of: by, to, until")
    max_events = fields.get("max_events", whole(0))
    goal = Goal(
        by=fields.get("by", span),
        to=fields.get("to", clock_moment),
        until=_read_until(sandbox, fields.raw("until"), fields.problems),
        max_events=MOST_EVENTS if max_events is None else max_events,
        max_virtual=_span(fields, "max_virtual", LONGEST_VIRTUAL),
        max_real=_span(fields, "max_real", LONGEST_REAL),
    )
    fields.check()
    return goal


def _span(fields: Fields, name: str, default: timedelta) -> timedelta:
    given = fields.get(name, span)
    return default if given is None else given


def _read_until(
    sandbox: Sandbox, given: Any, problems: Problems
) -> Literal["idle"] | tuple[str, str] | None:
    if given is None:
        return None
    if given == "idle":
        return "idle"
    if not isinstance(given, dict):
        problems.add("/until", 'Must be "idle" or {"message": id, "status": …}', "idle")
        return None
    fields = Fields(given, "/until", problems=problems)
    message, status = fields.need("message", filled_text), fields.need("status", filled_text)
    fields.note_unknown()
    if message is None or status is None:
        return None
    _check_awaited(sandbox, message, status, problems)
    return message, status


def _check_awaited(sandbox: Sandbox, message: str, status: str, problems: Problems) -> None:
    with sandbox.store.lock:
        found = sandbox.find_message(message)
        if found is None:
            problems.add("/until/message", f"No message {message!r}")
            return
        known = words_of(sandbox, *found)
    # What people write has no lifecycle that could tell.
    if found[1].direction == "out" and status not in known:
        problems.add_choice("/until/status", status, known)
