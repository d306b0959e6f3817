"""Messages from people: contacts, sessions, answers to broadcasts, opting out."""

import pytest

from tests.providers.whautomate.desk import KEY_B, MAIN, SANDBOX, stats, to_template

TRIAL = {"contact": {"id": "conAda0001"}, "location": MAIN, "textMessage": "x"}


def quiet(desk):
    """Let everybody read and nobody answer."""
    desk.control("PUT", "/outcomes", {"rules": []})


def test_what_people_write_is_stored(desk):
    desk.subscribe("incoming_whatsapp_message", "contact_created")
    shown = desk.inbound("+12025550110", "Hello there")

    contact = desk.get("/contacts/conAda0001")
    assert contact["lastActivity"] == "2026-05-06T10:00:00.000Z"
    [message] = desk.get("/messages/conAda0001")
    assert (message["id"], message["text"], message["from"]) == (
        shown["id"], "Hello there", "Ada Byron",
    )  # fmt: skip
    assert desk.events == ["incoming_whatsapp_message"]
    assert {name: shown[name] for name in ("from", "to", "direction", "status", "contact")} == {
        "from": "+12025550110",
        "to": "+12025550100",
        "direction": "in",
        "status": "received",
        "contact": {"id": "conAda0001", "name": "Ada Byron"},
    }
    assert desk.post("/messages/whatsapp/sendtext", TRIAL)["status"] == "sent"


@pytest.mark.parametrize(
    ("name", "expected"), [("Yan", ("Yan", "Yan")), (None, ("+12025550177",) * 2)]
)
def test_strangers_become_contacts(desk, name, expected):
    desk.subscribe("incoming_whatsapp_message", "contact_created")
    desk.inbound("whatsapp:12025550177", "Hi", name=name)

    contact = desk.get("/contacts")[0]
    [message] = desk.get(f"/messages/{contact['id']}")
    assert (contact["name"], message["from"]) == expected
    assert (contact["stage"], contact["location"]["id"]) == ("Subscriber", "locMain001")
    assert desk.events == ["contact_created", "incoming_whatsapp_message"]


@pytest.mark.parametrize(
    ("said", "type", "reply"),
    [
        ({"text": "Sure"}, "text", "Sure"),
        ({"text": "", "media": None}, "text", "[text]"),
        ({"text": None, "media": ["https://x.test/a.JPG"]}, "image", "[image]"),
        ({"text": None, "media": ["https://x.test/a.mp4?x=1"]}, "video", "[video]"),
        ({"text": None, "media": ["https://x.test/a.ogg"]}, "audio", "[audio]"),
        ({"text": None, "media": ["https://x.test/a.pdf"]}, "document", "[document]"),
        ({"text": None, "media": ["https://x.test/a"]}, "document", "[document]"),
        ({"text": "Look", "media": ["https://x.test/a.png"]}, "image", "Look"),
    ],
)
def test_answers_show_in_the_log(desk, said, type, reply):
    quiet(desk)
    id = desk.run()["id"]
    desk.inbound("+12025550110", **said)

    assert desk.get("/messages/conAda0001")[0]["type"] == type
    [log] = [log for log in desk.logs(id) if log["recepientName"] == "Ada Byron"]
    assert (log["status"], log["reply"]) == ("replied", reply)


def test_captions_and_several_files(desk):
    files = ["https://x.test/a.png", "https://x.test/b.pdf"]
    first = desk.inbound("+12025550110", "Look", media=files)

    messages = desk.get("/messages/conAda0001")
    shown = sorted((m["type"], m["mediaUrl"], m.get("caption")) for m in messages)
    assert shown == [("document", files[1], None), ("image", files[0], "Look")]
    assert first["media"] == files[:1]


def test_only_the_first_answer_counts(desk):
    quiet(desk)
    id = desk.run()["id"]
    desk.inbound("+12025550110", "First")
    before = desk.logs(id)
    desk.advance(10)
    desk.inbound("+12025550110", "Second")

    assert desk.logs(id) == before
    assert before[0]["reply"] == "First"


@pytest.mark.parametrize(("seconds", "status"), [(86400, "replied"), (86400.001, "read")])
def test_answers_count_within_a_day_of_the_sending(desk, seconds, status):
    quiet(desk)
    id = desk.broadcast()
    desk.advance(1 + seconds)
    desk.inbound("+12025550110")

    assert desk.logs(id)[0]["status"] == status


def test_the_latest_broadcast_is_answered(desk):
    quiet(desk)
    first, second = desk.run()["id"], desk.run()["id"]
    desk.post("/messages/whatsapp/sendtemplate", to_template("+12025550110"))
    desk.inbound("+12025550110")

    assert [desk.logs(id)[0]["status"] for id in (first, second)] == ["read", "replied"]


def test_the_latest_broadcast_is_the_one_that_went_out_last(desk):
    # The second one starts while the first one, which has eight recipients, is under way.
    quiet(desk)
    desk.post("/contacts/conJon0007/tags/add", {"tags": ["Slow"]})
    criteria = {"tags": ["Slow"]}
    slow = desk.post("/segments", {"name": "S", "type": "contact", "criteria": criteria})
    first = desk.broadcast(segments=[{"id": "segAllCon1"}])
    desk.advance(0.1)
    second = desk.broadcast(segments=[{"id": slow["id"]}])
    desk.advance(1.5)
    desk.inbound("+12025550115", "Me")

    replies = [
        [log["reply"] for log in desk.logs(id) if log["recepientName"] == "Jon Marsh"]
        for id in (first, second)
    ]
    assert replies == [["Me"], [""]]


def test_of_an_account_the_location_that_wrote_last_is_written_to(desk):
    desk.load(locations=[{"id": "locWest002", "whatsapp": "+12025550102"}])
    west, other = {"id": "locWest002"}, {"id": "locBempty1"}
    desk.load(templates=[{"name": "plain_hello", "language": "en"}], id="empty")
    desk.post("/messages/whatsapp/sendtemplate", to_template(location=west))
    desk.post("/messages/whatsapp/sendtemplate", to_template(location=other), KEY_B)

    assert desk.inbound("+12025550199", account="harbour")["to"] == "+12025550102"
    assert desk.inbound("+12025550199")["account"] == "empty"


def test_who_writes_to_another_account_has_not_answered(desk):
    quiet(desk)
    id = desk.run()["id"]

    desk.inbound("+12025550110", account="empty")
    assert desk.logs(id)[0]["status"] == "read"
    desk.inbound("+12025550110", account="harbour")
    assert desk.logs(id)[0]["status"] == "replied"


def test_account_that_is_named_is_written_to_whatever_is_quoted(desk):
    id = desk.run()["id"]
    [quoted] = desk.messages(f"broadcast={id}&to=12025550110")

    said = {"account": "empty", "in_reply_to": quoted["id"]}

    assert desk.inbound("+12025550110", **said)["account"] == "empty"


def test_unless_another_is_quoted(desk):
    quiet(desk)
    first, second = desk.run()["id"], desk.run()["id"]
    [quoted] = desk.messages(f"broadcast={first}&to=12025550110")
    desk.inbound("+12025550110", in_reply_to=quoted["id"])

    assert [desk.logs(id)[0]["status"] for id in (first, second)] == ["replied", "read"]
    assert desk.get("/messages/conAda0001")[0]["replyToMessage"] == {"id": quoted["id"]}


def test_an_answer_fills_in_what_was_skipped(desk):
    desk.control("PUT", "/outcomes", {"rules": [{"provider": "whautomate", "outcome": "stuck"}]})
    id = desk.run()["id"]
    desk.inbound("+12025550110")

    assert stats(desk.get(f"/broadcasts/{id}")) == (4, 4, 0, 4, 1, 1, 0, 1)


def test_an_answer_ends_the_receipts(desk):
    quiet(desk)
    id = desk.broadcast()
    desk.advance(1.5)
    desk.inbound("+12025550110")
    desk.advance()

    assert stats(desk.get(f"/broadcasts/{id}")) == (4, 4, 0, 4, 4, 4, 0, 1)
    assert desk.logs(id)[0]["updatedAt"] == "2026-05-06T10:00:01.500Z"


def test_what_failed_is_not_answered(desk):
    id = desk.run()["id"]
    desk.inbound("+12025550101")

    assert desk.logs(id)[2]["status"] == "failed"


@pytest.mark.parametrize(
    ("setting", "account", "opted_out"),
    [(None, True, True), (None, False, False), (True, False, True), (False, True, False)],
)
def test_opting_out_follows_the_rule(desk, setting, account, opted_out):
    desk.set(opt_out_rule=setting)
    desk.load(optOut=account)
    desk.inbound("+12025550110", "STOP")

    assert ("Unsubscribe" in desk.get("/contacts/conAda0001")["tags"]) is opted_out


@pytest.mark.parametrize(
    ("text", "opted_out"),
    [
        ("STOP", True),
        ("Stop", True),
        (" stop\n", True),
        ("sToP", False),
        ("Stop marketing", False),
        ("stop.", False),
        ("Yes", False),
    ],
)
def test_the_words_of_opting_out(desk, text, opted_out):
    desk.subscribe("contact_tag_added", "client_tag_added", "incoming_whatsapp_message")
    desk.load(clients=[{"id": "cliMia0001", "phone": "2025550110"}])
    desk.inbound("+12025550110", text)

    tagged = ["contact_tag_added", "client_tag_added"] if opted_out else []
    assert desk.events == ["incoming_whatsapp_message", *tagged]
    assert ("Unsubscribe" in desk.get("/clients/cliMia0001")["tags"]) is opted_out
    if opted_out:
        assert desk.callbacks[1]["contact"]["addedTags"] == ["Unsubscribe"]


def test_who_stops_is_left_out_by_the_next_segment(desk):
    desk.load(contacts=[{"id": "conBob0002", "phoneNumber": "+12025550105"}])
    first, second = desk.run(), desk.run()

    assert [log["reply"] for log in desk.logs(first["id"])][1] == "STOP"
    assert stats(first)[0] == stats(second)[0] + 1 == 4


def test_the_channel_is_chosen(desk):
    assert desk.inbound("+12025550110", to="locMain001")["to"] == "+12025550100"
    assert desk.inbound("+12025550110", to="12025550100")["to"] == "+12025550100"
    assert desk.inbound("+12025550110", account="empty")["to"] == "+12025550190"
    desk.load(locations=[{"id": "locWest002", "whatsapp": "+12025550300"}])
    body = {**to_template("+12025550110"), "location": {"id": "locWest002"}}
    desk.post("/messages/whatsapp/sendtemplate", body)
    # The channel that last wrote to the person is the one that is answered.
    assert desk.inbound("+12025550110")["to"] == "+12025550300"


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"from": "nobody"}, 422, "/from"),
        ({"from": "123"}, 422, "/from"),
        ({"to": "locWest002"}, 409, None),
        ({"to": "nowhere"}, 422, "/to"),
        ({"account": "nobody"}, 422, "/account"),
        ({"text": None}, 422, "/text"),
        ({"in_reply_to": "nothing"}, 422, "/in_reply_to"),
    ],
)
def test_mistakes_of_testers(desk, body, status, pointer):
    good = {"provider": "whautomate", "from": "+12025550110", "text": "Hi"}

    answer = desk.world.call("POST", f"{SANDBOX}/inbound", {**good, **body})

    assert answer.status_code == status
    if pointer:
        assert answer.get_json()["errors"][0]["pointer"] == pointer


def test_nobody_hears_the_answer_once_the_channel_is_gone(desk):
    id = desk.broadcast()
    desk.advance(5)
    desk.load(locations=[{"id": "locMain001", "whatsapp": None}])
    desk.advance()

    assert desk.logs(id)[3]["status"] == "read"
