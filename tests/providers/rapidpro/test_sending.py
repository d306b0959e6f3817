"""Outgoing messages: the channel that each takes, and those that fail at once."""

from __future__ import annotations

import pytest

from .people import AMINA, BAKARI, DAUDI, ESTHER, LAKESIDE
from .steering import steer, until_idle

SPAN = 300
MOST = 20


def send(rapidpro, contact, text="Hi"):
    """Send a message; return it as it is shown."""
    answer = rapidpro.post("messages", {"contact": contact, "text": text})
    assert answer.status_code == 201, answer.text
    return answer.json


def reason(rapidpro, message):
    """Return why a message failed, in the words of the control API."""
    error = steer(rapidpro, "GET", f"messages/{message['uuid']}").json["error"]
    return error and error["code"]


def add_contact(rapidpro, *urns):
    """Add a contact with these URNs; return its UUID."""
    answer = rapidpro.post("contacts", {"urns": list(urns)})
    assert answer.status_code == 201, answer.text
    return answer.json["uuid"]


def test_first_address_that_a_channel_reaches_is_used(rapidpro):
    contact = add_contact(rapidpro, "viber:abc", "telegram:555002", "tel:+254722999888")

    message = send(rapidpro, contact)

    assert (message["urn"], message["channel"]["name"]) == ("telegram:555002", "Lakeside Bot")


def test_contact_without_a_route_gets_a_failed_message(rapidpro):
    message = send(rapidpro, add_contact(rapidpro, "viber:abc"))

    assert (message["status"], message["urn"], message["channel"]) == ("failed", None, None)
    assert reason(rapidpro, message) == "no_destination"
    assert [item["uuid"] for item in rapidpro.items("messages", folder="failed")] == [
        message["uuid"]
    ]


@pytest.mark.parametrize("status", ["blocked", "stopped", "archived"])
def test_contact_that_is_not_active_gets_a_failed_message(rapidpro, status):
    rapidpro.load({**LAKESIDE, "contacts": [{"uuid": DAUDI, "status": status}]})

    message = send(rapidpro, DAUDI)

    assert (message["status"], message["urn"]) == ("failed", "tel:+254722000444")
    assert reason(rapidpro, message) == "contact"


def test_failed_message_stays_failed_and_keeps_nothing_waiting(rapidpro):
    message = send(rapidpro, ESTHER)

    ledger = steer(rapidpro, "POST", "clock/advance", {"by": "1d"}).json

    assert ledger["events"] == 0
    assert rapidpro.one("messages", uuid=message["uuid"])["status"] == "failed"


def test_too_many_equal_texts_look_like_a_loop(rapidpro):
    statuses = [send(rapidpro, BAKARI)["status"] for _ in range(MOST + 2)]

    assert statuses == ["queued"] * MOST + ["failed"] * 2
    assert send(rapidpro, BAKARI, "Another text")["status"] == "queued"
    assert send(rapidpro, AMINA)["status"] == "queued"


def test_loop_guard_forgets_after_five_minutes(rapidpro):
    for _ in range(MOST):
        send(rapidpro, BAKARI)
    rapidpro.advance(SPAN)
    within = send(rapidpro, BAKARI)
    rapidpro.advance(0.1)
    after = send(rapidpro, BAKARI)

    assert (within["status"], after["status"]) == ("failed", "queued")
    assert reason(rapidpro, within) == "looping"


def test_loop_guard_counts_what_is_within_five_minutes(rapidpro):
    send(rapidpro, BAKARI)
    rapidpro.advance(SPAN)
    for _ in range(MOST - 1):
        send(rapidpro, BAKARI)
    rapidpro.advance(0.1)

    assert [send(rapidpro, BAKARI)["status"] for _ in range(2)] == ["queued", "failed"]


def test_loop_guard_counts_broadcasts_too(rapidpro):
    for _ in range(MOST):
        send(rapidpro, BAKARI)
    rapidpro.post("broadcasts", {"contacts": [BAKARI, DAUDI], "text": "Hi"})

    until_idle(rapidpro)

    made = rapidpro.items("messages", broadcast=1)
    assert {item["contact"]["uuid"]: item["status"] for item in made} == {
        BAKARI: "failed",
        DAUDI: "delivered",
    }


def test_refused_message_does_not_count_for_the_guard(rapidpro):
    for _ in range(MOST + 5):
        rapidpro.post("messages", {"contact": BAKARI, "text": "Hi", "quick_replies": 5})

    assert send(rapidpro, BAKARI)["status"] == "queued"


def test_closest_number_is_chosen_among_several_channels(rapidpro):
    rapidpro.load(
        {
            **LAKESIDE,
            "channels": [
                {"name": "Near", "type": "external", "address": "+254722000", "country": "KE"},
                {"name": "Far", "type": "external", "address": "+15550100", "country": "US"},
            ],
        }
    )

    assert send(rapidpro, BAKARI)["channel"]["name"] == "Near"


def test_oldest_of_several_channels_without_numbers_is_chosen(rapidpro):
    rapidpro.load({**LAKESIDE, "channels": [{"name": "Second Bot", "type": "telegram"}]})

    contact = add_contact(rapidpro, "telegram:555002")

    assert send(rapidpro, contact)["channel"]["name"] == "Lakeside Bot"


def test_numbers_and_ids_grow(rapidpro):
    first, second = send(rapidpro, BAKARI), send(rapidpro, BAKARI)

    assert second["id"] == first["id"] + 1
    assert first["uuid"][14] == "7"
