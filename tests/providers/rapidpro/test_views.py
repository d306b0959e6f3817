"""Messages and broadcasts as testers see them through the control plane."""

from __future__ import annotations

AMINA = "a1b2c3d4-0000-4000-8000-000000000001"
PLACE = "/_emulator/sandboxes/default"


def test_an_outgoing_message_goes_from_the_channel_to_the_urn(rapidpro):
    sent = rapidpro.post("messages", {"contact": AMINA, "text": "Hello"}).json

    found = rapidpro.world.client.get(f"{PLACE}/messages/{sent['uuid']}").json

    assert found["id"] == sent["uuid"]
    assert (found["from"], found["to"]) == ("+254700100200", "tel:+254722000111")
    assert (found["channel"], found["direction"], found["status"]) == ("sms", "out", "queued")
    assert found["contact"] == {"id": AMINA, "name": "Amina Yusuf"}
    assert [moment["status"] for moment in found["history"]] == ["queued"]
    assert found["native"] == rapidpro.one("messages", uuid=sent["uuid"])


def test_an_incoming_message_goes_the_other_way(rapidpro):
    (thanks,) = rapidpro.items("messages")

    found = rapidpro.world.client.get(f"{PLACE}/messages/{thanks['uuid']}").json

    assert (found["from"], found["to"]) == ("tel:+254722000111", "+254700100200")
    assert (found["direction"], found["text"], found["status"]) == ("in", "Thank you", "handled")


def test_integer_ids_are_accepted(rapidpro):
    message = rapidpro.post("messages", {"contact": AMINA, "text": "Hello"}).json
    broadcast = rapidpro.post("broadcasts", {"contacts": [AMINA], "text": "Hello"}).json

    client = rapidpro.world.client
    assert client.get(f"{PLACE}/messages/{message['id']}").json["id"] == message["uuid"]
    assert client.get(f"{PLACE}/broadcasts/{broadcast['id']}").json["id"] == broadcast["uuid"]
    assert client.get(f"{PLACE}/messages/999999").status_code == 404


def test_a_broadcast_counts_the_states_of_its_messages(rapidpro):
    made = rapidpro.post("broadcasts", {"groups": ["Mothers"], "text": "Hello"}).json
    rapidpro.advance(60)

    found = rapidpro.world.client.get(f"{PLACE}/broadcasts/{made['uuid']}").json

    assert (found["status"], found["total"]) == ("completed", 2)
    assert (found["counts"], found["channel"]) == ({"delivered": 2}, "sms")
    assert found["native"] == rapidpro.one("broadcasts", uuid=made["uuid"])
