"""Fixtures and accounts: what is read, merged, shown and refused; keys."""

import json
from typing import Any

import msgspec
import pytest

from emulator.core import fixtures
from emulator.core.emulator import Wish
from emulator.core.errors import Invalid
from tests.providers.whautomate.desk import (
    ALL_CLIENTS,
    ALL_CONTACTS,
    HELLO,
    HOOK,
    KEY_A,
    KEY_B,
    MAIN,
    NOW,
    SANDBOX,
    hello,
    reference,
    stats,
    to_template,
)
from tests.world import FIXTURES

ADA = {"name": "Ada", "phoneNumber": "+12025550110", "location": MAIN["id"]}


def account(desk, id="harbour"):
    shown = desk.control("GET", f"/accounts/whautomate/{id}")
    del shown["provider"]
    return shown


def problems_of(desk, **lists):
    with pytest.raises(Invalid) as caught:
        desk.load(**lists)
    prefix = "/whautomate/accounts/0"
    return [
        (problem.pointer.removeprefix(prefix), problem.suggestion)
        for problem in caught.value.problems
    ]


def test_what_the_fixture_says_is_shown(desk):
    [harbour, empty] = reference()["whautomate"]["accounts"]
    for written in (harbour, empty):
        shown = account(desk, written["id"])
        for name, value in written.items():
            if not isinstance(value, list):
                assert shown[name] == value
                continue
            for item, seen in zip(value, shown[name], strict=True):
                for field in item.keys() - {"participants"}:
                    assert seen[field] == item[field], (name, field)


def test_the_reference_is_the_default_fixture(desk):
    rules = reference()["outcomes"]

    assert {rule["to_suffix"]: rule["outcome"] for rule in rules} == {
        "0101": "rejected",
        "0102": "stuck",
        "0103": "delivered",
        "0104": "replied",
        "0105": "replied",
        "0106": "undelivered",
    }
    assert len(desk.get("/contacts")) == 8
    assert desk.get("/broadcasts") == desk.get("/webhooks") == desk.get("/appointments") == []
    assert desk.messages() == []
    participants = desk.get("/classes/clsYoga001/participants")
    assert {each["client"]["fullName"]: each["status"] for each in participants} == {
        "Mia Cole": "BOOKED",
        "Ned Frost": "WAITLISTED",
    }
    assert {each["title"] for each in desk.get("/locations", KEY_B)} == {"Only Place"}


def test_empty_has_one_account_and_key(desk):
    document = json.loads((FIXTURES / "empty.json").read_text())

    [only] = document["whautomate"]["accounts"]
    assert set(only) == {"id", "name", "owner", "optOut", "apiKeys"}
    assert len(only["apiKeys"]) == 1


def test_what_is_shown_can_be_loaded_again(desk):
    desk.subscribe("contact_created", webhookHeaders=[{"key": "A", "value": "b"}])
    desk.post(
        "/appointments",
        {
            "date": "2026-06-01",
            "time": "09:15",
            "client": {"id": "cliMia0001"},
            "timezone": "Europe/Berlin",
            "notes": "n",
        },
    )
    desk.post("/serviceCategories", {"name": "Body", "location": MAIN})
    desk.put("/services/srvYoga001", {"sellingPrice": 7, "allowOnlineBooking": True})
    desk.load(
        contacts=[
            {
                "id": "conAda0001",
                "messengerId": "m",
                "customFields": {"a": [1]},
                "lastInboundAt": NOW,
            }
        ]
    )
    shown = account(desk)

    desk.control("PATCH", "/accounts/whautomate/harbour", shown)

    assert account(desk) == shown


def test_a_loaded_account_is_the_same_elsewhere(desk):
    shown = account(desk)
    other = {**reference(), "whautomate": {"accounts": [shown]}}
    made = desk.world.emulator.create(Wish(name="copy", documents=(other,)))
    try:
        found = made.store.table(desk.world.sandbox.vendors["whautomate"].accounts).get("harbour")
        view = made.vendors["whautomate"].account_view(made, found)
        assert msgspec.json.decode(msgspec.json.encode(view)) == shown
    finally:
        desk.world.emulator.delete("copy")


GONE = [
    ("/contacts/conAda0001", "/contacts/conIvy0006"),
    ("/clients/cliMia0001",),
    ("/services/srvYoga001",),
    ("/segments/segVipCon2", "/classes/clsYoga001"),
]


@pytest.mark.parametrize("gone", GONE, ids=lambda gone: gone[0])
@pytest.mark.parametrize("seconds", [1.06, 60])
def test_a_state_in_which_things_are_gone_can_be_loaded(desk, gone, seconds):
    desk.post("/broadcasts", hello())
    desk.post("/broadcasts", {**hello(), **ALL_CLIENTS})
    booked = {"client": {"id": "cliMia0001"}, "service": {"id": "srvYoga001"}}
    desk.post("/appointments", {"date": "2026-06-02", "time": "09:15", **booked})
    desk.post("/serviceCategories", {"name": "\N{SMILING FACE WITH SMILING EYES}"})
    desk.advance(seconds)
    for path in gone:
        desk.delete(path)
    desk.load(locations=[{"id": "locWest002", "deleted": True}])
    written = desk.control("GET", "/snapshot?as=fixture")

    desk.world.emulator.create(Wish(name="copy", documents=(written,)))
    try:
        again = desk.world.call("GET", "/_emulator/sandboxes/copy/snapshot?as=fixture").get_json()
        assert again["whautomate"] == written["whautomate"]
        for path in ("/contacts", "/clients", "/broadcasts"):
            address, headers = f"/s/copy/whautomate/v1{path}", {"x-api-key": KEY_A}
            assert desk.world.call("GET", address, headers=headers).get_json() == desk.get(path)
    finally:
        desk.world.emulator.delete("copy")


def test_whole_account_can_be_merged_after_a_location_was_removed(desk):
    scheduled = {"scheduleDateTime": "2026-05-06T12:00:00Z", "segments": ALL_CONTACTS}
    id = desk.broadcast(**scheduled)
    desk.load(locations=[{"id": "locMain001", "deleted": True}])
    path = "/accounts/whautomate/harbour"
    before = desk.control("GET", path)

    after = desk.control("PATCH", path, before)
    desk.load(broadcasts=[{"id": id, "location": "locMain001", "name": "Renamed"}])

    assert after == before
    assert desk.get(f"/broadcasts/{id}")["name"] == "Renamed"
    with pytest.raises(Invalid, match="No location 'locMain001' in this account"):
        desk.load(contacts=[{"id": "conNew0001", "name": "N", "location": "locMain001"}])


def test_a_broadcast_cancelled_before_its_time_was_never_started(desk):
    id = desk.post("/broadcasts", {**hello(), "scheduleDateTime": "2026-05-06T11:00:00Z"})["id"]
    desk.control("POST", f"/broadcasts/{id}/cancel")
    before = desk.get(f"/broadcasts/{id}")
    written = desk.control("GET", "/snapshot?as=fixture")

    desk.control("POST", "/reset")
    desk.control("POST", "/fixtures", {"emulator": 1, "whautomate": written["whautomate"]})

    assert desk.get(f"/broadcasts/{id}") == before
    assert "startedAt" not in before


@pytest.mark.parametrize(
    ("change", "status", "pending"),
    [
        ({"name": "B"}, "draft", 0),
        ({"status": "draft"}, "draft", 0),
        ({"status": "scheduled"}, "scheduled", 1),
        ({"status": "cancelled"}, "cancelled", 0),
    ],
)
def test_a_draft_that_is_held_is_held_until_a_fixture_releases_it(desk, change, status, pending):
    id = desk.post("/broadcasts", {**hello(), "status": "draft"})["id"]
    desk.load(broadcasts=[{"id": id, **change}])

    assert desk.get(f"/broadcasts/{id}")["status"] == status
    assert desk.control("GET", "/clock")["pending"] == pending


def test_a_fixture_can_cancel_what_waits(desk):
    id = desk.broadcast()
    desk.load(broadcasts=[{"id": id, "status": "cancelled"}])

    assert desk.control("GET", "/clock")["pending"] == 0
    desk.advance()
    assert "startedAt" not in desk.get(f"/broadcasts/{id}")


def test_a_broadcast_that_is_over_had_its_times(desk):
    over = {"id": "bc", "name": "B", "type": "contact", "status": "completed"}
    desk.load(broadcasts=[{**over, "startedAt": "2026-05-01T10:00:00Z"}])

    shown = desk.get("/broadcasts/bc")
    times = {shown[name] for name in ("scheduleDateTime", "startedAt", "completedAt")}
    assert times == {"2026-05-01T10:00:00.000Z"}
    assert [one["id"] for one in desk.get("/broadcasts?endDate=2026-05-01")] == ["bc"]


def test_merging_changes_field_by_field_and_removes_nothing(desk):
    before = account(desk)
    desk.load(
        name="Harbour",
        optOut=False,
        locations=[{"id": "locWest002", "whatsapp": "+1 202 555 0300"}],
        templates=[{**HELLO, "body": {"text": "Hi {{1}}", "variables": 1}}],
        contacts=[
            {"phoneNumber": "+12025550110", "location": "locMain001", "stage": "Lost"},
            {"id": "conBob0002", "tags": ["Fresh"]},
            {"id": "conNew", "name": "New", "location": MAIN},
        ],
        clients=[{"clientId": "C2", "phone": "7700900999"}],
        contactTags=[{"name": " vip "}],
        segments=[{"name": "VIP contacts", "criteria": {"tags": ["Fresh"]}}],
        services=[{"name": "Yoga", "durationMinutes": 90}],
    )

    after = account(desk)
    assert (after["name"], after["optOut"], after["owner"]) == ("Harbour", False, before["owner"])
    assert after["locations"][1] == {**before["locations"][1], "whatsapp": "+12025550300"}
    assert after["templates"][0]["body"] == {"text": "Hi {{1}}", "variables": 1}
    assert after["contacts"][0] == {**before["contacts"][0], "stage": "Lost"}
    assert after["contacts"][1]["tags"] == ["Fresh"]
    assert after["contacts"][8]["name"] == "New"
    assert after["clients"][1]["phone"] == "7700900999"
    assert [tag["name"] for tag in after["contactTags"]] == [
        "Prospect",
        "vip",
        "Unsubscribe",
        "Fresh",
    ]
    assert after["segments"][1]["criteria"] == {"tags": ["Fresh"]}
    assert after["services"][0]["durationMinutes"] == 90
    assert {name: len(value) for name, value in after.items() if isinstance(value, list)} == {
        **{name: len(value) for name, value in before.items() if isinstance(value, list)},
        "contacts": 9,
        "contactTags": 4,
    }


def test_nothing_fires_for_what_is_loaded(desk):
    desk.subscribe("contact_created", "contact_tag_added", "client_created")
    desk.load(
        contacts=[
            {"id": "conNew", "name": "N", "location": "locMain001", "tags": ["X"]},
            {"id": "conAda0001", "tags": []},
        ],
        clients=[{"fullName": "P", "primaryLocation": "locMain001"}],
    )
    desk.advance()

    assert desk.callbacks == []
    assert desk.get("/clients")[0]["clientId"] == "C4"


def test_templates_and_locations_can_be_removed(desk):
    desk.load(
        templates=[{**HELLO, "status": "DELETED"}],
        locations=[{"id": "locWest002", "title": "x", "deleted": True}],
    )

    assert [each["id"] for each in desk.get("/locations")] == ["locMain001"]
    assert desk.refusal("POST", "/broadcasts", hello())[1] == "Template not found"


def test_codes_given_are_not_drawn_again(desk):
    desk.load(
        clients=[
            {"fullName": "P", "primaryLocation": "locMain001", "clientId": "C40"},
            {"fullName": "Q", "primaryLocation": "locMain001", "clientId": "VIP"},
        ]
    )

    made = desk.post("/clients", {"fullName": "R", "primaryLocation": MAIN})

    assert made["clientId"] == "C41"


def test_numbers_can_change_hands_one_after_another(desk):
    desk.load(
        contacts=[
            {"id": "conAda0001", "phoneNumber": "+12025550777"},
            {"id": "conBob0002", "phoneNumber": ADA["phoneNumber"]},
        ]
    )

    assert desk.get("/contacts/conBob0002")["phoneNumber"] == ADA["phoneNumber"]
    assert desk.get("/contacts/conAda0001")["phoneNumber"] == "+12025550777"


def test_bookings_take_as_long_as_they_were_made_for(desk):
    desk.put("/services/srvYoga001", {"durationMinutes": 90})
    before = desk.get("/classes/clsYoga001")
    visited = {"client": "cliNed0002", "status": "VISITED"}
    desk.load(classes=[{"id": "clsYoga001", "participants": [visited]}])

    assert desk.get("/classes/clsYoga001") == before
    assert desk.get("/classes/clients/cliNed0002/bookings")[0]["status"] == "VISITED"


def test_criteria_of_segments_can_be_edited(desk):
    desk.load(
        segments=[
            {
                "id": "segVipCon2",
                "criteria": {"contactStage": "Lead", "primaryLocations": ["locMain001"]},
            }
        ]
    )

    assert desk.get("/segments/segVipCon2")["criteria"] == {
        "contactStage": "Lead",
        "primaryLocations": [{"id": "locMain001", "title": "Main Office"}],
    }
    assert stats(desk.run())[0] == 2


def test_broadcasts_and_messages_of_a_fixture(desk):
    at = "2026-05-01T09:00:00Z"
    desk.load(
        broadcasts=[
            {
                "id": "bDone",
                "name": "Done",
                "type": "contact",
                "status": "completed",
                "segments": ["segVipCon2"],
                "template": HELLO,
                "location": "locMain001",
                "scheduleDateTime": at,
                "createdAt": at,
            },
            {
                "id": "bLater",
                "name": "Later",
                "type": "contact",
                "status": "scheduled",
                "segments": ["segVipCon2"],
                "template": HELLO,
                "location": "locMain001",
                "scheduleDateTime": "2026-05-06T12:00:00Z",
            },
            {"id": "bDraft", "name": "Draft", "type": "client", "status": "draft"},
        ],
        messages=[
            {
                "contact": "conAda0001",
                "broadcast": "bDone",
                "status": "replied",
                "reply": "Yes",
                "timestamp": at,
                "text": "Hello",
            },
            {
                "contact": "conFay0004",
                "broadcast": "bDone",
                "status": "failed",
                "timestamp": at,
                "errorMessage": "No",
            },
            {
                "id": "mIn",
                "contact": "conAda0001",
                "isIncoming": True,
                "text": "Yes",
                "timestamp": at,
            },
        ],
    )

    done = desk.get("/broadcasts/bDone")
    assert (done["status"], stats(done)) == ("completed", (2, 1, 1, 1, 1, 1, 1, 1))
    assert done["startedAt"] == done["completedAt"] == "2026-05-01T09:00:00.000Z"
    assert [(log["status"], log["reply"], log["error"]) for log in desk.logs("bDone")] == [
        ("replied", "Yes", ""),
        ("failed", "", "No"),
    ]
    assert [m["text"] for m in desk.get("/messages/conAda0001")] == ["Yes", "Hello"]
    assert desk.get("/messages/conFay0004") == []
    desk.advance()
    assert desk.get("/broadcasts/bLater")["startedAt"] == "2026-05-06T12:00:01.000Z"
    assert desk.get("/broadcasts/bDraft")["status"] == "draft"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("No active session with this contact", "NO_SESSION"),
        ("Message undeliverable", "131026"),
        ("(#131026) Message undeliverable", ""),
        ("No", ""),
    ],
)
def test_an_error_that_is_usual_has_its_code(desk, text, code):
    desk.load(messages=[{"contact": "conAda0001", "status": "failed", "errorMessage": text}])

    assert desk.messages()[0]["error"] == {"code": code, "message": text}


def under_way(*people: str) -> dict[str, Any]:
    """Return a broadcast that has reached Ada and not yet these people."""
    broadcast = {
        "id": "bNow",
        "name": "Now",
        "type": "contact",
        "status": "in_progress",
        "template": HELLO,
        "location": "locMain001",
        "startedAt": "2026-05-06T09:59:00Z",
    }
    sent = {"contact": "conAda0001", "status": "read", "timestamp": "2026-05-06T09:59:00Z"}
    waiting = [{"contact": person, "status": "pending"} for person in people]
    return {
        "broadcasts": [broadcast],
        "messages": [{"broadcast": "bNow", **each} for each in (sent, *waiting)],
    }


def test_a_broadcast_under_way_goes_on(desk):
    desk.load(**under_way("conBob0002", "conFay0004", "conGus0005"))

    before = desk.get("/broadcasts/bNow")
    assert (before["status"], stats(before)[:2]) == ("in_progress", (4, 1))
    assert len(desk.logs("bNow")) == 1
    assert desk.get("/messages/conBob0002") == []

    desk.advance()
    after = desk.get("/broadcasts/bNow")
    assert (after["status"], after["completedAt"]) == ("completed", "2026-05-06T10:00:00.100Z")
    # Numbers of the reference decide: Fay's is refused, Gus never reads.
    assert desk.statuses("bNow")[1:] == [
        ("Bob Stone", "read"),
        ("Fay Reed", "failed"),
        ("Gus Hart", "delivered"),
    ]
    [message] = desk.get("/messages/conBob0002")
    assert message["text"] == "Hello from Harbour Studio."


def test_subscriptions_of_a_fixture(desk):
    hook = {
        "name": "A",
        "active": False,
        "serverUrl": HOOK,
        "events": ["contact_created"],
        "webhookHeaders": [{"key": "K", "value": "v"}],
    }
    desk.load(webhooks=[{"id": "whkCrm0001", **hook, "createdAt": "2026-03-01T08:00:00Z"}])
    desk.load(webhooks=[{"serverUrl": HOOK, "active": True}])

    [shown] = desk.get("/webhooks")
    assert shown == {
        "id": "whkCrm0001",
        **hook,
        "active": True,
        "createdAt": "2026-03-01T08:00:00.000Z",
        "updatedAt": NOW,
    }
    desk.post("/contacts", {"name": "Z", "phoneNumber": "+12025550199", "location": MAIN})
    desk.advance()
    assert desk.events == ["contact_created"]


CONTACT = {"name": "N", "location": "locMain001"}
CLIENT = {"fullName": "N", "primaryLocation": "locMain001"}
SEGMENT = {"name": "S", "type": "contact"}


@pytest.mark.parametrize(
    ("lists", "pointer", "suggestion"),
    [
        ({"kontacts": []}, "/kontacts", "contacts"),
        ({"name": ""}, "/name", None),
        ({"optOut": "yes"}, "/optOut", None),
        ({"contacts": {}}, "/contacts", None),
        ({"contacts": [5]}, "/contacts/0", None),
        ({"contacts": [{"name": "N"}]}, "/contacts/0/location", None),
        ({"contacts": [{**CONTACT, "nmae": "x"}]}, "/contacts/0/nmae", "name"),
        ({"contacts": [{**CONTACT, "stage": "Leed"}]}, "/contacts/0/stage", "Lead"),
        ({"contacts": [{**CONTACT, "phoneNumber": "12"}]}, "/contacts/0/phoneNumber", None),
        (
            {"contacts": [{**CONTACT, "location": "locMain002"}]},
            "/contacts/0/location",
            "locMain001",
        ),
        ({"contacts": [{**CONTACT, "id": "a b"}]}, "/contacts/0/id", None),
        ({"contacts": [{**CONTACT, "tags": ["", "x"]}]}, "/contacts/0/tags", None),
        ({"contacts": [{**CONTACT, "createdAt": "soon"}]}, "/contacts/0/createdAt", None),
        ({"clients": [{**CLIENT, "gender": "Femal"}]}, "/clients/0/gender", "Female"),
        (
            {"clients": [{**CLIENT, "primaryLocation": "locMain002"}]},
            "/clients/0/primaryLocation",
            "locMain001",
        ),
        (
            {"segments": [{**SEGMENT, "criteria": {"primaryLocations": ["locMain002"]}}]},
            "/segments/0/criteria/primaryLocations",
            "locMain001",
        ),
        (
            {"staffs": [{"firstName": "N", "locations": ["locMain002"]}]},
            "/staffs/0/locations",
            "locMain001",
        ),
        (
            {"messages": [{"contact": "conAda0001", "broadcast": "none"}]},
            "/messages/0/broadcast",
            None,
        ),
        ({"clients": [{**CLIENT, "dob": "x"}]}, "/clients/0/dob", None),
        ({"locations": [{"id": "locBempty1", "title": "Mine"}]}, "/locations/0/id", None),
        ({"locations": [{"title": "T", "whatsapp": "x"}]}, "/locations/0/whatsapp", None),
        ({"templates": [{"name": "x"}]}, "/templates/0/language", None),
        ({"templates": [{**HELLO, "status": "APROVED"}]}, "/templates/0/status", "APPROVED"),
        ({"templates": [{**HELLO, "header": {"kind": "GIF"}}]}, "/templates/0/header/kind", None),
        (
            {"templates": [{**HELLO, "buttons": [{"typ": "URL"}]}]},
            "/templates/0/buttons/0/typ",
            "type",
        ),
        ({"segments": [{"name": "S", "type": "contacts"}]}, "/segments/0/type", "contact"),
        (
            {"segments": [{"name": "S", "type": "contact", "criteria": {"ageFrom": -1}}]},
            "/segments/0/criteria",
            None,
        ),
        ({"classes": [{"staff": "stfSam"}]}, "/classes/0/staff", "stfSam0001"),
        (
            {"classes": [{"id": "clsYoga001", "participants": [{"client": "cliMia"}]}]},
            "/classes/0/participants/0/client",
            "cliMia0001",
        ),
        (
            {"contacts": [{**ADA, "id": "conTwin"}]},
            "/contacts/0/phoneNumber",
            None,
        ),
        (
            {"contacts": [{"id": "conBob0002", "phoneNumber": ADA["phoneNumber"]}]},
            "/contacts/0/phoneNumber",
            None,
        ),
        (
            {
                "contacts": [
                    {**ADA, "id": f"con{name}", "phoneNumber": "+12025559999"} for name in "AB"
                ]
            },
            "/contacts/1/phoneNumber",
            None,
        ),
        ({"contactTags": [{"id": "tagTwin", "name": " vip"}]}, "/contactTags/0/name", None),
        (
            {
                "clients": [
                    {"id": "x", "clientId": "C1", "fullName": "X", "primaryLocation": MAIN["id"]}
                ]
            },
            "/clients/0/clientId",
            None,
        ),
        ({"templates": [{**HELLO, "id": "twin"}]}, "/templates/0/name", None),
        ({"appointments": [{"client": "nobody"}]}, "/appointments/0/client", None),
        ({"appointments": [{"time": "noon"}]}, "/appointments/0/time", None),
        (
            {"broadcasts": [{"name": "B", "type": "contact", "status": "in_progress"}]},
            "/broadcasts/0/status",
            None,
        ),
        (
            {"messages": [{"contact": "conAda0001", "status": "cancelled"}]},
            "/messages/0/status",
            None,
        ),
        ({"messages": [{"text": "x"}]}, "/messages/0/contact", None),
        ({"messages": [{"contact": "conAda0001", "id": "m1"}] * 2}, "/messages/1/id", None),
        ({"messages": [{"contact": "conAda"}]}, "/messages/0/contact", "conAda0001"),
        ({"webhooks": [{"name": "x"}]}, "/webhooks/0/serverUrl", None),
        ({"webhooks": [{"serverUrl": HOOK, "events": ["x"]}]}, "/webhooks/0/events", None),
        ({"apiKeys": [{"key": KEY_B}]}, "/apiKeys/0/key", None),
        ({"apiKeys": [{"key": " x"}]}, "/apiKeys/0/key", None),
    ],
)
def test_mistakes_are_listed_and_nothing_is_loaded(desk, lists, pointer, suggestion):
    before = desk.stored()

    assert (pointer, suggestion) in problems_of(desk, **lists)

    assert desk.stored() == before


def test_all_mistakes_are_listed_at_once(desk):
    found = problems_of(
        desk,
        contacts=[{"name": 5, "stage": "x", "location": "nowhere"}, {**CONTACT, "notes": 5}],
        segments=[{}],
    )

    assert [pointer for pointer, _ in found] == [
        "/contacts/0/name",
        "/contacts/0/stage",
        "/contacts/1/notes",
        "/segments/0/name",
        "/segments/0/type",
    ]


@pytest.mark.parametrize("part", [{"acounts": []}, {"accounts": {}}, {"accounts": [5]}])
def test_parts_that_are_wrong(desk, part):
    with pytest.raises(Invalid):
        fixtures.merge(desk.sandbox, {"emulator": 1, "whautomate": part})


def test_accounts_are_made_and_changed_by_testers(desk):
    made = desk.control(
        "POST", "/accounts/whautomate", {"name": "Third", "apiKeys": [{"key": "k3"}]}
    )
    assert (made["name"], made["contacts"], made["optOut"]) == ("Third", [], False)
    assert desk.get("/account-info", "k3")["name"] == "Third"

    path = f"/accounts/whautomate/{made['id']}"
    changed = desk.control("PATCH", path, {"owner": "o@x.test"})
    assert changed == {**made, "owner": "o@x.test"}
    assert len(desk.control("GET", "/accounts?provider=whautomate")["items"]) == 3


def test_keys_are_made_and_revoked(desk):
    path = "/accounts/whautomate/harbour/keys"
    drawn = desk.control("POST", path, {"name": "ci"})
    given = desk.control("POST", path, {"name": "mine", "key": "wh_mine"})
    assert given == {"name": "mine", "key": "wh_mine"}
    assert desk.get("/account-info", drawn["key"]) == desk.get("/account-info", "wh_mine")

    for body in ({"name": "ci"}, {"name": "x", "key": KEY_B}, {"nam": "x"}):
        answer = desk.world.call("POST", f"{SANDBOX}{path}", body)
        assert answer.status_code == 422
    desk.control("DELETE", f"{path}/ci")
    assert desk.call("GET", "/contacts", key=drawn["key"]).status_code == 401
    assert desk.world.call("DELETE", f"{SANDBOX}{path}/ci").status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reference_checks", "yes"),
        ("string_values", 1),
        ("opt_out_rule", "on"),
        ("pickup", "soon"),
        ("between_recipients", -1),
        ("between_recipients", "25h"),
        ("pause", "1s"),
    ],
)
def test_settings_that_are_wrong(desk, name, value):
    answer = desk.world.call("PATCH", f"{SANDBOX}/settings", {"whautomate": {name: value}})

    assert answer.status_code == 422


def test_settings_have_defaults(desk):
    settings = desk.control("GET", "/settings")

    assert settings["whautomate"] == {
        "reference_checks": True,
        "string_values": False,
        "opt_out_rule": None,
        "pickup": "1s",
        "between_recipients": "50ms",
    }
    assert settings["rate_limits"]["whautomate"] is False
    assert settings["default_outcome"]["whautomate"] == "read"


def test_snapshots_continue_exactly(desk):
    desk.subscribe("outgoing_whatsapp_message")
    id = desk.broadcast(segments=[{"id": "segAllCon1"}])
    desk.post(
        "/messages/whatsapp/sendtemplate", to_template(scheduleDateTime="2026-05-06T11:00:00Z")
    )
    desk.advance(1.2)
    twin = "/_emulator/sandboxes/twin"
    restored = desk.world.call("PUT", f"{twin}/snapshot", desk.control("GET", "/snapshot"))
    assert restored.status_code < 300, restored.text
    try:
        desk.advance()
        desk.world.call("POST", f"{twin}/clock/advance", {"until": "idle"})

        for path in (f"/broadcasts/{id}", "/messages", "/accounts"):
            there = desk.world.call("GET", twin + path).get_json()
            assert desk.control("GET", path) == there
        logs = desk.world.client.get(
            f"/s/twin/whautomate/v1/broadcasts/{id}/logs", headers={"x-api-key": KEY_A}
        )
        assert logs.get_json() == desk.logs(id)
        assert len(desk.logs(id)) == 9
    finally:
        desk.world.emulator.delete("twin")


def test_forks_and_resets_are_exact(desk):
    first = [desk.run() for _ in range(2)]
    desk.control("POST", "/reset")
    second = [desk.run() for _ in range(2)]

    assert first == second


@pytest.mark.parametrize("status", ["draft", "scheduled", "in_progress", "completed"])
def test_a_broadcast_that_is_over_is_not_sent_again(desk, status):
    before = desk.run()
    later = "2026-05-06T18:00:00Z"

    id = before["id"]
    desk.load(broadcasts=[{"id": id, "status": status, "scheduleDateTime": later, "name": "New"}])
    desk.advance()

    assert desk.get(f"/broadcasts/{id}") == {**before, "name": "New"}


def test_a_broadcast_that_is_over_cannot_become_what_it_was_not(desk):
    over = desk.run()["id"]

    assert problems_of(desk, broadcasts=[{"id": over, "status": "cancelled"}]) == [
        ("/broadcasts/0/status", None)
    ]


@pytest.mark.parametrize("status", ["draft", "cancelled"])
def test_a_broadcast_that_waits_can_be_held_back_by_a_fixture(desk, status):
    waiting = desk.broadcast(scheduleDateTime="2026-05-06T18:00:00Z")

    desk.load(broadcasts=[{"id": waiting, "status": status}])
    desk.advance()

    assert desk.get(f"/broadcasts/{waiting}")["status"] == status
    assert desk.messages(f"broadcast={waiting}") == []
