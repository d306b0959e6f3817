"""The state folder: what is written down, and what becomes of it when a server comes back."""

from __future__ import annotations

import gc
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tinydb import TinyDB, where

from emulator.core.emulator import DEFAULT, ClockWish, Emulator, Wish
from emulator.core.errors import CannotRecord, NotFound, Problems
from emulator.core.faults import Asked, Fault
from emulator.core.fixtures import Library
from emulator.core.keeper import LEAST_TO_FOLD, BadFolder, Keeper
from emulator.core.ledger import Goal
from emulator.core.migrations import SCHEMA
from emulator.core.rules import Rule
from emulator.core.sandbox import Sandbox
from emulator.core.snapshots import take
from tests.acme import FIXTURE, NOON, Courier
from tests.world import RecordingSender, full_disk

HOOK = {"id": "ep", "provider": "acme", "url": "http://127.0.0.1:9/hook", "secret": "s"}
DOCUMENT = {**FIXTURE, "endpoints": [HOOK]}
MINUTE = timedelta(minutes=1)


class Server:
    """An emulator with a state folder; to let go of one without a word is to kill it."""

    def __init__(self, folder: Path) -> None:
        self.vendor = Courier()
        self.sender = RecordingSender()
        vendors = [self.vendor.vendor]
        self.emulator = Emulator(vendors, self.sender, Library([]))
        self.keeper = self.emulator.keeper = Keeper(folder, vendors, self.sender)
        for recovered in self.keeper.recover():
            self.emulator.adopt(*recovered)
        if self.emulator.find(DEFAULT) is None:
            self.emulator.create(Wish(name=DEFAULT, documents=(DOCUMENT,)))

    @property
    def sandbox(self) -> Sandbox:
        return self.emulator.get(DEFAULT)

    def send(self, *recipients: str) -> None:
        self.vendor.launch(self.sandbox, recipients)

    def advance(self, seconds: float) -> None:
        self.sandbox.engine.advance(Goal(by=timedelta(seconds=seconds)))

    def kill(self) -> None:
        """End as a kill would: nothing is folded or written any more."""
        for kept in self.keeper._kept.values():
            kept.let_go()
        self.keeper._kept.clear()
        self.keeper.close()


def look(sandbox: Sandbox) -> dict[str, Any]:
    """Return all that there is in a sandbox; callbacks that are on their way are planned again."""
    found = take(sandbox.fork(sandbox.name))
    found["timers"].sort(key=str)
    return found


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    try:
        yield server
    finally:
        server.kill()


MOMENT = re.compile(rb'"(\d{4}-\d\d-\d\dT[\d:.]+Z)"')


def rewritten(text: bytes) -> bytes:
    """Return a file as other programs write it: without what says that it is as it was."""
    return json.dumps(json.loads(text)).encode()


def found_in(folder: Path, name: str = DEFAULT) -> dict[str, Any]:
    """Return what a new server finds."""
    with served(folder) as server:
        return look(server.emulator.get(name))


def refuse(server: Server, number: int) -> None:
    """Change much in a unit that fails; a limited request counts nevertheless."""
    sandbox = server.sandbox
    with suppress(NotFound), sandbox.unit():
        sandbox.limits.count_sliding(("acme", "one"), 1000, MINUTE, sandbox.clock.now())
        server.send(f"+2{number}")
        raise NotFound("refused")


def limit(server: Server, number: int) -> None:
    sandbox = server.sandbox
    with sandbox.unit():
        now = sandbox.clock.now()
        sandbox.limits.count_fixed(("acme", "one", "fixed"), 10**6, MINUTE, now)
        sandbox.limits.count_sliding(("acme", "one"), 1000, MINUTE, now)
        if number % 5 == 0:
            sandbox.limits.clear("acme", "one")


def rule(server: Server, number: int) -> None:
    with server.sandbox.unit():
        if number % 4 == 0:
            server.sandbox.outcomes.drop("rule-1")
        else:
            outcome = ("flaky", "read", "rejected")[number % 3]
            server.sandbox.outcomes.put_first(Rule(id=f"rule-{number % 3}", outcome=outcome))


def fault(server: Server, number: int) -> None:
    with server.sandbox.unit():
        book = server.sandbox.faults
        if number % 3 == 0:
            book.clear()
        else:
            book.add(Fault(id=f"fault-{number}", kind="answer", share=0.5))
        book.pick(Asked("acme", None, "GET", "/"))


def setting(server: Server, number: int) -> None:
    with server.sandbox.unit():
        latency = ("fast", "realistic")[number % 2]
        server.sandbox.settings.merge({"latency": latency}, "", Problems())


def cancel(server: Server, number: int) -> None:
    sandbox = server.sandbox
    messages = list(sandbox.store.table(server.vendor.messages))
    with sandbox.unit():
        for message in messages[: number % 3]:
            sandbox.agenda.cancel("acme.step", message.id)
            sandbox.store.table(server.vendor.messages).drop(message.id)


def retry(server: Server, number: int) -> None:
    server.sender.script = [500] * (number % 4)


def clock(server: Server, number: int) -> None:
    now = server.sandbox.clock.now() + timedelta(seconds=number)
    server.sandbox.set_clock(now=now)


DEEDS: dict[str, Callable[[Server, int], object]] = {
    "send": lambda server, number: server.send(*[f"+1{n}" for n in range(number % 4 + 1)]),
    "broadcast": lambda server, number: server.send(*[f"+1{n}" for n in range(number)]),
    "advance": lambda server, number: server.advance(number / 10),
    "refuse": refuse,
    "limit": limit,
    "rule": rule,
    "fault": fault,
    "setting": setting,
    "cancel": cancel,
    "retry": retry,
    "clock": clock,
}
Deed = tuple[str, int]
EVERY_DEED: list[Deed] = [(name, number) for number in (3, 8) for name in DEEDS]


def acted(folder: Path, deeds: list[Deed]) -> list[tuple[int, dict[str, Any]]]:
    """Do things and be killed; return what there was after each line of the log."""
    with served(folder) as server:
        sandbox, kept = server.sandbox, server.keeper._kept[DEFAULT]
        seen = [(0, look(sandbox))]

        def sink(*changed: Any) -> None:
            kept.recorder(*changed)
            if kept.changes.size > seen[-1][0]:
                seen.append((kept.changes.size, look(sandbox)))

        sandbox.store.sink = sink
        for name, number in deeds:
            DEEDS[name](server, number)
        assert look(sandbox) == seen[-1][1]
    return seen


def check_cuts(folder: Path, seen: list[tuple[int, dict[str, Any]]], cuts: Iterable[int]) -> None:
    whole = (folder / "default.log").read_bytes()
    for cut in cuts:
        (folder / "default.log").write_bytes(whole[:cut])
        wanted = [state for size, state in seen if size <= cut][-1]
        assert found_in(folder) == wanted, f"cut at {cut} of {len(whole)}"


def test_log_holds_all_units_before_wherever_it_is_cut(tmp_path: Path) -> None:
    deeds = [("rule", 1), ("send", 0), ("refuse", 1), ("advance", 8)]
    seen = acted(tmp_path, deeds)

    last = seen[-1][0]
    around = {size + by for size, _ in seen for by in (-2, -1, 0, 1)}
    check_cuts(tmp_path, seen, sorted((around | {*range(0, last, 17)}) & {*range(last + 1)}))


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(DEEDS)), st.integers(0, 12)), max_size=12),
    st.lists(st.floats(0, 1), min_size=4, max_size=4),
)
def test_random_units_are_found_as_far_as_they_were_written(
    deeds: list[Deed], places: list[float]
) -> None:
    with TemporaryDirectory() as name:
        seen = acted(Path(name), deeds)
        last = seen[-1][0]
        check_cuts(Path(name), seen, [last, *(round(place * last) for place in places)])


def test_server_goes_on_exactly_where_the_one_before_was_killed(tmp_path: Path) -> None:
    acted(tmp_path / "one", EVERY_DEED)
    acted(tmp_path / "two", [*EVERY_DEED, *EVERY_DEED])

    with served(tmp_path / "one") as server:
        for name, number in EVERY_DEED:
            DEEDS[name](server, number)
        gone_on = look(server.sandbox)

    assert gone_on == found_in(tmp_path / "two")


@pytest.mark.parametrize(
    "kills", ["while the log is parted", "before the file is there", "after the file is there"]
)
def test_folding_changes_nothing_whenever_it_is_killed(tmp_path: Path, kills: str) -> None:
    with served(tmp_path) as server:
        base = (tmp_path / "default.json").read_bytes()
        server.send("+11", "+12")
        server.advance(1)
        log = (tmp_path / "default.log").read_bytes()
        server.keeper.fold_all()
        assert (tmp_path / "default.log").read_bytes() == b""
        server.send("+13")
        after = (tmp_path / "default.log").read_bytes()
        wanted = look(server.sandbox)

    (tmp_path / "default.log.old").write_bytes(log)
    if kills == "before the file is there":
        (tmp_path / "default.json").write_bytes(base)
        (tmp_path / "default.json.new").write_bytes(b"{half")
    elif kills == "while the log is parted":
        (tmp_path / "default.json").write_bytes(base)
        (tmp_path / "default.log.old").write_bytes(log + after)
        (tmp_path / "default.log").rename(tmp_path / "default.log.new")
        (tmp_path / "default.log.new").write_bytes(b"")

    assert found_in(tmp_path) == wanted
    assert not list(tmp_path.glob("*.new"))


def test_what_happens_during_folding_stays_in_the_log(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        server.send("+11")
        kept = server.keeper._kept[DEFAULT]
        kept.origin = replace(kept.origin, timers=Sending(server))

        server.keeper.fold_all()

        assert numbers(tmp_path / "default.log") == [2]
        assert not (tmp_path / "default.log.old").exists()
        wanted = look(server.sandbox)
    assert found_in(tmp_path) == wanted


class Sending(list[Any]):
    """A table without rows; while it is being written, something is sent."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server

    def __iter__(self) -> Iterator[Any]:
        self._server.send("+12")
        return super().__iter__()


def test_no_garbage_is_looked_for_while_folding(tmp_path: Path) -> None:
    gc.enable()  # a server that does not start, as in tests of its options, leaves it off
    with served(tmp_path) as server:
        server.send("+11")
        kept, collects = server.keeper._kept[DEFAULT], Collecting()
        kept.origin = replace(kept.origin, timers=collects)

        server.keeper.fold_all()

    assert collects.seen == [False]
    assert gc.isenabled()


class Collecting(list[Any]):
    """A table without rows that sees, while it is being written, whether garbage is looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[bool] = []

    def __iter__(self) -> Iterator[Any]:
        self.seen.append(gc.isenabled())
        return super().__iter__()


def numbers(log: Path) -> list[int]:
    return [json.loads(line[9:])["n"] for line in log.read_bytes().splitlines()]


def test_fold_that_fails_leaves_the_log_to_the_next(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        server.send("+11")
        with full_disk(100):
            server.keeper.fold_all()
        server.send("+12")
        parts = [numbers(tmp_path / name) for name in ("default.log.old", "default.log")]
        wanted = look(server.sandbox)
    with served(tmp_path) as server:
        assert look(server.sandbox) == wanted
        server.keeper.fold_all()
        assert not (tmp_path / "default.log.old").exists()

    assert parts == [[1], [2]]
    assert found_in(tmp_path) == wanted


def test_folding_that_fails_again_and_again_loses_nothing(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        for number in range(3):
            server.send(f"+1{number}")
            with full_disk(100):
                server.keeper.fold_all()

        wanted = look(server.sandbox)
        assert found_after_kill(server, tmp_path) == wanted


def test_log_that_has_become_long_is_folded_while_the_server_runs(tmp_path: Path) -> None:
    log = tmp_path / "default.log"
    sizes = []
    with served(tmp_path) as server:
        for size in (1, LEAST_TO_FOLD, 10, LEAST_TO_FOLD, 3 * LEAST_TO_FOLD):
            server.vendor.launch(server.sandbox, ["+11"], "x" * size)
            server.keeper.fold_due()
            sizes.append(log.stat().st_size)
        wanted = look(server.sandbox)

    # Folded when it is longer than four megabytes, and than the file itself.
    first, at_once, second, waiting, together = sizes
    assert at_once == together == 0
    assert 0 < first < LEAST_TO_FOLD
    assert 0 < second < LEAST_TO_FOLD < waiting
    assert found_in(tmp_path) == wanted


def test_file_opens_with_tinydb_as_it_is(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.send("+11", "+12", "+13")
    server.advance(3600)
    server.keeper.close()

    with TinyDB(tmp_path / "default.json") as database:
        messages = database.table("acme.messages")
        assert messages.count(where("state") == "delivered") == 3
        assert messages.get(doc_id=2)["address"] == "+12"
        [head] = database.table("sandbox").all()
        assert head["name"] == DEFAULT
        assert len(database.table("origin.acme.accounts")) == 1


def test_real_clock_goes_on_with_the_wall_clock(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        wish = Wish(name="fast", documents=(DOCUMENT,), clock=ClockWish(mode="real", rate=1000))
        clock = server.emulator.create(wish).clock
        with served_again(server, tmp_path) as again:
            other = again.emulator.get("fast").clock

            first, second, third = clock.now(), other.now(), clock.now()

    assert (other.mode, other.rate) == ("real", 1000)
    assert first <= second <= third


@contextmanager
def served_again(server: Server, folder: Path) -> Iterator[Server]:
    server.kill()
    with served(folder) as again:
        yield again


def test_callback_on_its_way_is_sent_again_and_one_that_arrived_is_not(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        posted = server.sender.post

        def lose(world: object, lane: Any, parcel: Any, done: Any) -> None:
            if len(server.sender.sent) < 2:
                posted(world, lane, parcel, done)

        server.sender.post = lose  # type: ignore[method-assign]
        server.send("+11", "+12", "+13")
        ran = Goal(by=timedelta(hours=1), max_real=timedelta(seconds=0.3))
        server.sandbox.engine.advance(ran)
        arrived = [parcel.body for parcel in server.sender.sent]
        events = len(server.sandbox.deliveries)

    with served(tmp_path) as server:
        server.advance(3600)
        again = [parcel.body for parcel in server.sender.sent]

    assert len(arrived) == 2
    assert not set(arrived) & set(again)
    assert len(set(again)) >= events - len(arrived)


def test_reset_leads_to_what_it_was_created_from(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        fresh = look(server.sandbox)
        server.send("+11")
    with served(tmp_path) as server:
        server.emulator.reset(DEFAULT)
        assert look(server.sandbox) == fresh
        server.send("+12")
        wanted = look(server.sandbox)

    assert found_in(tmp_path) == wanted


def test_what_it_was_created_from_keeps_its_plans_however_often_it_is_written(
    tmp_path: Path,
) -> None:
    with served(tmp_path) as server:
        server.send("+11")
        server.emulator.put(DEFAULT, take(server.sandbox), {})
        begun = look(server.sandbox)
        for number in range(2):
            server.send(f"+12{number}")
            server.keeper.fold_all()

    with served(tmp_path) as server:
        server.emulator.reset(DEFAULT)
        assert begun["timers"]
        assert look(server.sandbox) == begun


def test_log_of_the_life_before_a_reset_is_of_no_use(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        server.send("+11")
        log = (tmp_path / "default.log").read_bytes()
        server.emulator.reset(DEFAULT)
        wanted = look(server.sandbox)
    (tmp_path / "default.log").write_bytes(log)

    assert found_in(tmp_path) == wanted


def test_sandbox_that_was_replaced_writes_nothing_any_more(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        old = server.sandbox
        server.emulator.reset(DEFAULT)
        server.vendor.launch(old, ["+11"])

        assert (tmp_path / "default.log").read_bytes() == b""


def test_all_but_forks_are_kept_and_deleted_ones_are_gone(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        made = server.emulator.create(Wish(name="made", documents=(DOCUMENT,), seed=5, ttl=90))
        server.emulator.create(Wish(name="gone", documents=(DOCUMENT,)))
        server.emulator.create(Wish(name="fork", parent=DEFAULT))
        server.emulator.put("put", take(server.sandbox), {})
        server.vendor.launch(made, ["+11"])
        server.emulator.delete("gone")
        server.emulator.reset("fork")

    with served(tmp_path) as server:
        assert sorted(s.name for s in server.emulator.all()) == ["default", "made", "put"]
        made = server.emulator.get("made")
        assert (made.seed, made.ttl, len(made.store.table(server.vendor.messages))) == (5, 90, 1)


# --- what can be wrong with files ----------------------------------------------------------


def test_torn_line_is_reported_with_what_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seen = acted(tmp_path, [("send", 1), ("send", 2)])
    log = tmp_path / "default.log"
    log.write_bytes(log.read_bytes() + b'00000000 {"life":1,"n":3,"pu')

    assert found_in(tmp_path) == seen[-1][1]

    assert "default.log: the last line is torn" in caplog.text
    assert "default.json and 2 changes are kept" in caplog.text
    assert found_in(tmp_path) == seen[-1][1]


@pytest.mark.parametrize(("word", "instead"), [(b'"life"', b'"li?e"'), (b'"+11"', b'"+17"')])
def test_garbled_log_is_kept_beside_from_where_it_is_garbled(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, word: bytes, instead: bytes
) -> None:
    seen = acted(tmp_path, [("send", 1), ("send", 2), ("send", 3)])
    log = tmp_path / "default.log"
    written = log.read_bytes()
    good, bad = written[: seen[1][0]], written[seen[1][0] :]
    assert word in bad
    log.write_bytes(good + bad.replace(word, instead, 1))

    assert found_in(tmp_path) == seen[1][1]

    assert f"damaged at byte {seen[1][0]}: default.json and 1 changes are kept" in caplog.text
    assert len((tmp_path / "default.log.damaged").read_bytes()) == len(written) - seen[1][0]


def test_missing_line_is_noticed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    seen = acted(tmp_path, [("send", 1), ("send", 2), ("send", 3)])
    log = tmp_path / "default.log"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(lines[0] + lines[2])

    assert found_in(tmp_path) == seen[1][1]

    assert "change 2 is missing" in caplog.text


def test_file_that_tinydb_has_written_is_read(tmp_path: Path) -> None:
    acted(tmp_path, EVERY_DEED)
    with served(tmp_path) as server:
        server.keeper.fold_all()
    wanted = found_in(tmp_path)

    with TinyDB(tmp_path / "default.json") as database:
        database.table("acme.messages").update({"address": "+99"}, doc_ids=[1])

    [row, *_] = wanted["records"]["acme.messages"]
    row["address"] = "+99"
    assert found_in(tmp_path) == wanted


def edited(whole: bytes, table: str, rows: list[dict[str, Any]] | None) -> bytes:
    """Return a file in which somebody has put other rows into a table, or taken it out."""
    tables = json.loads(whole)
    del tables[table]
    if rows is not None:
        tables = {table: {str(n): row for n, row in enumerate(rows, 1)}, **tables}
    return json.dumps(tables).encode()


@pytest.mark.parametrize(
    "damage",
    [
        *("cut", "emptied", "garbled", "other", "a digit", "a row", "no zone", "no such day"),
        *("no head", "two heads", "no origin", "no schema", "odd setting"),
    ],
)
def test_file_that_cannot_be_read_is_kept_beside_and_others_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    with served(tmp_path) as server:
        server.emulator.create(Wish(name="other", documents=(DOCUMENT,)))
        other = look(server.emulator.get("other"))
        server.send("+11", "+12")
        server.keeper.fold_all()
    file = tmp_path / "default.json"
    whole = file.read_bytes()
    assert b',"2":{' in whole
    [head] = json.loads(whole)["sandbox"].values()
    wrong = {
        "cut": whole[:-10],
        "emptied": b"",
        "garbled": b"\xff" + whole,
        "other": b'{"_default": {"1": {"a": 1}}}',
        "a digit": whole.replace(b'"serial":1', b'"serial":7', 1),
        "a row": whole.replace(b',"2":{', b',"2":[{', 1),
        "no zone": rewritten(whole.replace(b"00Z", b"00", 5)),
        "no such day": rewritten(MOMENT.sub(b'"9999-12-31T23:59:59.5-01:00"', whole)),
        "no head": edited(whole, "sandbox", []),
        "two heads": edited(whole, "sandbox", [head, head]),
        "no origin": edited(whole, "origin.sandbox", None),
        "odd setting": edited(whole, "sandbox", [{**head, "settings": {"latency": "warp"}}]),
        "no schema": edited(whole, "sandbox", [{**head, "schema": 0}]),
    }
    file.write_bytes(wrong[damage])

    with served(tmp_path) as server:
        assert look(server.emulator.get("other")) == other
        assert server.sandbox.clock.now() == NOON

    assert (tmp_path / "default.json.damaged").read_bytes() == wrong[damage]
    assert "default.json cannot be used" in caplog.text


def test_moments_in_files_may_be_written_with_an_offset(tmp_path: Path) -> None:
    acted(tmp_path, EVERY_DEED)
    with served(tmp_path) as server:
        server.keeper.fold_all()
    wanted = found_in(tmp_path)
    file = tmp_path / "default.json"
    moved, times = MOMENT.subn(in_cairo, file.read_bytes())
    file.write_bytes(rewritten(moved))

    assert times > 10
    assert found_in(tmp_path) == wanted


def in_cairo(found: re.Match[bytes]) -> bytes:
    there = datetime.fromisoformat(found[1].decode()).astimezone(timezone(timedelta(hours=2)))
    return f'"{there.isoformat()}"'.encode()


def test_rows_that_cannot_be_are_left_out_and_kept_beside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    acted(tmp_path, EVERY_DEED)
    with served(tmp_path) as server:
        server.keeper.fold_all()
    wanted = found_in(tmp_path)
    gone = wanted["records"]["deliveries"].pop(0)
    for timer in wanted["timers"]:
        timer["subjects"] = [id for id in timer["subjects"] if id != gone["id"]]
    wanted["timers"] = [timer for timer in wanted["timers"] if timer["subjects"]]
    file = tmp_path / "default.json"
    with TinyDB(file) as database:
        rows = database.table("deliveries")
        rows.update({"account": "nobody"}, where("id") == gone["id"])
    edited = file.read_bytes()

    found = found_in(tmp_path)

    assert found == wanted
    assert f"such as deliveries {gone['id']} (account: There is no 'nobody'" in caplog.text
    assert (tmp_path / "default.json.damaged").read_bytes() == edited
    caplog.clear()
    assert found_in(tmp_path) == wanted
    assert not caplog.records


def test_file_of_a_later_version_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with served(tmp_path) as server:
        server.emulator.create(Wish(name="other", documents=(DOCUMENT,)))
    later = {}
    for file in (tmp_path / "default.json", tmp_path / "other.json"):
        later[file] = file.read_text().replace(f'"schema":{SCHEMA},', '"schema":7,"more":{},', 1)
        file.write_text(later[file])

    with served(tmp_path) as server:
        assert [sandbox.name for sandbox in server.emulator.all()] == [DEFAULT]
        server.send("+11")
        server.keeper.fold_all()

    assert {file: file.read_text() for file in later} == later
    assert "other.json is left alone" in caplog.text
    assert f"a later version has written it: schema 7, not {SCHEMA}" in caplog.text


def test_log_without_its_file_is_kept_beside(tmp_path: Path) -> None:
    (tmp_path / "lost.log").write_bytes(b"something")

    with served(tmp_path):
        assert (tmp_path / "lost.log.damaged").read_bytes() == b"something"


def test_table_of_somebody_else_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    acted(tmp_path, [("send", 1)])
    with TinyDB(tmp_path / "default.json") as database:
        database.table("mine").insert({"a": 1})

    wanted = found_in(tmp_path)

    assert "nothing is known of the table mine" in caplog.text
    assert len(wanted["records"]["acme.messages"]) == 2


def test_one_server_at_a_time(tmp_path: Path) -> None:
    with served(tmp_path), pytest.raises(BadFolder, match=r"another server .* uses"):
        Server(tmp_path)
    with served(tmp_path):
        pass


def test_folder_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(BadFolder, match="file/state cannot be used: Not a directory"):
        Server(tmp_path / "file" / "state")


# --- a full disk ---------------------------------------------------------------------------


@pytest.mark.parametrize("room", [0, 100])
def test_what_cannot_be_written_has_not_happened(tmp_path: Path, room: int) -> None:
    with served(tmp_path) as server:
        server.send("+11")
        for deed in (limit, rule, fault, setting, clock):
            deed(server, 1)
        server.send("+13")  # which the rule decides about
        server.advance(0.1)
        limit(server, 1)
        before, size = look(server.sandbox), (tmp_path / "default.log").stat().st_size
        with full_disk(size + room):
            for act in (partial(server.send, "+12"), *(partial(d, server, 2) for d in WHOLE)):
                with pytest.raises(CannotRecord, match="sandbox default: "):
                    act()
            assert look(server.sandbox) == before
        assert found_after_kill(server, tmp_path) == before


def test_what_is_written_after_the_disk_was_full_is_kept(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        server.send("+11")
        size = (tmp_path / "default.log").stat().st_size
        with full_disk(size + 100), pytest.raises(CannotRecord):
            server.send("+12")  # of which a part is written

        server.send("+13")

        wanted = look(server.sandbox)
        assert found_after_kill(server, tmp_path) == wanted


def forget_limits(server: Server, number: int) -> None:
    with server.sandbox.unit():
        server.sandbox.store.on_rollback(server.sandbox.limits.clear())


def advance_over_nothing(server: Server, number: int) -> None:
    server.advance(number / 1000)


def advance_to_a_step(server: Server, number: int) -> None:
    server.advance(60)


WHOLE = (rule, fault, setting, clock, forget_limits, advance_over_nothing, advance_to_a_step)


def found_after_kill(server: Server, folder: Path) -> dict[str, Any]:
    server.kill()
    return found_in(folder)


def test_steps_that_cannot_be_written_are_taken_later(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        server.send("+11")
        size = (tmp_path / "default.log").stat().st_size
        with full_disk(size), pytest.raises(CannotRecord):
            server.advance(60)

        server.advance(60)

        [message] = server.sandbox.store.table(server.vendor.messages)
        assert [step.state for step in message.history] == ["queued", "sent", "delivered"]
        assert found_after_kill(server, tmp_path)["records"] == look(server.sandbox)["records"]


def test_callback_whose_answer_cannot_be_written_is_sent_again(tmp_path: Path) -> None:
    with served(tmp_path) as server, ExitStack() as stack:
        log = tmp_path / "default.log"
        server.send("+11")
        server.sender.on_send = lambda parcel: stack.enter_context(full_disk(log.stat().st_size))
        with pytest.raises(CannotRecord):
            server.advance(60)
        stack.close()
        server.sender.on_send = None

        server.advance(60)

        sent = [parcel.body for parcel in server.sender.sent]
        assert sent.count(sent[0]) == 2
        assert {d.state for d in server.sandbox.deliveries} == {"succeeded"}


def test_full_disk_stops_no_answers_while_the_log_has_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with served(tmp_path) as server:
        server.send("+11")
        wanted = look(server.sandbox)
        with full_disk((tmp_path / "default.json").stat().st_size - 1):
            server.keeper.fold_all()

        assert "default.json is not brought up to date" in caplog.text
        assert not list(tmp_path.glob("*.new"))
        assert found_after_kill(server, tmp_path) == wanted


def test_nothing_is_written_where_nothing_has_changed(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        with server.sandbox.unit():
            pass
        with pytest.raises(NotFound), server.sandbox.unit():
            raise NotFound("nothing")

        assert (tmp_path / "default.log").read_bytes() == b""


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
