"""Messages that are really handed to a carrier."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from emulator.providers.rapidpro.gateway import split

from .people import BAKARI, LAKESIDE
from .steering import history, push, rules, steer
from .test_carrier import SMS, call

URL = "http://carrier.example/send"


@pytest.fixture
def carrier(rapidpro):
    return with_channel(rapidpro)


def with_channel(rapidpro, **more):
    channel = {"uuid": SMS, "send_url": URL, **more}
    rapidpro.load({**LAKESIDE, "channels": [channel]})
    return rapidpro


def send(rapidpro, text="Hi + you & me", **more):
    made = rapidpro.post("messages", {"contact": BAKARI, "text": text, **more})
    assert made.status_code == 201, made.text
    return made.json["uuid"]


def sent(rapidpro):
    return rapidpro.world.sender.sent


def status(rapidpro, uuid):
    return rapidpro.one("messages", uuid=uuid)["status"]


def test_a_message_is_posted_as_a_form_and_wired(carrier):
    uuid = send(carrier)

    carrier.advance(1)

    (parcel,) = sent(carrier)
    assert (parcel.method, parcel.url) == ("POST", URL)
    assert ("Content-Type", "application/x-www-form-urlencoded") in parcel.headers
    assert {key: value[0] for key, value in parse_qs(parcel.body.decode()).items()} == {
        "id": uuid,
        "text": "Hi + you & me",
        "to": "+254722000222",
        "to_no_plus": "254722000222",
        "from": "+254700100200",
        "from_no_plus": "254700100200",
        "channel": SMS,
    }
    assert status(carrier, uuid) == "wired"


def test_the_carrier_decides_what_becomes_of_it(carrier):
    rules(carrier, {"outcome": "rejected"})
    uuid = send(carrier)
    carrier.advance(86_400)
    before = status(carrier, uuid)

    call(carrier, "delivered", id=uuid)

    assert (before, status(carrier, uuid)) == ("wired", "delivered")


def test_placeholders_in_the_address_are_encoded(rapidpro):
    with_channel(rapidpro, send_method="GET", send_url=URL + "?to={{to}}&m={{text}}&x={{y}}")
    send(rapidpro)
    rapidpro.advance(1)

    (parcel,) = sent(rapidpro)
    assert (parcel.method, parcel.body) == ("GET", b"")
    assert "Content-Type" not in dict(parcel.headers)
    assert parcel.url == URL + "?to=%2B254722000222&m=Hi+%2B+you+%26+me&x={{y}}"


def test_json_bodies_have_json_values(rapidpro):
    with_channel(
        rapidpro,
        send_type="json",
        send_method="PUT",
        send_body='{"to": {{to}}, "text": {{text}}, "qr": {{quick_replies}}, "id": {{uuid}}}',
    )
    replies = [{"type": "text", "text": "Yes"}]
    uuid = send(rapidpro, 'Say "hi" ✓', quick_replies=replies)
    rapidpro.advance(1)

    (parcel,) = sent(rapidpro)
    assert parcel.method == "PUT"
    assert parcel.body.decode() == (
        '{"to": "+254722000222", "text": "Say \\"hi\\" ✓", "qr": ["Yes"], "id": "' + uuid + '"}'
    )


def test_quick_replies_of_a_form_are_parameters(rapidpro):
    with_channel(rapidpro, send_body="text={{text}}{{quick_replies}}")
    send(rapidpro, "Well?", quick_replies=[{"text": "Yes & no"}, {"text": "No"}])
    rapidpro.advance(1)

    assert sent(rapidpro)[0].body == b"text=Well%3F&quick_reply=Yes+%26+no&quick_reply=No"


@pytest.mark.parametrize("answer", [500, 404, "connection refused"])
def test_errors_are_tried_again_after_five_and_ten_minutes(carrier, answer):
    carrier.world.sender.script = [answer] * 3
    uuid = send(carrier)

    carrier.advance(1)
    first = status(carrier, uuid)
    carrier.advance(299)
    second = len(sent(carrier))
    carrier.advance(1200)

    assert (first, second, len(sent(carrier))) == ("errored", 2, 3)
    path = ["queued", "errored", "queued", "errored", "queued", "failed"]
    assert [status for status, _ in history(carrier, uuid)] == path


def test_a_retry_that_succeeds_wires_the_message(carrier):
    carrier.world.sender.script = [503]
    uuid = send(carrier)

    carrier.advance(600)

    assert (len(sent(carrier)), status(carrier, uuid)) == (2, "wired")


def test_long_texts_are_split(carrier):
    uuid = send(carrier, "x" * 200)
    carrier.advance(1)

    texts = [parse_qs(parcel.body.decode())["text"][0] for parcel in sent(carrier)]
    assert texts == ["x" * 160, "x" * 40]
    assert status(carrier, uuid) == "wired"


def test_a_message_is_in_error_if_one_of_its_parts_is(carrier):
    carrier.world.sender.script = [200, 500]
    uuid = send(carrier, "x" * 200)

    carrier.advance(1)

    assert status(carrier, uuid) == "errored"


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        ("Hello", 160, ["Hello"]),
        ("", 160, [""]),
        ("Hello there you", 10, ["Hello", "there", "you"]),
        ("aaaaaaaaaaaa", 5, ["aaaaa", "aaaaa", "aa"]),
        ("aaaaa ", 5, ["aaaaa"]),
    ],
)
def test_texts_are_split_at_blanks(text, most, parts):
    assert split(text, most) == parts


def test_broadcasts_go_to_the_carrier_too(carrier):
    carrier.post("broadcasts", {"text": "Hi @contact.first_name", "groups": ["Mothers"]})

    carrier.advance(10)

    texts = {parse_qs(parcel.body.decode())["text"][0] for parcel in sent(carrier)}
    assert texts == {"Hi Amina", "Hi Cynthia"}


def test_a_forced_status_wins(carrier):
    carrier.world.sender.script = [500]
    uuid = send(carrier)

    push(carrier, uuid, "failed")
    carrier.advance(1)

    assert status(carrier, uuid) == "failed"


def test_channel_without_an_address_sends_from_nowhere(rapidpro):
    with_channel(rapidpro, address=None, send_body="from={{from}}&to={{to_no_plus}}")
    send(rapidpro)
    rapidpro.advance(1)

    assert sent(rapidpro)[0].body == b"from=&to=254722000222"


def test_messages_of_other_channels_stay_here(carrier):
    channel = {"name": "Lakeside Bot", "send_url": URL}
    contact = {"name": "Tele", "urns": ["telegram:555001"]}
    carrier.load({**LAKESIDE, "channels": [channel], "contacts": [contact]})
    made = carrier.post("messages", {"contact": "telegram:555001", "text": "Hi"}).json
    carrier.advance(60)

    assert (sent(carrier), status(carrier, made["uuid"])) == ([], "delivered")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("send_url", "carrier.example"),
        ("send_method", "PATCH"),
        ("send_type", "xml"),
        ("send_body", 5),
        ("max_length", 0),
    ],
)
def test_fixtures_that_are_refused(rapidpro, key, value):
    part = {"workspaces": [{**LAKESIDE, "channels": [{"uuid": SMS, key: value}]}]}

    answer = steer(rapidpro, "POST", "fixtures", {"emulator": 1, "rapidpro": part})

    assert answer.status_code == 422
    assert f"/channels/0/{key}" in answer.text
