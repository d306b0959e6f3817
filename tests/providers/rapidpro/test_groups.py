"""Groups over HTTP."""

from __future__ import annotations

import pytest

from .people import AMINA, LAKESIDE, MOTHERS, NOBODY, PARENTS, STAFF, names


def test_groups_are_listed_newest_first(rapidpro):
    groups = rapidpro.items("groups")

    assert names(groups) == ["Parents", "Staff", "Mothers", "Open Tickets"]
    assert groups[0] == {
        "uuid": PARENTS,
        "name": "Parents",
        "query": "children > 0",
        "status": "ready",
        "system": False,
        "count": 2,
    }
    assert (groups[3]["query"], groups[3]["system"], groups[3]["count"]) == ("tickets > 0", True, 1)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"uuid": STAFF}, ["Staff"]),
        ({"uuid": NOBODY}, []),
        ({"name": "sTAFF"}, ["Staff"]),
        ({"name": "Nope"}, []),
        ({"name": "", "uuid": STAFF}, ["Staff"]),
        ({"manual_only": "true"}, ["Staff", "Mothers"]),
        ({"manual_only": "0"}, ["Parents", "Staff", "Mothers", "Open Tickets"]),
        ({"manual_only": "1", "name": "Parents"}, []),
    ],
)
def test_filters_leave_what_fits(rapidpro, query, expected):
    assert names(rapidpro.items("groups", **query)) == expected


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"uuid": "x"}, "Param 'uuid': x is not a valid UUID."),
        (
            {"uuid": STAFF, "name": "Staff"},
            "You may only specify one of the uuid, name parameters",
        ),
    ],
)
def test_senseless_filters_are_refused(rapidpro, query, detail):
    assert rapidpro.get("groups", **query).json == {"detail": detail}


def test_manual_group_is_made(rapidpro):
    body = {"name": "  Readers ☕ ", "query": "children > 5", "status": "evaluating"}
    answer = rapidpro.post("groups", body)

    assert answer.status_code == 201
    made = {"name": "Readers ☕", "query": None, "status": "ready", "system": False, "count": 0}
    assert answer.json == made | {"uuid": answer.json["uuid"]}
    assert rapidpro.items("groups")[0] == answer.json


TOO_LONG = [
    "Cannot be longer than 64 characters.",
    "Ensure this field has no more than 64 characters.",
]


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ({}, ["This field is required."]),
        ({"name": None}, ["This field may not be null."]),
        ({"name": "   "}, ["This field may not be blank."]),
        ({"name": "x" * 65}, TOO_LONG),
        ({"name": "x" * 65 + '"'}, TOO_LONG),
        ({"name": 'a"b'}, ['Cannot contain the character: "']),
        ({"name": "a\\b"}, ["Cannot contain the character: \\"]),
        ({"name": ["x"]}, ["Not a valid string."]),
        ({"name": True}, ["Not a valid string."]),
        ({"name": " staff "}, ["This field must be unique."]),
        ({"name": "Open Tickets"}, ["This field must be unique."]),
        ({"name": "\\Active"}, ["Cannot contain the character: \\", "This field must be unique."]),
        ({"name": "a\0"}, ["Cannot contain null characters.", "Null characters are not allowed."]),
    ],
)
def test_wrong_names_are_refused(rapidpro, body, messages):
    before = rapidpro.items("groups")

    answer = rapidpro.post("groups", body)

    assert (answer.status_code, answer.json) == (400, {"name": messages})
    assert rapidpro.items("groups") == before


def test_initializing_group_is_hidden_but_known_by_its_uuid(rapidpro):
    slow = {"uuid": NOBODY, "name": "Slow", "query": "children > 5", "status": "initializing"}
    rapidpro.load(LAKESIDE | {"groups": [slow]})

    assert rapidpro.items("groups", uuid=NOBODY) == []
    assert rapidpro.post("groups", {"name": "slow"}).json == {
        "name": ["This field must be unique."]
    }
    assert rapidpro.post("groups", {"name": "Slower"}, uuid=NOBODY).json["name"] == "Slower"
    assert rapidpro.post("contacts", {"groups": [NOBODY]}).status_code == 400


@pytest.mark.parametrize(("group", "name"), [(STAFF, "STAFF"), (PARENTS, "Fathers")])
def test_groups_are_renamed(rapidpro, group, name):
    answer = rapidpro.post("groups", {"name": name}, uuid=group)

    assert (answer.status_code, answer.json["name"]) == (200, name)
    assert rapidpro.one("groups", name=name)["uuid"] == group


@pytest.mark.parametrize("method", ["post", "delete"])
def test_system_group_stays(rapidpro, method):
    system = rapidpro.one("groups", name="open tickets")["uuid"]
    body = ({"name": "X"},) if method == "post" else ()

    answer = getattr(rapidpro, method)("groups", *body, uuid=system)

    word = "modify" if method == "post" else "delete"
    assert answer.status_code == 403
    assert answer.json == {"detail": f"Cannot {word} system object."}


@pytest.mark.parametrize("method", ["post", "delete"])
def test_unknown_and_foreign_groups_do_not_exist(rapidpro, method):
    body = ({"name": "X"},) if method == "post" else ()
    for driver, group in ((rapidpro, NOBODY), (rapidpro.as_("rp_token_other"), STAFF)):
        answer = getattr(driver, method)("groups", *body, uuid=group)

        assert answer.status_code == 404
        assert answer.json == {"detail": "No ContactGroup matches the given query."}


def test_name_is_no_lookup(rapidpro):
    assert rapidpro.post("groups", {"name": "New"}, name="Staff").status_code == 201
    refused = rapidpro.delete("groups", name="Staff")
    assert refused.json == {"detail": "URL must contain one of the following parameters: uuid"}


def test_members_of_a_deleted_group_change_a_moment_later(rapidpro):
    before = rapidpro.one("contacts", uuid=AMINA)["modified_on"]
    rapidpro.load(LAKESIDE | {"campaigns": [{"name": "Visit reminders", "archived": True}]})

    assert rapidpro.delete("groups", uuid=MOTHERS).status_code == 204
    shown = rapidpro.one("contacts", uuid=AMINA)
    rapidpro.advance(0.1)
    cleared = rapidpro.one("contacts", uuid=AMINA)

    assert names(shown["groups"]) == names(cleared["groups"]) == ["Parents"]
    assert (shown["modified_on"], cleared["modified_on"]) == (before, "2026-05-06T10:00:00.100000Z")
    assert rapidpro.items("contacts", group=MOTHERS) == []
    assert rapidpro.post("groups", {"name": "Mothers"}).status_code == 201


def test_group_in_use_is_not_deleted(rapidpro):
    trigger = {"flow": "Survey", "keywords": ["join"], "groups": ["Mothers"]}
    rapidpro.load(LAKESIDE | {"triggers": [trigger]})

    both = rapidpro.delete("groups", uuid=MOTHERS)
    rapidpro.load(LAKESIDE | {"triggers": [{"flow": "Survey", "exclude_groups": ["Staff"]}]})
    excluded = rapidpro.delete("groups", uuid=STAFF)

    triggers = "Group is being used by triggers which must be archived first."
    assert (both.status_code, both.json) == (400, {"detail": triggers})
    assert excluded.json == {"detail": triggers}


def test_group_of_a_campaign_is_not_deleted(rapidpro):
    refused = rapidpro.delete("groups", uuid=MOTHERS)

    detail = "Group is being used by campaigns which must be archived first."
    assert (refused.status_code, refused.json) == (400, {"detail": detail})
    assert rapidpro.one("groups", uuid=MOTHERS)["count"] == 2


def test_limit_comes_before_the_body_and_leaves_out_the_system_group(rapidpro):
    more = [{"name": f"Bulk {n}"} for n in range(245)]
    more.append({"name": "Imported", "status": "initializing"})
    rapidpro.load(LAKESIDE | {"groups": more})

    assert rapidpro.post("groups", {"name": "The last"}).status_code == 201
    answer = rapidpro.post("groups", {"name": ""})

    detail = "Cannot create object because workspace has reached limit."
    assert (answer.status_code, answer.json) == (409, {"detail": detail})
    assert len(rapidpro.items("groups")) == 250
