"""What the rest of the provider asks of contacts; no request comes into it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from emulator.providers.rapidpro.channel_choice import Routes
from emulator.providers.rapidpro.contacts import Contacts, contact_for_urn, set_status, touch
from emulator.providers.rapidpro.expressions import compile_template
from emulator.providers.rapidpro.kinds import CONTACTS, GROUPS, WORKSPACES
from emulator.providers.rapidpro.scope import ContactScope, Surroundings

from .people import (
    AMINA,
    AMINAS_NUMBER,
    BAKARI,
    CYNTHIA,
    DAUDI,
    LAKESIDE,
    MASKED,
    MAX,
    MOTHERS,
    NAMELESS,
    NEW_NUMBER,
    STAFF,
)

LATER = datetime(2026, 5, 6, 11, tzinfo=UTC)


@pytest.fixture
def sandbox(rapidpro):
    return rapidpro.world.sandbox


@pytest.fixture
def lakeside(sandbox):
    return sandbox.store.table(WORKSPACES).get(LAKESIDE["uuid"])


def contact(sandbox, id):
    return sandbox.store.table(CONTACTS).get(id)


def test_contact_is_found_by_its_urn_or_made(sandbox, lakeside):
    known = contact_for_urn(sandbox, lakeside, AMINAS_NUMBER + "#ami", LATER)
    made = contact_for_urn(sandbox, lakeside, NEW_NUMBER, LATER)

    assert known.id == AMINA
    assert (made.name, made.urns, made.created_on) == (None, (NEW_NUMBER,), LATER)
    assert contact_for_urn(sandbox, lakeside, NEW_NUMBER) is made


def test_writing_makes_a_stopped_contact_active_again(sandbox, lakeside):
    [stopped] = set_status(sandbox, lakeside, [contact(sandbox, AMINA)], "stopped", LATER)
    assert (stopped.groups, stopped.smart_groups) == ((), ())

    again = touch(sandbox, lakeside, stopped, LATER)

    assert (again.status, again.last_seen_on, again.modified_on) == ("active", LATER, LATER)
    assert again.groups == ()
    assert len(again.smart_groups) == 1


def test_writing_leaves_a_blocked_contact_blocked(sandbox, lakeside):
    [blocked] = set_status(sandbox, lakeside, [contact(sandbox, AMINA)], "blocked")

    assert touch(sandbox, lakeside, blocked, LATER).status == "blocked"


def test_a_record_of_before_can_be_given(sandbox, lakeside):
    book, before = Contacts(sandbox, lakeside), contact(sandbox, DAUDI)
    book.change(before, name="One")
    after = book.change(before, language="eng")

    assert (after.name, after.language) == ("One", "eng")
    assert contact(sandbox, DAUDI) is after


def test_open_tickets_decide_a_system_group(sandbox, lakeside):
    book = Contacts(sandbox, lakeside)
    system = sandbox.store.table(GROUPS).one("name", (lakeside.id, "open tickets"))

    after = book.change(contact(sandbox, DAUDI), open_tickets=1)
    closed = book.change(contact(sandbox, BAKARI), open_tickets=0)

    assert after.smart_groups == (system.id,)
    assert closed.smart_groups == ()


def test_urns_keep_the_display_they_have(sandbox, lakeside):
    book = Contacts(sandbox, lakeside)
    shown = book.change(contact(sandbox, DAUDI), urns=("telegram:1#dan", "telegram:2"))

    urns = book.merged_urns(shown, ["telegram:2#new", "telegram:1", AMINAS_NUMBER])

    assert urns == ("telegram:2#new", "telegram:1#dan")


@pytest.mark.parametrize(
    ("urn", "name"),
    [
        ("tel:+254700555555", "Lakeside SMS"),
        ("tel:+254733000000", "Second"),
        ("tel:+12025550199", "Second"),
        ("telegram:5", "Lakeside Bot"),
        ("viber:abc", None),
    ],
)
def test_channel_of_the_closest_number_is_chosen(rapidpro, sandbox, lakeside, urn, name):
    second = {"name": "Second", "type": "external", "address": "+254733100100", "country": "KE"}
    rapidpro.load(LAKESIDE | {"channels": [second]})

    channel = Routes(sandbox, lakeside).channel_for(urn)

    assert (channel.name if channel else None) == name


def said(sandbox, workspace, id, text):
    scope = ContactScope(Surroundings(sandbox, workspace), contact(sandbox, id))
    return compile_template(text).evaluate(scope)


@pytest.mark.parametrize(
    ("id", "text", "expected"),
    [
        (AMINA, "@contact|@contact.name|@contact.first_name", "Amina Yusuf|Amina Yusuf|Amina"),
        (NAMELESS, "@contact|@contact.name|@contact.first_name", "0722 000666||"),
        (AMINA, "@contact.uuid @contact.language @contact.status", f"{AMINA} swa active"),
        (AMINA, "@contact.urn", AMINAS_NUMBER),
        (AMINA, "@contact.urns", f"[{AMINAS_NUMBER}, telegram:99120045]"),
        (AMINA, "@contact.groups", "[Mothers, Parents]"),
        (AMINA, "@fields.children @contact.fields.village", "2 Eastpoint"),
        (AMINA, "@fields.due_date", "2026-06-01T00:00:00.000000+03:00"),
        (AMINA, '@(format_date(fields.due_date, "YYYY"))', "2026"),
        (CYNTHIA, "[@fields.village@fields.nope@contact.last_seen_on@contact.foo]", "[]"),
        (CYNTHIA, "@fields", "Children: 1"),
        (AMINA, "@globals.clinic_phone", "+254700100200"),
        (AMINA, "@globals", "Clinic Phone: +254700100200"),
        (AMINA, "@urns.telegram @urns.tel", f"telegram:99120045 {AMINAS_NUMBER}"),
        (AMINA, "[@urns.viber@urns.foo]", "[]"),
        (AMINA, "@(format_urn(contact.urn))", "0722 000111"),
        (AMINA, '@(format_urn("nothing"))', ""),
    ],
)
def test_texts_say_what_is_known_of_a_contact(sandbox, lakeside, id, text, expected):
    assert said(sandbox, lakeside, id, text) == expected


def test_texts_of_anonymous_workspaces_hide_addresses(rapidpro, sandbox):
    rapidpro.load(MASKED | {"uuid": "6f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a01"})
    masked = sandbox.store.table(WORKSPACES).get("6f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a01")
    max_ = Contacts(sandbox, masked).change(contact(sandbox, MAX), name=None)

    text = "@contact @contact.urn @urns.tel @contact.urns @(format_urn(contact.urn))"

    expected = f"{max_.ref} tel:******** tel:******** [tel:********] ********"
    assert said(sandbox, masked, max_.id, text) == expected


def test_field_values_keep_their_type(sandbox, lakeside):
    scope = ContactScope(Surroundings(sandbox, lakeside), contact(sandbox, AMINA))

    assert scope.resolve(("fields", "children")) == Decimal(2)
    assert scope.resolve(("contact", "groups")) == (
        {"__default__": "Mothers", "name": "Mothers", "uuid": MOTHERS},
        {
            "__default__": "Parents",
            "name": "Parents",
            "uuid": STAFF.replace("5b02", "5b03"),
        },
    )
    with pytest.raises(LookupError):
        scope.resolve(("contact", "name", "first"))
