"""What the OpenAPI document says of answers, compared with answers of every operation."""

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.providers.whautomate.desk import ALL_CONTACTS, HELLO, HOOK, MAIN, OFFER, hello

DAY = {"date": "2026-05-07", "time": "10:00 AM"}
YOGA = {"service": {"id": "srvYoga001"}, "staff": {"id": "stfSam0001"}, "location": MAIN, **DAY}
MIA, ONA = {"client": {"id": "cliMia0001"}}, {"client": {"id": "cliOna0003"}}
ADA = {"contact": {"id": "conAda0001"}, "location": MAIN}
PLACE = {"latitude": 1, "longitude": 2.5, "address": "1 Quay Street", "name": "Main"}
FULL = {
    "type": "client",
    "segments": [{"id": "segAllCli3"}],
    "targetClass": {"id": "clsYoga001"},
    "locationParameters": PLACE,
    "flowParameters": {"flowToken": "x", "flowData": "{}"},
    **OFFER,
}
CLIENT = {
    "fullName": "Zoe",
    "primaryLocation": MAIN,
    "dob": "1990-04-02",
    "photo": "https://x.test/z.png",
    "primaryStaff": {"id": "stfSam0001", "name": "Sam Field"},
    "company": {"name": "Zed"},
}
CRITERIA = {
    "tags": ["VIP"],
    "exclusionTags": ["Unsubscribe"],
    "gender": "Male",
    "numberOfDaysLastActivity": 30,
    "ageFrom": 18,
    "ageTo": 65,
    "contactStage": "Lead",
    "primaryLocations": [MAIN],
}
SERVICE = {
    "name": "Massage",
    "location": MAIN,
    "staffs": [{"id": "stfSam0001"}],
    "numberOfParticipants": 1,
    "sellingPrice": 9.5,
    "costPrice": 1,
    "taxOverrides": [{"id": "t", "name": "VAT", "percentage": 20}],
    "isCustomCredit": False,
    "credits": 2,
    "allowOnlineBooking": True,
    "acceptPaymentOnline": True,
    "advanceSettings": {"advanceBookingLimitDays": 3},
}
ONLINE = {"isOnlineClass": True, "onlineClassLink": "https://x.test", "advanceSettings": {}}
HOOKED = {
    "name": "CRM",
    "active": True,
    "serverUrl": HOOK,
    "webhookHeaders": [{"key": "X-Secret", "value": "s"}],
    "events": ["contact_created"],
}
ASKED = [
    # In paths, {} is the id in the answer before.
    ("POST", "/broadcasts", {"name": "Draft", "type": "client"}),
    ("PUT", "/broadcasts/{}", {"name": "Full", **FULL}),
    ("GET", "/broadcasts/{}", None),
    ("DELETE", "/broadcasts/{}", None),
    ("GET", "/contacts", None),
    ("POST", "/contacts", {"name": "N", "phoneNumber": "+12025559876", "location": MAIN}),
    ("PUT", "/contacts/{}", {"customFields": {"a": [1]}, "tags": ["New"]}),
    ("GET", "/contacts/{}", None),
    ("POST", "/contacts/{}/tags/add", {"tags": ["VIP"]}),
    ("POST", "/contacts/{}/tags/remove", {"tags": ["VIP"]}),
    ("DELETE", "/contacts/{}", None),
    ("GET", "/clients", None),
    ("POST", "/clients", CLIENT),
    ("PUT", "/clients/{}", {"dob": None, "email": "zoe@x.test"}),
    ("GET", "/clients/{}", None),
    ("POST", "/clients/{}/tags/add", {"tags": ["Gold"]}),
    ("POST", "/clients/{}/tags/remove", {"tags": ["Gold"]}),
    ("DELETE", "/clients/{}", None),
    *(
        call
        for tags in ("/contactTags", "/clientTags")
        for call in (
            ("POST", tags, {"name": "Another"}),
            ("GET", f"{tags}/{{}}", None),
            ("DELETE", f"{tags}/{{}}", None),
            ("GET", tags, None),
        )
    ),
    ("POST", "/segments", {"name": "S", "type": "contact", "criteria": CRITERIA, "location": MAIN}),
    ("GET", "/segments", None),
    ("GET", "/segments/{}", None),
    ("DELETE", "/segments/{}", None),
    ("GET", "/locations", None),
    ("GET", "/locations/locMain001", None),
    ("GET", "/account-info", None),
    ("POST", "/messages/whatsapp/sendtemplate", {**ADA, "template": HELLO}),
    ("POST", "/messages/whatsapp/sendmedia", {**ADA, "mediaUrl": HOOK, "mimeType": "image/png"}),
    ("POST", "/messages/telegram/sendtext", {**ADA, "textMessage": "Hi"}),
    ("GET", "/messages/conAda0001", None),
    ("POST", "/webhooks", HOOKED),
    ("PUT", "/webhooks/{}", {"active": False}),
    ("GET", "/webhooks", None),
    ("GET", "/webhooks/{}", None),
    ("DELETE", "/webhooks/{}", None),
    ("GET", "/staffs", None),
    ("GET", "/staffs/stfSam0001", None),
    ("POST", "/appointments", {**YOGA, **MIA, "notes": "x"}),
    ("GET", "/appointments", None),
    ("GET", "/appointments/{}", None),
    ("POST", "/appointments/reschedule", {"appointmentId": "{}", **DAY, "time": "15:00"}),
    ("POST", "/appointments/cancel", {"appointmentId": "{}", "cancellationReason": "ill"}),
    ("POST", "/appointments", DAY),
    ("GET", "/appointments/slots?nextThreeDays=true", None),
    (
        "POST",
        "/staffs/stfSam0001/availabilityBlocks",
        {"date": "2026-05-09", "slots": [{"startTime": "09:00", "endTime": "10:00"}]},
    ),
    ("GET", "/staffs/stfSam0001/availabilityBlocks", None),
    ("GET", "/staffs/stfSam0001/availabilityBlocks/{}", None),
    ("DELETE", "/staffs/stfSam0001/availabilityBlocks/{}", None),
    ("POST", "/classes", {**YOGA, **ONLINE}),
    ("PUT", "/classes/{}", {"capacity": 3}),
    ("GET", "/classes", None),
    ("GET", "/classes/{}", None),
    ("DELETE", "/classes/{}", None),
    ("POST", "/classes/clsYoga001/participants/add", ONA),
    ("GET", "/classes/clsYoga001/participants", None),
    ("GET", "/classes/clients/cliOna0003/bookings", None),
    ("POST", "/classes/clsYoga001/participants/cancel", ONA),
    ("POST", "/serviceCategories", {"name": "Care", "location": MAIN}),
    ("GET", "/serviceCategories", None),
    ("GET", "/serviceCategories/{}", None),
    ("POST", "/services", {**SERVICE, "categories": [{"id": "{}"}]}),
    ("PUT", "/services/{}", {"durationMinutes": 45}),
    ("GET", "/services", None),
    ("GET", "/services/{}", None),
    ("DELETE", "/services/{}", None),
    ("POST", "/serviceCategories", {"name": "Other"}),
    ("DELETE", "/serviceCategories/{}", None),
]


def document(desk):
    """Return the document, made so strict that objects hold nothing it does not name."""
    found = desk.world.call("GET", "/_emulator/openapi/whautomate.json").get_json()
    for schema in found["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return found


def place_of(found, method, path):
    """Return the method and the path of the document that a call is meant by."""
    asked = "/v1" + path.partition("?")[0]
    places = [
        place
        for place, methods in found["paths"].items()
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", place), asked) and method.lower() in methods
    ]
    return method.lower(), min(places, key=lambda place: place.count("{"))


def form_of(found, place):
    """Return what the document says of the body of a call."""
    form = found["paths"][place[1]][place[0]]["requestBody"]["content"]["application/json"]
    return Draft202012Validator({**form["schema"], **found})


def filled(body, id):
    """Return a body in which {} is an id."""
    if isinstance(body, dict):
        return {name: filled(value, id) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(value, id) for value in body]
    return id if body == "{}" else body


def test_every_answer_holds_what_the_document_says(desk):
    found = document(desk)
    sent = desk.run(**{**hello(), "segments": ALL_CONTACTS})
    desk.inbound(
        "+12025550110", "Yes", in_reply_to=desk.messages(f"broadcast={sent['id']}")[0]["id"]
    )
    compared, id = set(), sent["id"]
    for method, path, body in [
        ("GET", "/broadcasts", None),
        ("GET", "/broadcasts/{}", None),
        ("GET", "/broadcasts/{}/logs", None),
        *ASKED,
    ]:
        answer = desk.call(method, path.replace("{}", id), filled(body, id))

        assert answer.status_code == 200, (path, answer.text)
        value, place = answer.get_json(), place_of(found, method, path.replace("{}", id))
        told = found["paths"][place[1]][place[0]]["responses"]["200"]
        schema = told["content"]["application/json"]["schema"]
        assert value != [], path
        Draft202012Validator({**schema, **found}).validate(value)
        if body is not None:
            form_of(found, place).validate(filled(body, id))
        compared.add(place)
        id = value.get("id", id) if isinstance(value, dict) and value.get("id") else id

    named = {
        (method, path)
        for path, methods in found["paths"].items()
        for method in methods
        if method != "parameters"
    }
    assert compared == named


CRITERIA_REFUSED: list[Any] = [
    [],
    {"tags": [1]},
    {"gender": "x"},
    {"ageFrom": -1},
    {"contactStage": "x"},
    {"primaryLocations": [{}]},
]
REFUSED = [
    ("/broadcasts", {"name": 5, "type": "client"}),
    ("/broadcasts", {"name": "B", "type": "client", "template": {}}),
    ("/broadcasts", {"name": "B", "type": "client", "template": {"name": "x", "language": ""}}),
    ("/contacts/conAda0001/tags/add", {"tags": []}),
    ("/contacts/conAda0001/tags/add", {"tags": "VIP"}),
    ("/clients", {**CLIENT, "gender": "x"}),
    *(
        ("/segments", {"name": "S", "type": "contact", "criteria": wrong})
        for wrong in CRITERIA_REFUSED
    ),
    ("/webhooks", {**HOOKED, "events": []}),
    ("/webhooks", {**HOOKED, "events": ["x"]}),
    ("/webhooks", {**HOOKED, "webhookHeaders": [{"key": "a"}]}),
    ("/messages/whatsapp/sendtext", {**ADA, "textMessage": "x", "recepient": {}}),
    ("/messages/telegram/sendtemplate", {**ADA, "textMessage": "x", "buttons": ["x"]}),
    ("/staffs/stfSam0001/availabilityBlocks", {"date": "2026-05-09", "slots": [{}]}),
    ("/services", {**SERVICE, "durationMinutes": 0}),
    ("/services", {**SERVICE, "staffs": [{}]}),
    ("/classes", {**YOGA, "capacity": 0}),
    ("/classes", {**YOGA, "timezone": 1}),
    ("/appointments/reschedule", {"appointmentId": "x", **DAY, "time": 10}),
]


def test_what_is_refused_is_none_of_what_the_document_lets_through(desk):
    found = document(desk)

    for path, body in REFUSED:
        answer = desk.call("POST", path, body)

        assert answer.status_code == 400, (path, body)
        assert not form_of(found, place_of(found, "POST", path)).is_valid(body), (path, body)


NEEDED: list[tuple[str, dict[str, Any]]] = [
    ("/broadcasts", {"name": "B", "type": "client"}),
    ("/contacts", {"name": "N", "phoneNumber": "+12025559876", "location": MAIN}),
    ("/clients", {"fullName": "Zoe", "primaryLocation": MAIN}),
    ("/segments", {"name": "S", "type": "contact"}),
    ("/webhooks", {name: HOOKED[name] for name in HOOKED if name != "webhookHeaders"}),
]


def test_null_leaves_out_whatever_need_not_be_there(desk):
    found = document(desk)
    for path, body in NEEDED:
        form = form_of(found, place_of(found, "POST", path))
        [name] = re.findall(r"\w+$", form.schema["$ref"])
        nulls = dict.fromkeys(found["components"]["schemas"][name]["properties"])

        assert len(nulls) > len(body)
        assert form.is_valid({**nulls, **body}), path
        desk.post(path, {**nulls, **body})


@pytest.mark.parametrize(
    ("path", "body", "pointer", "suggestion"),
    [
        (
            "/broadcasts",
            {"name": "B", "type": "client", "status": "draft", "statu": "x"},
            "/statu",
            "status",
        ),
        # Read by nobody, it would make a segment of everybody.
        (
            "/segments",
            {"name": "S", "type": "contact", "criteria": {"tag": ["VIP"], "ageTo": 65}},
            "/criteria/tag",
            "tags",
        ),
        (
            "/messages/whatsapp/sendtext",
            {
                "recepient": {"phoneNumber": "+12025550199", "nam": "Zoe"},
                "location": MAIN,
                "textMessage": "x",
            },
            "/recepient/nam",
            "name",
        ),
    ],
)
def test_what_nobody_reads_is_told(desk, path, body, pointer, suggestion):
    desk.post(path, body)

    [request] = desk.control("GET", "/requests")["items"]
    unread = desk.control("GET", f"/requests/{request['id']}")["unread"]
    assert unread == [{"pointer": pointer, "suggestion": suggestion}]
