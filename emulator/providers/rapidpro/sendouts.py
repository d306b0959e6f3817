"""What testers can look at and cancel as a broadcast: broadcasts, and flow starts too."""

from __future__ import annotations

from collections import Counter
from typing import Any

from emulator.core.records import Broadcast
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import BroadcastView

from . import broadcasts, flow_starts, views
from .flow_views import FlowViews
from .kinds import FLOW_STARTS, FLOWS, RUNS, WORKSPACES
from .records import FlowStart, RapidBroadcast


class Start(Broadcast, frozen=True, kw_only=True, gc=False):
    """A flow start, seen as a broadcast; it is in no list of them."""

    start: FlowStart


def find(sandbox: Sandbox, id: str) -> Broadcast | None:
    """Return a broadcast by its UUID or integer id, or a flow start by its UUID."""
    found = broadcasts.find_broadcast(sandbox, id)
    if found is not None:
        return found
    start = sandbox.store.table(FLOW_STARTS).find(id)
    return None if start is None else _as_broadcast(start)


def cancel(sandbox: Sandbox, found: Any) -> Broadcast:
    """Interrupt a broadcast or a flow start.

    :raises Conflict: it has ended.
    """
    if isinstance(found, Start):
        return _as_broadcast(flow_starts.cancel(sandbox, found.start))
    return broadcasts.cancel(sandbox, found)


def view(sandbox: Sandbox, found: Broadcast) -> BroadcastView:
    """Return what RapidPro says about a broadcast or a flow start."""
    if isinstance(found, RapidBroadcast):
        return views.broadcast_view(sandbox, found)
    start = sandbox.store.table(FLOW_STARTS).get(found.id)
    workspace = sandbox.store.table(WORKSPACES).get(start.workspace)
    runs = sandbox.store.table(RUNS).every("modified", ("flow", start.flow))
    mine = (run.exit_type or run.status for run in runs if run.start == start.id)
    return BroadcastView(
        status=start.status,
        channel=None,
        name=sandbox.store.table(FLOWS).get(start.flow).name,
        total=max(start.total, 0),
        counts=Counter(mine),
        native=FlowViews(sandbox, workspace).start(start),
    )


def _as_broadcast(start: FlowStart) -> Start:
    return Start(
        id=start.id,
        serial=start.serial,
        account=start.workspace,
        state=start.status,
        created_at=start.created_on,
        start=start,
    )
