"""What recipients get, or why they do not; cancelling, deleting, what testers do."""

import pytest

from tests.providers.whautomate.desk import ALL_CLIENTS, HELLO, OFFER, one, stats

UNDELIVERABLE = "(#131026) Message undeliverable"
LATE = "(#131049) This message was not delivered to maintain healthy ecosystem engagement."


PARAMS = "(#132000) Number of parameters does not match the expected number of params"
FORMAT = "(#132012) Parameter format does not match format in the created template"
VISIT = {"name": "store_visit", "language": "en"}
ORDER = {"name": "order_update", "language": "en_US"}
PLACE = {"latitude": 1.5, "longitude": 2, "address": "A", "name": "N"}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (OFFER, ""),
        ({**OFFER, "bodyTextParameters": ["x"]}, PARAMS),
        ({**OFFER, "bodyTextParameters": ["x", "y", "z"]}, PARAMS),
        ({**OFFER, "buttonUrlParameters": []}, PARAMS),
        ({**OFFER, "headerTextParameters": ["x"]}, PARAMS),
        ({**OFFER, "headerMediaUrl": None}, FORMAT),
        ({"template": ORDER, "headerTextParameters": ["7"], "bodyTextParameters": ["7"]}, ""),
        ({"template": ORDER, "bodyTextParameters": ["7"]}, PARAMS),
        ({"template": VISIT, "locationParameters": PLACE}, ""),
        ({"template": VISIT}, FORMAT),
        ({"template": {"name": "book_flow", "language": "en"}}, ""),
        ({"location": {"id": "locWest002"}}, "WhatsApp channel is not connected"),
        (
            {"location": {"id": "locWest002"}, "template": VISIT},
            "WhatsApp channel is not connected",
        ),
    ],
)
def test_what_is_wrong_shows_when_it_is_sent(desk, given, error):
    one(desk)

    broadcast = desk.run(segments=[{"id": "segOne"}], **given)

    [log] = desk.logs(broadcast["id"])
    assert (log["status"], log["error"]) == ("failed" if error else "read", error)
    assert broadcast["status"] == ("failed" if error else "completed")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("DELETED", "(#132001) Template name does not exist in the translation"),
        ("PAUSED", "(#132015) Template is paused"),
        ("REJECTED", "(#132015) Template is paused"),
        ("PENDING", "(#132015) Template is paused"),
    ],
)
def test_templates_may_change_before_they_are_sent(desk, status, error):
    one(desk)
    id = desk.broadcast(segments=[{"id": "segOne"}])
    desk.load(templates=[{**HELLO, "status": status}])

    desk.advance()

    assert [log["error"] for log in desk.logs(id)] == [error]


def test_the_first_reason_is_told(desk):
    """No number before no channel before no template before a refusal of the number."""
    desk.load(
        clients=[
            {
                "id": "cliBad",
                "fullName": "Bad",
                "countryCode": "+1",
                "phone": "2029990101",
                "primaryLocation": "locMain001",
            }
        ]
    )
    first = desk.broadcast(**ALL_CLIENTS)
    second = desk.broadcast(**ALL_CLIENTS, location={"id": "locWest002"})
    desk.load(templates=[{**HELLO, "status": "PAUSED"}])
    desk.advance()

    assert [log["error"] for log in desk.logs(first)][2:] == [
        "Recipient has no phone number",
        "(#132015) Template is paused",
    ]
    assert [log["error"] for log in desk.logs(second)][2:] == [
        "Recipient has no phone number",
        "WhatsApp channel is not connected",
    ]


def test_values_may_name_the_person(desk):
    texts = {
        "bodyTextParameters": [
            "{{contact.name}} of {{ contact.location.title }}",
            "{{contact.customFields.plan}}{{contact.nothing}}{{client.name}}5%",
        ]
    }
    desk.load(contacts=[{"id": "conAda0001", "customFields": {"plan": "gold "}}])
    broadcast = desk.run(**{**OFFER, **texts})

    assert desk.messages("to=12025550110")[0]["text"] == (
        "Hi Ada Byron of Main Office, our spring offer gives you gold 5% off."
    )
    assert desk.messages("to=12025550111")[0]["text"] == (
        "Hi Bob Stone of Main Office, our spring offer gives you 5% off."
    )
    assert broadcast["bodyTextParameters"] == texts["bodyTextParameters"]


def test_values_may_name_the_client(desk):
    offer = {**OFFER, "bodyTextParameters": ["{{client.fullName}}", "{{contact.name}}5%"]}
    desk.run(**ALL_CLIENTS, **offer)

    assert desk.messages("to=447700900121")[0]["text"] == (
        "Hi Ned Frost, our spring offer gives you 5% off."
    )


def test_a_broadcast_is_seen_in_histories(desk):
    desk.run(**OFFER)

    [message] = desk.get("/messages/conAda0001")
    assert message == {
        "id": message["id"],
        "contact": {"id": "conAda0001", "channel": "whatsapp", "phoneNumber": "12025550110"},
        "channel": "whatsApp",
        "isIncoming": False,
        "type": "template",
        "replyToMessage": {},
        "sentBy": "Broadcast",
        "timestamp": "2026-05-06T10:00:01.000Z",
        "status": "read",
        "mediaUrl": "https://cdn.example.test/banner.jpg",
        "text": "Hi there, our spring offer gives you 20% off.",
        "options": ["Shop now"],
        "createdAt": "2026-05-06T10:00:01.000Z",
        "updatedAt": "2026-05-06T10:00:11.000Z",
    }
    assert desk.get("/messages/conFay0004") == []
    incoming, outgoing = desk.get("/messages/conIvy0006")
    assert (incoming["text"], incoming["isIncoming"], outgoing["status"]) == ("Yes", True, "read")


def test_clients_get_it_as_contacts_of_the_location(desk):
    desk.subscribe("contact_created", "outgoing_whatsapp_message")
    desk.load(
        contacts=[
            {"id": "conMia", "name": "Mia", "phoneNumber": "+12025550120", "location": "locMain001"}
        ]
    )
    desk.run(**ALL_CLIENTS)

    made = desk.get("/contacts")[0]
    assert (made["name"], made["phoneNumber"], made["stage"]) == (
        "Ned Frost",
        "+447700900121",
        "Subscriber",
    )
    assert made["location"]["id"] == "locMain001"
    assert desk.events == [
        "outgoing_whatsapp_message",
        "contact_created",
        "outgoing_whatsapp_message",
    ]
    assert [len(desk.get(f"/messages/{id}")) for id in ("conMia", made["id"])] == [1, 1]


def test_who_fails_is_told_to_nobody(desk):
    desk.subscribe("contact_created", "outgoing_whatsapp_message")
    desk.rule("rejected")
    desk.run(**ALL_CLIENTS)

    assert desk.callbacks == []
    assert len(desk.get("/contacts")) == 8


def test_deleting_keeps_histories_and_drops_what_was_to_come(desk):
    id = desk.broadcast()
    desk.advance(4)
    desk.delete(f"/broadcasts/{id}")
    assert desk.advance().events == 0

    [message] = desk.get("/messages/conIvy0006")
    assert message["status"] == "delivered"
    assert [m["broadcast"] for m in desk.messages()] == [None, None, None]


def test_deleted_contacts_stay_in_logs(desk):
    broadcast = desk.run()
    before = desk.logs(broadcast["id"])
    desk.delete("/contacts/conAda0001")

    assert desk.logs(broadcast["id"]) == before
    assert desk.get(f"/broadcasts/{broadcast['id']}") == broadcast


@pytest.mark.parametrize(
    ("path", "field", "body"),
    [
        ("/contacts/conIvy0006", "name", {}),
        ("/clients/cliOna0003", "fullName", {"type": "client", "segments": [{"id": "segAllCli3"}]}),
    ],
)
def test_logs_say_what_people_were_called_when_their_turn_came(desk, path, field, body):
    id = desk.broadcast(**body)
    desk.advance(1.02)
    desk.put(path, {field: "Renamed before"})
    desk.advance(1)
    desk.put(path, {field: "Renamed after"})
    desk.advance()

    assert desk.logs(id)[-1]["recepientName"] == "Renamed before"


def test_who_is_deleted_while_a_broadcast_runs_gets_it_nevertheless(desk):
    id = desk.broadcast()
    desk.advance(1)
    desk.delete("/contacts/conIvy0006")
    desk.advance()

    assert desk.statuses(id)[3] == ("Ivy Lane", "replied")
    assert desk.get("/contacts")[0]["name"] == "Ivy Lane"


def test_cancelling_what_waits(desk):
    id = desk.broadcast()
    shown = desk.control("POST", f"/broadcasts/{id}/cancel")
    assert desk.advance().events == 0

    broadcast = desk.get(f"/broadcasts/{id}")
    assert shown["status"] == broadcast["status"] == "cancelled"
    assert stats(broadcast) == (0,) * 8
    assert not {"startedAt", "completedAt"} & set(broadcast)


def test_cancelling_what_is_under_way(desk):
    id = desk.broadcast()
    desk.advance(1.06)
    desk.control("POST", f"/broadcasts/{id}/cancel")
    cancelled = desk.get(f"/broadcasts/{id}")
    desk.advance()

    broadcast = desk.get(f"/broadcasts/{id}")
    assert broadcast["status"] == "cancelled"
    assert broadcast["completedAt"] == "2026-05-06T10:00:01.060Z"
    assert stats(cancelled) == (4, 2, 0, 2, 0, 0, 0, 0)
    assert stats(broadcast) == (4, 2, 0, 2, 2, 2, 0, 0)
    assert desk.statuses(id) == [("Ada Byron", "read"), ("Bob Stone", "read")]
    assert [m["status"] for m in desk.messages("direction=out")] == [
        "read",
        "read",
        "cancelled",
        "cancelled",
    ]
    desk.delete(f"/broadcasts/{id}")


@pytest.mark.parametrize("state", ["draft", "completed", "cancelled"])
def test_what_neither_waits_nor_runs_cannot_be_cancelled(desk, state):
    id = desk.broadcast(**({"status": "draft"} if state == "draft" else {}))
    if state == "completed":
        desk.advance()
    if state == "cancelled":
        desk.control("POST", f"/broadcasts/{id}/cancel")

    answer = desk.world.call("POST", f"/_emulator/sandboxes/default/broadcasts/{id}/cancel")

    assert answer.status_code == 409


def test_testers_see_broadcasts_and_recipients(desk):
    id = desk.run()["id"]
    shown = desk.control("GET", f"/broadcasts/{id}")

    assert {name: shown[name] for name in ("name", "status", "total", "counts", "account")} == {
        "name": "Hello VIPs",
        "status": "completed",
        "total": 4,
        "counts": {"read": 2, "failed": 1, "replied": 1},
        "account": "harbour",
    }
    assert shown["native"] == desk.get(f"/broadcasts/{id}")
    [fay] = desk.messages("to=12025550101")
    assert (fay["status"], fay["native"], fay["broadcast"]) == ("failed", desk.logs(id)[2], id)
    assert fay["error"] == {"code": "131026", "message": "Message undeliverable"}
    [ada] = desk.messages("to=%2B12025550110")
    assert ada["native"] == desk.get("/messages/conAda0001")[0]
    assert (ada["from"], ada["to"], ada["template"]) == (
        "+12025550100",
        "+12025550110",
        "plain_hello",
    )
    assert ada["contact"] == {"id": "conAda0001", "name": "Ada Byron"}


@pytest.mark.parametrize(
    ("before", "word", "log", "counters"),
    [
        ("stuck", "delivered", "delivered", (1, 1, 0, 1, 1, 0, 0, 0)),
        ("stuck", "read", "read", (1, 1, 0, 1, 1, 1, 0, 0)),
        ("stuck", "failed", "failed", (1, 1, 0, 1, 0, 0, 1, 0)),
        ("delivered", "read", "read", (1, 1, 0, 1, 1, 1, 0, 0)),
        ("pending", "sent", "sent", (1, 1, 0, 1, 0, 0, 0, 0)),
        ("pending", "failed", "failed", (1, 0, 1, 0, 0, 0, 1, 0)),
        ("delivered", "failed", None, None),
        ("delivered", "sent", None, None),
        ("read", "delivered", None, None),
        ("read", "replied", None, None),
        ("rejected", "sent", None, None),
    ],
)
def test_testers_mark_recipients(desk, before, word, log, counters):
    one(desk)
    desk.rule(before)
    id = desk.run(segments=[{"id": "segOne"}])["id"]
    [message] = desk.messages()
    path = f"/_emulator/sandboxes/default/messages/{message['id']}/status"
    error = {"code": "131049", "message": ""} if word == "failed" else None

    answer = desk.world.call("POST", path, {"status": word, "error": error})

    if log is None:
        assert answer.status_code == 409
        return
    assert answer.get_json()["status"] == word
    assert [(each["status"], each["error"]) for each in desk.logs(id)] == [
        (log, LATE if error else "")
    ]
    assert stats(desk.get(f"/broadcasts/{id}")) == counters
