"""What an outgoing message goes through, by kind of channel, and how long things take.

Delays with latency ``fast`` are the documented ones; those of ``realistic`` are assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from emulator.core.lifecycle import Delay, Lifecycle
from emulator.core.pace import draw_delay
from emulator.core.records import Delays, Failure, Plan
from emulator.core.sandbox import Sandbox

from .gateway import CARRIED
from .records import RapidMessage

INCOMING: Final = ("handled", "pending")
OUTGOING: Final = (
    "queued",
    "initializing",
    "wired",
    "sent",
    "delivered",
    "read",
    "errored",
    "failed",
)
BROADCAST_STATES: Final = (
    "pending",
    "queued",
    "started",
    "completed",
    "failed",
    "interrupted",
)

#: Kinds of channel that tell when a message has been read.
WITH_RECEIPTS: Final = ("whatsapp", "facebook", "instagram", "viber")
#: The error that is the last one.
MOST_ERRORS: Final = 3
RETRY_AFTER: Final = timedelta(minutes=5)
_RETRY_EVERY: Final = timedelta(minutes=1)

_HANDED_OVER = frozenset({"wired", "sent", "delivered", "read"})
_PATH = ("wired", "sent", "delivered")
_REJECTED = ("errored", "queued", "errored", "queued", "failed")
_UNDELIVERED = ("wired", "sent", "failed")

_STEPS: Mapping[tuple[str, str], Delay] = {
    ("queued", "wired"): Delay(0.2, 0.5, 3),
    ("queued", "errored"): Delay(0.2, 0.5, 3),
    ("queued", "failed"): Delay(0.2, 0.5, 3),
    ("wired", "sent"): Delay(0.3, 1.5, 10),
    ("sent", "delivered"): Delay(1, 5, 60),
    ("sent", "failed"): Delay(1, 5, 60),
    ("delivered", "read"): Delay(1, 600, 14_400),
    # The retry runs on whole minutes: see wait().
    ("errored", "queued"): Delay(300, 300, 360),
}

_PUSHES: Mapping[str, frozenset[str]] = {
    "queued": frozenset({*_HANDED_OVER, "errored", "failed"}),
    "wired": frozenset({"sent", "delivered", "read", "errored", "failed"}),
    "sent": frozenset({"delivered", "read", "errored", "failed"}),
    "delivered": frozenset({"read", "failed"}),
    "errored": frozenset({"queued", *_HANDED_OVER, "failed"}),
    "read": frozenset(),
    "failed": frozenset(),
}


def _lifecycle(name: str, seen: tuple[str, ...], approximated: frozenset[str]) -> Lifecycle:
    return Lifecycle(
        name=name,
        initial="queued",
        steps=_STEPS,
        outcomes={
            "delivered": _PATH,
            "read": seen,
            "replied": seen,
            "rejected": _REJECTED,
            "undelivered": _UNDELIVERED,
            "stuck": ("wired", "sent"),
            "pending": (),
            "bounced_permanent": _UNDELIVERED,
            "bounced_transient": _UNDELIVERED,
            "flaky": ("errored", "queued", *_PATH),
        },
        delay_names={"wired": "sent", "delivered": "delivered", "read": "read", "failed": "failed"},
        pushes=_PUSHES,
        approximated=approximated,
        reply=Delay(2, 600, 14_400),
    )


_BOUNCES = frozenset({"bounced_permanent", "bounced_transient"})
_SILENT = _lifecycle("RapidPro message", _PATH, _BOUNCES | {"read"})
_TELLING = _lifecycle("RapidPro message with receipts", (*_PATH, "read"), _BOUNCES)

_ERROR_LIMIT = Failure(code="error_limit", message="Sending failed three times")
_REFUSED = Failure(code="channel", message="The channel reported that the message failed")


def lifecycle_of(channel: str) -> Lifecycle:
    """Return the lifecycle of messages over a kind of channel."""
    return _TELLING if channel in WITH_RECEIPTS else _SILENT


def channel_kind(scheme: str) -> str:
    """Return what rules call the channels of a scheme of URNs."""
    return "sms" if scheme == "tel" else scheme


def evolve(sandbox: Sandbox, message: RapidMessage, target: str, at: datetime) -> dict[str, Any]:
    """Return the fields of a message that change as it comes into a state."""
    del sandbox
    if target in _HANDED_OVER:
        return {"modified_on": at, "sent_on": message.sent_on or at}
    if target == "errored":
        return _after_error(message, at)
    if target == "failed":
        error = message.plan.error or usual_failure(message.errors)
        return {"modified_on": at, "sent_on": None, "error": error}
    return {"modified_on": at}


def usual_failure(errors: int) -> Failure:
    """Return why a message fails for which nothing else is said.

    :param errors: how often sending has failed for a while.
    """
    return _ERROR_LIMIT if errors else _REFUSED


def forced(message: RapidMessage, target: str) -> str:
    """Return the state that an error or another forced step brings a message into."""
    is_last = target == "errored" and message.errors + 1 >= MOST_ERRORS
    return "failed" if is_last else target


def wait(sandbox: Sandbox, message: RapidMessage, target: str, at: datetime) -> datetime | None:
    """Return when a failed message is tried again; None for every other step.

    A loop looks once a minute for messages whose time has come.
    """
    if message.state != "errored" or target != "queued" or sandbox.settings.latency == "instant":
        return None
    due = at + RETRY_AFTER * message.errors
    over = timedelta(seconds=due.second, microseconds=due.microsecond)
    return due - over + _RETRY_EVERY if over else due


def pause(sandbox: Sandbox, delay: Delay, *subject: object) -> timedelta:
    """Return how long something of the background takes, drawn by its subject where it varies."""
    latency = sandbox.settings.latency
    if latency == "instant":
        return timedelta()
    if latency == "fast":
        return timedelta(seconds=delay.fast)
    span = Delays(p50=delay.p50, p95=delay.p95)
    return draw_delay(span, lambda: sandbox.draws.fraction("delay", *subject))


def _after_error(message: RapidMessage, at: datetime) -> dict[str, Any]:
    errors = message.errors + 1
    changes: dict[str, Any] = {"modified_on": at, "sent_on": None, "errors": errors}
    if message.taken + 1 == len(message.plan.path):
        # A tester made it fail, so no plan says yet what the retry comes to.
        changes["plan"] = _plan_after_error(message, errors)
    return changes


def _plan_after_error(message: RapidMessage, errors: int) -> Plan:
    plan = message.plan
    if plan.outcome == CARRIED.outcome:
        rest: tuple[str, ...] = ("queued",)
    elif plan.outcome == "rejected":
        rest = _REJECTED[2 * errors - 1 :]
    elif plan.outcome == "flaky":
        rest = ("queued", *_PATH)
    else:
        outcome = plan.outcome or "delivered"
        rest = ("queued", *lifecycle_of(message.channel).outcomes[outcome])
    return Plan(
        outcome=plan.outcome,
        path=(*plan.path, *rest),
        source=plan.source,
        rule=plan.rule,
        delays=plan.delays,
        error=plan.error,
        reply=plan.reply,
    )
