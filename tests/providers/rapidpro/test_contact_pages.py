"""Contacts that are asked for again are kept; what is kept must never be outdated."""

from __future__ import annotations

import pytest

from .people import AMINA, BAKARI, LAKESIDE, MOTHERS, PARENTS
from .steering import inbound, steer


def change(**values):
    return lambda rapidpro: rapidpro.post("contacts", values, uuid=AMINA)


def account(**values):
    path = f"accounts/rapidpro/{LAKESIDE['uuid']}"
    return lambda rapidpro: steer(rapidpro, "PATCH", path, values)


CHANGES = {
    "name": change(name="Amina Y."),
    "language": change(language="fra"),
    "urns": change(urns=["tel:+254722000112"]),
    "membership": change(groups=["Staff"]),
    "field": change(fields={"children": "0"}),
    "note": change(note="Called"),
    "blocked": lambda rapidpro: rapidpro.post(
        "contact_actions", {"contacts": [AMINA], "action": "block"}
    ),
    "message": lambda rapidpro: inbound(rapidpro, "+254722000111"),
    "group renamed": lambda rapidpro: rapidpro.post("groups", {"name": "Mums"}, uuid=MOTHERS),
    "group deleted": lambda rapidpro: rapidpro.delete("groups", uuid=PARENTS),
    "field made": lambda rapidpro: rapidpro.post("fields", {"name": "Ward", "type": "ward"}),
    "text as number": lambda rapidpro: rapidpro.post(
        "fields", {"name": "Village", "type": "number"}, key="village"
    ),
    "time zone": account(timezone="America/New_York"),
    "hidden addresses": account(anon=True),
    "in a flow": lambda rapidpro: rapidpro.load(
        {**LAKESIDE, "runs": [{"flow": "Survey", "contact": AMINA}]}
    ),
}


def alone(rapidpro, contact=AMINA):
    """Return a contact that is asked for by itself: it is always written anew."""
    return rapidpro.one("contacts", uuid=contact)


def listed(rapidpro, contact=AMINA):
    """Return a contact of a list that is asked for until it is kept."""
    lists = [rapidpro.items("contacts") for _ in range(3)]
    assert lists[0] == lists[1] == lists[2]
    return next(item for item in lists[0] if item["uuid"] == contact)


@pytest.mark.parametrize("what", CHANGES)
def test_a_page_shows_what_has_changed(rapidpro, what):
    before = listed(rapidpro)
    rapidpro.advance(1)

    CHANGES[what](rapidpro)

    assert alone(rapidpro) != before
    assert listed(rapidpro) == alone(rapidpro)
    assert list(listed(rapidpro)) == list(alone(rapidpro))


def test_expanded_addresses_are_not_those_that_are_kept(rapidpro):
    plain = listed(rapidpro)["urns"]

    expanded = rapidpro.one("contacts", group="Staff", expand_urns="1")

    assert plain == ["tel:+254722000111", "telegram:99120045"]
    assert expanded["urns"][0]["path"] == "+254722000222"
    assert listed(rapidpro, BAKARI)["urns"] == ["tel:+254722000222"]


def test_sandboxes_do_not_mix_what_they_keep(rapidpro):
    listed(rapidpro)
    wish = {"name": "twin", "from": "default"}
    assert rapidpro.world.call("POST", "/_emulator/sandboxes", wish).status_code == 201
    twin = "/s/twin/rapidpro/api/v2"

    rapidpro.post(f"{twin}/groups.json", {"name": "Mums"}, uuid=MOTHERS)

    there = rapidpro.get(f"{twin}/contacts.json", group="Mums").json["results"]
    assert {group["name"] for item in there for group in item["groups"]} >= {"Mums"}
    assert listed(rapidpro)["groups"][0]["name"] == "Mothers"
