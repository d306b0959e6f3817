"""API keys in requests: where they stand, and which ones testers may make up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from emulator.core.records import Account
from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind

A = TypeVar("A", bound=Account)


def bearer(environ: Mapping[str, Any]) -> str | None:
    """Return the bearer key of a request, None if there is none."""
    scheme, _, key = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    key = key.strip()
    return key if scheme.lower() == "bearer" and key else None


def stand_in(sandbox: Sandbox, accounts: Kind[A], key: str) -> A | None:
    """Return the account that an unknown key acts as, None where it is to be refused.

    That is the provider's first account, if the sandbox accepts unknown keys and this one is
    well formed.
    """
    is_well_formed = key.isascii() and key.isprintable() and " " not in key
    if sandbox.settings["unknown_keys"] != "accept" or not is_well_formed:
        return None
    return min(sandbox.store.table(accounts), key=lambda account: account.serial, default=None)
