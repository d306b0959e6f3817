"""Channels, templates and their places: what is looked up, and what must fit."""

import pytest

from tests.providers.cuedesk.desk import (
    BROADCASTS,
    CHANNEL,
    FROM,
    LIST,
    MESSAGES,
    POSTS,
    card,
    carousel,
    changed,
    first,
    newsletter,
    notice,
    sale,
    template_message,
)

COUNT = "PARAMETER_COUNT_MISMATCH"
OTHER_CHANNEL = "447700900999"


def expects(wanted, part, given, what="Template"):
    return f"{what} expects {wanted} {part} parameters but {given} were provided"


def with_sender(path, sender):
    field = "message.from" if path == "/v1/messages" else "from"
    return changed(POSTS[path](), field, sender)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "sender",
    [
        OTHER_CHANNEL,
        "ff03aa48-0000-4304-b53a-fe90f4b50002",
        f"+{FROM}",
        "447576209858",
        "nobody",
        CHANNEL.upper(),
    ],
)
def test_a_foreign_sender_is_forbidden(desk, path, sender):
    answer = desk.post(path, with_sender(path, sender))

    assert (answer.status_code, answer.get_json()) == (
        403,
        {"message": "Forbidden", "details": "Channel does not belong to your workspace"},
    )


@pytest.mark.parametrize("path", POSTS)
def test_the_sender_may_be_the_uuid_of_the_channel(desk, path):
    desk.accept(path, with_sender(path, CHANNEL))

    assert desk.message()["from"] == FROM


def test_only_whatsapp_channels_send(desk):
    desk.load(channels=[{"identifier": "web", "type": "widget"}])

    assert desk.post("/v2/broadcasts", newsletter(**{"from": "web"})).status_code == 403


@pytest.mark.parametrize(
    ("path", "name", "locale", "noun"),
    [
        ("/v2/broadcasts", "template.name", "template.locale", "Broadcast"),
        ("/broadcasts", "template_name", "locale", "Broadcast"),
        ("/v2/messages/whatsapp", "template.name", "template.locale", "Message"),
        ("/v1/messages/whatsapp", "templateName", "language", "Message"),
    ],
)
@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("unknown_template", "en"),
        ("Plain_notice", "en"),
        ("plain_notice", "pt_BR"),
        ("plain_notice", "en_GB"),
        ("plain_notice", "EN"),
        ("monthly_newsletter", "de"),
    ],
)
def test_a_template_must_be_there_and_approved(desk, path, name, locale, noun, wanted, language):
    body = changed(changed(POSTS[path](), name, wanted), locale, language)

    answer = desk.post(path, body)

    assert (answer.status_code, answer.get_json()) == (
        400,
        {
            "message": f"{noun} could not be created",
            "details": f"Template '{wanted}' not found or not approved",
        },
    )


@pytest.mark.parametrize(("status", "code"), [("REJECTED", 400), ("APPROVED", 202)])
def test_a_template_changes_its_status(desk, status, code):
    desk.load(templates=[{"name": "plain_notice", "locale": "en", "status": status}])

    assert desk.post("/v2/broadcasts", notice()).status_code == code


def test_templates_of_others_do_not_count(desk):
    body = notice(**{"from": OTHER_CHANNEL})

    assert desk.post("/v2/broadcasts", body, "cue_other_token").status_code == 400


@pytest.mark.parametrize(
    "uuid", ["00000000-0000-4000-8000-000000000000", "F47AC10B-58CC-4372-A567-0E02B2C3D470"]
)
def test_a_contact_list_must_be_there(desk, uuid):
    answer = desk.post("/v2/broadcasts", newsletter(payload=None, contact_list_uuid=uuid))

    assert (answer.status_code, answer.get_json()) == (
        400,
        {
            "message": "Broadcast could not be created",
            "details": f"Contact list '{uuid}' not found",
        },
    )


def test_contact_lists_of_others_do_not_count(desk):
    face = {"header": {"type": "none"}, "body": {"text": "Closed", "parameters": 0}}
    template = {"name": "plain_notice", "locale": "en", **face}
    desk.merge(cuedesk={"workspaces": [{"id": "ws_other", "templates": [template]}]})
    body = notice(payload=None, contact_list_uuid=LIST, **{"from": OTHER_CHANNEL})

    answer = desk.post("/v2/broadcasts", body, "cue_other_token")

    assert answer.get_json()["details"] == f"Contact list '{LIST}' not found"


HEADER = {"type": "image", "payload_variable": "pic", "fallback": "https://x.test/a"}
BUTTON = {"index": 0, "type": "URL", "payload_variable": "suffix"}


@pytest.mark.parametrize(
    ("body", "violations"),
    [
        (
            sale(body={"payload_variables": ["a", "b"]}),
            [("template.body.payload_variables", COUNT, expects(3, "body", 2))],
        ),
        (
            sale(body={"payload_variables": ["a", "b", "c", "d"]}),
            [("template.body.payload_variables", COUNT, expects(3, "body", 4))],
        ),
        (sale(body={}), [("template.body.payload_variables", COUNT, expects(3, "body", 0))]),
        (sale(body=None), [("template.body.payload_variables", COUNT, expects(3, "body", 0))]),
        (sale(header=None), [("template.header", COUNT, expects(1, "header", 0))]),
        (sale(header={}), [("template.header", COUNT, expects(1, "header", 0))]),
        (sale(header={"type": "image"}), [("template.header", COUNT, expects(1, "header", 0))]),
        (
            sale(header={"payload_variable": "", "fallback": ""}),
            [("template.header", COUNT, expects(1, "header", 0))],
        ),
        (
            sale(header={**HEADER, "type": "text"}),
            [
                (
                    "template.header.type",
                    "TYPE_MISMATCH",
                    "Template header type is image but text was provided",
                )
            ],
        ),
        (
            newsletter(template={**newsletter()["template"], "header": HEADER}),
            [("template.header", COUNT, expects(0, "header", 1))],
        ),
        (sale(buttons=None), [("template.buttons", COUNT, expects(1, "button", 0))]),
        (sale(buttons=[]), [("template.buttons", COUNT, expects(1, "button", 0))]),
        (
            sale(buttons=[{"index": 0, "type": "URL"}]),
            [("template.buttons", COUNT, expects(1, "button", 0))],
        ),
        (
            sale(buttons=[BUTTON, {"index": 4}]),
            [
                (
                    "template.buttons.1.index",
                    "INVALID_INDEX",
                    "Template has no button at index 4",
                )
            ],
        ),
        (
            sale(cards=[{"index": 0}]),
            [("template.cards.0.index", "INVALID_INDEX", "Template has no card at index 0")],
        ),
        (
            carousel(cards=[card(0), card(1), {"index": 4}]),
            [("template.cards.2.index", "INVALID_INDEX", "Template has no card at index 4")],
        ),
        (
            carousel(cards=[card(0)]),
            [("template.cards", COUNT, expects(2, "body", 0, "Template card 1"))],
        ),
        (
            carousel(cards=[]),
            [
                ("template.cards", COUNT, expects(2, "body", 0, "Template card 0")),
                ("template.cards", COUNT, expects(2, "body", 0, "Template card 1")),
            ],
        ),
        (
            carousel(cards=[card(1), card(0, body={"payload_variables": ["item0"]})]),
            [("template.cards.1.body.payload_variables", COUNT, expects(2, "body", 1))],
        ),
        (
            carousel(cards=[card(0), card(1, header=None)]),
            [("template.cards.1.header", COUNT, expects(1, "header", 0))],
        ),
        (
            carousel(cards=[card(0), card(1, buttons=[])]),
            [("template.cards.1.buttons", COUNT, expects(1, "button", 0))],
        ),
        (
            carousel(cards=[card(0), card(1, buttons=[{**BUTTON, "index": 2}])]),
            [
                ("template.cards.1.buttons", COUNT, expects(1, "button", 0)),
                (
                    "template.cards.1.buttons.0.index",
                    "INVALID_INDEX",
                    "Template has no button at index 2",
                ),
            ],
        ),
        (
            sale(header=None, body=None, buttons=None),
            [
                ("template.header", COUNT, expects(1, "header", 0)),
                ("template.body.payload_variables", COUNT, expects(3, "body", 0)),
                ("template.buttons", COUNT, expects(1, "button", 0)),
            ],
        ),
    ],
)
def test_the_places_of_a_template_do_not_fit(desk, body, violations):
    answer = desk.post("/v2/broadcasts", body)

    assert answer.status_code == 422
    assert answer.get_json() == {
        "error": {
            "message": "Validation failed",
            "details": "Template parameter count mismatch",
            "violations": [
                {"field": field, "rule": rule, "message": message}
                for field, rule, message in violations
            ],
        }
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"header": {"fallback": "https://x.test/a"}},
        {"header": {"payload_variable": "discount_code"}},
        {"buttons": [{"index": 0, "fallback": "x"}]},
    ],
)
def test_a_column_or_a_fallback_is_enough(desk, fields):
    desk.accept("/v2/broadcasts", sale(**fields))


BUTTONS = [
    {"index": 0, "type": "URL", "dynamic": False},
    {"index": 1, "type": "OTP"},
    {"index": 2, "type": "QUICK_REPLY", "dynamic": True},
]


@pytest.mark.parametrize(
    ("buttons", "is_fine"),
    [
        ([{"index": 1, "fallback": "123"}], True),
        ([{"index": 0}, {"index": 1, "fallback": "123"}, {"index": 2}], True),
        ([{"index": 2, "fallback": "yes"}, {"index": 1, "fallback": "123"}], True),
        ([{"index": 2, "fallback": "yes"}], False),
        ([], False),
    ],
)
def test_static_buttons_and_quick_replies_need_no_value(desk, buttons, is_fine):
    template = {"name": "code", "locale": "en", "body": {"text": "Hi"}, "buttons": BUTTONS}
    desk.load(templates=[template])
    body = newsletter(template={"name": "code", "locale": "en", "buttons": buttons})

    answer = desk.post("/v2/broadcasts", body)

    assert answer.status_code == (202 if is_fine else 422)


@pytest.mark.parametrize(
    ("header", "given", "field"),
    [
        ({"type": "text", "parameters": 0}, {"fallback": "x"}, "template.header"),
        ({"type": "text", "parameters": 1}, None, "template.header"),
        ({"type": "text", "parameters": 0}, None, None),
        ({"type": "text", "parameters": 1}, {"type": "text", "fallback": "x"}, None),
        ({"type": "document"}, {"fallback": "x", "filename": "a.pdf"}, None),
    ],
)
def test_headers_take_values_by_their_kind(desk, header, given, field):
    template = {"name": "head", "locale": "en", "body": {"text": "Hi"}, "header": header}
    desk.load(templates=[template])
    body = newsletter(template={"name": "head", "locale": "en", "header": given})

    if field is None:
        desk.accept("/v2/broadcasts", body)
    else:
        assert [found[0] for found in desk.violations("/v2/broadcasts", body)] == [field]


@pytest.mark.parametrize("needs", [{"header": {"type": "image"}}, {"buttons": BUTTONS[1:2]}])
def test_a_card_that_needs_other_values_cannot_be_left_out(desk, needs):
    template = {"name": "cards", "locale": "en", "cards": [{"index": 0, **needs}, {"index": 1}]}
    desk.load(templates=[template])
    body = newsletter(template={"name": "cards", "locale": "en"})

    part = "header" if "header" in needs else "button"
    assert desk.violations("/v2/broadcasts", body) == [
        ("template.cards", COUNT, expects(1, part, 0, "Template card 0"))
    ]


@pytest.mark.parametrize(
    ("field", "value", "violations"),
    [
        ("parameters.body_order", ["a"], [("parameters.body_order", expects(3, "body", 1))]),
        ("parameters.button_order", [], [("parameters.button_order", expects(1, "button", 0))]),
        (
            "parameters.button_order",
            ["a", "b"],
            [("parameters.button_order", expects(1, "button", 2))],
        ),
        ("parameters.header", ..., [("parameters.header", expects(1, "header", 0))]),
        (
            "parameters.header",
            {"type": "image"},
            [("parameters.header", expects(1, "header", 0))],
        ),
        (
            "parameters",
            ...,
            [
                ("parameters.header", expects(1, "header", 0)),
                ("parameters.body_order", expects(3, "body", 0)),
                ("parameters.button_order", expects(1, "button", 0)),
            ],
        ),
    ],
)
def test_a_first_broadcast_does_not_fit(desk, field, value, violations):
    found = desk.violations("/broadcasts", changed(first(), field, value))

    assert found == [(where, COUNT, message) for where, message in violations]


def test_a_first_broadcast_has_another_header(desk):
    body = changed(first(), "parameters.header.type", "video")

    message = "Template header type is image but video was provided"
    assert desk.violations("/broadcasts", body) == [
        ("parameters.header.type", "TYPE_MISMATCH", message)
    ]


def test_a_first_broadcast_has_a_header_too_many(desk):
    body = first(
        template_name="monthly_newsletter",
        parameters={"header": {"value": "https://x.test"}, "body_order": ["Name"]},
    )

    assert desk.violations("/broadcasts", body) == [
        ("parameters.header", COUNT, expects(0, "header", 1))
    ]


def test_a_first_broadcast_cannot_fill_cards(desk):
    body = first(template_name="product_carousel_template", parameters={"body_order": ["Name"]})

    assert [violation[0] for violation in desk.violations("/broadcasts", body)] == [
        "parameters.cards",
        "parameters.cards",
    ]


LITERAL_CARD = {
    "header": {"type": "image", "link": "https://x.test"},
    "body_variables": ["Tea", "3"],
    "buttons": [{"index": 0, "value": "tea"}],
}


@pytest.mark.parametrize(
    ("field", "value", "violation"),
    [
        (
            "template.body_variables",
            ["Alex"],
            ("template.body_variables", COUNT, expects(3, "body", 1)),
        ),
        (
            "template.body_variables",
            ...,
            ("template.body_variables", COUNT, expects(3, "body", 0)),
        ),
        ("template.header", ..., ("template.header", COUNT, expects(1, "header", 0))),
        (
            "template.header",
            {"text": "no picture"},
            ("template.header", COUNT, expects(1, "header", 0)),
        ),
        (
            "template.header.type",
            "document",
            (
                "template.header.type",
                "TYPE_MISMATCH",
                "Template header type is image but document was provided",
            ),
        ),
        ("template.buttons", [], ("template.buttons", COUNT, expects(1, "button", 0))),
        (
            "template.buttons.0.value",
            "",
            ("template.buttons", COUNT, expects(1, "button", 0)),
        ),
        (
            "template.cards",
            [{"index": 3}],
            ("template.cards.0.index", "INVALID_INDEX", "Template has no card at index 3"),
        ),
    ],
)
def test_a_template_message_does_not_fit(desk, field, value, violation):
    body = changed(template_message(), field, value)

    assert desk.violations("/v2/messages/whatsapp", body) == [violation]


def test_a_card_of_a_template_message_does_not_fit(desk):
    template = {
        "name": "product_carousel_template",
        "locale": "en",
        "body_variables": ["Alex"],
        "cards": [
            {"index": 0, **LITERAL_CARD, "body_variables": ["Tea"]},
            {"index": 1, **LITERAL_CARD},
        ],
    }

    found = desk.violations("/v2/messages/whatsapp", template_message(template=template))

    assert found == [("template.cards.0.body_variables", COUNT, expects(2, "body", 1))]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"from": "nobody", "template": {"name": "x", "locale": "en"}}, 403),
        ({"template": {"name": "x", "locale": "en"}, "payload": [{"identifier": "1"}]}, 400),
        ({"template": {"name": "monthly_newsletter", "locale": "en"}}, 422),
    ],
)
def test_steps_come_in_their_order(desk, body, code):
    assert desk.post("/v2/broadcasts", {**newsletter(), **body}).status_code == code


def test_parameters_are_checked_before_the_contact_list(desk):
    unknown = "00000000-0000-4000-8000-000000000000"
    template = {"name": "monthly_newsletter", "locale": "en"}
    body = newsletter(template=template, payload=None, contact_list_uuid=unknown)

    assert desk.post("/v2/broadcasts", body).status_code == 422


@pytest.mark.parametrize("path", [*BROADCASTS, *MESSAGES])
def test_a_refused_sender_leaves_nothing_behind(desk, path):
    before = desk.stored()

    desk.post(path, with_sender(path, "nobody"))

    assert desk.stored() == before
