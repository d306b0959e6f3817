"""Whom broadcasts and flow starts still have before them, parted into batches.

A batch is a record of its own and goes once its turn has come. In one list, all who are left
would be written down anew with every batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice
from typing import Final

from emulator.core.messaging import Fate
from emulator.core.sandbox import Sandbox

from .kinds import BATCHES
from .naming import new_uuid, next_serial
from .records import Batch

ORDER: Final = "order"


def line_up(
    sandbox: Sandbox,
    order: str,
    contacts: Sequence[str],
    size: int,
    fates: Sequence[Fate | None] = (),
) -> None:
    """Put contacts into batches of an order that has none yet.

    :param order: the UUID of a broadcast or a flow start.
    :param fates: see :class:`.records.Batch`; for all of the contacts or for none.
    """
    starts = range(0, len(contacts), size)
    serial = next_serial(sandbox, BATCHES, len(starts))
    sandbox.store.table(BATCHES).add_all(
        [
            Batch(
                id=new_uuid(sandbox, BATCHES),
                serial=serial + number,
                order=order,
                contacts=tuple(contacts[start : start + size]),
                fates=tuple(fates[start : start + size]),
            )
            for number, start in enumerate(starts)
        ]
    )


def in_line(sandbox: Sandbox, order: str) -> list[str]:
    """Return all contacts of an order whose turn is still to come."""
    batches = sandbox.store.table(BATCHES).every(ORDER, order)
    return list(chain.from_iterable(batch.contacts for batch in batches))


def decide(sandbox: Sandbox, order: str, fates: Sequence[Fate | None]) -> None:
    """Note what becomes of the messages to all contacts whose turn is still to come."""
    table, rest = sandbox.store.table(BATCHES), iter(fates)
    table.change_all(
        [
            (batch, {"fates": tuple(islice(rest, len(batch.contacts)))})
            for batch in table.every(ORDER, order)
        ]
    )


def take(sandbox: Sandbox, order: str) -> Batch | None:
    """Take the next batch of an order; None after the last one."""
    table = sandbox.store.table(BATCHES)
    batch = next(iter(table.page(ORDER, order, limit=1, is_descending=False).records), None)
    if batch is not None:
        table.drop(batch.id)
    return batch


def drop(sandbox: Sandbox, order: str) -> None:
    """Forget whoever an order still has before it."""
    table = sandbox.store.table(BATCHES)
    table.drop_all(table.every(ORDER, order))
