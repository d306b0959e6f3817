"""A whole sandbox as one document, and back: state, clock, timers, rules, faults, counters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

import msgspec

from .clock import EPOCH, FASTEST, LATEST, Clock, ClockState
from .errors import Invalid, Problem, Problems, escape
from .fault_documents import ErrorNames, fault_document, read_fault
from .faults import Fault, FaultBook, Tally
from .fixtures import new_rule_id
from .kinds import Instant
from .migrations import SCHEMA, Unreadable, migrate_snapshot
from .offsets import OUT_OF_RANGE, OutOfRange, in_utc
from .packing import from_plain, to_plain
from .ratelimits import Windows
from .rules import Rule, read_rules, rule_document
from .sandbox import Sandbox
from .sending import Sender
from .sharing import NoSuchRow, unpack
from .soundness import flaws, lost_callbacks
from .state import planned
from .vendor import Vendor
from .webhooks import TOPIC as DELIVERY

T = TypeVar("T")
MOST_FLAWS = 100
_PATH = re.compile(r"\.(\w+)|\[(\d+)\]")


class Together(msgspec.Struct, frozen=True):
    """Things planned for one instant, in the order in which they were planned."""

    at: Instant
    topic: str
    subjects: list[str]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything of a sandbox but its journal.

    :param records: kind to its records, in the order of creation.
    :param departing: callbacks that were on their way.
    """

    emulator_snapshot: int
    name: str
    seed: int
    clock: ClockState
    settings: dict[str, Any]
    records: dict[str, list[Any]]
    timers: list[Together]
    counters: dict[str, int]
    sends: dict[str, int]
    rules: list[Rule]
    hits: dict[str, int]
    faults: list[Fault]
    tallies: dict[str, Tally]
    windows: Windows
    departing: list[str]


def take(sandbox: Sandbox) -> dict[str, Any]:
    """Return a sandbox as a document of plain values."""
    with sandbox.store.lock:
        snapshot = Snapshot(
            emulator_snapshot=SCHEMA,
            name=sandbox.name,
            seed=sandbox.seed,
            clock=sandbox.clock.state(),
            settings=sandbox.settings.as_document(),
            records={
                name: sorted(table, key=lambda record: record.serial)
                for name, table in sandbox.store.tables().items()
                if len(table)
            },
            timers=_timers(sandbox),
            counters=dict(sandbox.store.counters),
            sends=dict(sandbox.store.sends),
            rules=sandbox.outcomes.rules,
            hits=dict(sandbox.outcomes.hits),
            faults=sandbox.faults.faults,
            tallies=sandbox.faults.tallies(),
            windows=sandbox.limits.windows(),
            departing=list(sandbox.webhooks.departing),
        )
    document: dict[str, Any] = msgspec.to_builtins(snapshot, enc_hook=to_plain)
    for name, rows in document["records"].items():
        _drop_defaults(rows, sandbox.store.tables()[name].kind.record)
    return document


def _drop_defaults(rows: list[dict[str, Any]], type_: Any) -> None:
    # msgspec leaves some of them out; one and the same sandbox has to be the same document.
    defaults = _defaults_of(type_)
    for row in rows:
        for name in [name for name in row.keys() & defaults if row[name] == defaults[name]]:
            del row[name]


@cache
def _defaults_of(type_: Any) -> Mapping[str, Any]:
    return {
        field.encode_name: msgspec.to_builtins(field.default)
        for field in msgspec.structs.fields(type_)
        if field.default is not msgspec.NODEFAULT
    }


def _timers(sandbox: Sandbox) -> list[Together]:
    dues = sorted(sandbox.agenda.live(), key=lambda due: due.order)
    return [Together(row.at, row.topic, row.subjects) for row in planned(dues)]


def restore(
    document: Any, name: str, vendors: Sequence[Vendor], sender: Sender, errors: ErrorNames
) -> Sandbox:
    """Return a sandbox that continues where a snapshot was taken.

    :param errors: those that faults may name, by provider.
    :raises Invalid: the document is no snapshot of this version or an earlier one.
    """
    snapshot = _converted(_migrated(document), Snapshot, "")
    _check_clock(snapshot.clock)
    clock = Clock(snapshot.clock.mode, snapshot.clock.now, snapshot.clock.rate)
    sandbox = Sandbox(name, vendors, sender, clock=clock, seed=snapshot.seed)
    with sandbox.in_the_making():
        problems = Problems()
        sandbox.settings.merge(snapshot.settings, "/settings", problems)
        _fill_tables(sandbox, snapshot, problems)
        _fill_agenda(sandbox, snapshot, problems)
        _check_rules(sandbox, snapshot.rules, problems)
        _check_faults(snapshot.faults, problems, errors)
        problems.check()
        _check_soundness(sandbox, snapshot, problems)
        problems.check()
    sandbox.store.counters.update(snapshot.counters)
    sandbox.store.sends.update(snapshot.sends)
    sandbox.outcomes.rules, sandbox.outcomes.hits = snapshot.rules, snapshot.hits
    sandbox.faults = FaultBook(snapshot.faults, snapshot.tallies)
    sandbox.limits.restore(snapshot.windows)
    sandbox.webhooks.take_over(dict.fromkeys(snapshot.departing))
    return sandbox


def _migrated(document: Any) -> dict[str, Any]:
    version = document.get("emulator_snapshot") if isinstance(document, Mapping) else None
    if type(version) is not int or not 1 <= version <= SCHEMA:
        message = f"Must be 1 to {SCHEMA}: the versions of snapshots that this server reads"
        raise Invalid([Problem(pointer="/emulator_snapshot", message=message)])
    migrated = {**document, "emulator_snapshot": SCHEMA}
    try:
        migrate_snapshot(migrated, version)
    except Unreadable as error:
        raise Invalid([Problem(pointer=error.pointer, message=error.message)]) from error
    return migrated


def _check_clock(clock: ClockState) -> None:
    problems = Problems()
    if clock.now.tzinfo is None or not EPOCH <= clock.now <= LATEST:
        message = f"Must be a time with Z or an offset, from {EPOCH.year} to {LATEST.year}"
        problems.add("/clock/now", message)
    if not 0 < clock.rate <= FASTEST:
        problems.add("/clock/rate", f"Must be a number above 0, at most {FASTEST:g}")
    problems.check()


def _check_rules(sandbox: Sandbox, rules: Sequence[Rule], problems: Problems) -> None:
    # What a rule cannot be would be met only when the next message is sent.
    documents = [msgspec.to_builtins(rule_document(rule)) for rule in rules]
    read_rules(documents, "/rules", problems, sandbox.vendors, lambda: new_rule_id(sandbox))


def _check_faults(faults: Sequence[Fault], problems: Problems, errors: ErrorNames) -> None:
    # What a fault cannot do would be met only by the request that it acts on.
    known: set[str] = set()
    for at, fault in enumerate(faults):
        found = Problems()
        read_fault(fault_document(fault), found, errors, lambda: "")
        if fault.id in known:
            found.add("/id", f"Two faults have the id {fault.id!r}")
        known.add(fault.id)
        for problem in found.found:
            place = f"/faults/{at}{problem.pointer.removeprefix('/fault')}"
            problems.add(place, problem.message, problem.suggestion)


def _check_soundness(sandbox: Sandbox, snapshot: Snapshot, problems: Problems) -> None:
    places: dict[str, dict[str, int]] = {}
    for flaw in islice(flaws(sandbox), MOST_FLAWS):
        rows = snapshot.records[flaw.kind]
        at = places.setdefault(flaw.kind, {row["id"]: at for at, row in enumerate(rows)})
        where = f"/records/{flaw.kind}/{at[flaw.id]}/{flaw.field}"
        problems.add(where, *flaw.told())


def _fill_tables(sandbox: Sandbox, snapshot: Snapshot, problems: Problems) -> None:
    tables = sandbox.store.tables()
    problems.unknown_keys("/records", snapshot.records, tables)
    for kind, rows in snapshot.records.items():
        if kind in tables:
            table = tables[kind]
            record_type = table.kind.record
            where = f"/records/{kind}"
            records = [_converted(row, record_type, f"{where}/{at}") for at, row in enumerate(rows)]
            _check_ids(records, where, problems)
            try:
                table.add_all(unpack(dict(enumerate(records, 1))))
            except NoSuchRow as error:
                problems.add(where, str(error))


def _check_ids(records: Sequence[Any], where: str, problems: Problems) -> None:
    known: set[str] = set()
    for at, record in enumerate(records):
        if record.id in known:
            problems.add(f"{where}/{at}/id", f"Two records have the id {record.id!r}")
        known.add(record.id)


def _fill_agenda(sandbox: Sandbox, snapshot: Snapshot, problems: Problems) -> None:
    for at, timer in enumerate(snapshot.timers):
        if sandbox.engine.knows(timer.topic):
            sandbox.agenda.plan_all(timer.at, timer.topic, dict.fromkeys(timer.subjects))
        else:
            problems.add(f"/timers/{at}/topic", f"No topic {timer.topic!r}")
    lost = frozenset(lost_callbacks(sandbox))
    for at, timer in enumerate(snapshot.timers if lost else ()):
        if timer.topic == DELIVERY and not lost.isdisjoint(timer.subjects):
            problems.add(f"/timers/{at}/subjects", "Names a callback that is not there")


def _converted(value: Any, type_: type[T], pointer: str) -> T:
    try:
        return in_utc(msgspec.convert(value, type_, dec_hook=from_plain))
    except OutOfRange as error:
        problem = Problem(pointer=pointer + error.pointer, message=OUT_OF_RANGE)
        raise Invalid([problem]) from error
    except (msgspec.ValidationError, RecursionError) as error:
        message, _, path = str(error).partition(" - at `$")
        place = "".join(map(_segment, _PATH.findall(path)))
        raise Invalid([Problem(pointer=pointer + place, message=message)]) from error


def _segment(part: tuple[str, str]) -> str:
    name, index = part
    return f"/{escape(name or index)}"
