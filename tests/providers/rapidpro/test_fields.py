"""Contact fields over HTTP."""

from __future__ import annotations

import pytest

from .people import AMINA, LAKESIDE, MOTHERS

UNUSED = {"flows": 0, "groups": 0, "campaign_events": 0}


def test_fields_are_listed_newest_first(rapidpro):
    fields = rapidpro.items("fields")

    assert [field["key"] for field in fields] == ["village", "children", "due_date"]
    assert fields[1] == {
        "key": "children",
        "name": "Children",
        "type": "number",
        "featured": False,
        "priority": 0,
        "usages": {"flows": 0, "groups": 1, "campaign_events": 0},
        "agent_access": "view",
        "label": "Children",
        "value_type": "numeric",
    }


@pytest.mark.parametrize(
    ("key", "count"), [("due_date", 1), ("DUE_DATE", 0), ("created_on", 0), ("", 3)]
)
def test_key_filters_exactly(rapidpro, key, count):
    assert len(rapidpro.items("fields", key=key)) == count


def test_usages_are_counted_as_they_are(rapidpro):
    flow = {"name": "Asking", "dependencies": {"fields": ["village", "village"]}}
    groups = [
        {"name": "Near", "query": "village = Eastpoint OR fields.village = Hill"},
        {"name": "Slow", "query": "status = active AND village = x", "status": "initializing"},
        {"name": "Imported", "status": "initializing"},
    ]
    rapidpro.load(LAKESIDE | {"flows": [flow], "groups": groups})

    def usages(key):
        return rapidpro.one("fields", key=key)["usages"]

    assert usages("village") == {"flows": 1, "groups": 2, "campaign_events": 0}
    assert usages("due_date") == UNUSED | {"campaign_events": 1}
    near = rapidpro.one("groups", name="Near")["uuid"]
    rapidpro.delete("groups", uuid=near)
    assert usages("village")["groups"] == 1


@pytest.mark.parametrize(
    ("body", "key", "name", "type_"),
    [
        ({"name": " Shoe  Size-2 ", "type": "number"}, "shoe_size_2", "Shoe  Size-2", "number"),
        ({"label": "Shoe Size", "value_type": "numeric"}, "shoe_size", "Shoe Size", "number"),
        (
            {"name": "Region", "label": "Other", "type": "state", "value_type": "text"},
            "region",
            "Region",
            "state",
        ),
        ({"name": "Pin", "type": "ward", "featured": True, "key": "mine"}, "pin", "Pin", "ward"),
        ({"name": "name", "type": "text"}, "name", "name", "text"),
    ],
)
def test_field_is_made_and_its_key_follows_from_the_name(rapidpro, body, key, name, type_):
    answer = rapidpro.post("fields", body)

    assert answer.status_code == 201
    found = answer.json
    assert (found["key"], found["name"], found["label"], found["type"]) == (key, name, name, type_)
    assert (found["usages"], found["featured"], found["agent_access"]) == (UNUSED, False, "view")
    assert rapidpro.items("fields")[0] == found
    assert rapidpro.one("contacts", uuid=AMINA)["fields"][key] is None


BAD_CHARACTER = ["Can only contain letters, numbers and hypens."]
UNIQUE = ["This field must be unique."]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"non_field_errors": ["Field 'name' is required."]}),
        ({"name": "Age"}, {"non_field_errors": ["Field 'type' is required."]}),
        ({"type": "text"}, {"non_field_errors": ["Field 'name' is required."]}),
        ({"name": "", "type": "text"}, {"name": ["This field may not be blank."]}),
        (
            {"name": None, "type": None},
            {"name": ["This field may not be null."], "type": ["This field may not be null."]},
        ),
        ({"name": "Age", "type": "video"}, {"type": ['"video" is not a valid choice.']}),
        ({"name": "Age", "type": "numeric"}, {"type": ['"numeric" is not a valid choice.']}),
        (
            {"label": "Age", "value_type": "number"},
            {"value_type": ['"number" is not a valid choice.']},
        ),
        ({"name": "Age!", "type": "text"}, {"name": BAD_CHARACTER}),
        ({"name": "Ägé", "type": "text"}, {"name": BAD_CHARACTER}),
        (
            {"name": "has", "type": "text"},
            {"name": ['Generated key "has" is invalid or a reserved name.']},
        ),
        (
            {"name": "1st", "type": "text"},
            {"name": ['Generated key "1st" is invalid or a reserved name.']},
        ),
        (
            {"name": "-", "type": "text"},
            {"name": ['Generated key "" is invalid or a reserved name.']},
        ),
        (
            {"name": "created-on", "type": "text"},
            {"name": ['Generated key "created_on" is invalid or a reserved name.']},
        ),
        ({"name": "Created On", "type": "text"}, {"name": UNIQUE}),
        ({"name": "village", "type": "text"}, {"name": UNIQUE}),
        ({"label": "Village", "value_type": "text"}, {"label": UNIQUE}),
        ({"name": "Due-Date", "type": "text"}, {"name": UNIQUE}),
        (
            {"name": "x" * 37, "type": "text"},
            {"name": ["Ensure this field has no more than 36 characters."]},
        ),
    ],
)
def test_wrong_bodies_are_refused_and_change_nothing(rapidpro, body, errors):
    before = rapidpro.items("fields")

    answer = rapidpro.post("fields", body)

    assert (answer.status_code, answer.json) == (400, errors)
    assert rapidpro.items("fields") == before


def test_field_is_renamed_and_keeps_its_key(rapidpro):
    body = {"name": "Home", "type": "text"}
    answer = rapidpro.post("fields", body, key="village")

    assert (answer.status_code, answer.json["key"], answer.json["name"]) == (200, "village", "Home")
    assert (
        rapidpro.post("fields", {"name": "HOME", "type": "text"}, key="village").status_code == 200
    )


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"name": "Home"}, {"non_field_errors": ["Field 'type' is required."]}),
        ({"type": "text"}, {"non_field_errors": ["Field 'name' is required."]}),
        ({"name": "Children", "type": "text"}, {"name": UNIQUE}),
    ],
)
def test_wrong_changes_are_refused(rapidpro, body, errors):
    assert rapidpro.post("fields", body, key="village").json == errors


@pytest.mark.parametrize("key", ["nope", "created_on", "VILLAGE", ""])
def test_unknown_fields_are_not_found(rapidpro, key):
    answer = rapidpro.post("fields", {"name": "Zed", "type": "text"}, key=key)

    assert answer.status_code == 404
    assert answer.json == {"detail": "No ContactField matches the given query."}


def test_fields_of_other_workspaces_are_not_found(rapidpro):
    other = rapidpro.as_("rp_token_other")

    assert other.items("fields") == []
    answer = other.post("fields", {"name": "Zed", "type": "text"}, key="village")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"name": "Due Date", "type": "text"}, "type"),
        ({"label": "Due Date", "value_type": "numeric"}, "value_type"),
    ],
)
def test_date_of_a_campaign_stays_a_date(rapidpro, body, key):
    message = "Can't change type of date field being used by campaign events."

    assert rapidpro.post("fields", body, key="due_date").json == {key: [message]}
    renamed = rapidpro.post("fields", {"name": "Due", "type": "datetime"}, key="due_date")
    assert (renamed.status_code, renamed.json["name"]) == (200, "Due")


def test_values_are_read_as_the_new_type_has_them(rapidpro):
    body = {"fields": {"village": "2026-02-03"}}
    rapidpro.post("contacts", body, uuid=AMINA)

    shown = {}
    for type_ in ("number", "datetime", "state", "text"):
        rapidpro.post("fields", {"name": "Village", "type": type_}, key="village")
        shown[type_] = rapidpro.one("contacts", uuid=AMINA)["fields"]["village"]

    assert shown == {
        "number": None,
        "datetime": "2026-02-03T00:00:00+03:00",
        "state": None,
        "text": "2026-02-03",
    }


def test_names_of_places_are_found_once_the_field_is_one_of_places(rapidpro):
    before = rapidpro.post("contacts", {"fields": {"village": "mombasa"}}, uuid=AMINA).json
    rapidpro.advance(1)
    rapidpro.post("fields", {"name": "Village", "type": "state"}, key="village")

    after = rapidpro.one("contacts", uuid=AMINA)
    assert after["fields"]["village"] == "Kenya > Mombasa"
    assert after["modified_on"] == before["modified_on"]


def test_smart_groups_follow_a_new_type_a_moment_later(rapidpro):
    rapidpro.load(LAKESIDE | {"groups": [{"name": "Two", "query": "children = 2.0"}]})
    assert rapidpro.one("groups", name="Two")["count"] == 1

    rapidpro.post("fields", {"name": "Children", "type": "text"}, key="children")
    rapidpro.advance(0.1)

    assert rapidpro.one("groups", name="Two")["count"] == 0


def test_limit_comes_before_the_body(rapidpro):
    more = [{"name": f"Bulk {n}", "type": "text"} for n in range(246)]
    rapidpro.load(LAKESIDE | {"fields": more})

    assert rapidpro.post("fields", {"name": "The last", "type": "text"}).status_code == 201
    answer = rapidpro.post("fields")

    detail = "Cannot create object because workspace has reached limit."
    assert (answer.status_code, answer.json) == (409, {"detail": detail})
    changed = rapidpro.post("fields", {"name": "Home", "type": "text"}, key="village")
    assert changed.status_code == 200
    assert rapidpro.one("groups", uuid=MOTHERS)["count"] == 2
