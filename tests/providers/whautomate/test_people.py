"""Contacts, clients, and the two families of tags."""

import json
from typing import Any

import pytest

from tests.providers.whautomate.desk import KEY_B, MAIN, NOW

ADA = {
    "id": "conAda0001",
    "name": "Ada Byron",
    "phoneNumber": "+12025550110",
    "location": {"id": "locMain001", "title": "Main Office"},
    "stage": "Lead",
    "notes": "",
    "customFields": {},
    "tags": ["VIP", "Prospect"],
    "channel": "whatsapp",
    "lastActivity": "2026-01-01T00:00:13.000Z",
    "createdAt": "2026-01-01T00:00:13.000Z",
    "updatedAt": "2026-01-01T00:00:13.000Z",
}
MIA = {
    "id": "cliMia0001",
    "clientId": "C1",
    "fullName": "Mia Cole",
    "preferredName": "",
    "contactType": "MOBILE",
    "countryCode": "+1",
    "phone": "2025550120",
    "email": "",
    "registrationDate": "2026-01-01T00:00:21.000Z",
    "dob": "1990-04-02",
    "gender": "Female",
    "tags": ["Gold"],
    "notes": "",
    "referralSource": "",
    "address": "",
    "addressType": "",
    "identificationNumber": "",
    "preferredLanguage": "",
    "maritalStatus": "",
    "emergencyRelationType": "",
    "emergencyName": "",
    "emergencyCountryCode": "",
    "emergencyPhone": "",
    "taxIdType": "",
    "taxIdNumber": "",
    "primaryLocation": {"id": "locMain001", "title": "Main Office"},
    "customFields": {},
    "company": {},
    "createdAt": "2026-01-01T00:00:21.000Z",
    "updatedAt": "2026-01-01T00:00:21.000Z",
}
DEEP: Any = json.loads("[" * 40 + "]" * 40)
ZOE = {"name": "Zoe", "phoneNumber": "+12025550199", "location": MAIN}
PIA = {"fullName": "Pia Grant", "primaryLocation": MAIN}
STAGES = (
    "Subscriber, Engaged, Lead, Marketing qualified lead (MQL), Sales qualified lead (SQL), "
    "Opportunity, Follow-up Required, Customer, Evangelist, Other, Lost, Inactive"
)
PATHS = {"contact": ("/contacts", ZOE, "conAda0001"), "client": ("/clients", PIA, "cliMia0001")}


def without(body, *names):
    return {name: value for name, value in body.items() if name not in names}


def test_a_contact_is_shown_whole(desk):
    assert desk.get("/contacts/conAda0001") == ADA
    assert list(desk.get("/contacts/conAda0001")) == list(ADA)


def test_a_client_is_shown_whole(desk):
    assert desk.get("/clients/cliMia0001") == MIA
    assert desk.get("/clients/cliOna0003")["dob"] is None
    assert desk.get("/clients/cliOna0003")["contactType"] == "EMAIL"


def test_a_new_contact(desk):
    contact = desk.post("/contacts", {**ZOE, "id": "mine", "createdAt": "2020-01-01"})

    assert contact == {
        **ADA,
        **ZOE,
        "id": contact["id"],
        "location": {"id": "locMain001", "title": "Main Office"},
        "stage": "Subscriber",
        "tags": [],
        "lastActivity": NOW,
        "createdAt": NOW,
        "updatedAt": NOW,
    }
    assert contact["id"] != "mine"
    assert desk.get(f"/contacts/{contact['id']}") == contact


def test_a_new_client(desk):
    client = desk.post("/clients", {**PIA, "clientId": "C99", "photo": "https://x.test/p.jpg"})

    assert client == {
        **MIA,
        "id": client["id"],
        "clientId": "C4",
        "fullName": "Pia Grant",
        "contactType": "EMAIL",
        "countryCode": "",
        "phone": "",
        "dob": None,
        "gender": "",
        "tags": [],
        "photo": "https://x.test/p.jpg",
        "registrationDate": NOW,
        "createdAt": NOW,
        "updatedAt": NOW,
    }
    assert len(desk.get("/contacts")) == 8


def test_all_fields_of_a_contact_come_back(desk):
    given = {
        **ZOE,
        "stage": "Evangelist",
        "notes": "n",
        "customFields": {"a": "1", "b": [1, {"c": None}], "d": 1.5, "e": True},
        "tags": ["vip", "New one", "VIP "],
        "channel": "instagram",
    }
    contact = desk.post("/contacts", given)

    expected = {**given, "tags": ["VIP", "New one"], "location": contact["location"]}
    assert {name: contact[name] for name in given} == expected


def test_all_fields_of_a_client_come_back(desk):
    given = {
        **PIA,
        "preferredName": "P",
        "email": "pia@example.test",
        "notes": "n",
        "referralSource": "r",
        "address": "a",
        "addressType": "HOME",
        "identificationNumber": "i",
        "preferredLanguage": "en",
        "maritalStatus": "single",
        "gender": "Other",
        "contactType": "EMAIL",
        "countryCode": "+44",
        "phone": "7700900150",
        "registrationDate": "2025-01-02T03:04:05.678Z",
        "dob": "2000-02-29",
        "tags": ["gold"],
        "primaryStaff": {"id": "stfSam0001", "name": "Sam Field"},
        "emergencyRelationType": "mother",
        "emergencyName": "M",
        "emergencyCountryCode": "+44",
        "emergencyPhone": "7700900151",
        "customFields": {"plan": "gold"},
        "company": {"name": "Co"},
        "taxIdType": "VAT",
        "taxIdNumber": "1",
    }
    client = desk.post("/clients", given)

    expected = {**given, "tags": ["Gold"], "primaryLocation": client["primaryLocation"]}
    assert {name: client[name] for name in given} == expected


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("+1 (202) 555-0199", "+12025550199"),
        ("1.202.555.0199", "+12025550199"),
        ("1234567", "+1234567"),
        ("+123456789012345", "+123456789012345"),
    ],
)
def test_numbers_are_tidied(desk, given, stored):
    assert desk.post("/contacts", {**ZOE, "phoneNumber": given})["phoneNumber"] == stored


@pytest.mark.parametrize(
    "number",
    ["123456", "1234567890123456", "+", "abc", "++12025550199", "+1x2025550199", "٢٠٢٥٥٥٠١٩٩"],
)
def test_numbers_that_are_none(desk, number):
    said = (400, "phoneNumber is invalid", "phoneNumber")

    assert desk.refusal("POST", "/contacts", {**ZOE, "phoneNumber": number}) == said
    assert desk.refusal("PUT", "/contacts/conAda0001", {"phoneNumber": number}) == said


def test_a_number_is_there_once_for_each_location(desk):
    said = (400, "Contact with this phone number already exists", "phoneNumber")
    taken = {**ZOE, "phoneNumber": "12025550110"}

    assert desk.refusal("POST", "/contacts", taken) == said
    assert desk.refusal("PUT", "/contacts/conBob0002", {"phoneNumber": "+12025550110"}) == said
    other = desk.post("/contacts", {**taken, "location": {"id": "locWest002"}})
    assert desk.refusal("PUT", f"/contacts/{other['id']}", {"location": MAIN}) == said
    assert desk.put("/contacts/conAda0001", {"phoneNumber": "+12025550110"})["name"] == "Ada Byron"


MISTAKES = [
    ("contact", {"name": None}, "name is required", "name", "POST"),
    ("contact", {"phoneNumber": None}, "phoneNumber is required", "phoneNumber", "POST"),
    ("contact", {"location": None}, "location.id is required", "location.id", "POST"),
    ("contact", {"name": ""}, "name is required", "name", "both"),
    ("contact", {"name": 5}, "name must be a string", "name", "both"),
    ("contact", {"phoneNumber": ""}, "phoneNumber is required", "phoneNumber", "both"),
    (
        "contact",
        {"phoneNumber": 12025550199},
        "phoneNumber must be a string",
        "phoneNumber",
        "both",
    ),
    ("contact", {"location": {}}, "location.id is required", "location.id", "both"),
    ("contact", {"location": "locMain001"}, "location.id is required", "location.id", "both"),
    ("contact", {"location": {"id": "no"}}, "Location not found", "location.id", "both"),
    ("contact", {"stage": "lead"}, f"stage must be one of {STAGES}", "stage", "both"),
    ("contact", {"notes": 5}, "notes must be a string", "notes", "both"),
    ("contact", {"customFields": []}, "customFields must be an object", "customFields", "both"),
    ("contact", {"customFields": {"a": DEEP}}, "customFields is invalid", "customFields", "both"),
    ("contact", {"tags": "VIP"}, "tags must be an array of strings", "tags", "both"),
    ("contact", {"tags": ["VIP", 5]}, "tags must be an array of strings", "tags", "both"),
    (
        "contact",
        {"channel": "fax"},
        "channel must be one of whatsapp, messenger, instagram, telegram, website",
        "channel",
        "both",
    ),
    ("client", {"fullName": None}, "fullName is required", "fullName", "POST"),
    (
        "client",
        {"primaryLocation": None},
        "primaryLocation.id is required",
        "primaryLocation.id",
        "POST",
    ),
    (
        "client",
        {"primaryLocation": {"id": ""}},
        "primaryLocation.id is required",
        "primaryLocation.id",
        "both",
    ),
    (
        "client",
        {"primaryLocation": {"id": "no"}},
        "Location not found",
        "primaryLocation.id",
        "both",
    ),
    (
        "client",
        {"gender": "female"},
        "gender must be one of Male, Female, Other",
        "gender",
        "both",
    ),
    ("client", {"email": 5}, "email must be a string", "email", "both"),
    ("client", {"phone": 5}, "phone must be a string", "phone", "both"),
    ("client", {"dob": "2000-02-30"}, "dob must be an ISO 8601 date", "dob", "both"),
    ("client", {"dob": 5}, "dob must be an ISO 8601 date", "dob", "both"),
    (
        "client",
        {"registrationDate": "soon"},
        "registrationDate must be an ISO 8601 date",
        "registrationDate",
        "both",
    ),
    ("client", {"company": "Co"}, "company must be an object", "company", "both"),
    ("client", {"tags": [None]}, "tags must be an array of strings", "tags", "both"),
]


@pytest.mark.parametrize(("whose", "given", "error", "field", "methods"), MISTAKES)
def test_mistakes(desk, whose, given, error, field, methods):
    path, good, known = PATHS[whose]

    assert desk.refusal("POST", path, {**good, **given}) == (400, error, field)
    if methods == "both":
        assert desk.refusal("PUT", f"{path}/{known}", given) == (400, error, field)


@pytest.mark.parametrize("whose", ["contact", "client"])
def test_changes_merge_and_nothing_is_required(desk, whose):
    path, _, known = PATHS[whose]
    before = desk.get(f"{path}/{known}")
    desk.advance(60)
    later = "2026-05-06T10:01:00.000Z"

    same = desk.put(f"{path}/{known}", {})
    changed = desk.put(
        f"{path}/{known}", {"notes": "n", "customFields": {"a": 1}, "tags": ["Fresh"]}
    )

    assert same == {**before, "updatedAt": later}
    assert changed == {
        **same,
        "notes": "n",
        "customFields": {"a": 1},
        "tags": ["Fresh"],
    }
    assert desk.put(f"{path}/{known}", changed) == changed


def test_a_birthday_can_be_cleared(desk):
    assert desk.put("/clients/cliMia0001", {"dob": None})["dob"] is None
    assert desk.put("/clients/cliNed0002", {"notes": "n"})["dob"] == "1972-11-30"


def test_codes_of_clients_run_on_and_are_not_used_twice(desk):
    fourth = desk.post("/clients", PIA)
    desk.delete(f"/clients/{fourth['id']}")
    fifth = desk.post("/clients", PIA)
    other = desk.post("/clients", {**PIA, "primaryLocation": {"id": "locBempty1"}}, KEY_B)

    assert [client["clientId"] for client in (fourth, fifth, other)] == ["C4", "C5", "C1"]


def test_deleting(desk):
    for whose, title in (("contact", "Contact"), ("client", "Client")):
        path, _, known = PATHS[whose]
        desk.delete(f"{path}/{known}")
        assert desk.refusal("GET", f"{path}/{known}") == (404, f"{title} not found", None)
        assert desk.refusal("DELETE", f"{path}/{known}")[0] == 404


def test_a_contact_takes_its_messages_along(desk):
    body = {
        "contact": {"id": "conAda0001"},
        "location": MAIN,
        "template": {"name": "plain_hello", "language": "en"},
    }
    desk.post("/messages/whatsapp/sendtemplate", body)
    desk.post(
        "/messages/whatsapp/sendtemplate", {**body, "scheduleDateTime": "2026-05-07T00:00:00Z"}
    )
    # The number that it was scheduled for need not be the contact's any more.
    desk.put("/contacts/conAda0001", {"phoneNumber": "+12025550190"})
    desk.delete("/contacts/conAda0001")

    assert desk.messages() == []
    assert desk.advance().events == 0


def test_a_client_leaves_its_classes(desk):
    desk.delete("/clients/cliMia0001")

    participants = desk.get("/classes/clsYoga001/participants")
    assert [each["client"]["fullName"] for each in participants] == ["Ned Frost"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("tags=VIP", "Ivy Fay Bob Ada"),
        ("tags=%20vip%20,Unsubscribe", "Jon Ivy Fay Bob Ada"),
        ("tags=nothing", ""),
        ("tags=,", "Wes Jon Ivy Gus Fay Cho Bob Ada"),
        ("locationId=locWest002", "Wes"),
        ("channel=WhatsApp", "Wes Jon Ivy Gus Fay Cho Bob Ada"),
        ("channel=telegram", ""),
        ("searchText=ADA", "Ada"),
        ("searchText=555-0110", "Ada"),
        ("searchText=%2B4477", "Cho"),
        ("searchText=5550", "Wes Jon Ivy Gus Fay Bob Ada"),
        ("searchText=a 5", ""),
        ("searchText=--", ""),
        ("tags=VIP&locationId=locMain001&searchText=a&limit=2&page=2", "Ada"),
    ],
)
def test_filters_of_contacts(desk, query, names):
    found = [contact["name"].partition(" ")[0] for contact in desk.get(f"/contacts?{query}")]
    assert " ".join(found) == names


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("tags=GOLD", "Ona Mia"),
        ("primaryLocationId=locMain001", "Ona Ned Mia"),
        ("primaryLocationId=locWest002", ""),
        ("searchText=cole", "Mia"),
        ("searchText=ona@example", "Ona"),
        ("searchText=c2", "Ned"),
        ("searchText=447700", "Ned"),
        ("startDate=2026-01-01T00:00:22Z", "Ona Ned"),
        ("endDate=2026-01-01T00:00:22Z", "Ned Mia"),
        ("endDate=2025-12-31", ""),
    ],
)
def test_filters_of_clients(desk, query, names):
    found = [client["fullName"].partition(" ")[0] for client in desk.get(f"/clients?{query}")]
    assert " ".join(found) == names


@pytest.mark.parametrize("whose", ["contact", "client"])
def test_tags_are_added_and_removed_by_name(desk, whose):
    path, good, _ = PATHS[whose]
    id = desk.post(path, good)["id"]

    added = desk.post(f"{path}/{id}/tags/add", {"tags": ["unsubscribe", "Brand new", "brand NEW "]})
    again = desk.post(f"{path}/{id}/tags/add", {"tags": ["UNSUBSCRIBE"]})
    removed = desk.post(f"{path}/{id}/tags/remove", {"tags": ["Unsubscribe", "never had"]})

    assert added == again == {"id": id, "tags": ["Unsubscribe", "Brand new"]}
    assert removed == {"id": id, "tags": ["Brand new"]}
    assert desk.get(f"{path}/{id}")["tags"] == ["Brand new"]
    names = [tag["name"] for tag in desk.get(f"/{whose}Tags")]
    assert "Brand new" in names
    assert "never had" not in names


@pytest.mark.parametrize("whose", ["contact", "client"])
@pytest.mark.parametrize("action", ["add", "remove"])
@pytest.mark.parametrize("tags", [None, [], "VIP", {}, [5], [""], ["VIP", None]])
def test_tags_are_required(desk, whose, action, tags):
    path, _, known = PATHS[whose]

    said = desk.refusal("POST", f"{path}/{known}/tags/{action}", {"tags": tags})

    assert said == (400, "tags is required", "tags")


FAMILIES = [("contactTags", "tagVip0002", "VIP", 3), ("clientTags", "ctgGold001", "Gold", 2)]


@pytest.mark.parametrize(("family", "id", "name", "count"), FAMILIES)
def test_a_family_of_tags(desk, family, id, name, count):
    shown = desk.get(f"/{family}/{id}")
    assert list(shown) == ["id", "name", "canonical", "createdAt", "updatedAt"]
    assert (shown["name"], shown["canonical"]) == (name, name.lower())
    assert len(desk.get(f"/{family}")) == count
    assert [tag["name"] for tag in desk.get(f"/{family}?searchText={name[:2].lower()}")] == [name]

    made = desk.post(f"/{family}", {"name": " New Tag ", "canonical": "x", "createdAt": "x"})
    assert made == {
        "id": made["id"],
        "name": "New Tag",
        "canonical": "new tag",
        "createdAt": NOW,
        "updatedAt": NOW,
    }
    assert desk.get(f"/{family}/{made['id']}") == made
    for again in ("new tag", " NEW TAG"):
        said = desk.refusal("POST", f"/{family}", {"name": again})
        assert said == (400, "Tag already exists", "name")
    assert desk.refusal("POST", f"/{family}", {})[1] == "name is required"
    assert desk.refusal("POST", f"/{family}", {"name": 5})[1] == "name must be a string"


@pytest.mark.parametrize(("family", "id", "name", "count"), FAMILIES)
def test_deleting_a_tag_takes_it_off_everybody_silently(desk, family, id, name, count):
    desk.subscribe("contact_tag_removed", "client_tag_removed")
    path = "/contacts" if family == "contactTags" else "/clients"
    before = {person["id"]: person for person in desk.get(path)}

    desk.delete(f"/{family}/{id}")

    assert desk.refusal("DELETE", f"/{family}/{id}")[0] == 404
    after = {person["id"]: person for person in desk.get(path)}
    assert any(name in person["tags"] for person in before.values())
    for id_, person in after.items():
        kept = [tag for tag in before[id_]["tags"] if tag != name]
        assert person == {**before[id_], "tags": kept}
    desk.advance()
    assert desk.callbacks == []


def test_families_do_not_mix(desk):
    assert desk.refusal("GET", "/clientTags/tagVip0002")[1] == "Client tag not found"
    assert desk.post("/clientTags", {"name": "VIP"})["canonical"] == "vip"
    assert desk.post("/contactTags", {"name": "vip"}, KEY_B)["name"] == "vip"
