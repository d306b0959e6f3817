"""Single messages of both versions, and the 24-hour window."""

import re

import pytest

from tests.providers.cuedesk.desk import (
    FROM,
    MESSAGES,
    POSTS,
    TO,
    changed,
    first_message,
    free_message,
    template_message,
)

OTHER = "27827134468"


def with_reference(path):
    body = POSTS[path]()
    return changed(body, "message.clientRef", "ref-1") if path == "/v1/messages" else body


@pytest.mark.parametrize("path", MESSAGES)
def test_a_message_is_accepted(desk, path):
    answer = desk.accept(path, with_reference(path))["message"]

    reference = "order-confirmation-123" if path.startswith("/v2") else "ref-1"
    assert answer == {
        "uuid": desk.message()["id"],
        "to": TO,
        "from": FROM,
        "status": "queued",
        "client_reference": reference,
        "created_at": "2024-06-01T12:00:00Z",
    }


@pytest.mark.parametrize("path", MESSAGES)
def test_a_reference_may_be_left_out(desk, path):
    body = changed(changed(POSTS[path](), "client_reference", ...), "clientRef", ...)

    assert desk.accept(path, body)["message"]["client_reference"] is None


@pytest.mark.parametrize("path", MESSAGES[:2])
def test_a_template_message_is_delivered(desk, path):
    desk.accept(path, POSTS[path]())

    desk.advance()

    message = desk.message()
    assert desk.statuses() == [["queued", "sent", "delivered"]]
    assert (message["broadcast"], message["from"], message["to"]) == (None, FROM, TO)


def test_a_template_message_with_an_empty_value_is_refused_by_whatsapp(desk):
    body = changed(template_message(), "template.body_variables.1", "")
    desk.accept("/v2/messages/whatsapp", body)

    desk.advance()

    assert desk.statuses() == [["queued", "failed"]]
    assert desk.message()["error"]["code"] == "131008"


def test_the_values_of_a_template_message_are_shown(desk):
    desk.accept("/v2/messages/whatsapp", template_message())

    message = desk.message()

    assert message["text"] == "Hi Alex, use ALEX20 until 31 Dec"
    assert message["template"] == "holiday_sale_template"
    assert message["media"] == ["https://x.test/a.jpg"]
    assert message["native"]["body"] == ["Alex", "ALEX20", "31 Dec"]
    assert message["native"]["buttons"] == [{"index": 0, "type": "URL", "value": "alex"}]
    assert message["native"]["client_reference"] == "order-confirmation-123"


def test_the_cards_of_a_template_message_are_shown(desk):
    cards = [
        {
            "index": at,
            "header": {"type": "image", "link": f"https://x.test/{at}"},
            "body_variables": [f"item {at}", "3"],
            "buttons": [{"index": 0, "type": "URL", "value": f"link-{at}"}],
        }
        for at in (1, 0)
    ]
    template = {
        "name": "product_carousel_template",
        "locale": "en",
        "body_variables": ["Alex"],
        "cards": cards,
    }

    desk.accept("/v2/messages/whatsapp", template_message(template=template))

    native = desk.message()["native"]
    assert [card["body"] for card in native["cards"]] == [["item 0", "3"], ["item 1", "3"]]
    assert native["cards"][1]["header"]["value"] == "https://x.test/1"


def test_a_text_header_is_given_as_text(desk):
    header = {"type": "text", "parameters": 1}
    template = {"name": "head", "locale": "en", "body": {"text": "Hi"}, "header": header}
    desk.load(templates=[template])
    wanted = {"name": "head", "locale": "en", "header": {"text": "News"}}

    desk.accept("/v2/messages/whatsapp", template_message(template=wanted))

    assert desk.message()["native"]["header"]["value"] == "News"


def test_two_messages_are_two(desk):
    for _ in range(2):
        desk.accept("/v2/messages/whatsapp", template_message())

    one, other = desk.messages()
    assert one["id"] != other["id"]


def test_components_are_kept_for_the_tester(desk):
    components = [{"type": "body", "parameters": [{"type": "text", "text": "Alex"}]}]

    desk.accept("/v1/messages/whatsapp", first_message(components=components))

    assert desk.message()["native"]["content"] == {"components": components}


def test_a_free_message_outside_the_window_fails_afterwards(desk):
    desk.rule("read")
    desk.accept("/v1/messages", free_message())

    desk.advance()

    message = desk.message()
    assert desk.statuses() == [["queued", "failed"]]
    assert message["error"] == {"code": "131047", "message": "Re-engagement message"}
    assert desk.control("GET", "/outcomes")["items"][0]["hits"] == 0


@pytest.mark.parametrize(
    ("passed", "status"),
    [("0s", "delivered"), ("24h", "delivered"), ("86400.001s", "failed"), ("3d", "failed")],
)
def test_a_person_who_writes_opens_the_window_for_a_day(desk, passed, status):
    desk.receive(text="Hi")
    desk.advance(passed)

    desk.accept("/v1/messages", free_message())
    desk.advance()

    assert desk.messages(direction="out")[0]["status"] == status


def test_the_last_message_of_a_person_counts(desk):
    desk.receive(text="Hi")
    desk.advance("23h")
    desk.receive(text="Hi again")
    desk.advance("23h")

    desk.accept("/v1/messages", free_message())
    desk.advance()

    assert desk.messages(direction="out")[0]["status"] == "delivered"


def test_the_window_is_one_persons_with_one_workspace(desk):
    desk.receive(text="Hi", account="ws_other")
    desk.receive(OTHER, text="Hi")

    desk.accept("/v1/messages", free_message())
    desk.advance()

    assert desk.messages(direction="out")[0]["status"] == "failed"


def test_templates_need_no_window(desk):
    desk.accept("/v1/messages/whatsapp", first_message())

    desk.advance()

    assert desk.message()["status"] == "delivered"


@pytest.mark.parametrize(
    ("kind", "content", "text", "media"),
    [
        ("text", {"text": "Hello"}, "Hello", []),
        ("image", {"url": "https://x.test/a.png", "caption": "A"}, "A", ["https://x.test/a.png"]),
        ("video", {"url": "https://x.test/a.mp4"}, None, ["https://x.test/a.mp4"]),
        ("file", {"url": "https://x.test/a.pdf"}, None, ["https://x.test/a.pdf"]),
        ("audio", {"url": "https://x.test/a.mp3"}, None, ["https://x.test/a.mp3"]),
        ("location", {"latitude": 1.5, "longitude": 2}, None, []),
        ("buttons", {"text": "Yes?", "buttons": ["Yes"]}, "Yes?", []),
        ("list", {"text": 5, "sections": []}, None, []),
    ],
)
def test_free_messages_of_all_types_are_taken(desk, kind, content, text, media):
    desk.accept("/v1/messages", free_message(type=kind, content=content))

    message = desk.message()
    assert (message["text"], message["media"]) == (text, media)
    assert (message["native"]["type"], message["native"]["content"]) == (kind, content)


@pytest.mark.parametrize("path", [*MESSAGES, "/broadcasts"])
def test_rules_read_what_is_sent(desk, path):
    desk.receive()
    desk.accept(path, POSTS[path]())
    text = desk.messages(direction="out")[0]["text"]
    desk.rule("undelivered", text_pattern=f"^{re.escape(text)}$")
    desk.rule("stuck", text_pattern=f"^{re.escape(text)}.")

    desk.accept(path, POSTS[path]())
    desk.advance()

    assert [m["outcome"] for m in desk.messages(direction="out")] == ["delivered", "undelivered"]


@pytest.mark.parametrize("path", MESSAGES[:2])
def test_rules_decide_what_becomes_of_single_messages(desk, path):
    desk.rule("undelivered", to=TO, nth=[2])

    for _ in range(3):
        desk.accept(path, POSTS[path]())
    desk.advance()

    assert [m["status"] for m in desk.messages()] == ["delivered", "failed", "delivered"]
