"""Labels over HTTP."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .people import NOBODY, names


def label(rapidpro, name):
    """Make a label; return it."""
    answer = rapidpro.post("labels", {"name": name})
    assert answer.status_code == 201, answer.text
    return answer.json


def test_list_is_newest_first(rapidpro):
    made = label(rapidpro, " Billing ")

    assert names(rapidpro.items("labels")) == ["Billing", "Praise", "Complaint"]
    assert list(made) == ["uuid", "name", "count"]
    assert (made["name"], made["count"]) == ("Billing", 0)


def test_filters(rapidpro):
    praise = rapidpro.one("labels", name="PRAISE")

    assert rapidpro.items("labels", uuid=praise["uuid"]) == [praise]
    assert praise["count"] == 1
    assert rapidpro.items("labels", name="x") == rapidpro.items("labels", uuid=NOBODY) == []
    assert rapidpro.as_("rp_token_other").items("labels", uuid=praise["uuid"]) == []


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"uuid": "x"}, "Param 'uuid': x is not a valid UUID."),
        (
            {"uuid": NOBODY, "name": "x"},
            "You may only specify one of the uuid, name parameters",
        ),
    ],
)
def test_filter_is_refused(rapidpro, query, detail):
    answer = rapidpro.get("labels", **query)

    assert (answer.status_code, answer.json) == (400, {"detail": detail})


def test_label_is_renamed(rapidpro):
    praise = rapidpro.one("labels", name="Praise")

    answer = rapidpro.post("labels", {"name": "PRAISE"}, uuid=praise["uuid"])

    assert (answer.status_code, answer.json) == (200, {**praise, "name": "PRAISE"})
    assert names(rapidpro.one("messages")["labels"]) == ["PRAISE"]


def test_deleted_label_leaves_its_messages(rapidpro):
    praise = rapidpro.one("labels", name="Praise")

    answer = rapidpro.delete("labels", uuid=praise["uuid"])

    assert (answer.status_code, answer.data) == (204, b"")
    assert rapidpro.one("messages")["labels"] == []
    assert rapidpro.delete("labels", uuid=praise["uuid"]).status_code == 404
    assert label(rapidpro, "Praise")["count"] == 0


@pytest.mark.parametrize(
    ("name", "messages"),
    [
        (None, ["This field may not be null."]),
        ("", ["This field may not be blank."]),
        ([], ["Not a valid string."]),
        ("PRAISE", ["This field must be unique."]),
        ('a"b', ['Cannot contain the character: "']),
        ("a\\b", ["Cannot contain the character: \\"]),
        (
            "x" * 65,
            [
                "Cannot be longer than 64 characters.",
                "Ensure this field has no more than 64 characters.",
            ],
        ),
    ],
)
def test_name_is_refused(rapidpro, name, messages):
    answer = rapidpro.post("labels", {"name": name})

    assert (answer.status_code, answer.json) == (400, {"name": messages})


def test_taken_name_is_refused_on_renaming(rapidpro):
    made = label(rapidpro, "Billing")

    answer = rapidpro.post("labels", {"name": "praise"}, uuid=made["uuid"])

    assert (answer.status_code, answer.json) == (400, {"name": ["This field must be unique."]})


def test_two_hundred_and_fifty_are_enough(rapidpro):
    for n in range(248):
        label(rapidpro, f"Label {n}")

    answer = rapidpro.post("labels", {})

    assert answer.status_code == 409
    assert answer.json == {"detail": "Cannot create object because workspace has reached limit."}
    rapidpro.delete("labels", uuid=rapidpro.one("labels", name="Label 3")["uuid"])
    assert label(rapidpro, "One more")["count"] == 0


def test_delete_needs_its_lookup(rapidpro):
    answer = rapidpro.delete("labels")

    assert answer.status_code == 400
    assert answer.json == {"detail": "URL must contain one of the following parameters: uuid"}


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.text(max_size=6)
    | st.text(alphabet='a"\\\0\ud800é', max_size=66)
    | st.none()
    | st.integers()
    | st.lists(st.none())
)
def test_any_name_is_taken_or_refused_without_effect(rapidpro, name):
    before = names(rapidpro.items("labels"))

    answer = rapidpro.post("labels", {"name": name})

    assert answer.status_code in (201, 400)
    if answer.status_code == 400:
        assert names(rapidpro.items("labels")) == before
    else:
        assert rapidpro.delete("labels", uuid=answer.json["uuid"]).status_code == 204
