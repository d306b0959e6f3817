"""How sandboxes and clocks look from outside."""

from __future__ import annotations

from typing import Any

from flask import request

from emulator.core.emulator import DEFAULT
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import Vendor


def sandbox_view(sandbox: Sandbox, root: str | None = None) -> dict[str, Any]:
    """Return a sandbox with the base URLs and keys that a client of it needs.

    :param root: where this server was reached, where that is not the request being answered.
    """
    root = request.root_url if root is None else root
    return {
        "name": sandbox.name,
        "seed": sandbox.seed,
        "clock": clock_view(sandbox),
        "dropped": sandbox.dropped,
        "providers": {
            slug: {
                "base_url": base_url(sandbox, slug, root),
                "auth": dict([vendor.key_header]),
                "accounts": _accounts(sandbox, vendor),
            }
            for slug, vendor in sandbox.vendors.items()
        },
    }


def base_url(sandbox: Sandbox, slug: str, root: str) -> str:
    """Return where clients reach a provider."""
    prefix = "" if sandbox.name == DEFAULT else f"s/{sandbox.name}/"
    return f"{root}{prefix}{slug}"


def clock_view(sandbox: Sandbox) -> dict[str, Any]:
    """Return a clock, with what it has before it."""
    with sandbox.store.lock:
        state = sandbox.clock.state()
        return {
            "mode": state.mode,
            "rate": state.rate,
            "now": state.now,
            "pending": sandbox.engine.pending(),
            "next_due": sandbox.agenda.next_at(),
            "in_flight": sandbox.engine.in_flight,
        }


def _accounts(sandbox: Sandbox, vendor: Vendor) -> list[dict[str, Any]]:
    accounts = sorted(sandbox.store.table(vendor.accounts), key=lambda account: account.serial)
    return [
        {"id": account.id, "name": account.name, "keys": vendor.keys(sandbox, account)}
        for account in accounts
    ]
