"""Globals: named values."""

from __future__ import annotations

import pytest

WORKSPACE = {"uuid": "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01", "name": "Lakeside Health"}
UNIQUE = "This field must be unique."
REQUIRED = "This field is required."


def test_a_global_has_these_keys(rapidpro):
    found = rapidpro.one("globals")

    assert list(found) == ["key", "name", "value", "modified_on"]
    assert (found["key"], found["value"]) == ("clinic_phone", "+254700100200")


def test_the_key_comes_from_the_name(rapidpro):
    made = rapidpro.post("globals", {"name": "Access-Token_1", "value": "  s3cret  "})

    assert made.status_code == 201
    assert made.json["key"] == "access_token_1"
    assert made.json["value"] == "s3cret"
    assert rapidpro.one("globals", key="access_token_1") == made.json
    assert rapidpro.items("globals", key="nope") == []


def test_numbers_become_texts(rapidpro):
    assert rapidpro.post("globals", {"name": "Number", "value": 42}).json["value"] == "42"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"value": [REQUIRED]}),
        ({"name": "Site"}, {"value": [REQUIRED]}),
        ({"name": "Site", "value": ""}, {"value": ["This field may not be blank."]}),
        ({"name": "Site", "value": None}, {"value": ["This field may not be null."]}),
        ({"name": "Site", "value": {}}, {"value": ["Not a valid string."]}),
        (
            {"name": "Site", "value": "x" * 10_001},
            {"value": ["Ensure this field has no more than 10000 characters."]},
        ),
        ({"value": "x"}, {"non_field_errors": ["Name is required when creating new global."]}),
        ({"name": "", "value": "x"}, {"name": ["This field may not be blank."]}),
        ({"name": "Si/te", "value": "x"}, {"name": ["Name contains illegal characters."]}),
        ({"name": "Ünicode", "value": "x"}, {"name": ["Name contains illegal characters."]}),
        ({"name": "9 lives", "value": "x"}, {"name": ["Name creates Key that is invalid"]}),
        ({"name": "___", "value": "x"}, {"name": ["Name creates Key that is invalid"]}),
        (
            {"name": "x" * 37, "value": "x"},
            {"name": ["Ensure this field has no more than 36 characters."]},
        ),
        ({"name": "CLINIC phone", "value": "x"}, {"name": [UNIQUE]}),
        (
            {"name": "Bad!"},
            {"value": [REQUIRED], "name": ["Name contains illegal characters."]},
        ),
    ],
)
def test_what_is_refused(rapidpro, body, errors):
    answer = rapidpro.post("globals", body)

    assert (answer.status_code, answer.json) == (400, errors)


def test_only_the_value_is_changed(rapidpro):
    before = rapidpro.one("globals")
    rapidpro.advance(1)

    answer = rapidpro.post("globals", {"value": "1", "name": "Free"}, key="clinic_phone")

    assert answer.status_code == 200
    assert (answer.json["name"], answer.json["value"]) == ("Clinic Phone", "1")
    assert answer.json["modified_on"] > before["modified_on"]


def test_a_name_that_is_not_used_is_checked_all_the_same(rapidpro):
    rapidpro.post("globals", {"name": "Other", "value": "1"})

    taken = rapidpro.post("globals", {"value": "1", "name": "other"}, key="clinic_phone")
    own = rapidpro.post("globals", {"value": "1", "name": "clinic phone"}, key="clinic_phone")

    assert taken.json == {"name": [UNIQUE]}
    assert own.status_code == 200


def test_another_name_of_the_same_key_changes_the_known_global(rapidpro):
    before = rapidpro.one("globals")
    rapidpro.advance(1)

    answer = rapidpro.post("globals", {"name": "Clinic-Phone", "value": "new"})

    assert answer.status_code == 201
    assert answer.json == {**before, "value": "new"}
    assert len(rapidpro.items("globals")) == 1


@pytest.mark.parametrize("key", ["nope", ""])
def test_an_unknown_key_is_not_found(rapidpro, key):
    answer = rapidpro.post("globals", {"value": "x"}, key=key)

    assert (answer.status_code, answer.json) == (
        404,
        {"detail": "No Global matches the given query."},
    )


def test_there_are_250_at_most(rapidpro):
    full = [{"name": f"Global {n}", "key": f"global_{n}", "value": "1"} for n in range(249)]
    rapidpro.load({**WORKSPACE, "globals": full})

    answer = rapidpro.post("globals", {})

    assert answer.status_code == 409
    assert answer.json == {"detail": "Cannot create object because workspace has reached limit."}
    assert rapidpro.post("globals", {"value": "x"}, key="global_1").status_code == 200


def test_globals_cannot_be_deleted(rapidpro):
    assert rapidpro.delete("globals", key="clinic_phone").status_code == 405
