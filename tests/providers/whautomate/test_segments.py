"""Segments: what they say, and who belongs to them."""

import pytest

from tests.providers.whautomate.desk import KEY_B, hello
from tests.providers.whautomate.test_people import STAGES

MAIN_TITLED = {"id": "locMain001", "title": "Main Office"}


def segment(type="contact", **criteria):
    return {"name": "Some", "type": type, "criteria": criteria}


def test_criteria_that_are_set_come_back_and_no_others(desk):
    given = {
        "tags": ["VIP"],
        "exclusionTags": ["Unsubscribe"],
        "gender": "Male",
        "numberOfDaysLastActivity": 30,
        "ageFrom": 18,
        "ageTo": 65,
        "contactStage": "Lead",
        "primaryLocations": [{"id": "locMain001", "title": "whatever"}],
    }
    made = desk.post(
        "/segments",
        {
            "name": "All",
            "type": "client",
            "criteria": given,
            "location": {"id": "locWest002"},
            "id": "x",
        },
    )

    assert made == {
        "id": made["id"],
        "name": "All",
        "type": "client",
        "criteria": {**given, "primaryLocations": [MAIN_TITLED]},
        "location": {"id": "locWest002"},
    }
    assert desk.get(f"/segments/{made['id']}") == made
    empty = desk.post("/segments", segment(tags=[], gender="", ageFrom=None, contactStage=None))
    assert empty == {"id": empty["id"], "name": "Some", "type": "contact", "criteria": {}}
    assert desk.post("/segments", {"name": "N", "type": "contact"})["criteria"] == {}


def test_zero_is_a_criterion(desk):
    made = desk.post("/segments", segment("client", numberOfDaysLastActivity=0, ageFrom=0))

    assert made["criteria"] == {"numberOfDaysLastActivity": 0, "ageFrom": 0}


CRITERIA = [
    ({"tags": "VIP"}, "tags must be an array of strings", "tags"),
    ({"exclusionTags": [5]}, "exclusionTags must be an array of strings", "exclusionTags"),
    ({"gender": "male"}, "gender must be one of Male, Female, Other", "gender"),
    (
        {"numberOfDaysLastActivity": "30"},
        "numberOfDaysLastActivity must be a number",
        "numberOfDaysLastActivity",
    ),
    (
        {"numberOfDaysLastActivity": -1},
        "numberOfDaysLastActivity is invalid",
        "numberOfDaysLastActivity",
    ),
    ({"ageFrom": 1.5}, "ageFrom is invalid", "ageFrom"),
    ({"ageFrom": True}, "ageFrom must be a number", "ageFrom"),
    ({"ageTo": -5}, "ageTo is invalid", "ageTo"),
    ({"contactStage": "lead"}, f"contactStage must be one of {STAGES}", "contactStage"),
    (
        {"primaryLocations": ["locMain001"]},
        "primaryLocations must be an array of objects with id",
        "primaryLocations",
    ),
]


@pytest.mark.parametrize(("criteria", "error", "field"), CRITERIA)
def test_criteria_that_are_wrong(desk, criteria, error, field):
    said = (400, f"criteria.{error}", f"criteria.{field}")
    assert desk.refusal("POST", "/segments", segment(**criteria)) == said


@pytest.mark.parametrize(
    ("body", "error", "field"),
    [
        ({"name": None}, "name is required", "name"),
        ({"name": ""}, "name is required", "name"),
        ({"type": None}, "type is required", "type"),
        ({"type": "lead"}, "type must be one of client, contact", "type"),
        ({"criteria": []}, "criteria must be an object", "criteria"),
        ({"location": {}}, "location.id is required", "location.id"),
        ({"location": {"id": "no"}}, "Location not found", "location.id"),
        (
            {"criteria": {"ageFrom": 30, "ageTo": 29}},
            "ageFrom must not exceed ageTo",
            "criteria.ageFrom",
        ),
        (
            {"criteria": {"primaryLocations": [{"id": "locBempty1"}]}},
            "Location not found",
            "criteria.primaryLocations",
        ),
    ],
)
def test_segments_that_are_wrong(desk, body, error, field):
    assert desk.refusal("POST", "/segments", {**segment(), **body}) == (400, error, field)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("searchText=CLIENTS", "segGoldCl4 segAllCli3"),
        ("searchText=all", "segAllCli3 segAllCon1"),
        ("locationId=locMain001", "segFiled"),
        ("locationId=nowhere", ""),
    ],
)
def test_filters(desk, query, ids):
    filed = {"id": "segFiled", "name": "Filed", "type": "contact", "location": "locMain001"}
    desk.load(segments=[filed])

    assert " ".join(segment["id"] for segment in desk.get(f"/segments?{query}")) == ids


def test_deleting(desk):
    desk.delete("/segments/segVipCon2")

    assert desk.refusal("GET", "/segments/segVipCon2") == (404, "Segment not found", None)
    assert desk.refusal("DELETE", "/segments/segVipCon2", key=KEY_B)[0] == 404


def members(desk, type, **criteria):
    """Return who gets a broadcast to a segment with these criteria."""
    id = desk.post("/segments", segment(type, **criteria))["id"]
    broadcast = desk.post("/broadcasts", hello(type=type, segments=[{"id": id}]))["id"]
    desk.advance()
    return " ".join(log["recepientName"].partition(" ")[0] for log in desk.logs(broadcast))


EVERYBODY = "Ada Bob Cho Fay Gus Ivy Jon Wes"


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        ({}, EVERYBODY),
        ({"tags": ["VIP"]}, "Ada Bob Fay Ivy"),
        ({"tags": [" vip", "PROSPECT"]}, "Ada Bob Cho Fay Ivy"),
        ({"tags": ["VIP", "nothing"]}, "Ada Bob Fay Ivy"),
        ({"tags": ["nothing"]}, ""),
        ({"exclusionTags": ["VIP"]}, "Cho Gus Jon Wes"),
        ({"exclusionTags": ["vip", "unsubscribe", "x"]}, "Cho Gus Wes"),
        ({"tags": ["VIP"], "exclusionTags": ["Prospect"]}, "Bob Fay Ivy"),
        ({"contactStage": "Lead"}, "Ada Fay"),
        ({"contactStage": "Lost"}, ""),
        ({"primaryLocations": [{"id": "locWest002"}]}, "Wes"),
        ({"primaryLocations": [{"id": "locWest002"}, {"id": "locMain001"}]}, EVERYBODY),
        ({"contactStage": "Customer", "tags": ["VIP"]}, "Bob"),
        (
            {
                "contactStage": "Lead",
                "tags": ["Prospect", "VIP"],
                "exclusionTags": ["Gold"],
                "primaryLocations": [{"id": "locMain001"}],
            },
            "Ada Fay",
        ),
        # What is for clients only does not restrict.
        ({"gender": "Male", "ageFrom": 90, "ageTo": 99}, EVERYBODY),
    ],
)
def test_contacts(desk, criteria, names):
    # The default outcomes of the numbers do not matter to who is chosen.
    desk.control("PUT", "/outcomes", {"rules": []})
    assert members(desk, "contact", **criteria) == names


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        ({}, "Mia Ned Ona"),
        ({"tags": ["gold"]}, "Mia Ona"),
        ({"exclusionTags": ["Gold"]}, "Ned"),
        ({"gender": "Female"}, "Mia Ona"),
        ({"gender": "Male"}, "Ned"),
        ({"gender": "Other"}, ""),
        # On 2026-05-06 Mia (1990-04-02) is 36 and Ned (1972-11-30) is 53; Ona's age is unknown.
        ({"ageFrom": 36}, "Mia Ned"),
        ({"ageFrom": 37}, "Ned"),
        ({"ageTo": 53}, "Mia Ned"),
        ({"ageTo": 52}, "Mia"),
        ({"ageFrom": 36, "ageTo": 36}, "Mia"),
        ({"ageFrom": 36, "ageTo": 10**30}, "Mia Ned"),
        ({"ageFrom": 0}, "Mia Ned"),
        ({"primaryLocations": [{"id": "locMain001"}]}, "Mia Ned Ona"),
        ({"primaryLocations": [{"id": "locWest002"}]}, ""),
        ({"gender": "Female", "ageTo": 40, "tags": ["Gold"]}, "Mia"),
        # What is for contacts only does not restrict.
        ({"contactStage": "Lead"}, "Mia Ned Ona"),
    ],
)
def test_clients(desk, criteria, names):
    assert members(desk, "client", **criteria) == names


@pytest.mark.parametrize(
    ("days", "names"), [(4, "Ada"), (6, "Ada Bob"), (0, ""), (10**9, EVERYBODY)]
)
def test_activity_of_contacts(desk, days, names):
    desk.load(
        contacts=[
            {"id": "conAda0001", "lastActivity": "2026-05-03T00:00:00Z"},
            {"id": "conBob0002", "lastActivity": "2026-04-30T12:00:00Z"},
        ]
    )
    assert members(desk, "contact", numberOfDaysLastActivity=days) == names


def test_activity_of_clients_is_that_of_the_contact_with_the_same_number(desk):
    desk.load(
        contacts=[
            {
                "id": "conMia",
                "name": "Mia",
                "phoneNumber": "+12025550120",
                "location": "locMain001",
                "lastActivity": "2026-05-05T00:00:00Z",
            },
            {
                "id": "conNed",
                "name": "Ned",
                "phoneNumber": "+447700900121",
                "location": "locMain001",
                "lastActivity": "2026-01-05T00:00:00Z",
            },
        ],
        clients=[
            {"id": "cliNed0002", "updatedAt": "2026-05-06T00:00:00Z"},
            {"id": "cliOna0003", "updatedAt": "2026-05-06T00:00:00Z"},
        ],
    )

    assert members(desk, "client", numberOfDaysLastActivity=3) == "Mia Ona"


def test_ages_follow_the_clock(desk):
    id = desk.post("/segments", segment("client", ageFrom=54))["id"]
    body = hello(type="client", segments=[{"id": id}])
    names = []
    for moment in ("2026-11-29T23:00:00Z", "2026-11-30T01:00:00Z"):
        desk.control("POST", "/clock/advance", {"to": moment})
        broadcast = desk.post("/broadcasts", body)["id"]
        desk.advance()
        names.append([log["recepientName"] for log in desk.logs(broadcast)])

    assert names == [[], ["Ned Frost"]]
