"""Write a sandbox back as a fixture, so that a state made by hand can be where others begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from .adversary import show as show_adversary
from .belongings import Belongings
from .fixtures import VERSION
from .generating import plain
from .records import ENDPOINTS, Endpoint
from .rules import rule_document

if TYPE_CHECKING:
    from .sandbox import Sandbox
    from .vendor import Vendor


SEEDS = 2**31


def as_fixture(sandbox: Sandbox) -> dict[str, Any]:
    """Return a fixture with the accounts of a sandbox and all that is theirs.

    Its clock stands at the sandbox's time, and its seed is another one. What fixtures cannot
    hold is left out: callbacks and their tries, faults, uploads, and what messages on their way
    have before them.
    """
    with sandbox.store.lock:
        endpoints = sandbox.store.table(ENDPOINTS).every("all", "all")
        document = {
            "emulator": VERSION,
            "description": f"The sandbox {sandbox.name} as it was",
            # Whatever has been drawn already must not be drawn once more.
            "seed": sandbox.draws.below(SEEDS, "as fixture", sandbox.seed),
            "clock": plain(sandbox.clock.now()),
            "settings": sandbox.settings.as_document(),
            **{slug: _part(sandbox, vendor) for slug, vendor in sandbox.vendors.items()},
            "outcomes": [rule_document(rule) for rule in sandbox.outcomes.rules],
            "endpoints": [_endpoint(endpoint) for endpoint in endpoints],
        }
        whole: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return whole


def _part(sandbox: Sandbox, vendor: Vendor) -> dict[str, Any]:
    belongings = Belongings(sandbox.store)
    part: dict[str, Any] = {}
    for account in sorted(sandbox.store.table(vendor.accounts), key=lambda one: one.serial):
        if vendor.write is None:
            shown = vendor.account_view(sandbox, account)
        else:
            shown = vendor.write(sandbox, account, belongings)
        of_one = vendor.account_part(shown) if vendor.account_part is not None else {}
        for name, listed in of_one.items():
            part.setdefault(name, []).extend(listed)
    return part


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    shown = {
        "id": endpoint.id,
        "provider": endpoint.provider,
        "account": endpoint.account,
        "url": endpoint.url,
        "events": endpoint.events,
        "channel": endpoint.channel,
        "secret": endpoint.secret or None,
        "active": endpoint.is_active,
        "adversary": show_adversary(endpoint.adversary),
    }
    return {name: value for name, value in shown.items() if value is not None}
