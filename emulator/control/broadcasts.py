"""Broadcasts of all vendors in one view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Blueprint, Response

from emulator.core.errors import NotFound
from emulator.core.records import Broadcast
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import Vendor
from emulator.web.bodies import json_response

from .bodies import Fields, Query, filled_text, json_body, one_known, one_of
from .context import IN_SANDBOX, the_sandbox, vendors_meant
from .newest import Row, Source, newest_listing

bp = Blueprint("broadcasts", __name__, url_prefix=IN_SANDBOX)


class Wanted(NamedTuple):
    """The filters of a list of broadcasts."""

    provider: str | None
    account: str | None
    status: str | None
    name: str | None

    def sources(self, sandbox: Sandbox) -> list[Source]:
        """Return the tables that hold everything wanted."""
        return [
            Source(slug, sandbox.store.table(vendor.broadcasts), "all", "all")
            for slug, vendor in sandbox.vendors.items()
            if self.provider in (None, slug)
        ]

    def condition(self, sandbox: Sandbox) -> Callable[[Row], bool] | None:
        """Return what rows of the sources must still meet; None if they all are wanted."""
        reads_view = self.status is not None or self.name is not None
        if not reads_view and self.account is None:
            return None

        def is_wanted(row: Row) -> bool:
            if self.account not in (None, row.record.account):
                return False
            if not reads_view:
                return True
            view = sandbox.vendors[row.label].broadcast_view(sandbox, row.record)
            return self.status in (None, view.status) and self.name in (None, view.name)

        return is_wanted


@bp.get("/broadcasts")
def list_broadcasts(name: str) -> Response:
    """List broadcasts, newest first."""
    sandbox, query = the_sandbox(name), Query()
    provider = query.get("provider", one_of(*sandbox.vendors))
    vendors = vendors_meant(sandbox, provider)
    wanted = Wanted(
        provider=provider,
        account=query.get("account", filled_text),
        status=query.get("status", one_known(vendor.broadcast_statuses for vendor in vendors)),
        name=query.get("name", filled_text),
    )
    return newest_listing(
        sandbox,
        query,
        lambda: wanted.sources(sandbox),
        lambda row: show(sandbox, sandbox.vendors[row.label], row.record),
        wanted.condition(sandbox),
    )


@bp.get("/broadcasts/<path:id>")
def get_broadcast(name: str, id: str) -> Response:
    """Show one broadcast."""
    sandbox = the_sandbox(name)
    Query().check()
    with sandbox.store.lock:
        return json_response(show(sandbox, *find(sandbox, id)))


@bp.post("/broadcasts/<path:id>/cancel")
def cancel_broadcast(name: str, id: str) -> Response:
    """Cancel a broadcast as the vendor does.

    Errors: 409 the vendor's lifecycle cannot cancel it any more.
    """
    Query().check()
    sandbox = the_sandbox(name)
    Fields(json_body()).check()
    with sandbox.unit():
        vendor, broadcast = find(sandbox, id)
        vendor.cancel(sandbox, broadcast)
        return json_response(show(sandbox, *find(sandbox, id)))


def find(sandbox: Sandbox, id: str) -> tuple[Vendor, Any]:
    """Return a broadcast of any vendor by the vendor's own id, with its vendor.

    :raises NotFound: there is none with this id.
    """
    found = sandbox.find_broadcast(id)
    if found is None:
        raise NotFound(f"no broadcast {id}")
    return found


def show(sandbox: Sandbox, vendor: Vendor, broadcast: Broadcast) -> dict[str, Any]:
    """Return the view of a broadcast that all vendors share."""
    view = vendor.broadcast_view(sandbox, broadcast)
    return {
        "id": broadcast.id,
        "provider": vendor.slug,
        "account": broadcast.account,
        "channel": view.channel,
        "name": view.name,
        "status": view.status,
        "scheduled_at": view.scheduled_at,
        "created_at": broadcast.created_at,
        "total": view.total,
        "counts": view.counts,
        "native": view.native,
    }
