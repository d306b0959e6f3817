"""A sandbox written back as a fixture: what begins with it is as the sandbox was."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from emulator.registry import PROVIDERS
from tests.providers.cuedesk.desk import carousel, newsletter, sale
from tests.world import FIXTURES, World

BASE = "/_emulator/sandboxes"
SMS = {"campaignName": "Hello", "type": "quick broadcast", "templateContent": "Hello"}
TEEKRR = {"Authorization": "Bearer tk_all"}
WHAUTOMATE = {"x-api-key": "wh_test_key_a"}
RAPIDPRO = {"Authorization": "Token rp_token_admin"}
CUEDESK = {"Authorization": "Bearer cue_ci_token"}
OFFER = {
    "template": {"name": "spring_offer", "language": "en"},
    "headerMediaUrl": "https://cdn.example.test/banner.jpg",
    "bodyTextParameters": ["{{contact.name}}", "5%"],
    "buttonUrlParameters": ["x"],
}


def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return {**found, "clock": "2026-05-06T10:00:00Z"}


def written(world: World, name: str) -> dict[str, Any]:
    found: dict[str, Any] = world.call("GET", f"{BASE}/{name}/snapshot?as=fixture").get_json()
    return found


def begin(world: World, fixture: dict[str, Any]) -> None:
    made = world.call("POST", BASE, {"name": "copy", "fixture": fixture})
    assert made.status_code == 201, made.text


def look(world: World, name: str) -> dict[str, Any]:
    """Return what the control API shows of a sandbox, but for what decides about messages."""
    found = {}
    for path in ("accounts", "messages", "broadcasts", "endpoints"):
        shown = world.call("GET", f"{BASE}/{name}/{path}?limit=1000").get_json()
        found[path] = [{**item, "outcome": None} for item in shown["items"]]
    return found


@pytest.mark.parametrize("name", ["reference", "demo", "empty"])
def test_fixture_of_a_sandbox_gives_the_same_sandbox(name):
    world = World(PROVIDERS, [document(name)])
    fixture = written(world, "default")

    begin(world, fixture)

    again = written(world, "copy")
    assert again.pop("description") != fixture.pop("description")
    assert again.pop("seed") != fixture.pop("seed")
    assert again == fixture
    assert look(world, "copy") == look(world, "default")


@pytest.mark.parametrize("names", [("reference", "demo"), ("demo", "reference")])
def test_shipped_fixtures_go_into_one_world(names):
    world = World(PROVIDERS, [document(name) for name in names])
    apart = {name: World(PROVIDERS, [document(name)]) for name in names}

    accounts = {(each["provider"], each["id"]) for each in look(world, "default")["accounts"]}

    assert accounts == {
        (each["provider"], each["id"])
        for alone in apart.values()
        for each in look(alone, "default")["accounts"]
    }


@pytest.fixture
def busy() -> World:
    world = World(PROVIDERS, [document("reference")])
    recipients = ["60123456789", "60123990500", "60123990400"]
    world.call("POST", "/teekrr/sms", {**SMS, "recipients": recipients}, headers=TEEKRR)
    group = "7c3b6a10-52f7-4b6c-9a3e-1d2e3f4a5b01"
    text = {"text": {"eng": "Hi @contact"}, "groups": [group]}
    path = "/rapidpro/api/v2/broadcasts.json"
    assert world.call("POST", path, text, headers=RAPIDPRO).status_code == 201
    for provider, person in (
        ("rapidpro", "+254722000111"),
        ("whautomate", "+12025550110"),
        ("cuedesk", "447592850122"),
    ):
        inbound = {"provider": provider, "from": person, "text": "Hello?"}
        assert world.call("POST", f"{BASE}/default/inbound", inbound).status_code == 201
    world.call("POST", f"{BASE}/default/clock/advance", {"until": "idle"})
    return world


def test_what_has_happened_is_in_the_fixture(busy):
    begin(busy, written(busy, "default"))

    assert look(busy, "copy") == look(busy, "default")
    states = {m["status"] for m in look(busy, "copy")["messages"]}
    assert {"delivered", "failed", "handled"} <= states


def test_what_there_is_nothing_of_is_not_made_up_again():
    amina = "a1b2c3d4-0000-4000-8000-000000000001"
    missing = {"channel": None, "urn": None}
    about = {"contact": amina, "flow": "Survey"}
    daily = {"type": "run", "period": "daily"}
    clinic = {
        "uuid": "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01",
        "users": [{"email": "new@lakeside.example", "role": "agent", "team": None}],
        "channels": [{"name": "Phone", "type": "android", "device": None, "schemes": []}],
        "triggers": [{"flow": "Survey", "trigger_type": "C", "match_type": None}],
        "messages": [
            {"contact": amina, "direction": "in", **missing},
            {"contact": amina, "direction": "out", "status": "sent", "sent_on": None, **missing},
        ],
        "flow_starts": [{"flow": "Survey", "params": None}],
        "runs": [
            {**about, "exit_type": "completed", "exited_on": None, "values": {"q": {}}},
            about,
        ],
        "tickets": [{"contact": amina, "status": "closed", "closed_on": None}],
        "archives": [
            {**daily, "start_date": "2026-04-01", "record_count": 5, "hash": None},
            {**daily, "start_date": "2026-04-02", "records": []},
        ],
    }
    world = World(PROVIDERS, [document("reference")])
    part = {"emulator": 1, "rapidpro": {"workspaces": [clinic]}}
    assert world.call("POST", f"{BASE}/default/fixtures", part).status_code == 200

    begin(world, written(world, "default"))

    assert differing(world) <= ALIKE | OF_UNNAMED | {"rapidpro.tickets.topic"}
    assert look(world, "copy") == look(world, "default")


def test_a_template_is_kept_with_its_picture_its_buttons_and_its_cards():
    world = World(PROVIDERS, [document("reference")])
    world.call("POST", f"{BASE}/default/outcomes", {"outcome": "stuck"})
    times = {"scheduled_at": "2026-05-07T10:00:00Z", "valid_until": "2026-05-07T11:00:00Z"}
    for body in (sale(), carousel(), newsletter(**times)):
        made = world.call("POST", "/cuedesk/v2/broadcasts", body, headers=CUEDESK)
        assert made.status_code == 202, made.text
    world.call("POST", f"{BASE}/default/clock/advance", {"by": "1m"})

    begin(world, written(world, "default"))

    assert look(world, "copy") == look(world, "default")
    for name in ("default", "copy"):
        world.call("POST", f"{BASE}/{name}/clock/advance", {"by": "2d"})
    assert look(world, "copy") == look(world, "default")
    later, cards, picture, *_ = look(world, "copy")["messages"]
    assert (later["status"], len(cards["native"]["cards"])) == ("expired", 2)
    assert picture["native"]["header"]["value"] == "https://x.test/a"
    assert [button["value"] for button in picture["native"]["buttons"]] == ["x"]


# What a record has besides: where it is in a plan, and what it was made from.
PASSING = {"serial", "plan", "taken", "nth", "content"}
# The API shows no ids of these, so they are drawn anew.
UNNAMED = {"fields", "globals", "groups", "resthooks", "teams", "templates", "topics"}


def stored(world: World, name: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the records of vendors by table and id, without what passes."""
    found = {}
    for table, records in world.emulator.get(name).store.tables().items():
        if table.partition(".")[2] in {"", *UNNAMED}:
            continue
        found[table] = {
            record.id: {
                field: getattr(record, field)
                for field in record.__struct_fields__
                if field not in PASSING
            }
            for record in records
        }
    return found


def differing(world: World) -> set[str]:
    """Return the fields in which records of the copy are others, the ids among them."""
    before, after = stored(world, "default"), stored(world, "copy")
    found = {f"{table}.id" for table in before if before[table].keys() != after[table].keys()}
    for table, records in before.items():
        for id in records.keys() & after[table].keys():
            pairs = (
                (field, value, after[table][id][field]) for field, value in records[id].items()
            )
            found |= {f"{table}.{field}" for field, was, now in pairs if was != now}
    return found


def whautomate(world: World, **more: Any) -> str:
    body = {
        "name": "News",
        "type": "contact",
        "segments": [{"id": "segAllCon1"}],
        "location": {"id": "locMain001"},
        "template": {"name": "plain_hello", "language": "en"},
        **more,
    }
    answer = world.call("POST", "/whautomate/v1/broadcasts", body, headers=WHAUTOMATE)
    assert answer.status_code < 300, answer.text
    return str(answer.get_json()["id"])


@pytest.fixture
def half_done(busy: World) -> World:
    """Return a world in which broadcasts are under way, cancelled, drafts, failing."""
    cancelled = whautomate(busy)
    whautomate(busy, **OFFER)
    whautomate(busy, type="client", segments=[{"id": "segAllCli3"}])
    whautomate(busy, scheduleDateTime="2026-12-01T10:00:00Z")
    whautomate(busy, name="Held back", status="Draft")
    draft = {"name": "Unfinished", "type": "contact"}
    busy.call("POST", "/whautomate/v1/broadcasts", draft, headers=WHAUTOMATE)
    for person in ("0400", "0500", "0800"):
        text = {"text": {"eng": "Hi"}, "urns": [f"tel:+25472299{person}"]}
        busy.call("POST", "/rapidpro/api/v2/broadcasts.json", text, headers=RAPIDPRO)
    busy.call("POST", f"{BASE}/default/clock/advance", {"by": "1.1s"})
    answer = busy.call("POST", f"{BASE}/default/broadcasts/{cancelled}/cancel", {})
    assert answer.status_code == 200, answer.text
    return busy


def test_a_message_that_never_leaves_goes_into_a_fixture():
    world = World(PROVIDERS, [document("reference")])
    rule = {"provider": "whautomate", "outcome": "pending"}
    world.call("POST", f"{BASE}/default/outcomes", rule)
    body = {
        "contact": {"id": "conAda0001"},
        "location": {"id": "locMain001"},
        "template": {"name": "plain_hello", "language": "en"},
    }
    path = "/whautomate/v1/messages/whatsapp/sendtemplate"
    assert world.call("POST", path, body, headers=WHAUTOMATE).get_json()["status"] == "sent"

    begin(world, written(world, "default"))

    assert look(world, "copy") == look(world, "default") | {
        "messages": [{**m, "template": None} for m in look(world, "default")["messages"]]
    }
    assert look(world, "copy")["messages"][0]["status"] == "pending"


# Shown alike: absent, and empty or usual.
ALIKE = {"whautomate.clients.texts", "whautomate.services.more"}
OF_UNNAMED = {"rapidpro.contacts.smart_groups", "rapidpro.users.team"}


@pytest.mark.parametrize("span", ["0s", "2h"])
def test_records_are_kept_to_the_last_field(half_done, span):
    half_done.call("POST", f"{BASE}/default/clock/advance", {"by": span})

    begin(half_done, written(half_done, "default"))

    assert differing(half_done) <= ALIKE | OF_UNNAMED
    states = Counter(one["status"] for one in look(half_done, "copy")["broadcasts"])
    assert states["in_progress"] == (1 if span == "0s" else 0)
    assert (states["cancelled"], states["draft"]) == (1, 2)


def test_broadcasts_under_way_and_drafts_go_on_as_they_would_have(half_done):
    begin(half_done, written(half_done, "default"))
    for name in ("default", "copy"):
        half_done.call("POST", f"{BASE}/{name}/clock/advance", {"by": "7d"})

    ends = [
        {one["id"]: (one["status"], one["total"]) for one in look(half_done, name)["broadcasts"]}
        for name in ("default", "copy")
    ]
    assert ends[0] == ends[1]


def test_life_goes_on_from_the_fixture(busy):
    begin(busy, written(busy, "default"))
    before = {message["id"] for message in look(busy, "copy")["messages"]}

    path = "/s/copy/teekrr/sms"
    sent = busy.call("POST", path, {**SMS, "recipients": ["60123456789"]}, headers=TEEKRR)
    text = {"text": {"eng": "Once more"}, "urns": ["tel:+254722000222"]}
    path = "/s/copy/rapidpro/api/v2/broadcasts.json"
    assert busy.call("POST", path, text, headers=RAPIDPRO).status_code == 201
    busy.call("POST", f"{BASE}/copy/clock/advance", {"by": "10m"})

    assert sent.status_code == 202
    messages = {message["id"]: message for message in look(busy, "copy")["messages"]}
    new = [message for id, message in messages.items() if id not in before]
    assert sorted(message["status"] for message in new) == ["delivered", "delivered"]
    assert before <= messages.keys()


def test_secrets_and_rules_are_kept(busy):
    hook = {"provider": "cuedesk", "url": "http://127.0.0.1:9/x", "secret": "s3", "events": None}
    rule = {"outcome": "stuck", "to": "60123", "delays": {"sent": {"min": 1, "max": 2}}}
    endpoint = busy.call("POST", f"{BASE}/default/endpoints", {**hook, "adversary": {"drop": 0.5}})
    busy.call("POST", f"{BASE}/default/outcomes", rule)

    fixture = written(busy, "default")

    [kept] = [one for one in fixture["endpoints"] if one["id"] == endpoint.get_json()["id"]]
    assert (kept["secret"], kept["adversary"]) == ("s3", {"drop": 0.5})
    assert fixture["outcomes"][0]["delays"] == {"sent": {"min": 1.0, "max": 2.0}}
    begin(busy, fixture)
    assert written(busy, "copy")["endpoints"] == fixture["endpoints"]


def test_there_are_two_ways_to_be_written(busy):
    answer = busy.call("GET", f"{BASE}/default/snapshot?as=photograph")

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/as"
