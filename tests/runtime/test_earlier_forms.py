"""State files and snapshots that earlier versions have written, with all vendors in them."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tinydb import TinyDB

from emulator.core.errors import Invalid
from emulator.core.keeper import Keeper, Recovered
from emulator.core.ledger import Goal
from emulator.core.migrations import SCHEMA
from emulator.core.sandbox import Sandbox
from emulator.core.snapshots import restore, take
from emulator.registry import PROVIDERS
from tests.world import RecordingSender

RECORDED = Path(__file__).parent / "recorded"
VENDORS = tuple(provider.vendor for provider in PROVIDERS)
ERRORS = {provider.slug: frozenset(provider.faults) for provider in PROVIDERS}


def recorded(schema: int, name: str) -> bytes:
    return gzip.decompress((RECORDED / f"schema-{schema}" / f"{name}.gz").read_bytes())


def unpacked(schema: int, folder: Path) -> None:
    for name in ("default.json", "default.log"):
        (folder / name).write_bytes(recorded(schema, name))


def recovered(folder: Path) -> Recovered:
    keeper = Keeper(folder, VENDORS, RecordingSender())
    [found] = keeper.recover()
    keeper.close()
    return found


def continued(schema: int) -> Sandbox:
    document = json.loads(recorded(schema, "snapshot.json"))
    return restore(document, "default", VENDORS, RecordingSender(), ERRORS)


@pytest.mark.parametrize("schema", range(1, SCHEMA))
def test_file_and_log_of_an_earlier_version_go_on_as_its_snapshot_does(
    tmp_path: Path, schema: int
) -> None:
    unpacked(schema, tmp_path)

    first, pristine = recovered(tmp_path)
    second = recovered(tmp_path).sandbox

    assert take(first) == take(second) == take(continued(schema))
    assert not pristine.deliveries
    with TinyDB(tmp_path / "default.json") as database:
        [head] = database.table("sandbox").all()
    assert head["schema"] == SCHEMA


def test_nothing_of_schema_1_is_lost(tmp_path: Path) -> None:
    snapshot = json.loads(recorded(1, "snapshot.json"))
    sandbox = continued(1)
    found = json.loads(json.dumps(take(sandbox)))

    for kind, rows in snapshot["records"].items():
        for row, kept in zip(rows, found["records"][kind], strict=True):
            assert row == with_defaults(kept, row), kind
    timers = [(t["at"], t["topic"], s) for t in found["timers"] for s in t["subjects"]]
    assert timers == [tuple(timer) for timer in snapshot["timers"]]
    same = ("counters", "sends", "rules", "hits", "faults", "tallies", "windows")
    assert {name: found[name] for name in same} == {name: snapshot[name] for name in same}
    ledger = sandbox.engine.advance(Goal(by=timedelta(days=3)))
    assert ledger.events > len(timers) > 10


def with_defaults(kept: Any, row: Any) -> Any:
    """Return what is kept with what is left out, because it is at its default, as it was."""
    if not isinstance(kept, dict):
        return kept
    return {**row, **{name: with_defaults(value, row[name]) for name, value in kept.items()}}


def test_messages_of_schema_1_share_what_is_equal(tmp_path: Path) -> None:
    unpacked(1, tmp_path)
    (tmp_path / "default.log").unlink()

    messages = list(recovered(tmp_path).sandbox.store.tables()["teekrr.messages"])

    plans = {msgspec.json.encode(message.plan) for message in messages}
    assert len({id(message.plan) for message in messages}) == len(plans) < len(messages)


def test_recipients_that_schema_2_had_left_are_written_to_as_was_chosen() -> None:
    rows = json.loads(recorded(2, "snapshot.json"))["records"]["rapidpro.broadcasts"]
    [begun] = [row for row in rows if row.get("fates")]
    sandbox = continued(2)

    sandbox.engine.advance(Goal(by=timedelta(hours=1)))

    tables = sandbox.store.tables()
    made = tables["rapidpro.messages"].every("broadcast", begun["id"])
    paths = {message.contact: list(message.plan.path) for message in made}
    assert len(made) == len(paths) == begun["total"]
    chosen = [plan["path"] for plan, _ in begun["fates"]]
    assert [paths[id] for id in begun["left"]] == chosen
    assert len({tuple(path) for path in chosen}) > 1
    assert tables["rapidpro.broadcasts"].get(begun["id"]).state == "completed"


@pytest.mark.parametrize("kind", ["rapidpro.broadcasts", "rapidpro.flow_starts"])
def test_what_schema_2_had_begun_comes_to_its_end(kind: str) -> None:
    before = json.loads(recorded(2, "snapshot.json"))["records"][kind]
    [waiting, *_] = [row for row in before if row.get("left") and not row.get("fates")]
    sandbox = continued(2)

    sandbox.engine.advance(Goal(by=timedelta(hours=1)))

    done = sandbox.store.tables()[kind].get(waiting["id"])
    assert (done.left, done.waiting, done.started) == ((), 0, waiting["total"])
    assert not sandbox.store.tables()["rapidpro.batches"].all()


def _garble_timers(tables: dict[str, Any]) -> None:
    tables["timers"]["1"].pop("topic")


def _garble_sends(tables: dict[str, Any]) -> None:
    tables["sends"]["1"]["count"] = "many"


def _forget_schema(tables: dict[str, Any]) -> None:
    tables["sandbox"]["1"]["schema"] = 0


@pytest.mark.parametrize(
    ("garble", "words"),
    [
        (_garble_timers, "table timers: Object missing required field `topic`"),
        (_garble_sends, "table sends: Expected `int`, got `str`"),
        (_forget_schema, "there has never been a schema 0"),
    ],
)
def test_earlier_file_that_is_garbled_is_kept_beside(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    garble: Callable[[dict[str, Any]], None],
    words: str,
) -> None:
    caplog.set_level(logging.WARNING)
    tables = json.loads(recorded(1, "default.json"))
    garble(tables)
    (tmp_path / "default.json").write_text(json.dumps(tables))
    keeper = Keeper(tmp_path, VENDORS, RecordingSender())

    assert keeper.recover() == []

    keeper.close()
    assert words in caplog.text
    assert json.loads((tmp_path / "default.json.damaged").read_text()) == tables


def test_earlier_snapshot_that_is_garbled_is_refused() -> None:
    document = {**json.loads(recorded(1, "snapshot.json")), "timers": [["soon", "x"]]}

    with pytest.raises(Invalid) as refused:
        restore(document, "default", VENDORS, RecordingSender(), ERRORS)

    [problem] = refused.value.problems
    assert problem.pointer == "/timers"
