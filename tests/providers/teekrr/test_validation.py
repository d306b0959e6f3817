"""What bodies are refused, with which words and in which order."""

import json

import pytest

from emulator.core.packing import opened
from tests.providers.teekrr.desk import (
    GOOD,
    TEST_SEND,
    email,
    scheduled,
    sms,
    whatsapp,
    without,
)

TYPE_WORDS = "Type must be one of: quick broadcast, schedule broadcast"
ONE_RECIPIENT = "At least one recipient is required"
BOTH_LISTS = "Provide either recipients or recipientVariables, not both"
ROW = {"recipient": "60123456789", "variables": {}}
WHATSAPP_ROW = {"recipient": "60123456789", "variables": {"body": ["a", "b"]}}

SHARED = [
    ({"campaignName": 5}, [("campaignName", "Expected string, received number")]),
    ({"type": None}, [("type", "Type is required")]),
    ({"type": ""}, [("type", "Type is required")]),
    ({"type": "Quick Broadcast"}, [("type", TYPE_WORDS)]),
    ({"type": "quick  broadcast"}, [("type", TYPE_WORDS)]),
    ({"type": ["quick broadcast"]}, [("type", "Expected string, received array")]),
    (
        {"type": "schedule broadcast"},
        [("scheduledAt", "scheduledAt is required when type is schedule broadcast")],
    ),
    (
        {"type": "schedule broadcast", "scheduledAt": "2026-05-06T10:00:00Z"},
        [("scheduledAt", "scheduledAt must be in the future")],
    ),
    (
        {"type": "schedule broadcast", "scheduledAt": "2026-05-06T11:00:00+02:00"},
        [("scheduledAt", "scheduledAt must be in the future")],
    ),
    ({"scheduledAt": "tomorrow"}, [("scheduledAt", "scheduledAt must be an ISO 8601 datetime")]),
    (
        {"scheduledAt": "2026-05-07T24:00:00Z"},
        [("scheduledAt", "scheduledAt must be an ISO 8601 datetime")],
    ),
    (
        {"scheduledAt": "2026-05-07T01:30:00"},
        [("scheduledAt", "scheduledAt must be an ISO 8601 datetime")],
    ),
    (
        {"scheduledAt": "2026-02-30T01:30:00Z"},
        [("scheduledAt", "scheduledAt must be an ISO 8601 datetime")],
    ),
    (
        {"scheduledAt": "0001-01-01T00:00:00+14:00"},
        [("scheduledAt", "scheduledAt must be an ISO 8601 datetime")],
    ),
    ({"scheduledAt": 1778115600}, [("scheduledAt", "Expected string, received number")]),
    ({"recipients": None}, [("recipients", ONE_RECIPIENT)]),
    ({"recipients": []}, [("recipients", ONE_RECIPIENT)]),
    ({"recipients": "60123456789"}, [("recipients", "Expected array, received string")]),
    ({"recipients": {}}, [("recipients", "Expected array, received object")]),
    ({"recipients": None, "recipientVariables": []}, [("recipients", ONE_RECIPIENT)]),
    ({"recipientVariables": []}, [("recipients", BOTH_LISTS)]),
    (
        {"recipients": ["x"] * 10_001},
        [("recipients", "Maximum 10,000 recipients per request")],
    ),
    (
        {"recipients": None, "recipientVariables": [{}] * 10_001},
        [("recipientVariables", "Maximum 10,000 recipients per request")],
    ),
    (
        {"recipients": None, "recipientVariables": ["x", 5, None]},
        [
            ("recipientVariables.0", "Expected object, received string"),
            ("recipientVariables.1", "Expected object, received number"),
            ("recipientVariables.2", "Expected object, received null"),
        ],
    ),
    (
        {"recipients": [True, None, 1.5, []]},
        [
            ("recipients.0", "Expected string, received boolean"),
            ("recipients.1", "Expected string, received null"),
            ("recipients.2", "Expected string, received number"),
            ("recipients.3", "Expected string, received array"),
        ],
    ),
]


def errors_of(answer):
    assert answer.status_code == 400, answer.text
    assert answer.json["message"] == "Validation failed"
    assert list(answer.json) == ["message", "errors"]
    assert all(list(error) == ["field", "message"] for error in answer.json["errors"])
    return [(error["field"], error["message"]) for error in answer.json["errors"]]


@pytest.mark.parametrize("path", GOOD)
@pytest.mark.parametrize(("changes", "expected"), SHARED)
def test_the_three_broadcast_endpoints_share_these_rules(desk, path, changes, expected):
    before = desk.stored()

    answer = desk.post(path, {**GOOD[path](), **changes})

    assert errors_of(answer) == expected
    assert desk.stored() == before


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {},
            [
                ("campaignName", "Campaign name is required"),
                ("type", "Type is required"),
                ("templateName", "Provide templateName or templateContent"),
                ("recipients", ONE_RECIPIENT),
            ],
        ),
        (
            {"type": "quick broadcast", "recipients": ["0123"]},
            [
                ("campaignName", "Campaign name is required"),
                ("templateName", "Provide templateName or templateContent"),
                ("recipients.0", "Invalid phone number"),
            ],
        ),
        (sms(campaignName=""), [("campaignName", "Campaign name is required")]),
        (
            sms(templateName="otp_sms"),
            [("templateName", "Provide either templateName or templateContent, not both")],
        ),
        (
            without(sms(), "templateContent"),
            [("templateName", "Provide templateName or templateContent")],
        ),
        (sms(templateContent=""), [("templateContent", "Must be at least 1 characters")]),
        (sms(templateContent=3), [("templateContent", "Expected string, received number")]),
        (
            {**without(sms(), "templateContent"), "templateName": ""},
            [("templateName", "Must be at least 1 characters")],
        ),
        (
            {**without(sms(), "templateContent"), "templateName": "n" * 513},
            [("templateName", "Must be at most 512 characters")],
        ),
        (sms(templateName=""), [("templateName", "Must be at least 1 characters")]),
        (sms(keyword=""), [("keyword", "Must be at least 1 characters")]),
        (sms(keyword="ABCDEFGHIJK"), [("keyword", "Must be at most 10 characters")]),
        (sms(keyword={}), [("keyword", "Expected string, received object")]),
        (
            sms(recipientVariables=[ROW]),
            [("recipients", BOTH_LISTS)],
        ),
        (
            sms("1", recipientVariables=[{"recipient": "2"}]),
            [
                ("recipients", BOTH_LISTS),
                ("recipients.0", "Invalid phone number"),
                ("recipientVariables.0.recipient", "Invalid phone number"),
            ],
        ),
        (
            {"campaignName": 1, "type": "schedule broadcast", "keyword": 2, "recipients": [3]},
            [
                ("campaignName", "Expected string, received number"),
                ("templateName", "Provide templateName or templateContent"),
                ("scheduledAt", "scheduledAt is required when type is schedule broadcast"),
                ("keyword", "Expected string, received number"),
                ("recipients.0", "Expected string, received number"),
            ],
        ),
    ],
)
def test_sms_bodies_are_refused(desk, body, expected):
    assert errors_of(desk.post("/sms", body)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {},
            [
                ("templateName", "Template name is required"),
                ("campaignName", "Campaign name is required"),
                ("type", "Type is required"),
                ("recipients", ONE_RECIPIENT),
            ],
        ),
        (whatsapp(templateName="n" * 513), [("templateName", "Must be at most 512 characters")]),
        (whatsapp(campaignName=""), [("campaignName", "Campaign name is required")]),
        (whatsapp(variables=[]), [("variables", "Expected object, received array")]),
        (
            whatsapp(variables={"header": "a", "body": [1, "b"], "button": [None]}),
            [
                ("variables.header", "Expected array, received string"),
                ("variables.body.0", "Expected string, received number"),
                ("variables.button.0", "Expected string, received null"),
            ],
        ),
        (
            whatsapp(variables={"headerImage": 1, "templateParams": {"a": 2, "b": "c"}}),
            [
                ("variables.headerImage", "Expected string, received number"),
                ("variables.templateParams.a", "Expected string, received number"),
            ],
        ),
        (
            whatsapp(variables={"templateParams": "a"}),
            [("variables.templateParams", "Expected object, received string")],
        ),
        (
            {
                **without(whatsapp(), "recipients", "variables"),
                "recipientVariables": [WHATSAPP_ROW, {"to": "1", "body": [{}, "x"]}],
            },
            [
                ("recipientVariables.1.recipient", "Invalid phone number"),
                ("recipientVariables.1.variables.body.0", "Expected string, received object"),
            ],
        ),
    ],
)
def test_whatsapp_bodies_are_refused(desk, body, expected):
    assert errors_of(desk.post("/whatsapp", body)) == expected


def test_shared_values_beside_own_ones_are_not_looked_at(desk):
    rows = [WHATSAPP_ROW]
    body = {**without(whatsapp(), "recipients"), "variables": 5, "recipientVariables": rows}

    assert desk.post("/whatsapp", body).status_code == 202


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {},
            [
                ("templateName", "Template name is required"),
                ("subject", "Subject is required"),
                ("type", "Type is required"),
                ("recipients", ONE_RECIPIENT),
            ],
        ),
        (email(subject=""), [("subject", "Subject is required")]),
        (email(subject="s" * 201), [("subject", "Must be at most 200 characters")]),
        (email(campaignName=""), [("campaignName", "Must be at least 1 characters")]),
        (email(campaignName="c" * 256), [("campaignName", "Must be at most 255 characters")]),
    ],
)
def test_email_bodies_are_refused(desk, body, expected):
    assert errors_of(desk.post("/email", body)) == expected


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/sms", {**without(sms(), "templateContent"), "templateName": "n" * 512}, 404),
        ("/sms", sms(keyword="k" * 10), 404),
        ("/whatsapp", whatsapp(templateName="n" * 512), 404),
        ("/email", email(subject="s" * 200, campaignName="c" * 255), 200),
    ],
)
def test_texts_may_be_as_long_as_their_limit(desk, path, body, status):
    assert desk.post(path, body).status_code == status


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {},
            [("templateName", "Template name is required"), ("to", "To is required")],
        ),
        ({**TEST_SEND, "to": "012"}, [("to", "Invalid phone number")]),
        ({**TEST_SEND, "to": 60123456789}, [("to", "Expected string, received number")]),
        ({**TEST_SEND, "variables": "x"}, [("variables", "Expected object, received string")]),
    ],
)
def test_bodies_of_test_sends_are_refused(desk, body, expected):
    assert errors_of(desk.post("/whatsapp/test", body)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("channel", "Channel is required"), ("recipients", ONE_RECIPIENT)]),
        (
            {"channel": "fax", "recipients": []},
            [
                ("channel", "Channel must be one of: sms, whatsapp, email"),
                ("recipients", ONE_RECIPIENT),
            ],
        ),
        (
            {"channel": "sms", "recipients": ["60123456789", 5]},
            [("recipients.1", "Expected string, received number")],
        ),
        (
            {"channel": "sms", "recipients": [""] * 10_001},
            [("recipients", "Maximum 10,000 recipients per request")],
        ),
    ],
)
def test_lists_to_be_checked_are_refused(desk, body, expected):
    assert errors_of(desk.post("/broadcasts/validate", body)) == expected


@pytest.mark.parametrize("number", ["1234567", "+123456789012345", "60123456789", "+60198765432"])
def test_phone_numbers_of_7_to_15_digits_are_taken(desk, number):
    assert desk.post("/sms", sms(number)).status_code == 202
    assert desk.records()[0].address == number.removeprefix("+")


@pytest.mark.parametrize(
    "number",
    ["", "123456", "1234567890123456", "0123456789", "++60123456789", "+0123456789",
     "60 123456789", "60123456789\n", " 60123456789", "٦٠١٢٣٤٥٦٧٨٩", "a@example.com"],
)  # fmt: skip
def test_other_phone_numbers_are_refused(desk, number):
    assert errors_of(desk.post("/sms", sms(number))) == [("recipients.0", "Invalid phone number")]


@pytest.mark.parametrize(
    "address",
    [
        "a@b.c",
        "first.last+tag@mail.example.com",
        "A@EXAMPLE.COM",
        "+tag@example.com",
        "用户@例子.广告",
    ],
)
def test_email_addresses_are_taken_as_they_are(desk, address):
    assert desk.post("/email", email(address)).status_code == 200
    assert desk.messages()[0].to == address


@pytest.mark.parametrize(
    "address",
    ["", "a", "a@b", "@b.c", "a@", "a@@b.c", "a@b@c.d", "a b@c.d", "a@b .c", "a@b.c\n",
     "a@" + "b" * 251 + ".c", "60123456789"],
)  # fmt: skip
def test_other_email_addresses_are_refused(desk, address):
    expected = [("recipients.0", "Invalid email address")]
    assert errors_of(desk.post("/email", email(address))) == expected


@pytest.mark.parametrize("key", ["recipient", "to", "phone", "phoneNumber", "email"])
def test_a_row_may_name_its_address_in_five_ways(desk, key):
    rows = [{key: "+60123456789", "name": "Aisyah", "code": "1"}]
    body = {**without(sms(), "recipients", "templateContent"), "templateName": "otp_sms"}

    assert desk.post("/sms", {**body, "recipientVariables": rows}).status_code == 202
    assert desk.records()[0].address == "60123456789"
    assert opened(desk.records()[0].variables) == {"name": "Aisyah", "code": "1"}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, [("recipient", "Recipient is required")]),
        ({"recipient": None, "name": "x"}, [("recipient", "Recipient is required")]),
        ({"recipient": ""}, [("recipient", "Recipient is required")]),
        ({"to": 5}, [("recipient", "Expected string, received number")]),
        ({"to": "0"}, [("recipient", "Invalid phone number")]),
        (
            {"to": "0", "variables": "x"},
            [
                ("recipient", "Invalid phone number"),
                ("variables", "Expected object, received string"),
            ],
        ),
        (
            {"to": "60123456789", "variables": {"a": 1, "b": "x", "c": None, "d": False}},
            [
                ("variables.a", "Expected string, received number"),
                ("variables.d", "Expected string, received boolean"),
            ],
        ),
        (
            {"to": "60123456789", "age": 30},
            [("variables.age", "Expected string, received number")],
        ),
    ],
)
def test_rows_are_refused(desk, row, expected):
    body = {**without(sms(), "recipients"), "recipientVariables": [ROW, row]}

    found = errors_of(desk.post("/sms", body))

    assert found == [(f"recipientVariables.1.{field}", message) for field, message in expected]


def test_only_variables_are_read_where_there_are_any(desk):
    row = {"to": "60123456789", "ignored": 5, "variables": {"name": "x"}}
    body = {**without(sms(), "recipients"), "recipientVariables": [row]}

    assert desk.post("/sms", body).status_code == 202
    assert opened(desk.records()[0].variables) == {"name": "x"}


@pytest.mark.parametrize("key", ["recipient", "to", "phone", "phoneNumber", "email"])
@pytest.mark.parametrize(
    ("path", "address"), [("/sms", "60123456789"), ("/email", "a@example.com")]
)
def test_the_address_may_stand_under_five_names(desk, path, address, key):
    row = {key: address, "name": "Aisyah"}
    body = {**without(GOOD[path](), "recipients"), "recipientVariables": [row]}

    assert desk.post(path, body).status_code < 300
    assert desk.records()[0].address == address


@pytest.mark.parametrize(
    ("path", "address"), [("/sms", "60123456789"), ("/email", "a@example.com")]
)
def test_of_two_addresses_the_one_of_the_channel_counts(desk, path, address):
    row = {"phone": "60123456789", "email": "a@example.com", "name": "Aisyah"}
    body = {**without(GOOD[path](), "recipients"), "recipientVariables": [row]}

    assert desk.post(path, body).status_code < 300
    assert desk.records()[0].address == address


def test_a_second_address_is_a_value(desk):
    row = {"recipient": "60123456789", "email": "a@example.com"}
    body = {
        **without(sms(), "recipients"),
        "templateContent": "We write to {email}",
        "recipientVariables": [row],
    }

    assert desk.post("/sms", body).status_code == 202
    assert desk.messages()[0].text == "We write to a@example.com"


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"nonsense", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": "\xff"}',
     b'{"a": "\\ud800"}', b'{"a": "\\udc00x"}', b"[" * 100_000, b"1" + b"0" * 5000, b"{}{}", b"'a'",
     b'{"a": 1,}', b"\xff\xfe{\x00}\x00"],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/sms", "/whatsapp", "/whatsapp/test", "/email", "/broadcasts/validate"]
)
def test_what_is_no_json_is_refused_without_errors(desk, path, text):
    answer = desk.post(path, data=text, content_type="application/json")

    assert (answer.status_code, answer.json) == (400, {"message": "Invalid JSON body"})


@pytest.mark.parametrize("value", [[], "x", 5, None, True])
def test_json_that_is_no_object_is_refused(desk, value):
    answer = desk.post("/sms", data=json.dumps(value), content_type="application/json")

    assert errors_of(answer) == [("body", "Expected object")]


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_is_not_said_to_be_json_is_read_as_empty(desk, content_type):
    answer = desk.post("/email", data=json.dumps(email()), content_type=content_type)

    fields = [field for field, _ in errors_of(answer)]
    assert fields == ["templateName", "subject", "type", "recipients"]


@pytest.mark.parametrize("path", GOOD)
def test_unknown_fields_and_nulls_are_ignored(desk, path):
    body = {**GOOD[path](), "clientRef": "x", "recipientVariables": None, "scheduledAt": None}

    assert desk.post(path, body).status_code in (200, 202)


@pytest.mark.parametrize(
    "moment",
    ["2026-05-07T01:30:00Z", "2026-05-07T01:30Z", "2026-05-07T09:30:00.5+08:00",
     "2026-05-07T01:30:00.123456789Z", "2026-05-06T18:30:00-0700"],
)  # fmt: skip
def test_moments_may_have_any_offset_and_precision(desk, moment):
    answer = desk.post("/sms", scheduled(sms(), moment))

    assert answer.status_code == 202
    assert answer.json["data"]["scheduledAt"].startswith("2026-05-07T01:30:00.")


def test_a_moment_beside_a_quick_broadcast_is_ignored(desk):
    answer = desk.post("/sms", sms(scheduledAt="2020-01-01T00:00:00Z"))

    assert answer.status_code == 202
    assert "scheduledAt" not in answer.json["data"]


def test_misspelt_values_are_named_by_the_journal(desk):
    variables = {"body": ["a", "b"], "bodi": ["c"], "headerimage": "https://media.example/a.png"}

    assert desk.post("/whatsapp", whatsapp(variables=variables, campainName="x")).status_code == 202
    entry = next(desk.sandbox.journal.newest())
    shown = desk.world.call("GET", f"/_emulator/sandboxes/default/requests/{entry.id}").json

    assert sorted((field["pointer"], field["suggestion"]) for field in shown["unread"]) == [
        ("/campainName", "campaignName"),
        ("/variables/bodi", "body"),
        ("/variables/headerimage", "headerImage"),
    ]


OWN = {"recipient": "60123456789", "variables": {"body": ["a", "b"]}}


@pytest.mark.parametrize(
    ("row", "unread"),
    [
        (OWN, []),
        ({"to": "60123456789", "body": ["a", "b"]}, []),
        ({**OWN, "recipent": "60123456789"}, [("/recipent", "recipient")]),
        (
            {**OWN, "variables": {"body": ["a", "b"], "buttons": ["c"]}},
            [("/variables/buttons", "button")],
        ),
        ({"to": "60123456789", "body": ["a", "b"], "boddy": []}, [("/boddy", "body")]),
    ],
)
def test_misspelt_fields_of_rows_are_named_by_the_journal(desk, row, unread):
    body = whatsapp(recipients=None, variables=None, recipientVariables=[row])

    assert desk.post("/whatsapp", body).status_code == 202
    entry = next(desk.sandbox.journal.newest())
    shown = desk.world.call("GET", f"/_emulator/sandboxes/default/requests/{entry.id}").json

    assert shown["unread"] == [
        {"pointer": f"/recipientVariables/0{pointer}", "suggestion": suggestion}
        for pointer, suggestion in unread
    ]


def test_of_many_misspelt_rows_the_first_hundred_are_named(desk):
    row = {"recipient": "60123456789", "variables": {}, "name": "A"}

    desk.post("/sms", sms(recipients=None, recipientVariables=[row] * 300))
    entry = next(desk.sandbox.journal.newest())
    shown = desk.world.call("GET", f"/_emulator/sandboxes/default/requests/{entry.id}").json

    assert [field["pointer"] for field in shown["unread"]] == [
        f"/recipientVariables/{at}/name" for at in range(100)
    ]
