"""Messages over HTTP."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .people import AMINA, BAKARI, ESTHER, LAKESIDE, MASKED, MAX, NOBODY
from .steering import inbound, steer

KEYS = [
    "uuid",
    "contact",
    "urn",
    "channel",
    "direction",
    "type",
    "status",
    "archived",
    "visibility",
    "text",
    "labels",
    "flow",
    "attachments",
    "quick_replies",
    "created_on",
    "sent_on",
    "modified_on",
    "media",
    "id",
    "broadcast",
]
SMS = {"uuid": "5f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a01", "name": "Lakeside SMS"}
#: One message for each place that a message can be in.
KINDS = [
    {"direction": "in", "status": "handled", "text": "in inbox"},
    {"direction": "in", "status": "handled", "text": "in flows", "flow": "Survey"},
    {"direction": "in", "status": "handled", "text": "archived", "visibility": "archived"},
    {"direction": "in", "status": "handled", "text": "", "visibility": "deleted"},
    {"direction": "in", "status": "pending", "text": "not handled"},
    {"direction": "out", "status": "queued", "text": "queued"},
    {"direction": "out", "status": "errored", "text": "errored"},
    {"direction": "out", "status": "wired", "text": "wired", "sent_on": "2026-05-01T09:00:00Z"},
    {"direction": "out", "status": "read", "text": "read", "sent_on": "2026-05-02T09:00:00Z"},
    {"direction": "out", "status": "sent", "text": "sent", "sent_on": "2026-05-01T08:00:00Z"},
    {"direction": "out", "status": "failed", "text": "failed"},
]


def load_messages(rapidpro, messages=KINDS):
    """Add messages of Bakari's, a minute apart."""
    day = "2026-05-03T08"
    rapidpro.load(
        {
            **LAKESIDE,
            "messages": [
                {"contact": BAKARI, "created_on": f"{day}:{at:02}:00Z", **message}
                for at, message in enumerate(messages)
            ],
        }
    )


def texts(messages):
    """Return what messages say, in their order."""
    return [message["text"] for message in messages]


def test_message_shows_all_documented_keys(rapidpro):
    shown = rapidpro.one("messages")

    assert list(shown) == KEYS
    assert shown["contact"] == {"uuid": AMINA, "name": "Amina Yusuf"}
    assert shown["channel"] == SMS
    assert [label["name"] for label in shown["labels"]] == ["Praise"]


def test_list_hides_deleted_and_unhandled_messages(rapidpro):
    load_messages(rapidpro)

    shown = texts(rapidpro.items("messages", contact=BAKARI))

    assert shown == [
        "failed",
        "sent",
        "read",
        "wired",
        "errored",
        "queued",
        "archived",
        "in flows",
        "in inbox",
    ]


@pytest.mark.parametrize(
    ("folder", "shown"),
    [
        ("inbox", ["in inbox"]),
        ("INBOX", ["in inbox"]),
        ("flows", ["in flows"]),
        ("archived", ["archived"]),
        ("outbox", ["errored", "queued"]),
        ("failed", ["failed"]),
        ("sent", ["read", "wired", "sent"]),
        ("incoming", []),
        ("calls", []),
    ],
)
def test_folder(make_rapidpro, folder, shown):
    rapidpro = make_rapidpro(clinic())

    assert texts(rapidpro.items("messages", folder=folder)) == shown


def clinic():
    """Return a document with nothing but Bakari and his messages."""
    return {
        "emulator": 1,
        "clock": "2026-05-06T10:00:00Z",
        "rapidpro": {
            "workspaces": [
                {
                    **LAKESIDE,
                    "country": "KE",
                    "users": [
                        {
                            "email": "a@lakeside.example",
                            "role": "administrator",
                            "tokens": ["rp_token_admin"],
                        }
                    ],
                    "flows": [{"name": "Survey", "type": "message"}],
                    "contacts": [{"uuid": BAKARI, "urns": ["tel:+254722000222"]}],
                    "messages": [
                        {"contact": BAKARI, "created_on": f"2026-05-03T08:{at:02}:00Z", **message}
                        for at, message in enumerate(KINDS)
                    ],
                }
            ]
        },
    }


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"after": "2026-05-03T08:08:00Z", "before": "2026-05-03T08:09:00Z"}, ["sent", "read"]),
        ({"folder": "sent", "before": "2026-05-03T08:08:00Z"}, ["read", "wired"]),
        ({"after": "soon"}, []),
        ({"after": ""}, None),
        ({"contact": BAKARI}, None),
        ({"contact": NOBODY}, []),
        ({"contact": "x"}, []),
        ({"label": "praise"}, []),
        ({"broadcast": "99999"}, []),
        ({"reverse": "1"}, None),
    ],
)
def test_filter(make_rapidpro, query, shown):
    rapidpro = make_rapidpro(clinic())

    expected = texts(rapidpro.items("messages")) if shown is None else shown
    assert texts(rapidpro.items("messages", **query)) == expected


def test_filter_by_uuid_and_id(rapidpro):
    load_messages(rapidpro)
    wanted = rapidpro.items("messages")[3]

    assert rapidpro.items("messages", uuid=wanted["uuid"]) == [wanted]
    assert rapidpro.items("messages", id=wanted["id"]) == [wanted]
    assert rapidpro.items("messages", id=wanted["id"] + 1, uuid=wanted["uuid"]) == []
    assert rapidpro.items("messages", uuid=wanted["uuid"], folder="inbox") == []
    assert rapidpro.as_("rp_token_other").items("messages", uuid=wanted["uuid"]) == []
    assert len(rapidpro.items("messages", id=0)) == len(rapidpro.items("messages"))


def test_broadcast_of_a_number_beyond_all_is_unknown(rapidpro):
    assert rapidpro.items("messages", broadcast="9" * 19) == []


def test_filter_by_label_takes_uuid_or_exact_name(rapidpro):
    [praise] = [label for label in rapidpro.items("labels") if label["name"] == "Praise"]

    for given_ in ("Praise", praise["uuid"], praise["uuid"].upper()):
        assert texts(rapidpro.items("messages", label=given_)) == ["Thank you"]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"uuid": "x"}, "Param 'uuid': x is not a valid UUID."),
        ({"id": "x"}, "Value for id must be an integer"),
        ({"broadcast": "abc"}, "Value for broadcast must be an integer"),
        (
            {"label": "Praise", "broadcast": "1"},
            "You may only specify one of the contact, folder, label, broadcast parameters",
        ),
    ],
)
def test_filter_is_refused(rapidpro, query, detail):
    answer = rapidpro.get("messages", **query)

    assert (answer.status_code, answer.json) == (400, {"detail": detail})


def test_pages_cover_every_message_once(rapidpro):
    # All at one moment, so that only the order of creation tells them apart.
    many = [{"direction": "in", "status": "handled", "text": str(n)} for n in range(510)]
    moment = "2026-05-03T08:00:00Z"
    load_messages(rapidpro, [{**message, "created_on": moment} for message in many])

    shown = texts(rapidpro.items("messages", contact=BAKARI))

    assert shown == [str(n) for n in reversed(range(510))]


def test_sent_folder_pages_by_moment_of_sending(rapidpro):
    for n in range(260):
        rapidpro.post("messages", {"contact": BAKARI, "text": f"text {n}"})
    rapidpro.advance(60)

    assert len({item["uuid"] for item in rapidpro.items("messages", folder="sent")}) == 260


def test_post_sends_a_text_as_it_is(rapidpro):
    answer = rapidpro.post("messages", {"contact": BAKARI, "text": "  Hi @contact.name ✓ "})

    assert answer.status_code == 201
    shown = answer.json
    assert list(shown) == KEYS
    assert (shown["text"], shown["status"]) == ("Hi @contact.name ✓", "queued")
    assert (shown["urn"], shown["channel"]) == ("tel:+254722000222", SMS)
    assert (shown["direction"], shown["type"], shown["labels"]) == ("out", "text", [])
    assert (shown["sent_on"], shown["broadcast"], shown["flow"]) == (None, None, None)
    assert rapidpro.one("messages", uuid=shown["uuid"]) == shown


def test_post_takes_what_clients_send(rapidpro):
    answer = rapidpro.post(
        "messages",
        {"contact": "tel:+254722000111", "text": 12345, "attachments": [], "quick_replies": []},
    )

    assert answer.status_code == 201
    assert (answer.json["text"], answer.json["contact"]["uuid"]) == ("12345", AMINA)


def test_quick_replies_always_have_a_type(rapidpro):
    replies = [
        {"text": "Yes", "color": "red"},
        {"type": "url", "text": "More", "extra": "https://x.example"},
        {"type": "location"},
    ]
    answer = rapidpro.post("messages", {"contact": BAKARI, "text": "?", "quick_replies": replies})

    assert answer.json["quick_replies"] == [
        {"type": "text", "text": "Yes"},
        {"type": "url", "text": "More", "extra": "https://x.example"},
        {"type": "location"},
    ]


def test_bare_text_as_quick_reply_is_tolerated_with_a_warning(rapidpro):
    answer = rapidpro.post("messages", {"contact": BAKARI, "text": "?", "quick_replies": ["Yes"]})

    assert answer.json["quick_replies"] == [{"type": "text", "text": "Yes"}]
    assert "quick_replies" in answer.headers["X-Emulator-Warning"]


REFUSED = [
    ({}, {"contact": ["This field is required."]}),
    ({"text": "x", "contact": ""}, {"contact": ["This field may not be null."]}),
    ({"text": "x", "contact": "abc"}, {"contact": ["No such object: abc"]}),
    ({"text": "x", "contact": [BAKARI]}, {"contact": ["Must be a string or integer"]}),
    ({"text": None}, {"text": ["This field may not be null."]}),
    ({"text": "  "}, {"text": ["This field may not be blank."]}),
    ({"text": ["x"]}, {"text": ["Not a valid string."]}),
    ({"text": "x" * 4097}, {"text": ["Ensure this field has no more than 4096 characters."]}),
    ({}, {"non_field_errors": ["Must provide either text or attachments."]}),
    ({"attachments": []}, {"non_field_errors": ["Must provide either text or attachments."]}),
    ({"attachments": ["xxxx"]}, {"attachments": ["No such object: xxxx"]}),
    (
        {"attachments": [NOBODY] * 11},
        {"attachments": ["Ensure this field has no more than 10 elements."]},
    ),
    (
        {"text": "x", "quick_replies": [{"type": "form", "text": "a"}]},
        {
            "quick_replies": {
                "0": ["Quick replies of type 'form' require 'text' and 'extra' values."]
            }
        },
    ),
    (
        {"text": "x", "quick_replies": [{"text": "ok"}, {"text": "x" * 65}]},
        {"quick_replies": {"1": {"text": ["Ensure this field has no more than 64 characters."]}}},
    ),
    (
        {"text": "x", "quick_replies": [None]},
        {"quick_replies": {"0": ["Invalid data. Expected a dictionary, but got NoneType."]}},
    ),
]


@pytest.mark.parametrize(("body", "errors"), REFUSED)
def test_post_is_refused(rapidpro, body, errors):
    wanted = body if "contact" in errors else {"contact": BAKARI, **body}

    answer = rapidpro.post("messages", wanted)

    assert (answer.status_code, answer.json) == (400, errors)
    assert len(rapidpro.items("messages")) == 1


def test_post_with_the_uuid_of_a_message_makes_another(rapidpro):
    known = rapidpro.one("messages")["uuid"]

    answer = rapidpro.post("messages", {"contact": BAKARI, "text": "again"}, uuid=known)
    missing = rapidpro.post("messages", {"contact": BAKARI, "text": "again"}, uuid=NOBODY)

    assert answer.status_code == 200
    assert answer.json["uuid"] != known
    assert missing.status_code == 404
    assert len(rapidpro.items("messages")) == 2


def test_anonymous_workspace_shows_no_urn(rapidpro):
    rapidpro.load(MASKED)

    answer = rapidpro.as_("masked_token").post("messages", {"contact": MAX, "text": "masked"})

    assert answer.json["urn"] is None
    assert answer.json["channel"]["name"] == "Masked Line"


@pytest.mark.parametrize("state", ["flagged", "suspended"])
def test_workspace_that_may_not_send_is_refused(rapidpro, state):
    rapidpro.load({**LAKESIDE, state: True})

    answer = rapidpro.post("messages", {"contact": BAKARI, "text": "x"})

    assert answer.status_code == 400
    assert state in answer.json["non_field_errors"][0]


def test_messages_have_a_rate_limit_of_their_own(rapidpro):
    rapidpro.load({**LAKESIDE, "api_rates": {"v2.messages": "1/hour"}})
    steer(rapidpro, "PATCH", "settings", {"rate_limits": {"rapidpro": True}})

    statuses = [rapidpro.get(name).status_code for name in ("messages", "messages", "labels")]

    assert statuses == [200, 429, 200]


def test_inbound_lists_in_the_order_of_creation(rapidpro):
    for n in range(3):
        inbound(rapidpro, "tel:+254722000222", f"text {n}")

    assert texts(rapidpro.items("messages", contact=BAKARI)) == ["text 2", "text 1", "text 0"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "contact": st.sampled_from([BAKARI, ESTHER, "tel:+254722000111", NOBODY]) | JSON,
        "text": st.text(max_size=20) | JSON,
        "attachments": JSON,
        "quick_replies": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "type": st.sampled_from(["text", "url", "location"]) | JSON,
                    "text": JSON,
                    "extra": JSON,
                },
            )
            | JSON,
            max_size=3,
        )
        | JSON,
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=BODIES)
def test_any_body_is_taken_or_refused_without_effect(rapidpro, body):
    before = rapidpro.items("messages", contact=BAKARI)

    answer = rapidpro.post("messages", body)

    assert answer.status_code in (201, 400)
    if answer.status_code == 400:
        assert rapidpro.items("messages", contact=BAKARI) == before
    else:
        assert rapidpro.one("messages", uuid=answer.json["uuid"]) == answer.json
