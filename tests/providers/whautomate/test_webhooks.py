"""Subscriptions, transport, and what callbacks say."""

import json

import pytest

from tests.providers.whautomate.desk import HELLO, HOOK, MAIN, NOW, SANDBOX, to_template

EVENTS = (
    [
        f"{way}_{channel}_message"
        for way in ("incoming", "outgoing")
        for channel in ("whatsapp", "instagram", "telegram", "messenger", "website")
    ]
    + [
        f"{whose}_{what}"
        for whose in ("contact", "client")
        for what in ("created", "tag_added", "tag_removed")
    ]
    + [
        f"appointment_{what}"
        for what in (
            "scheduled",
            "cancelled",
            "rescheduled",
            "waitlisted",
            "visited",
            "no_show",
            "updates",
        )
    ]
    + ["class_participant_updates", "invoice_updates"]
)
TOLD_OF_CONTACTS = (
    "id name channel phoneNumber lastActivity notes stage tags customFields location "
    "createdAt updatedAt addedTags"
)
TOLD_OF_CLIENTS = (
    "id clientId fullName preferredName contactType countryCode phone email registrationDate dob "
    "addressType address identificationNumber gender preferredLanguage maritalStatus tags notes "
    "referralSource primaryLocation emergencyRelationType emergencyName emergencyCountryCode "
    "emergencyPhone customFields createdAt updatedAt addedTags"
)
GOOD = {"name": "CRM sync", "active": True, "serverUrl": HOOK, "events": ["contact_created"]}
ZOE = {"name": "Zoe", "phoneNumber": "+12025550199", "location": MAIN}


def test_a_subscription_is_shown_whole(desk):
    given = {
        "name": "CRM sync",
        "active": True,
        "serverUrl": "https://hooks.example.test/whautomate",
        "webhookHeaders": [{"key": "X-Shared-Secret", "value": "s3cret"}],
        "events": ["incoming_whatsapp_message", "contact_created", "contact_created"],
    }
    made = desk.post("/webhooks", {**given, "id": "mine", "createdAt": "x", "updatedAt": "x"})

    assert made == {
        "id": made["id"],
        **given,
        "events": ["incoming_whatsapp_message", "contact_created"],
        "createdAt": NOW,
        "updatedAt": NOW,
    }
    assert made["id"] != "mine"
    assert desk.get(f"/webhooks/{made['id']}") == made
    assert desk.get("/webhooks") == [made]
    assert desk.post("/webhooks", GOOD)["webhookHeaders"] == []


def test_every_event_can_be_asked_for(desk):
    assert desk.post("/webhooks", {**GOOD, "events": EVENTS})["events"] == EVENTS


@pytest.mark.parametrize(
    ("given", "error", "field"),
    [
        ({"name": None}, "name is required", "name"),
        ({"name": 5}, "name must be a string", "name"),
        ({"active": None}, "active is required", "active"),
        ({"active": ""}, "active must be a boolean", "active"),
        ({"active": "true"}, "active must be a boolean", "active"),
        ({"active": 1}, "active must be a boolean", "active"),
        ({"serverUrl": None}, "serverUrl is required", "serverUrl"),
        ({"serverUrl": ""}, "serverUrl is required", "serverUrl"),
        ({"serverUrl": "hooks.test"}, "serverUrl must be a valid URL", "serverUrl"),
        ({"serverUrl": "ftp://a.test"}, "serverUrl must be a valid URL", "serverUrl"),
        ({"serverUrl": "http://a.test:99999/"}, "serverUrl must be a valid URL", "serverUrl"),
        ({"serverUrl": "http://[x/"}, "serverUrl must be a valid URL", "serverUrl"),
        ({"events": None}, "events is required", "events"),
        ({"events": []}, "events is required", "events"),
        ({"events": "contact_created"}, "events is required", "events"),
        ({"events": ["contact_updated"]}, "Invalid event: contact_updated", "events"),
        ({"events": ["contact_created", None]}, "events must be an array of strings", "events"),
        (
            {"events": ["contact_created", "broadcast_sent"]},
            "Invalid event: broadcast_sent",
            "events",
        ),
        ({"webhookHeaders": {}}, "webhookHeaders must be an array of objects", "webhookHeaders"),
        (
            {"webhookHeaders": [{"value": "x"}]},
            "webhookHeaders.key is required",
            "webhookHeaders.key",
        ),
        (
            {"webhookHeaders": [{"key": "", "value": "x"}]},
            "webhookHeaders.key is required",
            "webhookHeaders.key",
        ),
        (
            {"webhookHeaders": [{"key": "X"}]},
            "webhookHeaders.value must be a string",
            "webhookHeaders.value",
        ),
        ({"webhookHeaders": ["X: y"]}, "webhookHeaders.key is required", "webhookHeaders.key"),
    ],
)
def test_mistakes(desk, given, error, field):
    known = desk.post("/webhooks", GOOD)["id"]

    assert desk.refusal("POST", "/webhooks", {**GOOD, **given}) == (400, error, field)
    if None not in given.values():
        assert desk.refusal("PUT", f"/webhooks/{known}", given) == (400, error, field)


def test_other_connectors_names_are_unknown(desk):
    body = {"eventTypes": ["contact_created"], "customHeaders": {}, "isActive": True}

    assert desk.refusal("POST", "/webhooks", body)[1] == "name is required"


@pytest.mark.parametrize("url", ["http://localhost:3000/x", "http://10.0.0.1/", "http://[::1]:8/"])
def test_plain_http_and_private_addresses_are_fine(desk, url):
    assert desk.post("/webhooks", {**GOOD, "serverUrl": url})["serverUrl"] == url


def test_changing_keeps_what_is_absent(desk):
    made = desk.post("/webhooks", {**GOOD, "webhookHeaders": [{"key": "A", "value": "b"}]})
    desk.advance(5)
    changed = desk.put(f"/webhooks/{made['id']}", {"name": "New", "active": False})

    assert changed == {
        **made,
        "name": "New",
        "active": False,
        "updatedAt": "2026-05-06T10:00:05.000Z",
    }
    assert desk.put(f"/webhooks/{made['id']}", {"events": ["client_created"]})["events"] == [
        "client_created"
    ]


def test_deleting_ends_it(desk):
    id = desk.subscribe("contact_created")["id"]
    desk.post("/contacts", ZOE)
    desk.delete(f"/webhooks/{id}")
    desk.advance()

    assert desk.callbacks == []
    assert desk.refusal("DELETE", f"/webhooks/{id}") == (404, "Webhook not found", None)


def test_inactive_subscriptions_get_nothing_and_nothing_is_kept_for_them(desk):
    id = desk.subscribe("contact_created", active=False)["id"]
    desk.post("/contacts", ZOE)
    desk.put(f"/webhooks/{id}", {"active": True})
    desk.advance()
    assert desk.callbacks == []

    desk.post("/contacts", {**ZOE, "phoneNumber": "+12025550198"})
    desk.advance()
    assert desk.events == ["contact_created"]


def test_a_change_counts_for_what_happens_later(desk):
    id = desk.subscribe("contact_created")["id"]
    desk.post("/contacts", ZOE)
    desk.put(f"/webhooks/{id}", {"serverUrl": "http://127.0.0.1:9/other"})
    desk.post("/contacts", {**ZOE, "phoneNumber": "+12025550198"})
    desk.advance()

    urls = [parcel.url for parcel in desk.world.sender.sent]
    assert urls == [HOOK, "http://127.0.0.1:9/other"]


def test_each_subscription_gets_each_event_with_one_id(desk):
    desk.subscribe("contact_created")
    desk.subscribe("contact_created", "client_created")
    desk.subscribe("client_created")
    desk.post("/contacts", ZOE)
    desk.post("/contacts", {**ZOE, "phoneNumber": "+12025550198"})
    desk.advance()

    ids = [callback["event"]["id"] for callback in desk.callbacks]
    assert len(ids) == 4
    assert len(set(ids)) == 2


def test_headers(desk):
    desk.subscribe("contact_created", webhookHeaders=[{"key": "X-Secret", "value": "s"}])
    desk.subscribe("contact_created", webhookHeaders=[{"key": "content-type", "value": "text/x"}])
    desk.post("/contacts", ZOE)
    desk.advance()

    first, second = desk.world.sender.sent
    assert first.headers == (("Content-Type", "application/json"), ("X-Secret", "s"))
    assert second.headers == (("content-type", "text/x"),)
    assert first.method == "POST"
    assert first.body == second.body


def test_failures_are_tried_again_with_the_same_bytes(desk):
    desk.subscribe("contact_created")
    desk.world.sender.script[:] = [500, 302, "timeout", 404]
    desk.post("/contacts", ZOE)
    desk.advance()

    [callback] = desk.control("GET", "/callbacks")["items"]
    assert [attempt["at"][11:] for attempt in callback["attempts"]] == [
        "10:00:00Z",
        "10:00:05Z",
        "10:00:35Z",
        "10:02:35Z",
    ]
    assert callback["state"] == "failed"
    assert len({parcel.body for parcel in desk.world.sender.sent}) == 1
    assert desk.get("/webhooks")[0]["active"] is True


def test_a_retry_does_not_hold_up_later_events(desk):
    desk.subscribe("contact_created")
    desk.world.sender.script[:] = [500]
    desk.post("/contacts", ZOE)
    desk.advance(1)
    desk.post("/contacts", {**ZOE, "phoneNumber": "+12025550198", "name": "Yan"})
    desk.advance()

    names = [callback["contact"]["name"] for callback in desk.callbacks]
    assert names == ["Zoe", "Yan", "Zoe"]


def test_callbacks_leave_after_the_answer(desk):
    desk.subscribe("contact_created")
    desk.post("/contacts", ZOE)

    assert desk.callbacks == []
    desk.advance(0)
    assert desk.events == ["contact_created"]


def test_a_new_contact_is_told(desk):
    desk.subscribe("contact_created")
    contact = desk.post("/contacts", {**ZOE, "tags": ["VIP"], "customFields": {"a": 1}})
    desk.advance()

    [callback] = desk.callbacks
    assert callback == {
        "event": {
            "id": callback["event"]["id"],
            "type": "contact_created",
            "timeStamp": NOW,
            "key": contact["id"],
        },
        "contact": {**contact, "channel": "Whatsapp"},
    }
    assert callback["contact"]["phoneNumber"] == "+12025550199"


def test_handles_are_told_where_they_are_set(desk):
    desk.load(contacts=[{"id": "conAda0001", "messengerId": "m", "username": "u"}])
    desk.subscribe("contact_tag_added")
    desk.post("/contacts/conAda0001/tags/add", {"tags": ["New"]})
    desk.advance()

    contact = desk.callbacks[0]["contact"]
    assert (contact["messengerId"], contact["username"]) == ("m", "u")
    assert "instagramId" not in contact
    assert "messengerId" not in desk.get("/contacts/conAda0001")


def test_a_new_client_is_told(desk):
    desk.subscribe("client_created")
    client = desk.post("/clients", {"fullName": "Pia Grant", "primaryLocation": MAIN})
    desk.advance()

    told = desk.callbacks[0]["client"]
    assert told == {
        name: value
        for name, value in client.items()
        if name not in ("company", "taxIdType", "taxIdNumber")
    }
    assert (told["dob"], told["email"]) == (None, "")


@pytest.mark.parametrize(
    ("whose", "path", "names"),
    [
        ("contact", "/contacts/conAda0001", TOLD_OF_CONTACTS),
        ("client", "/clients/cliMia0001", TOLD_OF_CLIENTS),
    ],
)
def test_people_are_told_of_in_the_order_of_the_guide(desk, whose, path, names):
    desk.subscribe(f"{whose}_tag_added")
    desk.post(f"{path}/tags/add", {"tags": ["New"]})
    desk.advance()

    [callback] = desk.callbacks
    assert list(callback) == ["event", whose]
    assert list(callback["event"]) == ["id", "type", "timeStamp", "key"]
    assert " ".join(callback[whose]) == names


@pytest.mark.parametrize(
    ("whose", "path"), [("contact", "/contacts/conAda0001"), ("client", "/clients/cliMia0001")]
)
def test_tags_are_told_once_for_each_request_that_changes_something(desk, whose, path):
    desk.subscribe(f"{whose}_tag_added", f"{whose}_tag_removed", f"{whose}_created")
    had = desk.get(path)["tags"]
    desk.post(f"{path}/tags/add", {"tags": [had[0].upper(), "New", "Other"]})
    desk.post(f"{path}/tags/add", {"tags": ["new"]})
    desk.post(f"{path}/tags/remove", {"tags": ["OTHER", "never"]})
    desk.post(f"{path}/tags/remove", {"tags": ["Other"]})
    desk.put(path, {"tags": ["Fresh"]})
    desk.put(path, {"tags": ["fresh"], "notes": "n"})
    desk.advance()

    told = [
        (
            callback["event"]["type"].removeprefix(f"{whose}_"),
            callback[whose].get("addedTags", callback[whose].get("removedTags")),
        )
        for callback in desk.callbacks
    ]
    assert told == [
        ("tag_added", ["New", "Other"]),
        ("tag_removed", ["Other"]),
        ("tag_added", ["Fresh"]),
        ("tag_removed", [*had, "New"]),
    ]
    assert desk.callbacks[0][whose]["tags"] == [*had, "New", "Other"]


def test_nothing_else_about_people_is_told(desk):
    desk.post("/webhooks", {**GOOD, "events": EVENTS})
    desk.put("/contacts/conAda0001", {"name": "Ada", "stage": "Customer"})
    desk.put("/clients/cliMia0001", {"notes": "n"})
    desk.delete("/contacts/conAda0001")
    desk.delete("/clients/cliMia0001")
    desk.advance()

    assert desk.callbacks == []


def test_a_broadcast_tells_of_its_messages_and_of_nothing_else(desk):
    desk.post("/webhooks", {**GOOD, "events": EVENTS})
    desk.run(segments=[{"id": "segVipCon2"}])

    assert desk.events == [
        "outgoing_whatsapp_message",
        "outgoing_whatsapp_message",
        "outgoing_whatsapp_message",
        "incoming_whatsapp_message",
    ]
    first, last = desk.callbacks[2], desk.callbacks[3]
    assert first["message"] == {
        "id": first["event"]["key"],
        "contact": {"id": "conIvy0006", "channel": "whatsapp", "phoneNumber": "12025550104"},
        "channel": "whatsApp",
        "isIncoming": False,
        "type": "template",
        "replyToMessage": {},
        "sentBy": "Broadcast",
        "timestamp": "2026-05-06T10:00:01.150Z",
        "status": "sent",
        "text": "Hello from Harbour Studio.",
        "createdAt": "2026-05-06T10:00:01.150Z",
        "updatedAt": "2026-05-06T10:00:01.150Z",
    }
    assert last == {
        "event": {
            "id": last["event"]["id"],
            "type": "incoming_whatsapp_message",
            "timeStamp": "2026-05-06T10:00:16.150Z",
            "key": last["message"]["id"],
        },
        "message": {
            "id": last["message"]["id"],
            "contact": {"id": "conIvy0006", "channel": "whatsapp", "phoneNumber": "12025550104"},
            "channel": "whatsApp",
            "isIncoming": True,
            "type": "text",
            "replyToMessage": {},
            "from": "Ivy Lane",
            "timestamp": "2026-05-06T10:00:16.150Z",
            "status": "received",
            "text": "Yes",
            "createdAt": "2026-05-06T10:00:16.150Z",
            "updatedAt": "2026-05-06T10:00:16.150Z",
        },
    }


@pytest.mark.parametrize("has_strings", [False, True])
def test_some_values_may_be_strings(desk, has_strings):
    desk.set(string_values=has_strings)
    desk.post("/webhooks", {**GOOD, "events": EVENTS})
    desk.post("/contacts", {**ZOE, "tags": ["VIP"], "customFields": {"a": 1}})
    desk.post(
        "/clients",
        {"fullName": "P", "primaryLocation": MAIN, "tags": ["Gold"], "customFields": {"b": "x"}},
    )
    desk.post("/messages/whatsapp/sendtemplate", to_template())
    desk.inbound("+12025550199", "Hi")
    desk.advance(0)

    told = {callback["event"]["type"]: callback for callback in desk.callbacks}
    contact, client = told["contact_created"]["contact"], told["client_created"]["client"]
    values = [
        contact["tags"],
        contact["customFields"],
        client["tags"],
        client["customFields"],
        told["outgoing_whatsapp_message"]["message"]["isIncoming"],
        told["incoming_whatsapp_message"]["message"]["isIncoming"],
    ]
    native = [["VIP"], {"a": 1}, ["Gold"], {"b": "x"}, False, True]
    if has_strings:
        assert all(isinstance(value, str) for value in values)
        values = [json.loads(value) for value in values]
    assert values == native
    assert isinstance(contact["location"], dict)


def test_endpoints_of_testers_are_subscriptions(desk):
    made = desk.control("POST", "/endpoints", {"provider": "whautomate", "url": HOOK})
    [shown] = desk.get("/webhooks")

    assert shown == {
        "id": made["id"],
        "name": "Endpoint",
        "active": True,
        "serverUrl": HOOK,
        "webhookHeaders": [],
        "events": shown["events"],
        "createdAt": NOW,
        "updatedAt": NOW,
    }
    assert sorted(shown["events"]) == sorted(EVENTS)
    id = desk.subscribe("client_created")["id"]
    assert {each["id"] for each in desk.control("GET", "/endpoints")["items"]} == {made["id"], id}


PEOPLE = {"contact": "conAda0001", "client": "cliMia0001"}


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_can_be_set_off(desk, event):
    desk.post(
        "/appointments", {"date": "2026-06-01", "time": "10:00", "client": {"id": "cliMia0001"}}
    )
    desk.inbound("+12025550110")
    desk.post("/messages/whatsapp/sendtemplate", to_template())
    desk.subscribe(event)
    data = {"notes": "changed"}

    wanted = {"provider": "whautomate", "event": event, "data": data}
    [made] = desk.control("POST", "/callbacks/trigger", wanted)["items"]

    body = json.loads(made["body"])
    [name] = set(body) - {"event"}
    assert body["event"]["type"] == made["event"] == event
    assert body["event"]["key"] == body[name]["id"] == made["subject"]
    assert body[name]["notes"] == "changed"
    if event.endswith("_message"):
        assert body[name]["isIncoming"] is event.startswith("incoming")
        assert body[name]["channel"].lower() == event.split("_")[1]


@pytest.mark.parametrize(
    ("event", "about"),
    [
        ("contact_created", "conBob0002"),
        ("client_tag_added", "cliNed0002"),
        ("invoice_updates", "cliNed0002"),
    ],
)
def test_events_may_be_about_somebody(desk, event, about):
    desk.subscribe(event)
    wanted = {"provider": "whautomate", "event": event, "about": about}
    [made] = desk.control("POST", "/callbacks/trigger", wanted)["items"]

    assert about in made["body"]


@pytest.mark.parametrize(
    "event", ["contact_created", "client_tag_added", "invoice_updates", "incoming_whatsapp_message"]
)
def test_events_about_nobody_are_refused(desk, event):
    wanted = {"provider": "whautomate", "event": event, "about": "nobody"}

    refused = desk.world.call("POST", f"{SANDBOX}/callbacks/trigger", wanted)

    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["pointer"] == "/about"


def test_templates_of_broadcasts_and_single_messages_are_told_alike(desk):
    desk.subscribe("outgoing_whatsapp_message")
    body = {"contact": {"id": "conAda0001"}, "location": MAIN, "template": HELLO}
    desk.post("/messages/whatsapp/sendtemplate", body)
    desk.advance()
    desk.run()

    single, broadcast = desk.callbacks[0]["message"], desk.callbacks[1]["message"]
    assert set(single) == set(broadcast)
    assert (single["sentBy"], broadcast["sentBy"]) == ("Rest API", "Broadcast")


def test_what_is_told_of_one_contact_goes_one_after_another(desk):
    desk.subscribe("contact_created", "outgoing_whatsapp_message")
    for number in ("+12025550198", "+12025550199"):
        whom = {"recepient": {"phoneNumber": number}, "location": MAIN, "template": HELLO}
        desk.post("/messages/whatsapp/sendtemplate", whom)

    desk.advance(0)

    assert desk.events == ["contact_created", "outgoing_whatsapp_message"] * 2
    made, sent, made_next, sent_next = desk.world.sender.lanes
    assert (made, made_next) == (sent, sent_next)
    assert made != made_next


def test_what_leaves_at_once_does_not_overtake_what_is_told_of_its_contact(desk):
    desk.subscribe("contact_created", "outgoing_whatsapp_message", "incoming_whatsapp_message")
    whom = {"recepient": {"phoneNumber": "+12025550198"}, "location": MAIN, "template": HELLO}
    desk.post("/messages/whatsapp/sendtemplate", whom)
    assert desk.events == []

    inbound = {"provider": "whautomate", "from": "+12025550198", "text": "Hello"}
    desk.world.call("POST", "/_emulator/sandboxes/default/inbound", inbound)

    told = ["contact_created", "outgoing_whatsapp_message", "incoming_whatsapp_message"]
    assert desk.events == told
    desk.advance(0)
    assert desk.events == told
