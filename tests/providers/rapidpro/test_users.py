"""The members of a workspace."""

from __future__ import annotations

import pytest

WORKSPACE = {"uuid": "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01", "name": "Lakeside Health"}


def first_names(rapidpro, **query):
    return [user["first_name"] for user in rapidpro.items("users", **query)]


def test_members_are_listed_by_when_they_joined(rapidpro):
    assert first_names(rapidpro) == ["Asha", "Edna", "Amos"]


def test_a_member_has_these_keys(rapidpro):
    user = rapidpro.one("users", email="edna@lakeside.example")

    assert list(user) == [
        "uuid",
        "name",
        "email",
        "role",
        "team",
        "created_on",
        "avatar",
        "first_name",
        "last_name",
    ]
    assert (user["name"], user["role"], user["team"]) == ("Edna Wafula", "editor", None)


def test_agents_are_in_a_team(rapidpro):
    assert rapidpro.one("users", role="agent")["team"]["name"] == "All Topics"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"role": "editor"}, ["Edna"]),
        ({"role": ["administrator", "editor"]}, ["Edna", "Amos"]),
        ({"role": ["viewer", "editor"]}, ["Edna"]),
        ({"role": "viewer"}, []),
        ({"role": ""}, []),
        ({"email": "EDNA@lakeside.example"}, ["Edna"]),
        ({"email": ["edna@lakeside.example", "amos@lakeside.example"]}, ["Edna", "Amos"]),
        ({"email": "olive@other.example"}, []),
        ({"email": ""}, []),
        ({"email": "edna@lakeside.example", "role": "agent"}, []),
    ],
)
def test_filters(rapidpro, query, expected):
    assert first_names(rapidpro, **query) == expected


def test_several_uuids_may_be_asked_for(rapidpro):
    asha, edna, _ = rapidpro.items("users")

    assert first_names(rapidpro, uuid=[edna["uuid"], asha["uuid"].upper()]) == ["Asha", "Edna"]
    answer = rapidpro.get("users", uuid=[edna["uuid"], "xyz"])
    assert answer.json == {"detail": "Param 'uuid': xyz is not a valid UUID."}


def test_inactive_members_are_not_listed_and_dates_are_of_joining(rapidpro):
    members = [
        {"email": "gone@lakeside.example", "role": "editor", "active": False},
        {"email": "new@lakeside.example", "role": "editor", "joined_on": "2026-05-06T09:59:59.5Z"},
    ]
    rapidpro.load({**WORKSPACE, "users": members})

    found = rapidpro.items("users", role="editor")

    assert [user["email"] for user in found] == ["new@lakeside.example", "edna@lakeside.example"]
    assert found[0]["created_on"] == "2026-05-06T09:59:59.500000Z"
