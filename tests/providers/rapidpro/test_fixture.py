"""How fixtures are read: what they may say, what they leave out, and how they are merged."""

from __future__ import annotations

import copy
import json
from typing import Any

import phonenumbers
import pytest

from emulator.app import fixture_library
from emulator.core.errors import Invalid, Problem

from .steering import steer

MOTHERS = "7c3b6a10-52f7-4b6c-9a3e-1d2e3f4a5b01"
AMINA = "a1b2c3d4-0000-4000-8000-000000000001"
CYNTHIA = "a1b2c3d4-0000-4000-8000-000000000003"
LAKESIDE = "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01"


def document(**workspace: Any) -> dict[str, Any]:
    """Return a fixture of one workspace whose administrator has the usual token."""
    users = [{"email": "amos@lakeside.example", "tokens": ["rp_token_admin"]}]
    whole = {"name": "Small Clinic", "users": users} | workspace
    return {
        "emulator": 1,
        "clock": "2026-05-06T10:00:00Z",
        "rapidpro": {"workspaces": [whole]},
    }


def problems(make: Any, **workspace: Any) -> list[Problem]:
    """Return the mistakes of a fixture; pointers begin in the workspace."""
    with pytest.raises(Invalid) as caught:
        make(document(**workspace))
    front = "/fixture/rapidpro/workspaces/0"
    return [
        Problem(
            pointer=problem.pointer.removeprefix(front),
            message=problem.message,
            suggestion=problem.suggestion,
        )
        for problem in caught.value.problems
    ]


# --- The reference fixture


def test_reference_has_the_people_as_they_were_agreed(rapidpro):
    contacts = {contact["name"]: contact for contact in rapidpro.items("contacts")}
    amina, esther = contacts["Amina Yusuf"], contacts["Esther Auma"]

    assert len(contacts) == 6
    assert amina["uuid"] == AMINA
    assert amina["urns"] == ["tel:+254722000111", "telegram:99120045"]
    assert amina["fields"] == {
        "village": "Eastpoint",
        "children": "2",
        "due_date": "2026-06-01T00:00:00+03:00",
    }
    assert [group["name"] for group in amina["groups"]] == ["Mothers", "Parents"]
    assert (esther["status"], esther["groups"]) == ("blocked", [])
    assert contacts[None]["urns"] == ["tel:+254722000666"]


def test_reference_counts_members_and_messages(rapidpro):
    groups = {group["name"]: group["count"] for group in rapidpro.items("groups")}
    labels = {label["name"]: label["count"] for label in rapidpro.items("labels")}
    (billing, general) = rapidpro.items("topics")

    assert groups == {"Parents": 2, "Staff": 1, "Mothers": 2, "Open Tickets": 1}
    assert labels == {"Praise": 1, "Complaint": 0}
    assert (billing["name"], billing["counts"]) == ("Billing", {"open": 1, "closed": 0})
    assert (general["name"], general["system"]) == ("General", True)


def test_reference_has_a_message_that_was_praise(rapidpro):
    message = rapidpro.one("messages")

    assert message["contact"] == {"uuid": AMINA, "name": "Amina Yusuf"}
    assert (message["text"], message["status"]) == ("Thank you", "handled")
    assert message["channel"]["name"] == "Lakeside SMS"
    assert [label["name"] for label in message["labels"]] == ["Praise"]


@pytest.mark.parametrize(
    ("token", "email"),
    [
        ("rp_token_admin", "amos@lakeside.example"),
        ("rp_token_editor", "edna@lakeside.example"),
        ("rp_token_other", "olive@other.example"),
    ],
)
def test_reference_has_a_token_for_each_who_may_use_the_api(rapidpro, token, email):
    users = rapidpro.as_(token).items("users")

    assert email in [user["email"] for user in users]


def test_the_other_workspace_has_one_contact_of_its_own(rapidpro):
    other = rapidpro.as_("rp_token_other")

    assert other.one("contacts")["urns"] == ["tel:+12025550199"]
    assert other.get("workspace").json["date_style"] == "month_first"
    assert other.get("contacts", uuid=AMINA).json["results"] == []


def test_empty_has_one_administrator_and_nothing_else(make_rapidpro):
    empty = fixture_library().read("empty")
    rapidpro = make_rapidpro({"emulator": 1, "rapidpro": empty["rapidpro"]}, token="rp_token_empty")

    assert [user["role"] for user in rapidpro.items("users")] == ["administrator"]
    assert rapidpro.items("contacts") == rapidpro.items("channels") == []
    assert [group["name"] for group in rapidpro.items("groups")] == ["Open Tickets"]


def test_demo_shows_an_organisation_at_work(make_rapidpro):
    demo = fixture_library().read("demo")
    rapidpro = make_rapidpro({"emulator": 1, "rapidpro": demo["rapidpro"]}, token="rp_demo_admin")

    numbers = [
        phonenumbers.parse(urn.removeprefix("tel:"))
        for contact in rapidpro.items("contacts")
        for urn in contact["urns"]
        if urn.startswith("tel:")
    ]
    assert len(numbers) == 200
    assert all(phonenumbers.is_valid_number_for_region(number, "KE") for number in numbers)
    states = {broadcast["status"] for broadcast in rapidpro.items("broadcasts")}
    assert states == {"completed", "started", "failed"}
    assert rapidpro.items("messages", folder="inbox")


# --- What is left out


def test_what_is_left_out_of_a_workspace_follows_from_its_time_zone(make_rapidpro):
    rapidpro = make_rapidpro(document(timezone="Africa/Kigali"))

    found = rapidpro.get("workspace").json
    assert (found["country"], found["date_style"]) == ("RW", "day_first")
    assert found["languages"] == ["eng"]


def test_an_empty_country_is_none_at_all(make_rapidpro):
    rapidpro = make_rapidpro(document(timezone="Africa/Kigali", country=""))

    assert rapidpro.get("workspace").json["country"] == ""


def test_objects_were_made_a_second_apart_up_to_the_start(make_rapidpro):
    rapidpro = make_rapidpro(document(topics=[{"name": "One"}, {"name": "Two"}]))

    made = [(topic["name"], topic["created_on"]) for topic in rapidpro.items("topics")]
    assert made == [
        ("Two", "2026-05-06T09:59:59.000000Z"),
        ("One", "2026-05-06T09:59:58.000000Z"),
        ("General", "2026-05-06T09:59:57.000000Z"),
    ]


def test_times_and_ids_that_are_given_are_kept(make_rapidpro):
    given = {"uuid": AMINA, "created_on": "2020-01-02T03:04:05.000006Z"}
    rapidpro = make_rapidpro(document(contacts=[given]))

    found = rapidpro.one("contacts")
    assert found["uuid"] == AMINA
    assert found["created_on"] == found["modified_on"] == "2020-01-02T03:04:05.000006Z"


def test_two_sandboxes_of_one_fixture_have_the_same_ids(make_rapidpro):
    number = "tel:+254722000111"
    workspace: dict[str, Any] = {
        "contacts": [{"name": "Ann", "urns": [number]}],
        "messages": [{"contact": number, "direction": "in"}],
    }

    one, other = make_rapidpro(document(**workspace)), make_rapidpro(document(**workspace))

    assert one.items("contacts") == other.items("contacts")
    assert one.items("messages") == other.items("messages")


def test_drawn_numbers_are_greater_than_those_given(make_rapidpro):
    message = {"contact": "tel:+254722000111", "direction": "in"}
    rapidpro = make_rapidpro(
        document(
            contacts=[{"urns": ["tel:+254722000111"]}],
            messages=[message, {"id": 500, **message}],
        )
    )

    assert [found["id"] for found in rapidpro.items("messages")] == [500, 501]


def test_a_name_is_parted_at_its_first_blank(make_rapidpro):
    user = {"email": "a@b.example", "name": "Ada King Noel", "tokens": ["rp_token_admin"]}
    rapidpro = make_rapidpro(document(users=[user]))

    found = rapidpro.one("users")
    assert (found["first_name"], found["last_name"]) == ("Ada", "King Noel")


def test_agents_are_in_the_team_of_all_topics(make_rapidpro):
    admin = {"email": "a@b.example", "tokens": ["rp_token_admin"]}
    rapidpro = make_rapidpro(document(users=[admin, {"email": "agent@b.example", "role": "agent"}]))

    teams = {user["email"]: user["team"] for user in rapidpro.items("users")}
    assert teams["agent@b.example"]["name"] == "All Topics"
    assert teams["a@b.example"] is None


def test_a_message_takes_address_and_channel_of_its_contact(make_rapidpro):
    rapidpro = make_rapidpro(
        document(
            channels=[{"name": "Bot", "type": "telegram"}, {"name": "Line", "address": "+2547001"}],
            contacts=[{"urns": ["tel:+254722000111", "telegram:77"]}],
            messages=[
                {"contact": "telegram:77", "direction": "out", "status": "sent"},
                {"contact": "telegram:77", "direction": "out", "channel": None, "urn": None},
                {"contact": "telegram:77", "direction": "out", "urn": "telegram:77"},
            ],
        )
    )

    third, second, first = rapidpro.items("messages")
    assert (third["urn"], third["channel"]["name"]) == ("telegram:77", "Bot")
    assert (first["urn"], first["channel"]["name"]) == ("tel:+254722000111", "Line")
    assert first["sent_on"] == first["created_on"]
    assert (second["urn"], second["channel"], second["status"]) == (None, None, "queued")


def test_message_of_a_contact_without_an_address_has_none(make_rapidpro):
    rapidpro = make_rapidpro(
        document(
            contacts=[{"uuid": MOTHERS}],
            messages=[{"contact": MOTHERS, "direction": "in", "sent_on": "2026-05-01T09:00:00Z"}],
        )
    )

    message = rapidpro.one("messages")
    assert (message["urn"], message["channel"], message["sent_on"]) == (None, None, None)


def test_message_that_has_failed_says_why(make_rapidpro):
    rapidpro = make_rapidpro(
        document(
            contacts=[{"uuid": MOTHERS}],
            messages=[{"contact": MOTHERS, "direction": "out", "status": "failed"}],
        )
    )

    message = rapidpro.one("messages", folder="failed")["uuid"]
    assert steer(rapidpro, "GET", f"messages/{message}").json["error"]["code"] == "channel"


def test_contact_may_have_closed_tickets_besides_its_open_one(make_rapidpro):
    tickets = [{"contact": MOTHERS, "status": status} for status in ("closed", "open", "closed")]

    rapidpro = make_rapidpro(document(contacts=[{"uuid": MOTHERS}], tickets=tickets))

    assert rapidpro.one("topics")["counts"] == {"open": 1, "closed": 2}


def test_message_being_initialized_counts_as_queued(make_rapidpro):
    rapidpro = make_rapidpro(
        document(
            channels=[{"name": "Line"}],
            contacts=[{"urns": ["tel:+254722000111"]}],
            messages=[
                {"contact": "tel:+254722000111", "direction": "out", "status": "initializing"},
            ],
        )
    )

    assert rapidpro.one("messages", folder="outbox")["status"] == "queued"


def test_messages_stay_as_they_were_given(make_rapidpro):
    rapidpro = make_rapidpro(
        document(
            channels=[{"name": "Line"}],
            contacts=[{"urns": ["tel:+254722000111"]}],
            messages=[{"contact": "tel:+254722000111", "direction": "out", "status": "queued"}],
        )
    )

    rapidpro.advance(3600)

    assert rapidpro.one("messages")["status"] == "queued"


def test_numbers_of_one_country_need_no_calling_code(make_rapidpro):
    rapidpro = make_rapidpro(document(country="KE", contacts=[{"urns": ["tel:0722 000 111"]}]))

    assert rapidpro.one("contacts")["urns"] == ["tel:+254722000111"]


# --- References, smart groups, what is deleted


def test_objects_may_refer_to_what_comes_later(make_rapidpro):
    rapidpro = make_rapidpro(
        document(
            contacts=[{"urns": ["tel:+254722000111"], "groups": ["MOTHERS"]}],
            groups=[{"name": "Mothers"}],
            messages=[{"contact": "tel:+254722000111", "direction": "in", "labels": ["praise"]}],
            labels=[{"name": "Praise"}],
        )
    )

    assert rapidpro.one("contacts", group="Mothers")["urns"] == ["tel:+254722000111"]
    assert rapidpro.one("messages", label="Praise")["text"] == ""


def test_fields_may_be_called_by_their_keys_in_capitals(make_rapidpro):
    api = make_rapidpro(
        document(
            fields=[
                {"name": "Village", "type": "text"},
                {"name": "Due Date", "type": "datetime"},
            ],
            groups=[{"name": "Mothers"}],
            contacts=[{"name": "Amina", "fields": {"VILLAGE": "Eastpoint"}}],
            flows=[{"name": "Welcome", "dependencies": {"fields": ["Village"]}}],
            campaigns=[{"name": "Visits", "group": "Mothers"}],
            campaign_events=[
                {
                    "campaign": "Visits",
                    "relative_to": "DUE_DATE",
                    "offset": 1,
                    "unit": "days",
                    "message": "Tomorrow",
                }
            ],
        )
    )

    uses = {field["key"]: field["usages"] for field in api.items("fields")}
    assert api.one("contacts")["fields"]["village"] == "Eastpoint"
    assert api.one("campaign_events")["relative_to"]["name"] == "Due Date"
    assert (uses["village"]["flows"], uses["due_date"]["campaign_events"]) == (1, 1)


@pytest.mark.parametrize("parent", ["r9", "R9", {"osm_id": "R9", "name": "Kenya"}])
def test_a_boundary_lies_in_its_parent_however_that_is_spelled(make_rapidpro, parent):
    country = {"osm_id": "R9", "name": "Kenya", "level": 0}
    state = {"osm_id": "R10", "name": "Nairobi", "level": 1, "parent": parent}

    api = make_rapidpro(document(boundaries=[country, state]))

    (nairobi, kenya) = api.items("boundaries")
    assert nairobi["parent"] == {"osm_id": kenya["osm_id"], "name": "Kenya"}


def test_a_parent_of_digits_may_be_a_number(make_rapidpro):
    country = {"osm_id": "9", "name": "Kenya", "level": 0}
    state = {"osm_id": "10", "name": "Nairobi", "level": 1, "parent": 9}

    api = make_rapidpro(document(boundaries=[country, state]))

    assert len(api.items("boundaries")) == 2
    saved = steer(api, "GET", "snapshot").json
    assert steer(api, "PUT", "snapshot", saved).status_code == 200


def test_smart_groups_take_in_whom_their_query_finds(make_rapidpro):
    rapidpro = make_rapidpro(
        document(
            fields=[{"name": "Children", "type": "number"}],
            groups=[
                {"name": "Parents", "query": "children > 0"},
                {"name": "Not yet", "query": "children > 0", "status": "initializing"},
                {"name": "Broken", "query": "no such thing", "status": "invalid"},
            ],
            contacts=[
                {"name": "Two", "fields": {"children": 2}},
                {"name": "None", "fields": {"children": "0"}},
                {"name": "Blocked", "status": "blocked", "fields": {"children": 5}},
            ],
        )
    )

    groups = {group["name"]: group["count"] for group in rapidpro.items("groups")}
    assert rapidpro.one("contacts", group="Parents")["name"] == "Two"
    assert (groups["Parents"], groups["Broken"]) == (1, 0)
    assert "Not yet" not in groups


def test_an_open_ticket_brings_its_contact_into_open_tickets(make_rapidpro):
    rapidpro = make_rapidpro(
        document(
            contacts=[{"name": "Ann", "urns": ["tel:+254722000111"]}, {"name": "Bob"}],
            tickets=[{"contact": "tel:+254722000111"}],
        )
    )

    assert rapidpro.one("contacts", group="Open Tickets")["name"] == "Ann"


def test_a_waiting_run_puts_its_contact_into_its_flow(make_rapidpro):
    rapidpro = make_rapidpro(
        document(
            flows=[{"name": "Welcome"}, {"name": "Survey"}],
            contacts=[
                {"name": "Ann", "urns": ["tel:+254722000111"]},
                {"name": "Bob", "flow": "Survey"},
                {"name": "Cleo", "urns": ["tel:+254722000333"]},
            ],
            runs=[
                {"flow": "Welcome", "contact": "tel:+254722000111"},
                {"flow": "Welcome", "contact": "tel:+254722000333", "exit_type": "completed"},
            ],
        )
    )

    flows = {contact["name"]: contact["flow"] for contact in rapidpro.items("contacts")}
    assert flows["Ann"]["name"] == "Welcome"
    assert flows["Bob"]["name"] == "Survey"
    assert flows["Cleo"] is None


def test_what_is_deleted_is_kept_as_the_server_keeps_it(make_rapidpro):
    rapidpro = make_rapidpro(
        document(
            groups=[{"name": "Gone", "deleted": True}, {"name": "Gone"}],
            channels=[{"name": "Old Line", "deleted": True}],
            contacts=[{"name": "Ann", "urns": ["tel:+254722000111"], "deleted": True}],
            messages=[
                {
                    "contact": "tel:+254722000111",
                    "direction": "in",
                    "channel": "Old Line",
                    "urn": "tel:+254722000111",
                }
            ],
        )
    )

    gone = rapidpro.one("contacts", deleted="1")
    assert (gone["name"], gone["urns"], gone["status"]) == (None, [], None)
    assert rapidpro.items("contacts") == rapidpro.items("channels") == []
    assert [group["name"] for group in rapidpro.items("groups")] == ["Gone", "Open Tickets"]
    assert rapidpro.one("messages")["channel"]["name"] == "Old Line"


# --- Mistakes

TWICE = {"uuid": MOTHERS, "name": "Mothers to be"}
QUICK = ("/messages/0/quick_replies/0",)
EVENT = ("/campaign_events/0/message",)
IN_XXX = ("/campaign_events/0/message/xxx",)
IN_ENGLISH = ("/campaign_events/0/message/eng",)
QUEUED = {"status": "queued", "at": "2026-05-06T09:00:00Z"}


@pytest.mark.parametrize(
    ("workspace", "pointer", "message", "suggestion"),
    [
        ({"contcts": []}, "/contcts", "Unknown field", "contacts"),
        ({"contacts": {}}, "/contacts", "Must be a list", None),
        ({"contacts": ["Ann"]}, "/contacts/0", "Must be an object", None),
        ({"contacts": [{"nmae": "Ann"}]}, "/contacts/0/nmae", "Unknown field", "name"),
        ({"contacts": [{"name": 5}]}, "/contacts/0/name", "Must be a string", None),
        ({"contacts": [{"name": "x" * 65}]}, "/contacts/0/name", "at most 64", None),
        ({"contacts": [{"status": "bloked"}]}, "/contacts/0/status", "one of", "blocked"),
        ({"contacts": [{"blocked": True}]}, "/contacts/0/blocked", "Is computed", None),
        ({"contacts": [{"language": "xx"}]}, "/contacts/0/language", "ISO639-3", None),
        ({"contacts": [{"urns": ["tel:12"]}]}, "/contacts/0/urns/0", "Invalid URN: tel:12", None),
        ({"contacts": [{"groups": ["Moters"]}]}, "/contacts/0/groups/0", "Nothing", "mothers"),
        ({"contacts": [{"groups": ["Parents"]}]}, "/contacts/0/groups/0", "by its query", None),
        ({"contacts": [{"fields": {"kids": 1}}]}, "/contacts/0/fields/kids", "No field", None),
        (
            {"contacts": [{"fields": {"chilren": 1}}]},
            "/contacts/0/fields/chilren",
            "No field",
            "children",
        ),
        ({"contacts": [{"created_on": "soon"}]}, "/contacts/0/created_on", "Must be a time", None),
        ({"contacts": [{"uuid": "1234"}]}, "/contacts/0/uuid", "Must be a UUID", None),
        ({"contacts": [{"notes": [{}]}]}, "/contacts/0/notes/0/text", "required", None),
        (
            {"contacts": [{"status": "stopped", "groups": ["Mothers"]}]},
            "/contacts/0/groups",
            "Non-active",
            None,
        ),
        ({"fields": [{"name": "Age"}]}, "/fields/0/type", "required", None),
        ({"fields": [{"name": "Has", "type": "text"}]}, "/fields/0/name", "not possible", None),
        ({"labels": [{"name": "A"}, {"name": "a"}]}, "/labels/1", "Another one", None),
        ({"labels": [{"name": "A", "count": 3}]}, "/labels/0/count", "Is computed", None),
        ({"groups": [{"name": "X", "query": "age > 3"}]}, "/groups/0/query", "no attribute", None),
        (
            {"users": [{"email": "a@b", "role": "administrater"}]},
            "/users/0/role",
            "one of",
            "administrator",
        ),
        ({"users": [{"email": "a@b", "tokens": [3]}]}, "/users/0/tokens/0", "Must be a key", None),
        ({"topics": [{"name": "general"}, {}]}, "/topics/1/name", "required", None),
        ({"messages": [{"direction": "in"}]}, "/messages/0/contact", "required", None),
        (
            {"messages": [{"contact": "tel:+254722000999", "direction": "in"}]},
            "/messages/0/contact",
            "Nothing in contacts",
            None,
        ),
        ({"broadcasts": [{"text": {"xxx": "Hi"}}]}, "/broadcasts/0/text/xxx", "allowed", None),
        (
            {"boundaries": [{"osm_id": "1", "name": "Nairobi", "level": 1, "parent": {"id": 2}}]},
            "/boundaries/0/parent",
            "No boundary",
            None,
        ),
        ({"timezone": "Africa/Nairoby"}, "/timezone", "Africa/Nairobi", None),
        ({"api_rates": {"v2": "many"}}, "/api_rates/v2", "Must be a rate", None),
        ({"country": "Kenya"}, "/country", "two letters", None),
        ({"archives": [{"type": "message"}]}, "/archives/0/period", "required", None),
        ({"languages": []}, "/languages", "at least one", None),
        ({"languages": ["qqqq"]}, "/languages/0", "ISO639-3", None),
        ({"api_rates": {"v3": None}}, "/api_rates/v3", "Must be a scope", None),
        ({"labels": [{"name": ""}]}, "/labels/0/name", "Must not be blank", None),
        ({"groups": [TWICE, TWICE]}, "/groups/1", "Stands in this list twice", None),
        (
            {"contacts": [{"fields": {"children": [1]}}]},
            "/contacts/0/fields/children",
            "Must be a string, a number or null",
            None,
        ),
        (
            {"campaign_events": [{"relative_to": "children", "unit": "days"}]},
            "/campaign_events/0/relative_to",
            "must be of type datetime",
            None,
        ),
        (
            {"messages": [{"attachments": [5]}]},
            "/messages/0/attachments/0",
            'or "content-type:url"',
            None,
        ),
        ({"messages": [{"quick_replies": [{"type": "x"}]}]}, *QUICK, "an object with type", None),
        ({"messages": [{"quick_replies": [{"text": 5}]}]}, *QUICK, "must be strings", None),
        (
            {"labels": [{"name": "A"}], "messages": [{"direction": "out", "labels": ["A"]}]},
            "/messages/0/labels",
            "Only incoming messages have labels",
            None,
        ),
        (
            {"messages": [{"status": "sent", "history": [QUEUED]}]},
            "/messages/0/history",
            "Must end with the message's status, 'sent'",
            None,
        ),
        ({"broadcasts": [{"urns": ["zzz"]}]}, "/broadcasts/0/urns/0", "Invalid URN: zzz", None),
        ({"messages": [{"broadcast": "9" * 5000}]}, "/messages/0/broadcast", "Nothing in", None),
        ({"contacts": [{"fields": [1]}]}, "/contacts/0/fields", "Must be an object", None),
        ({"users": [{"email": "ab"}]}, "/users/0/email", "an e-mail address", None),
        ({"users": [{"email": "a@b", "name": 5}]}, "/users/0/name", "Must be a string", None),
        ({"users": [{"active": "yes"}]}, "/users/0/active", "true or false", None),
        ({"globals": [{"name": "A", "key": "1"}]}, "/globals/0/key", "Must be a letter", None),
        ({"flows": [{"name": " "}]}, "/flows/0/name", "Must not be blank", None),
        ({"flows": [{"name": "A", "expires": -1}]}, "/flows/0/expires", "from 0", None),
        ({"flows": [{"name": "A", "expires": "5"}]}, "/flows/0/expires", "a whole number", None),
        ({"flows": [{"results": [{}]}]}, "/flows/0/results/0/name", "required", None),
        ({"flows": [{"parent_refs": [5]}]}, "/flows/0/parent_refs/0", "Must be a string", None),
        ({"flows": [{"simulate": [1]}]}, "/flows/0/simulate", "Must be an object", None),
        (
            {"flows": [{"simulate": {"results": {"a": 5}}}]},
            "/flows/0/simulate/results/a",
            "Must be an object",
            None,
        ),
        (
            {"flows": [{"dependencies": {"fields": ["chilren"]}}]},
            "/flows/0/dependencies/fields/0",
            "No field",
            "children",
        ),
        ({"runs": [{"values": {"a": 5}}]}, "/runs/0/values/a", "Must be an object", None),
        (
            {"runs": [{"exit_type": "completed", "status": "active"}]},
            "/runs/0/status",
            "neither waiting nor active",
            None,
        ),
        (
            {"campaign_events": [{"relative_to": "chilren"}]},
            "/campaign_events/0/relative_to",
            "No field",
            "children",
        ),
        ({"fields": [{"name": "x" * 37}]}, "/fields/0/name", "at most 36", None),
        ({"campaign_events": [{}]}, "/campaign_events/0", "either a message or a flow", None),
        ({"campaign_events": [{"message": 5}]}, *EVENT, "a string, or texts by language", None),
        ({"campaign_events": [{"message": {"xxx": "Hi"}}]}, *IN_XXX, "Not an allowed", None),
        ({"campaign_events": [{"message": {"eng": ""}}]}, *IN_ENGLISH, "1 to 4096", None),
        ({"messages": [{"attachments": "x"}]}, "/messages/0/attachments", "Must be a list", None),
        ({"messages": [{"quick_replies": 5}]}, "/messages/0/quick_replies", "Must be a list", None),
        ({"broadcasts": [{"text": 5}]}, "/broadcasts/0/text/eng", "Must be a string", None),
        ({"resthooks": [{"slug": "New Visit"}]}, "/resthooks/0/slug", "lower-case letters", None),
        (
            {"resthook_subscribers": [{"target_url": "a.example"}]},
            "/resthook_subscribers/0/target_url",
            "Must be an http:// or https:// URL",
            None,
        ),
        ({"archives": [{"start_date": "soon"}]}, "/archives/0/start_date", "a date such as", None),
        (
            {"archives": [{"records": [], "size": 5}]},
            "/archives/0/size",
            "Is computed from the records",
            None,
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(make_rapidpro, workspace, pointer, message, suggestion):
    base = {
        "groups": [{"name": "Mothers"}, {"name": "Parents", "query": "children > 0"}],
        "fields": [{"name": "Children", "type": "number"}],
    }

    found = {problem.pointer: problem for problem in problems(make_rapidpro, **(base | workspace))}

    assert message in found[pointer].message
    assert found[pointer].suggestion == suggestion


def test_all_mistakes_are_named_at_once(make_rapidpro):
    found = problems(make_rapidpro, contacts=[{"name": 5}, {"status": "x"}], labels=[{}])

    places = [problem.pointer for problem in found]
    assert sorted(places) == ["/contacts/0/name", "/contacts/1/status", "/labels/0/name"]


@pytest.mark.parametrize(
    "given",
    [
        {"urns": ["tel:+254722000222", "tel:+254722000333"]},
        {"uuid": AMINA, "urns": ["tel:+254722000333"]},
        {"uuid": "a1b2c3d4-0000-4000-8000-000000000008", "urns": ["tel:+254722000333"]},
    ],
)
def test_a_urn_is_not_taken_from_who_keeps_it(rapidpro, given):
    with pytest.raises(Invalid) as caught:
        rapidpro.load({"uuid": LAKESIDE, "name": "Lakeside Health", "contacts": [given]})

    (problem,) = caught.value.problems
    assert problem.message == "URN is in use by another contact."
    assert problem.pointer.startswith("/rapidpro/workspaces/0/contacts/0/urns/")


def test_a_urn_can_pass_from_one_to_another(rapidpro):
    contacts = [{"uuid": AMINA, "urns": ["tel:+254722000333"]}, {"uuid": CYNTHIA, "urns": []}]

    rapidpro.load({"uuid": LAKESIDE, "name": "Lakeside Health", "contacts": contacts})

    assert rapidpro.one("contacts", urn="tel:+254722000333")["uuid"] == AMINA
    assert rapidpro.one("contacts", uuid=CYNTHIA)["urns"] == []


def test_a_urn_belongs_to_one_contact(make_rapidpro):
    urns = {"urns": ["tel:+254722000111"]}

    (found,) = problems(make_rapidpro, contacts=[urns, {"name": "Bob", **urns}])

    assert found.pointer == "/contacts/1/urns/0"
    assert found.message == "URN is in use by another contact."


def test_a_token_belongs_to_one_user(rapidpro):
    thief = {"email": "thief@other.example", "tokens": ["rp_token_admin"]}

    with pytest.raises(Invalid, match="Another user has the token"):
        rapidpro.load({"name": "Other Clinic", "users": [thief]})


def test_a_contact_has_one_open_ticket_at_most(make_rapidpro):
    found = problems(
        make_rapidpro,
        contacts=[{"urns": ["tel:+254722000111"]}],
        tickets=[{"contact": "tel:+254722000111"}, {"contact": "tel:+254722000111"}],
    )

    assert [problem.pointer for problem in found] == ["/tickets/1/contact"]


# --- Merging into a running sandbox


def test_merging_finds_an_object_by_its_id(rapidpro):
    rapidpro.load({"uuid": LAKESIDE, "groups": [{"uuid": MOTHERS, "name": "Parents to be"}]})

    assert rapidpro.one("groups", uuid=MOTHERS)["name"] == "Parents to be"
    assert len(rapidpro.items("groups")) == 4


def test_merging_finds_an_object_by_its_natural_name(rapidpro):
    rapidpro.load(
        {
            "name": "Lakeside Health",
            "globals": [{"key": "clinic_phone", "value": "+254711"}],
            "contacts": [{"urns": ["tel:+254722000444"], "name": "Daudi Kimani"}],
            "users": [{"email": "EDNA@lakeside.example", "last_name": "Were"}],
        }
    )

    assert rapidpro.one("globals")["value"] == "+254711"
    assert rapidpro.one("contacts", urn="tel:+254722000444")["name"] == "Daudi Kimani"
    assert "Edna Were" in [user["name"] for user in rapidpro.items("users")]
    assert len(rapidpro.items("contacts")) == 6


def test_merging_takes_null_for_a_text_that_a_language_lacks(rapidpro):
    broadcast = rapidpro.post("broadcasts", {"text": "Hi", "contacts": [AMINA]}).json
    again = {"id": broadcast["id"], "text": {"eng": None, "swa": "Habari"}}

    rapidpro.load({"uuid": LAKESIDE, "name": "Lakeside Health", "broadcasts": [again]})

    assert rapidpro.one("broadcasts")["text"] == {"swa": "Habari"}
    saved = steer(rapidpro, "GET", "snapshot").json
    assert steer(rapidpro, "PUT", "snapshot", saved).status_code == 200


def test_merging_changes_only_what_is_given(rapidpro):
    before = rapidpro.one("contacts", uuid=AMINA)

    rapidpro.advance(60)
    rapidpro.load({"uuid": LAKESIDE, "contacts": [{"uuid": AMINA, "fields": {"children": 3}}]})

    after = rapidpro.one("contacts", uuid=AMINA)
    assert after.pop("modified_on") == "2026-05-06T10:01:00.000000Z"
    assert after.pop("fields") == before.pop("fields") | {"children": "3"}
    del before["modified_on"]
    assert after == before


def test_merging_the_same_again_changes_nothing(rapidpro):
    lists = ("contacts", "groups", "topics", "labels", "campaign_events", "tickets")
    before = {name: rapidpro.items(name) for name in lists}
    reference = copy.deepcopy(fixture_library().read("reference")["rapidpro"]["workspaces"][0])
    # Nothing makes two messages one and the same but an id.
    del reference["messages"]

    rapidpro.advance(60)
    rapidpro.load(reference)

    assert {name: rapidpro.items(name) for name in before} == before


def test_merging_finds_as_many_events_as_are_alike(rapidpro):
    event = {"campaign": "Visit reminders", "relative_to": "due_date", "offset": 3, "unit": "days"}
    alike = [{**event, "message": "Hello"}, {**event, "message": "Hello"}]

    counts = []
    for events in (alike, alike, [*alike, {**event, "message": "Bye"}]):
        rapidpro.load({"uuid": LAKESIDE, "campaign_events": copy.deepcopy(events)})
        counts.append(len(rapidpro.items("campaign_events")))

    assert counts == [3, 3, 4]


def test_merging_says_more_of_the_open_ticket_that_a_contact_has(rapidpro):
    [before] = rapidpro.items("tickets")
    ticket = {"contact": before["contact"]["uuid"], "assignee": "amos@lakeside.example"}

    rapidpro.load({"uuid": LAKESIDE, "tickets": [ticket]})

    [after] = rapidpro.items("tickets")
    assert (after["uuid"], after["topic"]) == (before["uuid"], before["topic"])
    assert after["assignee"]["email"] == "amos@lakeside.example"


@pytest.mark.parametrize("closed", [False, True])
def test_merging_makes_no_second_open_ticket_beside_the_first(rapidpro, closed):
    [first] = rapidpro.items("tickets")
    second = {"uuid": "5ecda111-0000-4000-8000-000000000001"}
    made = {**second, "contact": first["contact"]["uuid"], "status": "closed" if closed else "open"}
    if closed:
        rapidpro.load({"uuid": LAKESIDE, "tickets": [made]})
        made = {**second, "status": "open"}

    with pytest.raises(Invalid) as caught:
        rapidpro.load({"uuid": LAKESIDE, "tickets": [made]})
    ended = {"uuid": first["uuid"], "status": "closed"}
    rapidpro.load({"uuid": LAKESIDE, "tickets": [made, ended]})

    [problem] = caught.value.problems
    assert problem.pointer.endswith("/tickets/0/contact")
    assert problem.message == "A contact has at most one open ticket"
    states = {ticket["uuid"]: ticket["status"] for ticket in rapidpro.items("tickets")}
    assert states == {first["uuid"]: "closed", second["uuid"]: "open"}


def test_merging_adds_what_is_new_and_takes_nothing_away(rapidpro):
    rapidpro.load(
        {
            "uuid": LAKESIDE,
            "users": [{"email": "amos@lakeside.example", "tokens": ["rp_token_second"]}],
            "labels": [{"name": "Question"}],
        }
    )

    assert rapidpro.get("workspace").status_code == 200
    assert rapidpro.as_("rp_token_second").get("workspace").json["uuid"] == LAKESIDE
    labels = [label["name"] for label in rapidpro.items("labels")]
    assert labels == ["Question", "Praise", "Complaint"]


def test_a_message_on_its_way_stands_where_a_fixture_puts_it(rapidpro):
    rapidpro.post("messages", {"contact": AMINA, "text": "Hi"})
    [sent] = rapidpro.items("messages", folder="outbox")

    change = {"uuid": sent["uuid"], "status": "delivered"}
    rapidpro.load({"uuid": LAKESIDE, "messages": [change]})
    rapidpro.advance(3600)

    after = rapidpro.one("messages", uuid=sent["uuid"])
    assert (after["status"], after["sent_on"]) == ("delivered", "2026-05-06T10:00:00.000000Z")
    path = f"/_emulator/sandboxes/default/messages/{sent['uuid']}"
    history = rapidpro.get(path).json["history"]
    assert [step["status"] for step in history] == ["queued", "delivered"]


def test_a_message_can_be_moved_to_another_address_and_deleted(rapidpro):
    rapidpro.post("messages", {"contact": AMINA, "text": "Hi"})
    [sent] = rapidpro.items("messages", folder="outbox")
    path = "/_emulator/sandboxes/default/messages"

    change = {"uuid": sent["uuid"], "urn": "tel:+254722000999"}
    rapidpro.load({"uuid": LAKESIDE, "messages": [change]})
    moved = rapidpro.get(path, to="254722000999").json["items"]
    rapidpro.load({"uuid": LAKESIDE, "messages": [{"uuid": sent["uuid"], "deleted": True}]})

    assert [one["id"] for one in moved] == [sent["uuid"]]
    assert sent["uuid"] not in [one["uuid"] for one in rapidpro.items("messages")]
    assert rapidpro.get(f"{path}/{sent['uuid']}").json["native"]["visibility"] == "deleted"


def test_lists_without_identity_are_replaced(rapidpro):
    rapidpro.load({"uuid": LAKESIDE, "contacts": [{"uuid": CYNTHIA, "groups": ["Staff"]}]})

    groups = [group["name"] for group in rapidpro.one("contacts", uuid=CYNTHIA)["groups"]]
    assert groups == ["Staff", "Parents"]


def test_a_token_can_be_revoked(rapidpro):
    revoked = {"key": "rp_token_editor", "revoked": True}

    rapidpro.load(
        {"uuid": LAKESIDE, "users": [{"email": "edna@lakeside.example", "tokens": [revoked]}]}
    )

    assert rapidpro.as_("rp_token_editor").get("contacts").status_code == 403


def test_a_contact_that_is_stopped_leaves_all_groups(rapidpro):
    rapidpro.load({"uuid": LAKESIDE, "contacts": [{"uuid": AMINA, "status": "stopped"}]})

    amina = rapidpro.one("contacts", uuid=AMINA)
    assert (amina["status"], amina["groups"]) == ("stopped", [])
    assert rapidpro.one("groups", name="Mothers")["count"] == 1


def test_a_ticket_can_be_opened_and_closed_while_the_server_runs(rapidpro):
    ticket = {"uuid": "019d0a3c-5b10-7c2e-8f41-0a1b2c3d4e99", "contact": CYNTHIA}

    rapidpro.load({"uuid": LAKESIDE, "tickets": [ticket]})
    opened = [contact["uuid"] for contact in rapidpro.items("contacts", group="Open Tickets")]
    rapidpro.load({"uuid": LAKESIDE, "tickets": [{**ticket, "status": "closed"}]})
    left = [contact["uuid"] for contact in rapidpro.items("contacts", group="Open Tickets")]

    assert CYNTHIA in opened
    assert CYNTHIA not in left


def test_a_changed_query_takes_in_others(rapidpro):
    group = {"name": "Parents", "query": "village = Eastpoint"}

    rapidpro.load({"uuid": LAKESIDE, "groups": [group]})

    assert rapidpro.one("contacts", group="Parents")["uuid"] == AMINA


def test_last_day_of_all_is_shown_in_another_time_zone(rapidpro):
    rapidpro.load({"uuid": LAKESIDE, "timezone": "America/New_York"})
    last = {"due_date": "9999-12-31 18:30"}
    rapidpro.post("contacts", {"fields": last}, uuid=AMINA)

    rapidpro.load({"uuid": LAKESIDE, "timezone": "Africa/Nairobi"})

    shown = rapidpro.one("contacts", uuid=AMINA)["fields"]["due_date"]
    assert shown == "9999-12-31T23:30:00+00:00"


def test_groups_follow_the_days_of_another_time_zone(rapidpro):
    query = "due_date = 2026-06-01"
    rapidpro.load({"uuid": LAKESIDE, "groups": [{"name": "Due", "query": query}]})
    assert [contact["uuid"] for contact in rapidpro.items("contacts", group="Due")] == [AMINA]

    rapidpro.load({"uuid": LAKESIDE, "timezone": "America/New_York"})

    assert rapidpro.items("contacts", group="Due") == []


def test_a_fixture_with_a_mistake_changes_nothing(rapidpro):
    before = rapidpro.items("contacts")

    with pytest.raises(Invalid):
        rapidpro.load(
            {"uuid": LAKESIDE, "contacts": [{"uuid": AMINA, "name": "Ann"}, {"status": "x"}]}
        )

    assert rapidpro.items("contacts") == before


def test_objects_of_another_workspace_stay_there(rapidpro):
    with pytest.raises(Invalid, match="Another workspace has an object with this id"):
        rapidpro.load({"name": "Other Clinic", "contacts": [{"uuid": AMINA, "name": "Mine"}]})


# --- Size


def test_many_contacts_are_loaded(make_rapidpro):
    contacts = [
        {"name": f"Person {n}", "urns": [f"tel:+2547{n:08d}"], "fields": {"children": n % 3}}
        for n in range(2_000)
    ]
    fields = [{"name": "Children", "type": "number"}]
    groups = [{"name": "Parents", "query": "children > 0"}]

    rapidpro = make_rapidpro(document(contacts=contacts, fields=fields, groups=groups))

    assert rapidpro.one("groups", name="Parents")["count"] == 1333


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("messages", "messages"),
        ("broadcasts", "broadcasts"),
        ("tickets", "tickets"),
        ("runs", "runs"),
        ("flow_starts", "flow_starts"),
        ("triggers", "flows"),
        ("campaigns", "campaigns"),
        ("campaign_events", "campaign_events"),
        ("resthook_events", "resthook_events"),
        ("resthook_subscribers", "resthook_subscribers"),
        ("channel_events", "channel_events"),
    ],
)
def test_generated_objects_belong_to_what_the_workspace_has_already(rapidpro, name, listed):
    before = [json.dumps(item) for item in rapidpro.items(listed)]

    rapidpro.load({"uuid": LAKESIDE, name: [{"$generate": {"count": 5}}]})

    after = [item for item in rapidpro.items(listed) if json.dumps(item) not in before]
    assert len(after) >= (0 if name == "triggers" else 4)
    known = {contact["uuid"] for contact in rapidpro.items("contacts")}
    assert {item["contact"]["uuid"] for item in after if "contact" in item} <= known


def test_generated_members_of_a_group_are_active(rapidpro):
    """Drawn statuses would leave some out, and nobody else can be in a group."""
    rapidpro.load(
        {"uuid": LAKESIDE, "contacts": [{"$generate": {"count": 200, "groups": ["Mothers"]}}]}
    )

    members = rapidpro.items("contacts", group="Mothers")
    assert len(members) >= 200
    assert {member["status"] for member in members} == {"active"}
