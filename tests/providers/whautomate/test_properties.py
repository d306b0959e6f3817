"""Whatever a client sends: never a 5xx, and nothing changes when a request is refused."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.providers.whautomate.desk import HELLO, MAIN, Desk, hello, stats, to_template

MIA, SAM, YOGA = {"id": "cliMia0001"}, {"id": "stfSam0001"}, {"id": "srvYoga001"}
WHEN = {"date": "2026-06-02", "time": "10:00"}
ADA = {"contact": {"id": "conAda0001"}, "location": MAIN}
BODIES = {
    "POST /broadcasts": {
        **hello(),
        "headerMediaUrl": "https://x.test/a",
        "bodyTextParameters": ["a"],
        "targetClass": {"id": "clsYoga001"},
        "retargetBroadcast": {"id": "x"},
        "scheduleDateTime": "2026-05-07T00:00:00Z",
        "status": "draft",
        "locationParameters": {"latitude": 1, "longitude": 1, "address": "", "name": ""},
        "flowParameters": {"flowToken": "", "flowData": ""},
        "targetClassStatus": "ALL",
        "retargetEngagementType": "sent",
    },
    "PUT /broadcasts/{broadcast}": {**hello(), "scheduleDateTime": None},
    "POST /contacts": {
        "name": "Z",
        "phoneNumber": "+12025550199",
        "location": MAIN,
        "stage": "Lead",
        "notes": "",
        "customFields": {"a": 1},
        "tags": ["VIP"],
        "channel": "whatsapp",
    },
    "PUT /contacts/conAda0001": {"name": "Ada", "tags": ["New"], "customFields": {}},
    "POST /contacts/conAda0001/tags/add": {"tags": ["New"]},
    "POST /contacts/conAda0001/tags/remove": {"tags": ["VIP"]},
    "POST /clients": {
        "fullName": "P",
        "primaryLocation": MAIN,
        "dob": "2000-01-01",
        "gender": "Male",
        "phone": "1",
        "countryCode": "+1",
        "registrationDate": "2026-01-01T00:00:00Z",
        "company": {},
        "primaryStaff": SAM,
        "photo": "x",
    },
    "PUT /clients/cliMia0001": {"fullName": "M", "dob": None, "tags": ["New"], "email": "m"},
    "POST /clients/cliMia0001/tags/add": {"tags": ["New"]},
    "POST /contactTags": {"name": "New"},
    "POST /clientTags": {"name": "New"},
    "POST /segments": {
        "name": "S",
        "type": "client",
        "location": MAIN,
        "criteria": {
            "tags": ["VIP"],
            "ageFrom": 1,
            "ageTo": 2,
            "primaryLocations": [MAIN],
            "numberOfDaysLastActivity": 3,
            "gender": "Male",
            "contactStage": "Lead",
        },
    },
    "POST /messages/whatsapp/sendtext": {**ADA, "textMessage": "x"},
    "POST /messages/whatsapp/sendmedia": {**ADA, "mediaUrl": "https://x.test/a", "mimeType": "a/b"},
    "POST /messages/whatsapp/sendtemplate": to_template(scheduleDateTime="2026-05-07T00:00:00Z"),
    "POST /messages/messenger/sendtemplate": {**ADA, "elements": [{"title": "x"}]},
    "POST /messages/telegram/sendtemplate": {**ADA, "textMessage": "x", "buttons": [{"text": "x"}]},
    "POST /webhooks": {
        "name": "W",
        "active": True,
        "serverUrl": "http://x.test/",
        "events": ["contact_created"],
        "webhookHeaders": [{"key": "a", "value": "b"}],
    },
    "PUT /webhooks/{webhook}": {"name": "W", "active": False, "events": ["client_created"]},
    "POST /staffs/stfSam0001/availabilityBlocks": {
        "date": "2026-06-02",
        "timezone": "UTC",
        "slots": [{"startTime": "9:00", "endTime": "10:00"}],
    },
    "POST /services": {
        "name": "S",
        "serviceType": "CLASS",
        "location": MAIN,
        "durationMinutes": 5,
        "staffs": [SAM],
        "categories": [],
        "sellingPrice": 1,
        "taxOverrides": [{"id": "x"}],
        "advanceSettings": {},
        "numberOfParticipants": 3,
    },
    "PUT /services/srvYoga001": {"name": "S", "durationMinutes": 5},
    "POST /serviceCategories": {"name": "C", "location": MAIN},
    "POST /appointments": {
        **WHEN,
        "timezone": "Europe/Berlin",
        "client": MIA,
        "staff": SAM,
        "service": YOGA,
        "notes": "",
        "overrideTimeSlotValidation": True,
        "location": MAIN,
    },
    "POST /appointments/reschedule": {"appointmentId": "{appointment}", **WHEN},
    "POST /appointments/cancel": {"appointmentId": "{appointment}", "cancellationReason": "x"},
    "POST /classes": {**WHEN, "service": YOGA, "staff": SAM, "capacity": 2, "location": MAIN},
    "PUT /classes/clsYoga001": {**WHEN, "capacity": 3, "advanceSettings": {}},
    "POST /classes/clsYoga001/participants/add": {
        "client": {"id": "cliOna0003"},
        "status": "BOOKED",
    },
    "POST /classes/clsYoga001/participants/cancel": {"client": MIA},
}
NAMES = sorted({name for body in BODIES.values() for name in body})

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(
        [
            "",
            " ",
            "VIP",
            "client",
            "contact",
            "draft",
            "conAda0001",
            "cliMia0001",
            "locMain001",
            "segVipCon2",
            "clsYoga001",
            "+12025550110",
            "2026-05-07T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "0001-01-01T00:00:00+14:00",
            "0001-01-01",
            "9999-12-31",
            "23:59",
            "12:00 AM",
            "UTC",
            "Pacific/Kiritimati",
            "http://x.test/",
            "https://[",
            "{{contact.name}}",
            "en",
            "plain_hello",
            "contact_created",
            10**40,
            -1,
        ]
    )
)
KEYS = st.sampled_from(
    [
        "id",
        "name",
        "language",
        "key",
        "value",
        "phoneNumber",
        "latitude",
        "longitude",
        "address",
        "flowToken",
        "tags",
        "ageFrom",
        "startTime",
        "endTime",
        "title",
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


def prepared():
    """Return a desk with one object of each kind that paths and bodies name."""
    desk = Desk()
    objects = {
        "broadcast": desk.broadcast(scheduleDateTime="2026-05-07T00:00:00Z"),
        "webhook": desk.subscribe("contact_created")["id"],
        "appointment": desk.post("/appointments", {**WHEN, "client": MIA})["id"],
    }
    return desk, objects


def filled(text, objects):
    for name, id in objects.items():
        text = text.replace(f"{{{name}}}", id)
    return text


def check(desk, before, answer, path):
    assert answer.status_code < 500, answer.text
    assert answer.content_type == "application/json"
    said = answer.get_json()
    if answer.status_code >= 400:
        assert said["success"] is False
        assert said["error"]
        assert desk.stored() == before
    else:
        # What was stored can be shown, and what it sets off does no harm.
        for each in ("/broadcasts", "/contacts", "/clients", "/segments", "/services", "/classes"):
            desk.get(each)
        desk.control("GET", "/accounts/whautomate/harbour")
        desk.control("GET", "/messages")


@pytest.mark.parametrize("operation", BODIES)
@settings(max_examples=40)
@given(
    changes=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3),
    dropped=st.sets(st.sampled_from(NAMES), max_size=2),
)
@example(changes={}, dropped=set())
def test_a_good_body_with_anything_changed(operation, changes, dropped):
    desk, objects = prepared()
    method, path = filled(operation, objects).split(" ")
    good = {name: value for name, value in BODIES[operation].items() if name not in dropped}
    body = json.loads(filled(json.dumps({**good, **changes}), objects))
    before = desk.stored()

    answer = desk.call(method, path, body)

    check(desk, before, answer, path)


@settings(max_examples=150)
@given(operation=st.sampled_from(sorted(BODIES)), raw=st.binary(max_size=60) | st.text(max_size=60))
def test_any_bytes(operation, raw):
    desk, objects = prepared()
    method, path = filled(operation, objects).split(" ")
    before = desk.stored()

    answer = desk.call(method, path, data=raw, content_type="application/json")

    check(desk, before, answer, path)


@settings(max_examples=80)
@given(
    path=st.sampled_from(
        [
            "/broadcasts",
            "/contacts",
            "/clients",
            "/segments",
            "/webhooks",
            "/appointments",
            "/appointments/slots",
            "/messages/conAda0001",
            "/staffs/stfSam0001/availabilityBlocks",
        ]
    ),
    query=st.dictionaries(
        st.sampled_from(
            [
                "limit",
                "page",
                "startDate",
                "endDate",
                "searchText",
                "tags",
                "date",
                "locationId",
                "timezone",
                "nextThreeDays",
                "serviceId",
                "staffId",
            ]
        ),
        st.text(max_size=12) | st.sampled_from(["0001-01-01", "9999-12-31", "true", "srvYoga001"]),
    ),
)
def test_any_query(path, query):
    desk, _ = prepared()
    before = desk.stored()

    answer = desk.call("GET", path, query_string=query)

    assert answer.status_code in (200, 400), answer.text
    assert desk.stored() == before


@settings(max_examples=60)
@given(path=st.text(max_size=20), method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]))
def test_any_path(path, method):
    desk = Desk()

    answer = desk.world.client.open(
        "/whautomate/v1/" + path.replace("?", ""), method=method, headers={"x-api-key": "nobody"}
    )

    assert answer.status_code in (401, 404, 308)


OUTCOMES = ["delivered", "read", "replied", "rejected", "undelivered", "stuck", "pending", "flaky"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "advance", "inbound", "cancel", "delete", "mark", "contact"]),
        st.integers(0, 7),
    ),
    max_size=14,
)


@settings(max_examples=40)
@given(shares=st.lists(st.sampled_from(OUTCOMES), max_size=3), steps=STEPS)
def test_counters_agree_with_logs_whatever_happens(shares, steps):
    desk = Desk()
    people = [contact["id"] for contact in desk.get("/contacts")]
    numbers = [contact["phoneNumber"] for contact in desk.get("/contacts")]
    for outcome in shares:
        desk.rule(outcome, share=0.4)
    for step, at in steps:
        act(desk, step, at, people, numbers)
        for broadcast in desk.get("/broadcasts"):
            agree(broadcast, desk.logs(broadcast["id"]))


def act(desk, step, at, people, numbers):
    ids = [broadcast["id"] for broadcast in desk.get("/broadcasts")]
    if step == "send":
        segments = [{"id": ["segVipCon2", "segAllCon1"][at % 2]}]
        desk.post("/broadcasts", hello(segments=segments))
    elif step == "advance":
        desk.advance([0.06, 0.5, 1, 1.1, 3, 9, 20, 100][at])
    elif step == "inbound" and numbers[at] != numbers[0]:
        desk.inbound(numbers[at], ["Hi", "STOP"][at % 2], to="locMain001")
    elif step == "cancel" and ids:
        path = f"/_emulator/sandboxes/default/broadcasts/{ids[at % len(ids)]}/cancel"
        assert desk.world.call("POST", path).status_code in (200, 409)
    elif step == "delete" and ids:
        assert desk.call("DELETE", f"/broadcasts/{ids[at % len(ids)]}").status_code in (200, 400)
    elif step == "contact":
        desk.call("DELETE", f"/contacts/{people[at]}")
    elif step == "mark" and (messages := desk.messages("direction=out")):
        path = f"/_emulator/sandboxes/default/messages/{messages[at % len(messages)]['id']}/status"
        word = ["sent", "delivered", "read", "failed"][at % 4]
        assert desk.world.call("POST", path, {"status": word}).status_code in (200, 409)


def agree(broadcast, logs):
    total, success, failure, sent, delivered, read, failed, replied = stats(broadcast)
    words = [log["status"] for log in logs]
    assert success + failure == len(logs) <= total
    assert sent == success >= delivered >= read >= replied
    assert words.count("failed") == failed >= failure
    assert words.count("replied") == replied
    assert words.count("read") == read - replied
    assert words.count("delivered") == delivered - read
    assert words.count("sent") == sent - delivered - (failed - failure)
    if broadcast["status"] in ("completed", "failed"):
        assert len(logs) == total
    assert (broadcast["status"] == "failed") == (
        broadcast["status"] in ("completed", "failed") and total > 0 and success == 0
    )


@settings(max_examples=40)
@given(texts=st.lists(st.text(max_size=20), min_size=2, max_size=2))
def test_values_come_out_as_they_are(texts):
    desk = Desk()
    plain = [text.replace("{", "(") for text in texts]
    offer = {
        "template": {"name": "spring_offer", "language": "en"},
        "headerMediaUrl": "https://x.test/a.jpg",
        "bodyTextParameters": plain,
        "buttonUrlParameters": ["{{2}}"],
    }
    desk.post("/messages/whatsapp/sendtemplate", {**ADA, **offer})

    assert desk.get("/messages/conAda0001")[0]["text"] == (
        f"Hi {plain[0]}, our spring offer gives you {plain[1]} off."
    )


def test_bodies_are_good_to_begin_with():
    refused = []
    for operation, body in BODIES.items():
        desk, objects = prepared()
        method, path = filled(operation, objects).split(" ")
        good = json.loads(filled(json.dumps(body), objects))
        if operation == "POST /broadcasts":
            del good["targetClass"], good["retargetBroadcast"]
        if desk.call(method, path, good).status_code != 200:
            refused.append(operation)

    assert refused == []
    assert HELLO["name"] == "plain_hello"
