"""Broadcasts over HTTP: whom they reach, what they say, and when."""

from __future__ import annotations

from collections import Counter
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.providers.rapidpro.kinds import BATCHES

from .people import (
    AMINA,
    BAKARI,
    CYNTHIA,
    DAUDI,
    ESTHER,
    LAKESIDE,
    MASKED,
    MOTHERS,
    NAMELESS,
    NOBODY,
    PARENTS,
    STAFF,
)
from .steering import push, rules, steer, until_idle

KEYS = (
    "uuid",
    "status",
    "progress",
    "urns",
    "contacts",
    "groups",
    "text",
    "attachments",
    "quick_replies",
    "base_language",
    "created_on",
    "id",
)


def broadcast(rapidpro, **body):
    """Send a broadcast; return it as it is shown."""
    answer = rapidpro.post("broadcasts", body)
    assert answer.status_code == 201, answer.text
    return answer.json


def now_is(rapidpro, sent):
    """Return status and progress of a broadcast."""
    shown = rapidpro.one("broadcasts", uuid=sent["uuid"])
    return shown["status"], shown["progress"]["total"], shown["progress"]["started"]


def sent_texts(rapidpro, sent):
    """Return what each contact was told, by UUID, once everything has happened."""
    until_idle(rapidpro)
    made = rapidpro.items("messages", broadcast=sent["id"])
    return {message["contact"]["uuid"]: message["text"] for message in made}


def add_people(rapidpro, count, group="Staff"):
    """Add many contacts to a group; return their URNs."""
    urns = [f"tel:+254711{n:06}" for n in range(count)]
    people = [{"name": f"Person {n}", "urns": [urns[n]], "groups": [group]} for n in range(count)]
    rapidpro.load({**LAKESIDE, "contacts": people})
    return urns


def test_answer_is_the_stored_broadcast(rapidpro):
    sent = broadcast(
        rapidpro,
        contacts=[BAKARI, BAKARI],
        groups=["mothers"],
        urns=["tel:0722 333 444", "telegram:12345#jean"],
        text="Hello @contact.first_name ✓",
    )

    assert tuple(sent) == KEYS
    assert (sent["status"], sent["progress"]) == ("pending", {"total": -1, "started": 0})
    assert sent["contacts"] == [{"uuid": BAKARI, "name": "Bakari Mwangi"}]
    assert sent["groups"] == [{"uuid": MOTHERS, "name": "Mothers"}]
    assert sent["urns"] == ["tel:+254722333444", "telegram:12345#jean"]
    assert sent["text"] == {"eng": "Hello @contact.first_name ✓"}
    assert (sent["attachments"], sent["quick_replies"]) == ({"eng": []}, {"eng": []})
    assert sent["base_language"] == "eng"
    assert rapidpro.one("broadcasts", id=sent["id"]) == sent


def test_small_broadcast_goes_through_its_statuses(rapidpro):
    sent = broadcast(rapidpro, groups=["Mothers"], text="Hi")
    seen = []

    for _ in range(5):
        seen.append(now_is(rapidpro, sent))
        rapidpro.advance(0.1)

    assert seen == [
        ("pending", -1, 0),
        ("queued", 2, 0),
        ("started", 2, 2),
        ("started", 2, 2),
        ("completed", 2, 2),
    ]


def test_large_broadcast_is_made_in_batches_of_a_hundred(rapidpro):
    add_people(rapidpro, 249)
    sent = broadcast(rapidpro, groups=["Staff"], text="Hi")
    rapidpro.advance(0.2)
    seen = []

    for _ in range(4):
        seen.append(now_is(rapidpro, sent))
        rapidpro.advance(0.2)

    assert seen == [
        ("started", 250, 100),
        ("started", 250, 200),
        ("started", 250, 250),
        ("completed", 250, 250),
    ]


def test_everybody_gets_one_message(rapidpro):
    add_people(rapidpro, 120)
    sent = broadcast(rapidpro, groups=["Staff"], contacts=[BAKARI], text="Hi")

    until_idle(rapidpro)

    made = rapidpro.items("messages", broadcast=sent["id"])
    assert len({message["contact"]["uuid"] for message in made}) == len(made) == 121
    assert {message["status"] for message in made} == {"delivered"}
    assert {message["broadcast"] for message in made} == {sent["id"]}


def test_nobody_to_send_to(rapidpro):
    rapidpro.post("groups", {"name": "Empty"})
    sent = broadcast(rapidpro, groups=["Empty"], text="Hi")
    rapidpro.advance(0.1)
    queued = now_is(rapidpro, sent)
    until_idle(rapidpro)

    assert (queued, now_is(rapidpro, sent)) == (("queued", -1, 0), ("completed", -1, 0))


def test_recipients_are_united(rapidpro):
    sent = broadcast(
        rapidpro,
        contacts=["tel:+254722000111", DAUDI],
        urns=["tel:+254722000111", "tel:+254722000222"],
        groups=["Mothers", "Parents"],
        text="Hi",
    )

    assert set(sent_texts(rapidpro, sent)) == {AMINA, BAKARI, CYNTHIA, DAUDI}


def test_unknown_urn_becomes_a_contact(rapidpro):
    sent = broadcast(rapidpro, urns=["tel:+254722123999"], text="Hi @contact")
    before = rapidpro.items("contacts", urn="tel:+254722123999")

    texts = sent_texts(rapidpro, sent)

    made = rapidpro.one("contacts", urn="tel:+254722123999")
    assert before == []
    assert made["name"] is None
    assert texts == {made["uuid"]: "Hi 0722 123999"}


def test_without_groups_inactive_contacts_get_failed_messages(rapidpro):
    sent = broadcast(rapidpro, contacts=[ESTHER, BAKARI], text="Hi")

    until_idle(rapidpro)

    made = rapidpro.items("messages", broadcast=sent["id"])
    assert {m["contact"]["uuid"]: m["status"] for m in made} == {
        ESTHER: "failed",
        BAKARI: "delivered",
    }
    assert made[0]["id"] == made[1]["id"] + 1
    assert now_is(rapidpro, sent) == ("completed", 2, 2)


def test_with_a_group_only_active_contacts_are_addressed(rapidpro):
    sent = broadcast(rapidpro, contacts=[ESTHER], groups=["Staff"], text="Hi")

    assert set(sent_texts(rapidpro, sent)) == {BAKARI}
    assert now_is(rapidpro, sent)[1] == 1


def test_member_who_leaves_before_the_start_is_not_addressed(rapidpro):
    sent = broadcast(rapidpro, groups=["Mothers"], text="Hi")
    action = {"contacts": [CYNTHIA], "action": "remove", "group": "Mothers"}
    assert rapidpro.post("contact_actions", action).status_code == 204

    assert set(sent_texts(rapidpro, sent)) == {AMINA}


def test_address_that_nobody_can_have_fails_the_broadcast(rapidpro):
    sent = broadcast(rapidpro, urns=["jiochat:abc"], text="Hi")

    until_idle(rapidpro)

    assert now_is(rapidpro, sent) == ("failed", -1, 0)


TRANSLATED = {
    "eng": "Hello @contact.first_name",
    "swa": "Jambo @contact.first_name",
    "fra": "Salut",
}


def test_translation_is_chosen_for_each_contact(rapidpro):
    rapidpro.post("contacts", {"language": "fra"}, uuid=DAUDI)
    sent = broadcast(rapidpro, contacts=[AMINA, CYNTHIA, BAKARI, DAUDI], text=TRANSLATED)

    # French is no language of the workspace, and Bakari has none: both get the primary one.
    assert sent_texts(rapidpro, sent) == {
        AMINA: "Jambo Amina",
        CYNTHIA: "Hello Cynthia",
        BAKARI: "Hello Bakari",
        DAUDI: "Hello Daudi",
    }


def test_base_language_is_the_last_resort(rapidpro):
    sent = broadcast(rapidpro, contacts=[BAKARI], text={"fra": "Salut", "swa": "Jambo"})

    assert sent["base_language"] == "fra"
    assert sent_texts(rapidpro, sent) == {BAKARI: "Salut"}


def test_parts_are_translated_separately(rapidpro, picture):
    sent = broadcast(
        rapidpro,
        contacts=[AMINA],
        text={"swa": "Jambo"},
        attachments={"eng": [picture["uuid"]]},
        quick_replies={"eng": [{"text": "Yes, @contact.first_name"}], "fra": [{"text": "Oui"}]},
    )
    until_idle(rapidpro)

    assert sent["text"] == {"swa": "Jambo", "eng": None, "fra": None}
    assert sent["attachments"]["eng"] == [f"image/png:{picture['url']}"]
    [made] = rapidpro.items("messages", broadcast=sent["id"])
    assert made["text"] == "Jambo"
    assert made["attachments"] == [{"content_type": "image/png", "url": picture["url"]}]
    assert made["quick_replies"] == [{"type": "text", "text": "Yes, Amina"}]


@pytest.fixture
def picture(rapidpro):
    """Return an upload."""
    file = BytesIO(b"picture"), "a.png", "image/png"
    answer = rapidpro.call("POST", "media", data={"file": file})
    assert answer.status_code == 201, answer.text
    return answer.json


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@contact", "Bakari Mwangi"),
        ("@contact.name.", "Bakari Mwangi."),
        ("@contact.groups", "[Open Tickets, Staff]"),
        ("@urns.tel", "tel:+254722000222"),
        ("Call @globals.clinic_phone", "Call +254700100200"),
        ("@fields.children@contact.foo!", "!"),
        ("me@gmail.com @@here", "me@gmail.com @here"),
        ("@(upper(contact.first_name) & 1)", "BAKARI1"),
        ('@(format_date("01/02/2026"))', "01-02-2026"),
    ],
)
def test_text_is_a_template(rapidpro, text, said):
    sent = broadcast(rapidpro, contacts=[BAKARI], text=text)

    assert sent_texts(rapidpro, sent) == {BAKARI: said}
    assert rapidpro.one("broadcasts", uuid=sent["uuid"])["text"] == {"eng": text}


def test_template_reads_the_contact_when_its_message_is_made(rapidpro):
    sent = broadcast(rapidpro, contacts=[BAKARI], text="Hi @contact.name")
    rapidpro.advance(0.1)
    rapidpro.post("contacts", {"name": "Renamed"}, uuid=BAKARI)

    assert sent_texts(rapidpro, sent) == {BAKARI: "Hi Renamed"}


def test_contact_for_whom_nothing_is_left_to_say_gets_no_message(rapidpro):
    sent = broadcast(rapidpro, contacts=[AMINA, BAKARI], text="@fields.village")

    assert sent_texts(rapidpro, sent) == {AMINA: "Eastpoint"}
    assert now_is(rapidpro, sent) == ("completed", 2, 1)


def test_empty_list_of_attachments_is_accepted_and_sends_nothing(rapidpro):
    sent = broadcast(rapidpro, contacts=[BAKARI], attachments=[])

    assert sent["text"] == {"eng": None}
    assert sent_texts(rapidpro, sent) == {}


def test_share_of_a_rule_is_exact_over_all_batches(rapidpro):
    add_people(rapidpro, 249)
    rules(rapidpro, {"outcome": "rejected", "share": 0.034})
    sent = broadcast(rapidpro, groups=["Staff"], text="Hi @contact.first_name")

    until_idle(rapidpro)

    made = Counter(item["status"] for item in rapidpro.items("messages", broadcast=sent["id"]))
    assert made == {"failed": 9, "delivered": 241}


def test_share_is_of_those_whom_a_channel_reaches(rapidpro):
    add_people(rapidpro, 7)
    rapidpro.load({**LAKESIDE, "contacts": [{"name": "Unreached", "groups": ["Staff"]}]})
    rules(rapidpro, {"outcome": "stuck", "share": 0.5})
    sent = broadcast(rapidpro, groups=["Staff"], text="Hi")

    until_idle(rapidpro)

    made = Counter(item["status"] for item in rapidpro.items("messages", broadcast=sent["id"]))
    assert made == {"sent": 4, "delivered": 4, "failed": 1}


def test_share_counts_only_texts_that_match(rapidpro):
    add_people(rapidpro, 199)
    rules(rapidpro, {"outcome": "stuck", "share": 0.5, "text_pattern": "Person [0-9]$"})
    sent = broadcast(rapidpro, groups=["Staff"], text="Hi @contact.name")

    until_idle(rapidpro)

    stuck = [m["text"] for m in rapidpro.items("messages", folder="sent") if m["status"] == "sent"]
    assert len(stuck) == 5
    assert all(len(text) == len("Hi Person 1") for text in stuck)
    assert now_is(rapidpro, sent)[0] == "completed"


def test_rule_can_name_a_broadcast(rapidpro):
    sent = broadcast(rapidpro, contacts=[BAKARI], text="Hi")
    other = broadcast(rapidpro, contacts=[BAKARI], text="Hi")
    rules(rapidpro, {"outcome": "stuck", "broadcast": sent["uuid"]})

    until_idle(rapidpro)

    statuses = [rapidpro.one("messages", broadcast=b["id"])["status"] for b in (sent, other)]
    assert statuses == ["sent", "delivered"]


@pytest.mark.parametrize("passed", [0, 0.1, 0.2, 0.3])
def test_broadcast_under_way_can_be_cancelled(rapidpro, passed):
    add_people(rapidpro, 249)
    sent = broadcast(rapidpro, groups=["Staff"], text="Hi")
    rapidpro.advance(passed)

    answer = steer(rapidpro, "POST", f"broadcasts/{sent['uuid']}/cancel", {})
    until_idle(rapidpro)

    made = 100 if passed >= 0.2 else 0
    assert answer.status_code == 200
    assert now_is(rapidpro, sent)[0] == "interrupted"
    assert now_is(rapidpro, sent)[2] == made
    assert len(rapidpro.items("messages", broadcast=sent["id"])) == made
    # Whom it was for besides is not kept for ever.
    assert rapidpro.world.sandbox.store.table(BATCHES).every("order", sent["uuid"]) == []


def test_completed_broadcast_cannot_be_cancelled(rapidpro):
    sent = broadcast(rapidpro, contacts=[BAKARI], text="Hi")
    until_idle(rapidpro)

    answer = steer(rapidpro, "POST", f"broadcasts/{sent['id']}/cancel", {})

    assert answer.status_code == 409
    assert now_is(rapidpro, sent)[0] == "completed"


def test_messages_fail_when_the_workspace_is_suspended_meanwhile(rapidpro):
    sent = broadcast(rapidpro, contacts=[BAKARI], text="Hi")
    rapidpro.load({**LAKESIDE, "suspended": True})

    until_idle(rapidpro)

    assert rapidpro.one("messages", broadcast=sent["id"])["status"] == "failed"


def test_deleted_contact_is_passed_over(rapidpro):
    sent = broadcast(rapidpro, contacts=[BAKARI, DAUDI], text="Hi")
    rapidpro.advance(0.1)
    rapidpro.delete("contacts", uuid=BAKARI)

    assert set(sent_texts(rapidpro, sent)) == {DAUDI}


def test_instant_latency_sends_within_the_request(rapidpro):
    steer(rapidpro, "PATCH", "settings", {"latency": "instant"})
    add_people(rapidpro, 149)
    sent = broadcast(rapidpro, groups=["Staff"], text="Hi")

    assert sent["status"] == "pending"
    assert now_is(rapidpro, sent) == ("completed", 150, 150)
    assert {m["status"] for m in rapidpro.items("messages", broadcast=sent["id"])} == {"delivered"}


@pytest.mark.parametrize("latency", ["fast", "realistic"])
def test_same_calls_give_the_same_messages(make_rapidpro, latency):
    def run():
        driver = make_rapidpro(clinic())
        steer(driver, "PATCH", "settings", {"latency": latency})
        broadcast(driver, groups=["All"], text="Hi @contact.name")
        until_idle(driver)
        return driver.items("messages")

    assert run() == run()


def clinic():
    """Return a document with a workspace of 120 people."""
    user = {"email": "a@b.example", "role": "administrator", "tokens": ["rp_token_admin"]}
    people = [
        {"name": f"Person {n}", "urns": [f"tel:+254711{n:06}"], "groups": ["All"]}
        for n in range(120)
    ]
    workspace = {
        "name": "Clinic",
        "country": "KE",
        "users": [user],
        "groups": [{"name": "All"}],
        "channels": [{"name": "Line", "type": "external", "address": "+254700100200"}],
        "contacts": people,
    }
    return {
        "emulator": 1,
        "clock": "2026-05-06T10:00:00Z",
        "rapidpro": {"workspaces": [workspace]},
    }


def test_one_advance_and_many_end_alike(make_rapidpro):
    def run(steps):
        driver = make_rapidpro(clinic())
        broadcast(driver, groups=["All"], text="Hi @contact.name")
        for _ in range(steps):
            driver.advance(4 / steps)
        return driver.items("messages"), driver.items("broadcasts")

    assert run(1) == run(40)


def test_list_is_filtered(rapidpro):
    first = broadcast(rapidpro, contacts=[BAKARI], text="one")
    rapidpro.advance(60)
    second = broadcast(rapidpro, contacts=[BAKARI], text="two")

    def listed(**query):
        return [item["id"] for item in rapidpro.items("broadcasts", **query)]

    assert listed() == [second["id"], first["id"]]
    assert listed(uuid=first["uuid"]) == listed(before=first["created_on"]) == [first["id"]]
    assert listed(after=second["created_on"]) == listed(id=second["id"]) == [second["id"]]
    assert listed(uuid=first["uuid"], after=second["created_on"]) == []
    assert rapidpro.as_("rp_token_other").items("broadcasts", id=first["id"]) == []


def test_scheduled_and_deleted_broadcasts_are_not_listed(rapidpro):
    hidden = [
        {"text": {"eng": "later"}, "contacts": [BAKARI], "scheduled": True, "id": 901},
        {"text": {"eng": "gone"}, "contacts": [BAKARI], "deleted": True, "id": 902},
    ]
    rapidpro.load({**LAKESIDE, "broadcasts": hidden})

    assert rapidpro.items("broadcasts") == []
    assert [rapidpro.items("broadcasts", id=number) for number in (901, 902)] == [[], []]


def test_no_broadcast_names_a_deleted_contact(rapidpro):
    to_both = {"text": {"eng": "Hi"}, "contacts": [AMINA, BAKARI]}
    rapidpro.load({**LAKESIDE, "broadcasts": [{**to_both, "scheduled": True, "id": 901}]})
    sent = broadcast(rapidpro, contacts=[AMINA, BAKARI], text="Hi")
    rapidpro.delete("contacts", uuid=AMINA)

    def named(number):
        native = steer(rapidpro, "GET", f"broadcasts/{number}").json["native"]
        return [contact["uuid"] for contact in native["contacts"]]

    assert named(901) == named(sent["id"]) == [BAKARI]


def test_pending_broadcast_of_a_fixture_stays_as_it_is(rapidpro):
    waiting = {"text": {"eng": "later"}, "contacts": [BAKARI], "status": "pending"}
    rapidpro.load({**LAKESIDE, "broadcasts": [waiting]})

    until_idle(rapidpro)

    assert rapidpro.one("broadcasts")["status"] == "pending"


def test_anonymous_workspace_hides_urns(rapidpro):
    rapidpro.load(MASKED)
    masked = rapidpro.as_("masked_token")

    sent = broadcast(masked, urns=["tel:+254733000111"], text="Hi @contact.urn")

    assert sent["urns"] is None
    assert set(sent_texts(masked, sent).values()) == {"Hi tel:********"}


def test_post_with_the_uuid_of_a_broadcast_makes_another(rapidpro):
    sent = broadcast(rapidpro, contacts=[BAKARI], text="Hi")
    body = {"contacts": [BAKARI], "text": "Hi"}

    assert rapidpro.post("broadcasts", body, uuid=sent["uuid"]).status_code == 200
    missing = rapidpro.post("broadcasts", body, uuid=NOBODY)
    assert missing.status_code == 404
    assert missing.json == {"detail": "No Broadcast matches the given query."}
    assert len(rapidpro.items("broadcasts")) == 2


NOT_ALLOWED = "Not an allowed ISO 639-3 language code."


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"text": None, "contacts": []}, {"text": ["This field may not be null."]}),
        ({}, {"non_field_errors": ["Must provide either text or attachments."]}),
        (
            {"text": "Hi", "contacts": []},
            {"non_field_errors": ["Must provide either urns, contacts or groups."]},
        ),
        ({"text": {"eng": ""}}, {"text": {"eng": ["This field may not be blank."]}}),
        ({"text": {}}, {"text": ["This dictionary may not be empty."]}),
        ({"text": 5}, {"text": ['Expected a dictionary of items but got type "int".']}),
        ({"text": ["Hi"]}, {"text": {"eng": ["Not a valid string."]}}),
        ({"text": {"base": "Hi"}}, {"text": {"base": [NOT_ALLOWED]}}),
        ({"text": "Hi", "base_language": "xx"}, {"base_language": [NOT_ALLOWED]}),
        (
            {"text": "Hi", "base_language": "english"},
            {
                "base_language": [
                    "Ensure this field has no more than 3 characters.",
                    NOT_ALLOWED,
                ]
            },
        ),
        (
            {"text": "Hi", "base_language": "swa"},
            {"non_field_errors": ["No text translation provided in base language."]},
        ),
        (
            {"attachments": [], "base_language": "eng"},
            {"non_field_errors": ["No text translation provided in base language."]},
        ),
        (
            {"text": "Hi", "base_language": "eng", "attachments": {"swa": []}},
            {"non_field_errors": ["No attachment translations provided in base language."]},
        ),
        (
            {"text": "Hi", "base_language": "eng", "quick_replies": {"swa": [{"text": "a"}]}},
            {"non_field_errors": ["No quick_replies translations provided in base language."]},
        ),
        (
            {"text": "Hi", "urns": ["foo:bar", "tel:+254722000111", "12345"]},
            {
                "urns": {
                    "0": ["Invalid URN: foo:bar. Ensure phone numbers contain country codes."],
                    "2": ["Invalid URN: 12345. Ensure phone numbers contain country codes."],
                }
            },
        ),
        (
            {"text": "Hi", "contacts": [NOBODY] * 101},
            {"contacts": ["Ensure this field has no more than 100 elements."]},
        ),
        ({"text": "Hi", "groups": ["Nope"]}, {"groups": ["No such object: Nope"]}),
        (
            {"text": "Hi", "attachments": {"eng": ["xxxx"]}},
            {"attachments": {"eng": ["No such object: xxxx"]}},
        ),
        (
            {"text": "Hi", "quick_replies": "x"},
            {"quick_replies": {"eng": ['Expected a list of items but got type "str".']}},
        ),
        (
            {"text": "Hi", "quick_replies": {"eng": [{"text": "a"}, {"text": "x" * 65}]}},
            {
                "quick_replies": {
                    "eng": {"1": {"text": ["Ensure this field has no more than 64 characters."]}}
                }
            },
        ),
    ],
)
def test_body_is_refused(rapidpro, body, errors):
    answer = rapidpro.post("broadcasts", {"contacts": [BAKARI], **body})

    assert (answer.status_code, answer.json) == (400, errors)
    assert rapidpro.items("broadcasts") == []


def test_form_cannot_send_a_broadcast(rapidpro):
    answer = rapidpro.call("POST", "broadcasts", data={"text": "x", "contacts": BAKARI})

    assert (answer.status_code, answer.json) == (
        400,
        {"text": ["This dictionary may not be empty."]},
    )


def test_no_broadcast_has_an_id_of_thousands_of_digits(rapidpro):
    assert steer(rapidpro, "GET", f"broadcasts/{'9' * 5000}").status_code == 404


def test_control_view_counts_the_messages(rapidpro):
    sent = broadcast(rapidpro, contacts=[BAKARI, ESTHER], text="Hi")
    rapidpro.advance(0.2)
    made = rapidpro.one("messages", folder="outbox")
    push(rapidpro, made["uuid"], "sent")

    shown = steer(rapidpro, "GET", f"broadcasts/{sent['id']}").json

    assert (shown["id"], shown["status"], shown["total"]) == (sent["uuid"], "started", 2)
    assert shown["counts"] == {"failed": 1, "sent": 1}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
LANGUAGES = st.sampled_from(["eng", "swa", "fra", "xyz", "base", ""])
PEOPLE = st.lists(st.sampled_from([BAKARI, AMINA, "tel:+254722000333", NOBODY]), max_size=3)


def translated(parts):
    """Return parts as they are, or by language."""
    return parts | st.dictionaries(LANGUAGES, parts, max_size=3) | JSON


TEMPLATES = st.text(alphabet='@(). contact"&+*', max_size=20) | st.text(max_size=10)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "urns": st.lists(st.sampled_from(["tel:0722000999", "ext:é x", "jiochat:a"]) | JSON) | JSON,
        "contacts": PEOPLE | JSON,
        "groups": st.lists(st.sampled_from([MOTHERS, STAFF, PARENTS, "staff"]), max_size=2) | JSON,
        "text": translated(TEMPLATES),
        "attachments": translated(st.lists(JSON, max_size=1)),
        "quick_replies": translated(
            st.lists(st.fixed_dictionaries({"text": TEMPLATES}) | JSON, max_size=2)
        ),
        "base_language": LANGUAGES | JSON,
    },
)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=BODIES)
def test_any_body_is_sent_or_refused_without_effect(rapidpro, body):
    before = rapidpro.items("broadcasts")

    answer = rapidpro.post("broadcasts", body)

    assert answer.status_code in (201, 400)
    if answer.status_code == 400:
        assert rapidpro.items("broadcasts") == before
        return
    until_idle(rapidpro)
    assert now_is(rapidpro, answer.json)[0] in ("completed", "failed")
    assert NAMELESS not in [contact["uuid"] for contact in answer.json["contacts"]]
