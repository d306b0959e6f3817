"""What bodies are refused for before anything is looked up: tables of field, rule and message."""

import pytest

from tests.providers.cuedesk.desk import (
    LIST,
    NOW,
    POSTS,
    carousel,
    changed,
    first,
    first_message,
    free_message,
    newsletter,
    recipient,
    row,
    sale,
    template_message,
)

REQUIRED = ("REQUIRED", "Field required")
STRING = ("INVALID_FORMAT", "Must be a string")
ARRAY = ("INVALID_FORMAT", "Must be an array")
OBJECT = ("INVALID_FORMAT", "Must be an object")
MOMENT = ("INVALID_FORMAT", "Must be an ISO 8601 datetime")
INDEX = ("INVALID_FORMAT", "Must be a unique non-negative integer")
HEADER = ("INVALID_FORMAT", "Must be one of: image, video, document, text")
BUTTON = ("INVALID_FORMAT", "Must be one of: URL, OTP, QUICK_REPLY")
UUID = ("INVALID_FORMAT", "Must be a valid UUID")
LENGTH = ("LENGTH_MISMATCH", "fallbacks must be the same length as payload_variables")
RANGE = ("INVALID_RANGE", "valid_until must be later than the send time")
TOO_LONG = ("MAX_LENGTH", "Must be at most 255 characters")
NUMBER = ("INVALID_FORMAT", "Must be a phone number with country code and no leading +")


def listed(n=0):
    return newsletter(payload=None, contact_list_uuid=LIST)


BASES = {"sale": sale, "carousel": carousel, "newsletter": newsletter, "list": listed}


@pytest.mark.parametrize("field", ["from", "template", "template.name", "template.locale"])
@pytest.mark.parametrize("value", [..., None, ""])
def test_a_required_field_is_missed(desk, field, value):
    body = changed(sale(), field, value)

    assert desk.violations("/v2/broadcasts", body) == [(field, *REQUIRED)]


@pytest.mark.parametrize(
    ("base", "field", "value", "violation"),
    [
        ("sale", "from", 447576209857, STRING),
        ("sale", "from", ["447576209857"], STRING),
        ("sale", "name", 5, STRING),
        ("sale", "name", {}, STRING),
        ("sale", "client_unique_identifier", 5, STRING),
        ("sale", "client_unique_identifier", [], STRING),
        ("sale", "template", "holiday_sale_template", OBJECT),
        ("sale", "template", {}, REQUIRED),
        ("sale", "template", [1], OBJECT),
        ("sale", "template.name", 1, STRING),
        ("sale", "template.locale", True, STRING),
        ("sale", "template.header", "image", OBJECT),
        ("sale", "template.header", [], OBJECT),
        ("sale", "template.header.type", "picture", HEADER),
        ("sale", "template.header.type", "IMAGE", HEADER),
        ("sale", "template.header.type", "", HEADER),
        ("sale", "template.header.type", 1, STRING),
        ("sale", "template.header.payload_variable", 1, STRING),
        ("sale", "template.header.fallback", 1, STRING),
        ("sale", "template.header.filename", [], STRING),
        ("sale", "template.body", [], OBJECT),
        ("sale", "template.body.payload_variables", "first_name", ARRAY),
        ("sale", "template.body.payload_variables", {}, ARRAY),
        ("sale", "template.body.fallbacks", "Customer", ARRAY),
        ("sale", "template.body.fallbacks", ["Customer", None], LENGTH),
        ("sale", "template.body.fallbacks", ["a", "b", "c", "d"], LENGTH),
        ("sale", "template.body.fallbacks", [], LENGTH),
        ("sale", "template.buttons", {}, ARRAY),
        ("sale", "template.buttons", "URL", ARRAY),
        ("sale", "template.buttons.0", "URL", OBJECT),
        ("sale", "template.buttons.0", None, OBJECT),
        ("sale", "template.buttons.0.type", "PHONE", BUTTON),
        ("sale", "template.buttons.0.type", "url", BUTTON),
        ("sale", "template.buttons.0.index", ..., REQUIRED),
        ("sale", "template.buttons.0.index", None, REQUIRED),
        ("sale", "template.buttons.0.index", -1, INDEX),
        ("sale", "template.buttons.0.index", 0.5, INDEX),
        ("sale", "template.buttons.0.index", "0", INDEX),
        ("sale", "template.buttons.0.index", True, INDEX),
        ("sale", "template.buttons.0.payload_variable", {}, STRING),
        ("sale", "template.buttons.0.fallback", 1, STRING),
        ("sale", "template.cards", "none", ARRAY),
        ("carousel", "template.cards.0", [], OBJECT),
        ("carousel", "template.cards.1.index", ..., REQUIRED),
        ("carousel", "template.cards.1.index", -1, INDEX),
        ("carousel", "template.cards.1.index", 0, INDEX),
        ("carousel", "template.cards.1.header.type", "gif", HEADER),
        ("carousel", "template.cards.1.body.fallbacks", ["one"], LENGTH),
        ("carousel", "template.cards.1.buttons.0.index", ..., REQUIRED),
        ("carousel", "template.cards.1.buttons.0.type", "CALL", BUTTON),
        ("newsletter", "contact_list_uuid", LIST, None),
        ("newsletter", "payload", "447592850122", ARRAY),
        ("newsletter", "payload", {}, ARRAY),
        ("newsletter", "payload", [], ("REQUIRED", "At least one recipient is required")),
        (
            "newsletter",
            "payload",
            ...,
            ("REQUIRED", "Either payload or contact_list_uuid is required"),
        ),
        (
            "newsletter",
            "payload",
            None,
            ("REQUIRED", "Either payload or contact_list_uuid is required"),
        ),
        ("newsletter", "payload.0", "447592850122", OBJECT),
        ("newsletter", "payload.0", None, OBJECT),
        ("newsletter", "payload.0.identifier", ..., REQUIRED),
        ("newsletter", "payload.0.identifier", None, REQUIRED),
        ("newsletter", "payload.0.identifier", "", REQUIRED),
        ("newsletter", "payload.0.identifier", [], STRING),
        ("newsletter", "payload.0.client_reference", "x" * 256, TOO_LONG),
        ("newsletter", "payload.0.client_reference", {}, STRING),
        ("newsletter", "payload.0.name", {"first": "Alex"}, STRING),
        ("newsletter", "payload.0.name", ["Alex"], STRING),
        ("newsletter", "payload.0.unused", [], STRING),
        ("list", "contact_list_uuid", "subscribers", UUID),
        ("list", "contact_list_uuid", "", UUID),
        ("list", "contact_list_uuid", f"{LIST}0", UUID),
        ("list", "contact_list_uuid", 5, STRING),
        ("sale", "scheduled_at", "tomorrow", MOMENT),
        ("sale", "scheduled_at", "2024-06-15T24:00:00Z", MOMENT),
        ("sale", "scheduled_at", "2024-06-15", MOMENT),
        ("sale", "scheduled_at", "2024-13-15T10:00:00Z", MOMENT),
        ("sale", "scheduled_at", "", MOMENT),
        ("sale", "scheduled_at", "0001-01-01T00:00:00+14:00", MOMENT),
        ("sale", "scheduled_at", 1718445600, STRING),
        ("sale", "valid_until", "2024-06-16 at ten", MOMENT),
        ("sale", "valid_until", NOW, RANGE),
        ("sale", "valid_until", "2024-05-31T00:00:00Z", RANGE),
    ],
)
def test_a_broadcast_breaks_a_rule(desk, base, field, value, violation):
    body = changed(BASES[base](), field, value)
    if violation is None:
        field, violation = (
            "contact_list_uuid",
            ("MUTUALLY_EXCLUSIVE", "Provide either payload or contact_list_uuid, not both"),
        )
    if violation is LENGTH:
        field = field.replace("payload_variables", "fallbacks")
    answer = desk.post("/v2/broadcasts", body)

    assert answer.status_code == 422
    rule, message = violation
    assert answer.get_json() == {
        "error": {
            "message": "Validation failed",
            "details": "Request validation failed",
            "violations": [{"field": field, "rule": rule, "message": message}],
        }
    }


def test_fallbacks_without_variables_have_another_length(desk):
    body = changed(sale(), "template.body.payload_variables", ...)

    assert desk.violations("/v2/broadcasts", body) == [("template.body.fallbacks", *LENGTH)]


def test_fallbacks_of_another_length_are_named_beside_a_wrong_variable(desk):
    body = changed(sale(), "template.body.payload_variables.1", 5)
    body = changed(body, "template.body.fallbacks", ["one", 2])

    assert desk.violations("/v2/broadcasts", body) == [
        ("template.body.payload_variables.1", *STRING),
        ("template.body.fallbacks.1", *STRING),
        ("template.body.fallbacks", *LENGTH),
    ]


@pytest.mark.parametrize("field", ["payload_variables", "fallbacks"])
def test_an_item_of_a_list_of_strings_is_none(desk, field):
    body = changed(sale(), f"template.body.{field}", ["a", 5, "c"])

    assert desk.violations("/v2/broadcasts", body) == [(f"template.body.{field}.1", *STRING)]


def test_the_later_of_two_places_repeats_an_index(desk):
    buttons = [{"index": 0, "fallback": "x"}, {"index": 0, "fallback": "y"}, {"index": 1}]

    found = desk.violations("/v2/broadcasts", sale(buttons=buttons))

    assert found == [("template.buttons.1.index", *INDEX)]


@pytest.mark.parametrize(
    ("start", "end", "is_refused"),
    [
        ("2024-06-15T10:00:00Z", "2024-06-15T10:00:00Z", True),
        ("2024-06-15T10:00:00Z", "2024-06-15T10:00:00.000001Z", False),
        ("2024-06-15T10:00:00Z", "2024-06-15T11:30:00+02:00", True),
        ("2024-05-01T10:00:00Z", "2024-05-02T10:00:00Z", True),
        ("2024-05-01T10:00:00Z", "2024-06-01T12:00:01Z", False),
    ],
)
def test_validity_ends_after_the_time_of_sending(desk, start, end, is_refused):
    body = newsletter(scheduled_at=start, valid_until=end)
    answer = desk.post("/v2/broadcasts", body)

    assert (answer.status_code == 422) is is_refused
    if is_refused:
        assert desk.violations("/v2/broadcasts", body) == [("valid_until", *RANGE)]


def test_all_violations_come_together_in_the_order_of_the_fields(desk):
    body = {
        "valid_until": "never",
        "payload": [{"client_reference": "x" * 300}, 7, row(name=[], other={})],
        "template": {"locale": "en", "body": {"payload_variables": ["a"], "fallbacks": []}},
        "name": 1,
        "nonsense": True,
    }

    assert desk.violations("/v2/broadcasts", body) == [
        ("name", *STRING),
        ("from", *REQUIRED),
        ("valid_until", *MOMENT),
        ("template.name", *REQUIRED),
        ("template.body.fallbacks", *LENGTH),
        ("payload.0.identifier", *REQUIRED),
        ("payload.0.client_reference", *TOO_LONG),
        ("payload.1", *OBJECT),
        ("payload.2.name", *STRING),
        ("payload.2.other", *STRING),
    ]


def test_both_ways_to_name_recipients_with_a_bad_uuid_are_two_violations(desk):
    found = desk.violations("/v2/broadcasts", newsletter(contact_list_uuid="x"))

    assert [(field, rule) for field, rule, _ in found] == [
        ("contact_list_uuid", "INVALID_FORMAT"),
        ("contact_list_uuid", "MUTUALLY_EXCLUSIVE"),
    ]


def test_unknown_fields_are_ignored_and_shown_to_the_tester(desk):
    body = newsletter(scheduledAt="soon", nonsense=[1])

    desk.accept("/v2/broadcasts", body)

    unread = desk.control("GET", "/requests")["items"][0]["id"]
    found = desk.control("GET", f"/requests/{unread}")["unread"]
    assert {"pointer": "/scheduledAt", "suggestion": "scheduled_at"} in found


def test_misspelt_fields_of_recipients_are_shown_to_the_tester(desk):
    values = {"body": {"Name": "A"}, "buttons": {"link": "a"}, "header": {"link": "x"}}
    given = {"identifier": "447592850122", "reference": "d-1", "parameters": values}

    desk.post("/broadcasts", first(given))

    entry = desk.control("GET", "/requests")["items"][0]["id"]
    found = desk.control("GET", f"/requests/{entry}")["unread"]
    assert [(field["pointer"], field["suggestion"]) for field in found] == [
        ("/recipients/0/reference", "client_reference"),
        ("/recipients/0/parameters/buttons", "button"),
        ("/recipients/0/parameters/header/link", None),
    ]


@pytest.mark.parametrize(
    ("field", "value", "violation"),
    [
        *(
            (field, value, REQUIRED)
            for field in ("channel_type", "name", "template_name", "from")
            for value in (..., None, "")
        ),
        ("channel_type", "sms", ("INVALID_FORMAT", "Must be one of: whatsapp")),
        ("name", 5, STRING),
        ("template_name", [], STRING),
        ("locale", 5, STRING),
        ("scheduled_for", "soon", MOMENT),
        ("valid_until", "soon", MOMENT),
        ("valid_until", NOW, RANGE),
        ("client_unique_identifier", {}, STRING),
        ("parameters", [], OBJECT),
        ("parameters.header", "https://x.test", OBJECT),
        ("parameters.header.type", "gif", HEADER),
        ("parameters.header.value", 5, STRING),
        ("parameters.body_order", "Name", ARRAY),
        ("parameters.button_order", "link", ARRAY),
        ("recipients", ..., REQUIRED),
        ("recipients", None, REQUIRED),
        ("recipients", {"a": 1}, ARRAY),
        ("recipients", [], ("REQUIRED", "At least one recipient is required")),
        ("recipients.0", "447592850122", OBJECT),
        ("recipients.0.identifier", ..., REQUIRED),
        ("recipients.0.identifier", "", REQUIRED),
        ("recipients.0.identifier", {}, STRING),
        ("recipients.0.client_reference", "x" * 256, TOO_LONG),
        ("recipients.0.client_reference", [], STRING),
        ("recipients.0.parameters", "Alex", OBJECT),
        ("recipients.0.parameters.header", "https://x.test", OBJECT),
        ("recipients.0.parameters.header.value", [], STRING),
        ("recipients.0.parameters.body", ["Alex"], OBJECT),
        ("recipients.0.parameters.body.Name", {}, STRING),
        ("recipients.0.parameters.button.link", [], STRING),
    ],
)
def test_a_first_broadcast_breaks_a_rule(desk, field, value, violation):
    body = changed(first(recipient(header={"value": "https://x.test"})), field, value)

    assert desk.violations("/broadcasts", body) == [(field, *violation)]


def test_validity_of_a_first_broadcast_counts_from_its_own_field(desk):
    body = first(scheduled_for="2024-06-15T10:00:00Z", valid_until="2024-06-15T09:00:00Z")

    assert desk.violations("/broadcasts", body) == [("valid_until", *RANGE)]


@pytest.mark.parametrize(
    ("field", "value", "violation"),
    [
        *(
            (field, value, REQUIRED)
            for field in ("to", "from", "template", "template.name", "template.locale")
            for value in (..., None, "")
        ),
        *(
            ("to", number, NUMBER)
            for number in ("+447592850122", "44 7592 850122", "0447592850122", "44759", "alex")
        ),
        ("to", "4" * 16, NUMBER),
        ("to", 447592850122, STRING),
        ("from", 5, STRING),
        ("client_reference", "x" * 256, TOO_LONG),
        ("client_reference", 5, STRING),
        ("template.header.type", "gif", HEADER),
        ("template.header.link", 5, STRING),
        ("template.header.text", 5, STRING),
        ("template.header.filename", 5, STRING),
        ("template.body_variables", "Alex", ARRAY),
        ("template.body_variables.1", 5, STRING),
        ("template.body_variables.1", None, STRING),
        ("template.buttons.0.index", ..., REQUIRED),
        ("template.buttons.0.index", "0", INDEX),
        ("template.buttons.0.type", "CALL", BUTTON),
        ("template.buttons.0.value", 5, STRING),
        ("template.cards", [{"header": {}}], None),
    ],
)
def test_a_template_message_breaks_a_rule(desk, field, value, violation):
    body = changed(template_message(), field, value)
    if violation is None:
        field, violation = "template.cards.0.index", REQUIRED

    assert desk.violations("/v2/messages/whatsapp", body) == [(field, *violation)]


@pytest.mark.parametrize(
    ("field", "value", "violation"),
    [
        *(
            (field, value, REQUIRED)
            for field in ("to", "from", "type", "templateName", "language", "category")
            for value in (..., None, "")
        ),
        ("to", "+447592850122", NUMBER),
        ("type", "text", ("INVALID_FORMAT", "Must be one of: template")),
        (
            "category",
            "marketing",
            ("INVALID_FORMAT", "Must be one of: MARKETING, UTILITY, AUTHENTICATION"),
        ),
        ("templateName", 5, STRING),
        ("language", {}, STRING),
        ("clientRef", 5, STRING),
    ],
)
def test_a_first_template_message_breaks_a_rule(desk, field, value, violation):
    body = changed(first_message(), field, value)

    assert desk.violations("/v1/messages/whatsapp", body) == [(field, *violation)]


@pytest.mark.parametrize("components", [[], [{"nonsense": 1}], "anything", {"a": []}, 5])
def test_components_are_not_checked(desk, components):
    desk.accept("/v1/messages/whatsapp", first_message(components=components))


KINDS = "text, image, video, file, audio, location, buttons, list"


@pytest.mark.parametrize(
    ("field", "value", "violation"),
    [
        *(
            (f"message.{field}", value, REQUIRED)
            for field in ("channelType", "to", "from", "type", "content")
            for value in (..., None, "")
        ),
        ("message", ..., REQUIRED),
        ("message", None, REQUIRED),
        ("message", "Hello", OBJECT),
        ("message.channelType", "sms", ("INVALID_FORMAT", "Must be one of: whatsapp")),
        ("message.to", "+447592850122", NUMBER),
        ("message.type", "poem", ("INVALID_FORMAT", f"Must be one of: {KINDS}")),
        ("message.content", "Hello", OBJECT),
        ("message.content.text", ..., None),
        ("message.content.text", "", None),
        ("message.content.text", 5, STRING),
        ("message.clientRef", 5, STRING),
    ],
)
def test_a_free_message_breaks_a_rule(desk, field, value, violation):
    body = free_message(content={"text": "Hello", "other": 1})
    body = changed(body, field, value)

    assert desk.violations("/v1/messages", body) == [(field, *(violation or REQUIRED))]


@pytest.mark.parametrize("kind", ["image", "video", "file"])
def test_a_file_needs_its_address(desk, kind):
    body = free_message(type=kind, content={"caption": "Look"})

    assert desk.violations("/v1/messages", body) == [("message.content.url", *REQUIRED)]


@pytest.mark.parametrize("path", POSTS)
def test_what_is_refused_leaves_nothing_behind(desk, path):
    before = desk.stored()

    assert desk.post(path, {}).status_code == 422

    assert desk.stored() == before
