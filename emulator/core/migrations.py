"""State files and snapshots of earlier versions, step by step brought to the form of this one.

A step works on plain values. It stays as it is when records change later: the steps after it
go on from what it leaves. Fields at their defaults are not written, so a default that changes
takes a step as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

import msgspec

from .errors import EmulatorError

T = TypeVar("T")
Document = dict[str, Any]


class Unreadable(EmulatorError):
    """Something of an earlier version is not what that version wrote.

    :param pointer: where.
    """

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(f"{pointer}: {message}")
        self.pointer = pointer
        self.message = message


class Step(NamedTuple):
    """What leads from one version to the next; each works in place.

    :param tables: of the tables of a state file, by their names, with rows by their numbers.
    :param snapshot: of a snapshot. The log of changes has kept its form so far.
    """

    tables: Callable[[Document], None]
    snapshot: Callable[[Document], None]


def _read(value: Any, type_: type[T], pointer: str) -> T:
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise Unreadable(pointer, str(error)) from error


# --- 1 to 2: what is planned for one instant shares a row, and messages share what is equal ---


class _Timer(msgspec.Struct, frozen=True):
    at: str
    order: int
    topic: str
    subject: str


class _Sends(msgspec.Struct, frozen=True):
    address: str
    count: int


def _group_tables(tables: Document) -> None:
    for rows in tables.values():
        _share(rows)
    for prefix in ("", "origin."):
        timers, sends = f"{prefix}timers", f"{prefix}sends"
        rows = _read(tables.get(timers, {}), dict[str, _Timer], f"table {timers}").values()
        tables[timers] = _numbered(
            {"at": at, "topic": topic, "orders": [t.order for t in some], "subjects": subjects}
            for at, topic, some, subjects in _together(rows)
        )
        counts = _read(tables.get(sends, {}), dict[str, _Sends], f"table {sends}").values()
        tables[sends] = _numbered([{"counts": {sent.address: sent.count for sent in counts}}])


def _share(rows: dict[str, Document]) -> None:
    for name in ("history", "plan"):
        owners: dict[bytes, int] = {}
        for number, row in rows.items():
            if isinstance(row.get(name), list | dict):
                owner = owners.setdefault(msgspec.json.encode(row[name]), int(number))
                row[name] = row[name] if owner == int(number) else owner


def _group_snapshot(document: Document) -> None:
    flat = _read(document.get("timers"), list[tuple[str, str, str]], "/timers")
    timers = [_Timer(at, order, topic, subject) for order, (at, topic, subject) in enumerate(flat)]
    document["timers"] = [
        {"at": at, "topic": topic, "subjects": subjects}
        for at, topic, _, subjects in _together(timers)
    ]


def _together(timers: Iterable[_Timer]) -> Iterable[tuple[str, str, Sequence[_Timer], list[str]]]:
    for (at, topic), group in groupby(timers, attrgetter("at", "topic")):
        while some := list(islice(group, 100)):
            yield at, topic, some, [timer.subject for timer in some]


def _numbered(rows: Iterable[Document]) -> Document:
    return {str(number): row for number, row in enumerate(rows, 1)}


# --- 2 to 3: what a vendor sends bit by bit may stand in a table of its own ------------------
# --- 3 to 4: a message's text may follow from what it shares with others, and its values -----


def _keep(_document: Document) -> None:
    """Leave everything: vendors still read their records of earlier versions, also from logs.

    An earlier server, which does not know of what is new, must not take this for its own.
    """


# --- all of them -----------------------------------------------------------------------------

STEPS: tuple[Step, ...] = (
    Step(tables=_group_tables, snapshot=_group_snapshot),
    Step(tables=_keep, snapshot=_keep),
    Step(tables=_keep, snapshot=_keep),
)
"""The first leads from version 1 to version 2, and so on."""

SCHEMA = len(STEPS) + 1
"""The version of state files and snapshots that this server writes."""


def migrate_tables(tables: Document, schema: int) -> None:
    """Bring the tables of a state file of an earlier version to this one.

    :raises Unreadable: they are not what that version wrote.
    """
    for step in STEPS[schema - 1 :]:
        step.tables(tables)


def migrate_snapshot(document: Document, schema: int) -> None:
    """Bring a snapshot of an earlier version to this one; only its top level is changed.

    :raises Unreadable: it is not what that version wrote.
    """
    for step in STEPS[schema - 1 :]:
        step.snapshot(document)
