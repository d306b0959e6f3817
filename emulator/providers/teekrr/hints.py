"""What a developer is told beside a refusal that says too little."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import cast

from flask import current_app

from emulator.core.errors import nearest
from emulator.core.sandbox import Sandbox
from emulator.web.context import sandbox
from emulator.web.provider_app import ProviderApp

from .records import SLUG, TEMPLATES, Client, Template

MOST_NAMES = 1000
"""How many names are compared with one that is not known."""

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


def no_template(found: Sandbox, client: Client, channel: str, name: str) -> str:
    """Say why there is no template of a name: it is another channel's, or misspelt."""
    own = list(islice(found.store.table(TEMPLATES).every("account", client.id), MOST_NAMES))
    others = [template.channel for template in own if template.name == name]
    said = f"client {client.id} has no {channel} template {name[:100]!r}"
    if others:
        return f"{said}, but one for {', '.join(others)}"
    near = nearest(name, [template.name for template in own if template.channel == channel])
    return said if near is None else f"{said}; nearest: {near}"


def not_approved(template: Template) -> str:
    """Say that a template is there; the vendor answers as if it were not."""
    return (
        f"the {template.channel} template {template.name[:100]!r} of client {template.account} "
        f"is {template.status}, not approved"
    )


def no_keyword(client: Client) -> str:
    """Say which keywords there are."""
    return f"client {client.id} has the keywords: {', '.join(client.keywords[:20]) or 'none'}"


def more_credit(client: Client, field: str, cents: int) -> str:
    """Say how a client gets to afford what it asks for."""
    place = f"/_emulator/sandboxes/{sandbox().name}{ACCOUNTS.replace('<client>', client.id)}"
    return f'PATCH {place} {{"billing": {{"{field}": {cents}}}}} allows for it; amounts are in sen'
