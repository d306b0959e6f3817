"""What a developer is told whose request no operation is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from flask import current_app

from emulator.web.context import sandbox
from emulator.web.provider_app import ProviderApp

from .records import SLUG

ACCOUNTS = f"/accounts/{SLUG}/<client>"
PLACES: Mapping[str, str] = {
    "broadcasts": "/broadcasts",
    "campaigns": "/broadcasts",
    "messages": "/messages",
    "message-logs": "/messages",
    "credit": ACCOUNTS,
    "balance": ACCOUNTS,
    "clients": ACCOUNTS,
    "keywords": ACCOUNTS,
    "templates": ACCOUNTS,
    "api-keys": f"{ACCOUNTS}/keys",
    "webhooks": "/endpoints",
    "delivery-logs": "/callbacks",
}
"""Where the control API has what the vendor's customers see in its dashboard alone."""


def hint(method: str, path: str) -> str | None:
    """Return what to do instead; None where the nearest operations say it best."""
    served = {each.path for each in cast("ProviderApp", current_app).served()}
    if path in served:
        return f"{path} takes POST alone, not {method}"
    place = PLACES.get(path[1:].partition("/")[0].lower())
    if place is None:
        return None
    return (
        "the vendor's API has nothing of the kind, only its dashboard; "
        f"the control API has it under /_emulator/sandboxes/{sandbox().name}{place}"
    )
