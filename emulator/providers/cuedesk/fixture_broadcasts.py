"""Read broadcasts from fixtures, as the app shows them; their messages stand beside them.

A broadcast that is there already and waits for its time can get another one, or be cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from emulator.core.errors import Problems
from emulator.core.moments import read_moment
from emulator.core.options import one_of
from emulator.core.sandbox import Sandbox
from emulator.web.parts import Part, Value, check_status, read_part, text

from . import lifecycle
from .records import BROADCASTS, CHANNELS, CueBroadcast


class BroadcastPart(Part):
    """A broadcast as fixtures write it."""

    uuid = Value(text)
    name = Value(text, allow_none=True)
    channel = Value(text)
    template = Value(text)
    status = Value(one_of(*lifecycle.STATES))
    client_unique_identifier = Value(text, allow_none=True)
    scheduled_at = Value(read_moment, allow_none=True)
    valid_until = Value(read_moment, allow_none=True)
    created_at = Value(read_moment)


_BROADCAST = BroadcastPart()


def load(
    found: Sandbox, workspace: str, given: Any, pointer: str, problems: Problems
) -> str | None:
    """Add or change a broadcast and return its id, None if there are mistakes."""
    read = read_part(_BROADCAST, given, pointer, problems)
    if read is None:
        return None
    id = read.pop("uuid", None) or found.ids.uuid4(BROADCASTS.name)
    known = found.store.table(BROADCASTS).find(id)
    if known is not None and known.account != workspace:
        problems.add(f"{pointer}/uuid", f"Workspace {known.account!r} has this broadcast")
        return None
    channel = read.pop("channel", None)
    values = {
        {"status": "state", "client_unique_identifier": "key"}.get(name, name): value
        for name, value in read.items()
    }
    own = known.sender if known is not None and channel is None else None
    from_ = own or sender(found, workspace, channel, pointer, problems)
    if known is not None and known.total:
        if from_ != known.sender:
            problems.add(f"{pointer}/channel", "Its messages go by another channel")
        _change(found, known, values, pointer, problems)
    else:
        _put(found, known or _made(found, workspace, id, from_, values), values)
    return str(id)


def sender(
    found: Sandbox, workspace: str, wanted: str | None, pointer: str, problems: Problems
) -> str:
    """Return the id of the channel meant, of the first one where none is named."""
    channels = found.store.table(CHANNELS)
    if wanted is None:
        own = channels.every("account", workspace)
        if not own:
            problems.add(f"{pointer}/channel", "The workspace has no channel")
        return own[0].id if own else ""
    channel = channels.one("name", (workspace, wanted.removeprefix("+")))
    if channel is None:
        problems.add(f"{pointer}/channel", f"The workspace has no channel {wanted!r}")
    return channel.id if channel is not None else ""


def _made(
    found: Sandbox, workspace: str, id: str, sender: str, values: Mapping[str, Any]
) -> CueBroadcast:
    due, now = values.get("scheduled_at"), found.clock.now()
    return CueBroadcast(
        id=id,
        serial=found.ids.serial(BROADCASTS.name),
        account=workspace,
        state="scheduled" if due is not None and due > now else "",
        created_at=now,
        sender=sender,
        name=None,
        template="",
        scheduled_at=None,
        valid_until=None,
        total=0,
        counts={},
    )


def _put(found: Sandbox, known: CueBroadcast, values: Mapping[str, Any]) -> CueBroadcast:
    return found.store.table(BROADCASTS).put(msgspec.structs.replace(known, **values))


def _change(
    found: Sandbox, known: CueBroadcast, values: dict[str, Any], pointer: str, problems: Problems
) -> None:
    """Change a broadcast that has messages; what these have gone through stays as it is."""
    is_waiting = known.state == "scheduled"
    status = values.pop("state", known.state)
    others = ("scheduled", "cancelled") if is_waiting else ("scheduled", "processing")
    if not check_status(known.state, status, others, pointer, problems):
        return
    times = {name: values.pop(name) for name in ("scheduled_at", "valid_until") if name in values}
    known = _put(found, known, values)
    if is_waiting and "scheduled_at" in times:
        known = lifecycle.reschedule(found, known, times["scheduled_at"])
    if "valid_until" in times:
        known = lifecycle.limit(found, known, times["valid_until"])
    if is_waiting and status == "cancelled":
        lifecycle.cancel(found, known)
