"""Snapshots that people have edited: what cannot be is refused with its place, not met later."""

from __future__ import annotations

import copy
import functools
import json
import operator
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from emulator.registry import PROVIDERS
from tests.contract.conftest import CHANNELS, REFERENCE, SPEAKERS
from tests.providers.cuedesk.speaker import SPEAKER as CUEDESK
from tests.providers.rapidpro.speaker import SPEAKER as RAPIDPRO
from tests.providers.teekrr.speaker import SPEAKER as TEEKRR
from tests.world import World

BASE = "/_emulator/sandboxes"
NOWHERE = "00000000-0000-4000-8000-000000000000"
MOMENT = re.compile(
    r'"(\d{4}-\d\d-\d\dT[\d:]+(\.\d{6})?Z)"'
)  # of records, not what vendors keep as text
Rows = dict[str, list[dict[str, Any]]]
Edit = Callable[[Rows], str]


@pytest.fixture(scope="module")
def taken() -> dict[str, Any]:
    """A snapshot with messages of all vendors, some of them on their way, and callbacks owed."""
    world = World(PROVIDERS, [REFERENCE])
    for speaker in SPEAKERS:
        endpoint = {"provider": speaker.slug, "url": "http://127.0.0.1:9/x"}
        world.call("POST", f"{BASE}/default/endpoints", endpoint)
    say_hello(world)
    rows = [{"recipient": "60123456701", "variables": {"name": "Alex", "code": "1"}}]
    body = {"campaignName": "C", "type": "quick broadcast", "templateName": "otp_sms"}
    world.call("POST", "/teekrr/sms", {**body, "recipientVariables": rows}, headers=TEEKRR.headers)
    letter = {
        "from": "447576209857",
        "template": {
            "name": "monthly_newsletter",
            "locale": "en",
            "body": {"payload_variables": ["name"]},
        },
        "payload": [{"identifier": "447000000001", "name": "Alex"}],
    }
    world.call("POST", "/cuedesk/v2/broadcasts", letter, headers=CUEDESK.headers)
    flows = world.call("GET", "/rapidpro/api/v2/flows.json", headers=RAPIDPRO.headers).get_json()
    start = {"flow": flows["results"][0]["uuid"], "urns": ["tel:+60123456789"]}
    world.call("POST", "/rapidpro/api/v2/flow_starts.json", start, headers=RAPIDPRO.headers)
    world.call("POST", f"{BASE}/default/clock/advance", {"by": "150ms"})
    say_hello(world)
    snapshot: dict[str, Any] = world.call("GET", f"{BASE}/default/snapshot").get_json()
    return snapshot


def say_hello(world: World) -> None:
    for speaker, channel in CHANNELS:
        speaker.send(world, channel, "aisyah@example.com" if channel == "email" else "60123456789")


def put(taken: dict[str, Any], **changes: Any) -> Any:
    """Put a snapshot with changes into a server that has another one; return the answer."""
    world = World(PROVIDERS, [{"emulator": 1, "clock": "2026-05-06T10:00:00Z"}])
    before = world.call("GET", f"{BASE}/default/snapshot").text

    answer = world.call("PUT", f"{BASE}/default/snapshot", {**taken, **changes})

    assert answer.status_code == 200 or world.call("GET", f"{BASE}/default/snapshot").text == before
    return answer


def edited(taken: dict[str, Any], edit: Edit) -> tuple[Any, str]:
    records: Rows = copy.deepcopy(taken["records"])
    pointer = edit(records)
    return put(taken, records=records), pointer


def change(kind: str, field: str, value: Any, **like: Any) -> Edit:
    """Return what changes a field of the first record that has certain values."""

    def edit(records: Rows) -> str:
        at, row = next(
            (at, row)
            for at, row in enumerate(records[kind])
            if all(row.get(name) == wanted for name, wanted in like.items())
        )
        row.update({field: value})
        return f"/records/{kind}/{at}/{field}"

    return edit


def of_values(kind: str, field: str, value: Any) -> Edit:
    """Return what changes the values of the first message whose text follows from them."""

    def edit(records: Rows) -> str:
        found = enumerate(records[kind])
        at, row = next((at, row) for at, row in found if row.get(field) and not row.get("content"))
        row.update({field: value})
        return f"/records/{kind}/{at}/{field}"

    return edit


def test_snapshot_that_nobody_edited_is_taken(taken):
    assert put(taken).status_code == 200


def test_moments_may_be_written_with_an_offset(taken):
    world = World(PROVIDERS, [{"emulator": 1}])
    moved = json.loads(MOMENT.sub(in_colombo, json.dumps(taken)))
    for part in (moved["clock"], moved["timers"], moved["windows"], *moved["records"].values()):
        assert not MOMENT.search(json.dumps(part))

    answer = world.call("PUT", f"{BASE}/default/snapshot", moved)

    assert answer.status_code == 200, answer.text
    assert world.call("GET", f"{BASE}/default/snapshot").get_json() == taken


def in_colombo(found: re.Match[str]) -> str:
    there = datetime.fromisoformat(found[1]).astimezone(timezone(timedelta(hours=5, minutes=30)))
    return f'"{there.isoformat()}"'


@pytest.mark.parametrize("moment", ["0001-01-01T04:59:59+05:00", "9999-12-31T20:00:00-05:00"])
@pytest.mark.parametrize(
    "place",
    [
        "/timers/0/at",
        "/windows/fixed/0/1",
        "/records/teekrr.messages/0/created_at",
        "/records/cuedesk.messages/0/history/0/1",
        "/records/rapidpro.contacts/0/fields/due_date/datetime",
        "/records/whautomate.classes/0/slot/start",
    ],
)
def test_moment_that_utc_does_not_have_is_refused(taken, place, moment):
    document = copy.deepcopy(taken)
    *way, last = [int(name) if name.isdecimal() else name for name in place.split("/")[1:]]
    part = functools.reduce(operator.getitem, way, document)
    part[last] = moment

    answer = put(document)

    assert answer.status_code == 422
    [error] = answer.get_json()["errors"]
    told = "Must be a time in the years 1 to 9999 of UTC"
    assert error == {"pointer": place, "message": told}


@pytest.mark.parametrize(
    "edit",
    [
        of_values("teekrr.messages", "variables", None),
        of_values("teekrr.messages", "variables", {"code": "1"}),
        of_values("teekrr.messages", "variables", ["Alex", "1"]),
        of_values("cuedesk.messages", "values", None),
        of_values("cuedesk.messages", "values", []),
        of_values("cuedesk.messages", "values", [1]),
        of_values("cuedesk.messages", "values", {"1": "Alex"}),
    ],
)
def test_values_that_do_not_fill_their_message_are_refused(taken, edit):
    answer, pointer = edited(taken, edit)

    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.get_json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("endpoints", "provider"),
        ("endpoints", "account"),
        ("deliveries", "provider"),
        ("teekrr.keys", "account"),
        ("teekrr.messages", "broadcast"),
        ("teekrr.messages", "channel"),
        ("cuedesk.broadcasts", "sender"),
        ("cuedesk.messages", "sender"),
        ("cuedesk.messages", "broadcast"),
        ("cuedesk.contact_lists", "account"),
        ("whautomate.messages", "account"),
        ("whautomate.messages", "broadcast"),
        ("whautomate.classes", "timezone"),
        ("rapidpro.workspaces", "timezone"),
        ("rapidpro.contacts", "workspace"),
        ("rapidpro.flow_starts", "flow"),
        ("rapidpro.tokens", "user"),
    ],
)
def test_what_names_something_that_is_not_there_is_refused(taken, kind, field):
    answer, pointer = edited(taken, change(kind, field, NOWHERE))

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == pointer


def test_no_name_is_none_that_is_there(taken):
    answer, pointer = edited(taken, change("teekrr.messages", "broadcast", ""))

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == pointer


def test_each_of_several_names_is_looked_for(taken):
    lists = taken["records"]["cuedesk.contact_lists"]
    known = next(one["contacts"] for one in lists if one["contacts"])

    answer, pointer = edited(
        taken, change("cuedesk.contact_lists", "contacts", [*known, NOWHERE], contacts=known)
    )

    [problem] = answer.get_json()["errors"]
    assert (problem["pointer"], NOWHERE in problem["message"]) == (pointer, True)


def test_name_that_is_nearly_right_is_suggested(taken):
    [channel, *_] = taken["records"]["cuedesk.channels"]

    answer, _ = edited(taken, change("cuedesk.messages", "sender", channel["id"] + "1"))

    assert answer.get_json()["errors"][0]["suggestion"] == channel["id"]


@pytest.mark.parametrize(
    ("kind", "field", "value", "place"),
    [
        ("teekrr.messages", "plan", {"outcome": "read", "path": ["enqueued", "send", "read"]}, ""),
        ("teekrr.messages", "taken", -1, ""),
        ("whautomate.messages", "processed_at", "2026-05-06T10:00:00", ""),
        ("cuedesk.messages", "history", [["queued", "2026-05-06T10:00:00"]], "/0/1"),
        ("whautomate.messages", "history", [], ""),
        ("endpoints", "adversary", {"delay": 1e300}, "/delay"),
        ("rapidpro.flows", "results", [{"name": "Color"}], ""),
        ("rapidpro.contacts", "urns", ["nope"], ""),
        ("rapidpro.archives", "period", "yearly", ""),
        ("rapidpro.archives", "content", "nope", ""),
        ("teekrr.clients", "id", "", ""),
    ],
)
def test_values_that_would_be_stumbled_over_are_refused(taken, kind, field, value, place):
    answer, pointer = edited(taken, change(kind, field, value))

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == pointer + place


def test_two_records_of_one_id_are_refused(taken):
    first, second, *others = taken["records"]["teekrr.clients"]
    clients = [first, {**second, "id": first["id"]}, *others]

    answer = put(taken, records={**taken["records"], "teekrr.clients": clients})

    assert answer.get_json()["errors"][0]["pointer"] == "/records/teekrr.clients/1/id"


def test_planned_callback_that_is_not_there_is_refused(taken):
    at = next(at for at, timer in enumerate(taken["timers"]) if timer["topic"] == "delivery")
    records = {kind: rows for kind, rows in taken["records"].items() if kind != "deliveries"}

    answer = put(taken, records=records)

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == f"/timers/{at}/subjects"


def test_no_more_mistakes_are_told_than_anybody_reads(taken):
    [message, *_] = [row for row in taken["records"]["teekrr.messages"] if row.get("broadcast")]
    many = [{**message, "id": f"m{at}", "broadcast": NOWHERE} for at in range(150)]

    answer = put(taken, records={**taken["records"], "teekrr.messages": many}, timers=[])

    assert len(answer.get_json()["errors"]) == 100
    assert len(json.dumps(answer.get_json())) < 50_000
