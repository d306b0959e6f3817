"""What Whautomate's records say of each other. Most of what they name may be deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emulator.core.sandbox import Sandbox
from emulator.core.soundness import Flaw, References, dangling, is_zone
from emulator.core.store import Kind

from . import kinds as k

REFERENCES: References = {
    **{
        kind.name: {"account": k.ACCOUNTS.name}
        for kind in k.KINDS
        if "account" in kind.record.__struct_fields__
    },
    k.MESSAGES.name: {"account": k.ACCOUNTS.name, "broadcast": k.BROADCASTS.name},
    k.BLOCKS.name: {"account": k.ACCOUNTS.name, "staff": k.STAFFS.name},
}
_PLACED: tuple[Kind[Any], ...] = (k.BLOCKS, k.APPOINTMENTS, k.LESSONS)


def flaws(found: Sandbox) -> Iterator[Flaw]:
    """Yield what names others that are not there, and time zones that are none."""
    yield from dangling(found, REFERENCES)
    for kind in _PLACED:
        for record in found.store.table(kind).all():
            if not is_zone(record.timezone):
                text = f"There is no time zone {record.timezone!r}"
                yield Flaw(kind.name, record.id, "timezone", text)
