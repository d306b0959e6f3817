"""Messages from people's phones."""

from __future__ import annotations

import pytest

from emulator.core.vendor import Inbound
from emulator.providers.rapidpro.kinds import FLOWS
from emulator.providers.rapidpro.receiving import receive

from .people import AMINA, BAKARI, DAUDI, ESTHER, LAKESIDE, names
from .steering import inbound, push, rules, steer, until_idle

OTHER = {
    "name": "Other Clinic",
    "uuid": "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7eff",
    "country": "KE",
    "users": [{"email": "o@third.example", "role": "administrator", "tokens": ["third_token"]}],
    "channels": [
        {"name": "Third Line", "type": "external", "address": "+254700100300"},
        {"name": "Second Line", "type": "external", "address": "+254700100301"},
    ],
    "contacts": [{"name": "Zawadi", "urns": ["tel:+254722000111"]}],
}


def send(rapidpro, contact, text="Hi"):
    """Send a message; return it as it is shown."""
    answer = rapidpro.post("messages", {"contact": contact, "text": text})
    assert answer.status_code == 201, answer.text
    return answer.json


def refused(rapidpro, **body):
    """Let somebody write in vain; return the status and where the mistakes are."""
    answer = steer(rapidpro, "POST", "inbound", {"provider": "rapidpro", "text": "x", **body})
    pointers = [error["pointer"] for error in answer.json.get("errors", ())]
    return answer.status_code, pointers


def test_message_is_in_the_inbox_when_the_call_answers(rapidpro):
    view = inbound(rapidpro, "+254722000222", "Hello")

    shown = rapidpro.one("messages", uuid=view["id"])
    assert (shown["direction"], shown["status"]) == ("in", "handled")
    assert (shown["text"], shown["urn"]) == ("Hello", "tel:+254722000222")
    assert shown["channel"]["name"] == "Lakeside SMS"
    assert (shown["visibility"], shown["flow"], shown["sent_on"]) == ("visible", None, None)
    assert view["id"] in [item["uuid"] for item in rapidpro.items("messages", folder="inbox")]
    assert [entry["status"] for entry in view["history"]] == ["pending", "handled"]


@pytest.mark.parametrize(
    "sender",
    ["+254722000222", "254722000222", "0722000222", "tel:+254722000222", "tel:0722 000222"],
)
def test_sender_is_known_in_any_form(rapidpro, sender):
    assert inbound(rapidpro, sender)["contact"]["id"] == BAKARI


def test_contact_has_been_seen(rapidpro):
    rapidpro.advance(60)

    inbound(rapidpro, "+254722000222")

    contact = rapidpro.one("contacts", uuid=BAKARI)
    assert contact["last_seen_on"] == contact["modified_on"] == "2026-05-06T10:01:00.000000Z"


def test_unknown_sender_becomes_a_contact(rapidpro):
    inbound(rapidpro, "+254722777666", name="Nia")

    contact = rapidpro.one("contacts", urn="tel:+254722777666")
    assert (contact["name"], contact["status"]) == ("Nia", "active")
    assert contact["last_seen_on"] == contact["created_on"] == "2026-05-06T10:00:00.000000Z"


def test_known_contact_keeps_its_name(rapidpro):
    inbound(rapidpro, "+254722000222", name="Somebody")

    assert rapidpro.one("contacts", uuid=BAKARI)["name"] == "Bakari Mwangi"


def test_blocked_contact_writes_into_the_archive(rapidpro):
    view = inbound(rapidpro, "+254722000555")

    assert view["contact"]["id"] == ESTHER
    assert rapidpro.one("messages", folder="archived")["uuid"] == view["id"]
    assert rapidpro.one("contacts", uuid=ESTHER)["status"] == "blocked"


def test_stopped_contact_is_active_again(rapidpro):
    rapidpro.load({**LAKESIDE, "contacts": [{"uuid": DAUDI, "status": "stopped"}]})

    inbound(rapidpro, "+254722000444")

    assert rapidpro.one("contacts", uuid=DAUDI)["status"] == "active"


def test_smart_group_follows_the_moment(rapidpro):
    rapidpro.load({**LAKESIDE, "groups": [{"name": "Seen", "query": 'last_seen_on != ""'}]})
    before = rapidpro.items("contacts", group="Seen")

    inbound(rapidpro, "+254722000222")

    assert before == []
    assert names(rapidpro.items("contacts", group="Seen")) == ["Bakari Mwangi"]


def test_media_become_attachments(rapidpro):
    media = [
        "https://files.example/a/photo.jpg",
        "geo:-1.28,36.82",
        "audio/ogg:https://files.example/a/voice",
        "https://files.example/a/what",
    ]
    view = inbound(rapidpro, "+254722000222", "", media=media)

    shown = rapidpro.one("messages", uuid=view["id"])
    assert [(item["content_type"], item["url"]) for item in shown["attachments"]] == [
        ("image/jpeg", "https://files.example/a/photo.jpg"),
        ("geo", "-1.28,36.82"),
        ("audio/ogg", "https://files.example/a/voice"),
        ("application/octet-stream", "https://files.example/a/what"),
    ]
    assert shown["media"] == "image/jpeg:https://files.example/a/photo.jpg"


def test_first_workspace_receives_where_nothing_else_says(rapidpro):
    rapidpro.load(OTHER)

    assert inbound(rapidpro, "+254722000111")["account"] == LAKESIDE["uuid"]


@pytest.mark.parametrize(
    "sender", ["+254722000111", "tel:254722000111", "0722 000111", "tel:0722 000111"]
)
def test_workspace_that_last_wrote_receives(rapidpro, sender):
    rapidpro.load(OTHER)
    send(rapidpro, AMINA)
    rapidpro.advance(1)
    send(rapidpro.as_("third_token"), "tel:+254722000111")

    view = inbound(rapidpro, sender)

    assert (view["account"], view["contact"]["name"]) == (OTHER["uuid"], "Zawadi")


def test_message_replied_to_decides_the_workspace(rapidpro):
    rapidpro.load(OTHER)
    first = send(rapidpro, AMINA)
    rapidpro.advance(1)
    send(rapidpro.as_("third_token"), "tel:+254722000111")

    view = inbound(rapidpro, "+254722000111", in_reply_to=first["uuid"])

    assert view["account"] == LAKESIDE["uuid"]


def test_account_that_is_named_receives_whatever_is_replied_to(rapidpro):
    rapidpro.load(OTHER)
    first = send(rapidpro, AMINA)

    view = inbound(rapidpro, "+254722000111", in_reply_to=first["uuid"], account=OTHER["uuid"])

    assert (view["account"], view["contact"]["name"]) == (OTHER["uuid"], "Zawadi")


def test_account_that_is_named_receives(rapidpro):
    rapidpro.load(OTHER)
    send(rapidpro, AMINA)

    view = inbound(rapidpro, "+254722000111", account=OTHER["uuid"])

    assert (view["account"], view["contact"]["name"]) == (OTHER["uuid"], "Zawadi")


@pytest.mark.parametrize("to", ["Second Line", "+254700100301", "254700100301"])
def test_channel_that_is_named_receives(rapidpro, to):
    rapidpro.load(OTHER)

    view = inbound(rapidpro, "+254722000111", account=OTHER["uuid"], to=to)

    assert view["native"]["channel"]["name"] == "Second Line"


def test_channel_that_last_wrote_receives(rapidpro):
    rapidpro.load(OTHER)
    third = rapidpro.as_("third_token")
    used = send(third, "tel:+254722000111")["channel"]["name"]

    view = inbound(rapidpro, "+254722000111", account=OTHER["uuid"])

    assert view["native"]["channel"]["name"] == used == "Second Line"


def test_first_channel_receives_from_somebody_new(rapidpro):
    rapidpro.load(OTHER)

    view = inbound(rapidpro, "+254722555444", account=OTHER["uuid"])

    assert view["native"]["channel"]["name"] == "Third Line"


def test_urn_of_another_scheme_comes_by_its_channel(rapidpro):
    view = inbound(rapidpro, "telegram:99120045")

    assert view["contact"]["id"] == AMINA
    assert (view["channel"], view["native"]["channel"]["name"]) == ("telegram", "Lakeside Bot")


def test_bare_address_on_a_telegram_channel_is_a_telegram_id(rapidpro):
    view = inbound(rapidpro, "99120045", to="lakesidebot")

    assert (view["from"], view["contact"]["id"]) == ("telegram:99120045", AMINA)


def test_bare_address_is_a_number_wherever_a_channel_receives_from_numbers(rapidpro):
    channels = [{"name": "Bot", "type": "telegram"}, {"name": "Line", "address": "+2547001"}]
    rapidpro.load({**OTHER, "channels": channels})

    view = inbound(rapidpro, "0722555444", account=OTHER["uuid"], to="Line")
    bare = inbound(rapidpro, "0722555444", account=OTHER["uuid"])

    assert (view["from"], bare["from"]) == ("tel:+254722555444", "tel:+254722555444")


def test_bare_address_is_the_one_last_written_to(rapidpro):
    contact = rapidpro.post("contacts", {"urns": ["telegram:7712345"]}).json["uuid"]
    send(rapidpro, contact)

    assert inbound(rapidpro, "7712345")["from"] == "telegram:7712345"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"from": "nobody"}, "/from"),
        ({"from": "tel:12"}, "/from"),
        ({"from": "viber:abc"}, "/from"),
        ({"from": "+254722000111", "to": "+15550100"}, "/to"),
        ({"from": "+254722000111", "account": "nope"}, "/account"),
        ({"from": "+254722000111", "in_reply_to": "nope"}, "/in_reply_to"),
    ],
)
def test_wish_that_makes_no_sense_is_refused(rapidpro, body, pointer):
    before = rapidpro.items("messages"), rapidpro.items("contacts")

    assert refused(rapidpro, **body) == (422, [pointer])
    assert (rapidpro.items("messages"), rapidpro.items("contacts")) == before


def test_incoming_message_cannot_be_replied_to_by_its_sender(rapidpro):
    view = inbound(rapidpro, "+254722000111")

    wish = {"from": "+254722000111", "in_reply_to": view["id"]}
    assert refused(rapidpro, **wish) == (422, ["/in_reply_to"])


def test_workspace_without_channels_cannot_receive(rapidpro):
    account = rapidpro.as_("rp_token_other").get("workspace").json["uuid"]

    assert refused(rapidpro, **{"from": "+12025550199", "account": account}) == (409, [])


def test_inbound_fires_nothing_by_itself(rapidpro):
    rules(rapidpro, {"outcome": "replied"})
    inbound(rapidpro, "+254722000111")

    ledger = steer(rapidpro, "POST", "clock/advance", {"by": "1d"}).json
    assert ledger["events"] == 0


def test_reply_planned_for_a_message_is_dropped_when_its_status_is_forced(rapidpro):
    rules(rapidpro, {"outcome": "replied"})
    message = send(rapidpro, BAKARI)
    push(rapidpro, message["uuid"], "failed")

    until_idle(rapidpro)

    assert [m["direction"] for m in rapidpro.items("messages", contact=BAKARI)] == ["out"]


def test_flow_that_waits_takes_the_message(rapidpro):
    sandbox = rapidpro.world.sandbox
    [flow] = [flow for flow in sandbox.store.table(FLOWS) if flow.name == "Survey"]
    offered = []

    def consume(_sandbox, _workspace, contact, message):
        offered.append((contact.id, message.text))
        return flow.id if message.text == "2" else None

    with sandbox.unit():
        for text in ("2", "hello"):
            receive(sandbox, Inbound(account=None, from_="+254722000222", text=text), consume)

    assert offered == [(BAKARI, "2"), (BAKARI, "hello")]
    taken = rapidpro.one("messages", folder="flows")
    assert (taken["text"], taken["flow"]) == ("2", {"uuid": flow.id, "name": "Survey"})
