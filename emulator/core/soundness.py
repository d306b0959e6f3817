"""What records say of each other has to be true: of files that people edit, it may not be.

Types alone do not tell that a message names a broadcast that is not there, or that its plan
takes a step that its vendor does not know. It would be met by whoever lists the messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import nearest
from .records import DELIVERIES, ENDPOINTS, NO_PLAN, Delivery, Endpoint, Message, Plan
from .webhooks import TOPIC as DELIVERY

if TYPE_CHECKING:
    from .sandbox import Sandbox
    from .tables import Table
    from .vendor import Vendor

References = Mapping[str, Mapping[str, str]]
"""Kind to its fields that hold ids, and the kinds whose ids these are."""

FEW_NAMES = 10


class Flaw(NamedTuple):
    """Something that a record says and that cannot be.

    :param field: of the record, as it is written; empty: the record as a whole.
    :param value: what stands there, if it is the id of something that is not there.
    :param known: returns the ids that there are.
    """

    kind: str
    id: str
    field: str
    message: str
    value: str = ""
    known: Callable[[], Iterable[str]] | None = None

    def told(self) -> tuple[str, str | None]:
        """Return what is said of it, and the id that may be meant.

        Of thousands that name what is not there the first few are told: only these are compared
        with all that there is.
        """
        if self.known is None:
            return self.message, None
        names, message = sorted(self.known()), self.message
        if len(names) <= FEW_NAMES:
            message += f"; there are {', '.join(names)}" if names else "; there is none at all"
        return message, nearest(self.value, names[:1000])


def flaws(sandbox: Sandbox) -> Iterator[Flaw]:
    """Yield what records say and what cannot be."""
    for vendor in sandbox.vendors.values():
        yield from _astray(sandbox, vendor)
        yield from vendor.flaws(sandbox)
    yield from _strangers(sandbox)


def _strangers(sandbox: Sandbox) -> Iterator[Flaw]:
    """Yield what is for no customer of any vendor."""
    vendors, store = sandbox.vendors, sandbox.store
    told: list[tuple[str, Endpoint | Delivery]] = [
        *((ENDPOINTS.name, endpoint) for endpoint in store.table(ENDPOINTS).all()),
        *((DELIVERIES.name, delivery) for delivery in store.table(DELIVERIES).all()),
    ]
    for kind, record in told:
        vendor = vendors.get(record.provider)
        if vendor is None:
            yield _unknown(kind, record.id, "provider", record.provider, vendors.keys)
        elif record.account not in (accounts := store.table(vendor.accounts)):
            yield _unknown(kind, record.id, "account", record.account, partial(_ids, accounts))


def leave_out(sandbox: Sandbox) -> list[Flaw]:
    """Take out what says something that cannot be, and what then names it; say what was wrong.

    What is left is sound, and what is planned for what is gone is planned no more.
    """
    found: list[Flaw] = []
    tables, agenda = sandbox.store.tables(), sandbox.agenda
    while wrong := list(flaws(sandbox)):
        found += wrong
        for kind, id in dict.fromkeys((flaw.kind, flaw.id) for flaw in wrong):
            tables[kind].drop(id)
    for id in lost_callbacks(sandbox):
        found.append(Flaw("timers", id, "subject", "There is no such callback"))
        agenda.cancel(DELIVERY, id)
    return found


def lost_callbacks(sandbox: Sandbox) -> list[str]:
    """Return the ids of callbacks that are planned and are not there."""
    deliveries = sandbox.deliveries
    return [id for id in sandbox.agenda.subjects(DELIVERY) if id not in deliveries]


def dangling(sandbox: Sandbox, references: References) -> Iterator[Flaw]:
    """Yield records that name others which are not there."""
    tables = sandbox.store.tables()
    for kind, fields in references.items():
        records = tables[kind].all()
        for field, other in fields.items():
            known, read = tables[other], attrgetter(field)
            # Many records name the same few: those are looked up once.
            found = {value: _missing(value, known) for value in set(map(read, records))}
            if all(id is None for id in found.values()):
                continue
            for record in records:
                if (id := found[read(record)]) is not None:
                    yield _unknown(kind, record.id, field, id, partial(_ids, known))


def _missing(value: str | tuple[str, ...] | None, known: Table[Any]) -> str | None:
    """Return an id in the value of a field that nothing has, None if all are known."""
    ids = (value,) if isinstance(value, str) else value or ()
    return next((id for id in ids if id not in known), None)


def is_zone(name: str) -> bool:
    """Tell whether there is a time zone of this name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _ids(table: Table[Any]) -> list[str]:
    return [record.id for record in table.all()]


def _unknown(
    kind: str, id: str, field: str, value: str, known: Callable[[], Iterable[str]]
) -> Flaw:
    return Flaw(kind, id, field, f"There is no {value!r}", value, known)


def _astray(sandbox: Sandbox, vendor: Vendor) -> Iterator[Flaw]:
    """Yield messages that could not take the steps that are planned for them."""
    kind, known = vendor.messages.name, dict[Any, tuple[str, str] | None]()
    planned = sandbox.agenda.subjects(vendor.step_topic)
    for message in sandbox.store.table(vendor.messages).all():
        # Of a broadcast one message is like the next.
        plan = message.plan if message.id in planned else NO_PLAN
        alike = message.channel, message.state, id(plan), message.taken
        if alike not in known:
            known[alike] = _stumble(vendor, message, plan)
        found = known[alike]
        if found is not None:
            yield Flaw(kind, message.id, *found)


def _stumble(vendor: Vendor, message: Message, plan: Plan) -> tuple[str, str] | None:
    """Return in which field something stands that a message stumbles over, and what."""
    try:
        lifecycle = vendor.lifecycle(message.channel)
    except KeyError:
        return "channel", f"Must be one of {', '.join(vendor.channels)}"
    before = message.state
    for target in plan.path[message.taken :]:
        if (before, target) not in lifecycle.steps:
            return "plan", f"{lifecycle.name}: no step from {before!r} to {target!r}"
        before = target
    return None
