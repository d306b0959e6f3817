"""Topics of tickets."""

from __future__ import annotations

import pytest

WORKSPACE = {"uuid": "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01", "name": "Lakeside Health"}


def test_topics_count_their_tickets(rapidpro):
    billing, general = rapidpro.items("topics")

    assert list(billing) == ["uuid", "name", "counts", "system", "created_on"]
    assert (billing["name"], billing["counts"]) == ("Billing", {"open": 1, "closed": 0})
    assert (general["name"], general["system"]) == ("General", True)


def test_topics_are_made_and_renamed(rapidpro):
    made = rapidpro.post("topics", {"name": "  Food ✓ "})
    uuid = made.json["uuid"]

    renamed = rapidpro.post("topics", {"name": "food ✓"}, uuid=uuid)

    assert made.status_code == 201
    assert made.json["name"] == "Food ✓"
    assert made.json["counts"] == {"open": 0, "closed": 0}
    assert (renamed.status_code, renamed.json) == (200, {**made.json, "name": "food ✓"})
    assert rapidpro.items("topics")[0] == renamed.json


@pytest.mark.parametrize(
    ("name", "errors"),
    [
        ("", ["This field may not be blank."]),
        (None, ["This field may not be null."]),
        (False, ["Not a valid string."]),
        ("general", ["This field must be unique."]),
        (
            "x" * 65,
            [
                "Cannot be longer than 64 characters.",
                "Ensure this field has no more than 64 characters.",
            ],
        ),
        ("a\\b", ["Cannot contain the character: \\"]),
        ('a"b', ['Cannot contain the character: "']),
    ],
)
def test_names_that_are_refused(rapidpro, name, errors):
    answer = rapidpro.post("topics", {"name": name})

    assert (answer.status_code, answer.json) == (400, {"name": errors})


def test_a_uuid_filters_nothing(rapidpro):
    assert len(rapidpro.items("topics", uuid="xx")) == 2


def test_the_built_in_topic_stays_as_it_is(rapidpro):
    general = rapidpro.items("topics")[-1]

    answer = rapidpro.post("topics", {"name": "Main"}, uuid=general["uuid"])

    assert (answer.status_code, answer.json) == (403, {"detail": "Cannot modify system object."})


@pytest.mark.parametrize(
    ("uuid", "status", "detail"),
    [
        ("x", 400, "Param 'uuid': x is not a valid UUID."),
        (
            "1ec5e2a1-0000-4000-8000-00000000beef",
            404,
            "No Topic matches the given query.",
        ),
    ],
)
def test_targets_that_are_refused(rapidpro, uuid, status, detail):
    answer = rapidpro.post("topics", {"name": "x"}, uuid=uuid)

    assert (answer.status_code, answer.json) == (status, {"detail": detail})


def test_there_are_50_at_most_besides_the_built_in_one(rapidpro):
    rapidpro.load({**WORKSPACE, "topics": [{"name": f"Topic {n}"} for n in range(48)]})

    last, one_more = (rapidpro.post("topics", {"name": name}) for name in ("Last", "More"))

    assert (last.status_code, one_more.status_code) == (201, 409)
