"""Whatever is posted: never our fault, and what is refused changes nothing."""

import logging
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core import engine
from tests.providers.cuedesk.desk import (
    FROM,
    LIST,
    NOW,
    POSTS,
    Desk,
    carousel,
    changed,
    first,
    free_message,
    newsletter,
    sale,
    template_message,
)

WORDS = st.sampled_from(
    [
        "",
        "image",
        "text",
        "URL",
        "whatsapp",
        "en",
        "name",
        "pic0",
        "monthly_newsletter",
        "plain_notice",
        "product_carousel_template",
        FROM,
        LIST,
        NOW,
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00-23:59",
        "447592850122",
        "{{1}}",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | WORDS
)
KEYS = st.sampled_from(
    [
        "name",
        "from",
        "to",
        "template",
        "locale",
        "header",
        "body",
        "buttons",
        "cards",
        "payload",
        "identifier",
        "index",
        "type",
        "value",
        "payload_variable",
        "payload_variables",
        "fallback",
        "fallbacks",
        "client_reference",
        "scheduled_at",
        "valid_until",
        "contact_list_uuid",
        "client_unique_identifier",
        "parameters",
        "recipients",
        "body_order",
        "button_order",
        "message",
        "content",
        "text",
        "url",
        "link",
        "body_variables",
        "templateName",
        "language",
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)
BASES = {
    "/v2/broadcasts": (sale, carousel, newsletter),
    "/broadcasts": (first,),
    "/v2/messages/whatsapp": (template_message,),
    "/v1/messages/whatsapp": (POSTS["/v1/messages/whatsapp"],),
    "/v1/messages": (free_message,),
}


def places(value, prefix=""):
    """Return the dotted paths of everything in a body."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, inner in items:
        found.append(f"{prefix}{key}")
        if isinstance(inner, dict | list):
            found += places(inner, f"{prefix}{key}.")
    return found


class Gathering(logging.Handler):
    def __init__(self):
        super().__init__()
        self.found = []

    def emit(self, record):
        self.found.append(record.getMessage())


@contextmanager
def failures():
    """Gather what the engine logs instead of raising."""
    handler = Gathering()
    engine.log.addHandler(handler)
    try:
        yield handler.found
    finally:
        engine.log.removeHandler(handler)


def check(path, body):
    desk = Desk()
    before = desk.stored()

    answer = desk.post(path, body)

    assert answer.status_code in (202, 400, 403, 422), answer.text
    if answer.status_code != 202:
        assert desk.stored() == before
        error = answer.get_json()
        assert set(error) in ({"message", "details"}, {"error"})
    else:
        with failures() as failed:
            desk.advance(max_virtual="1d", until="idle")
        assert failed == []


@pytest.mark.parametrize("path", POSTS)
@settings(max_examples=60)
@given(body=st.dictionaries(KEYS, VALUES, max_size=8))
def test_any_object_is_answered(path, body):
    check(path, body)


@pytest.mark.parametrize("path", POSTS)
@settings(max_examples=120)
@given(data=st.data())
def test_a_good_body_with_strange_places_is_answered(path, data):
    body = data.draw(st.sampled_from(BASES[path]))()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places(body)))
        body = changed(body, place, data.draw(VALUES))

    check(path, body)


@pytest.mark.parametrize("path", POSTS)
@settings(max_examples=30)
@given(raw=st.binary(max_size=40))
def test_any_bytes_are_answered(path, raw):
    desk = Desk()
    before = desk.stored()

    answer = desk.post(path, data=raw, content_type="application/json")

    assert answer.status_code in (400, 422)
    assert desk.stored() == before


@settings(max_examples=60)
@given(
    query=st.dictionaries(
        st.sampled_from(["limit", "offset", "order", "order_field", "contact_list_uuid"]),
        st.text(max_size=8) | st.integers().map(str) | st.sampled_from(["asc", LIST]),
    )
)
def test_any_query_is_answered(query):
    desk = Desk()

    headers = {"Authorization": "Bearer cue_ci_token"}
    answer = desk.world.client.get("/cuedesk/v1/contacts", query_string=query, headers=headers)

    assert answer.status_code in (200, 422)
