"""Rows: what fills a template, who is left out and why."""

import pytest

from tests.providers.cuedesk.desk import (
    BAD_IDENTIFIER,
    LIST,
    TO,
    carousel,
    columns,
    first,
    missing,
    newsletter,
    notice,
    recipient,
    row,
    sale,
)

OTHER = "27827134468"


def warnings(desk, body, path="/v2/broadcasts"):
    return desk.accept(path, body)["warnings"]


def test_the_vendors_example_is_answered(desk):
    body = {
        "name": "Winter sale",
        "scheduled_at": "2024-06-15T10:00:00Z",
        "valid_until": "2024-06-16T10:00:00Z",
        "client_unique_identifier": "winter-sale-001",
        **sale(
            row(client_reference="order-abc-123", first_name="Alex", discount_code="ALEX20"),
            row(OTHER, client_reference="order-def-456", first_name="Jordan"),
            row("+447911123456", discount_code="X"),
        ),
    }

    answer = desk.accept("/v2/broadcasts", body)

    uuid = answer["broadcast"].pop("uuid")
    assert answer == {
        "broadcast": {
            "name": "Winter sale",
            "scheduled_at": "2024-06-15T10:00:00Z",
            "status": "scheduled",
            "created_at": "2024-06-01T12:00:00Z",
            "recipients": 1,
        },
        "warnings": [
            {"identifier": OTHER, "errors": [missing("discount_code")]},
            {"identifier": "+447911123456", "errors": [BAD_IDENTIFIER]},
        ],
    }
    assert uuid[14] == "4"
    assert uuid == uuid.lower()


def test_a_row_fills_every_place(desk):
    values = {"pic": "https://x.test/b", "first_name": "Ana", "discount_code": "A1", "suffix": "s"}
    desk.accept("/v2/broadcasts", sale(row(expiry_date="Friday", unused="x", **values)))

    message = desk.message()

    assert message["text"] == "Hi Ana, use A1 until Friday"
    assert message["media"] == ["https://x.test/b"]
    native = message["native"]
    assert native["header"] == {"type": "image", "value": "https://x.test/b", "filename": None}
    assert native["body"] == ["Ana", "A1", "Friday"]
    assert native["buttons"] == [{"index": 0, "type": "URL", "value": "s"}]
    assert native["cards"] == []


def test_fallbacks_fill_what_a_row_lacks(desk):
    desk.accept("/v2/broadcasts", sale(row(discount_code="A1", first_name="", expiry_date=None)))

    native = desk.message()["native"]

    assert native["header"]["value"] == "https://x.test/a"
    assert native["body"] == ["Customer", "A1", "31 Dec"]
    assert native["buttons"][0]["value"] == "x"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12, "12"),
        (12.5, "12.5"),
        (-3, "-3"),
        (0, "0"),
        (True, "true"),
        (False, "false"),
        (" ", " "),
        ("{{1}}", "{{1}}"),
        ("Zoë 😀\u0000", "Zoë 😀\u0000"),
        ("", "friend"),
        (None, "friend"),
    ],
)
def test_values_become_text(desk, value, text):
    desk.accept("/v2/broadcasts", newsletter(row(name=value)))

    assert desk.message()["text"] == f"Hello {text}"


@pytest.mark.parametrize("fallback", [None, ""])
def test_an_empty_fallback_is_none(desk, fallback):
    body = sale(row(discount_code="A1"), row(OTHER, discount_code="A2", first_name="Ana"))
    body["template"]["body"]["fallbacks"] = [fallback, None, "31 Dec"]

    assert warnings(desk, body) == [{"identifier": TO, "errors": [missing("first_name")]}]


def test_a_fallback_alone_is_for_everybody(desk):
    header = {"fallback": "https://x.test/all"}
    body = sale(row(pic="https://x.test/mine", discount_code="A1"), header=header)
    desk.accept("/v2/broadcasts", body)

    assert desk.message()["native"]["header"]["value"] == "https://x.test/all"


def test_missing_columns_are_named_once_and_in_order(desk):
    body = carousel(
        row("bad"),
        row(name="Alex", **columns(0), **columns(1)),
        header=None,
        cards=None,
        body={"payload_variables": ["price1"]},
    )
    body["template"]["cards"].reverse()

    assert warnings(desk, body) == [
        {
            "identifier": "bad",
            "errors": [
                BAD_IDENTIFIER,
                *map(
                    missing,
                    ["price1", "pic0", "item0", "price0", "link0", "pic1", "item1", "link1"],
                ),
            ],
        }
    ]


def test_header_body_and_buttons_are_missed_in_this_order(desk):
    places = {
        "header": {"payload_variable": "pic"},
        "body": {"payload_variables": ["c", "b", "a"]},
        "buttons": [{"index": 0, "payload_variable": "link"}],
    }
    full = dict.fromkeys(("pic", "a", "b", "c", "link"), "x")

    found = warnings(desk, sale(row(**full), row(OTHER), **places))

    assert found == [
        {"identifier": OTHER, "errors": [*map(missing, ["pic", "c", "b", "a", "link"])]}
    ]


def test_cards_are_filled(desk):
    body = carousel()
    body["template"]["cards"].reverse()
    desk.accept("/v2/broadcasts", body)

    message = desk.message()

    assert message["text"] == "Hi Alex"
    assert message["media"] == ["pic-0", "pic-1"]
    assert message["native"]["cards"] == [
        {
            "index": at,
            "header": {"type": "image", "value": f"pic-{at}", "filename": None},
            "body": [f"item-{at}", f"price-{at}"],
            "buttons": [{"index": 0, "type": "URL", "value": f"link-{at}"}],
        }
        for at in (0, 1)
    ]


@pytest.mark.parametrize(
    ("identifier", "shown"),
    [
        ("+447592850122", "+447592850122"),
        ("44 7592 850122", "44 7592 850122"),
        ("0447592850122", "0447592850122"),
        ("447592", "447592"),
        ("4475928501221234", "4475928501221234"),
        ("alex", "alex"),
        (
            "\uff14\uff14\uff17\uff15\uff19\uff12\uff18\uff15\uff10\uff11\uff12\uff12",
            "\uff14\uff14\uff17\uff15\uff19\uff12\uff18\uff15\uff10\uff11\uff12\uff12",
        ),
        (447592, "447592"),
        (-447592850122, "-447592850122"),
        (True, True),
        (447592850122.5, 447592850122.5),
    ],
)
def test_a_bad_identifier_is_dropped_with_a_warning(desk, identifier, shown):
    answer = desk.accept("/v2/broadcasts", newsletter(row(identifier, name="A"), row(name="B")))

    assert answer["broadcast"]["recipients"] == 1
    assert answer["warnings"] == [{"identifier": shown, "errors": [BAD_IDENTIFIER]}]
    assert [message["to"] for message in desk.messages()] == [TO]


@pytest.mark.parametrize("identifier", ["1234567", "123456789012345", 447592850122])
def test_a_good_identifier_is_sent_to(desk, identifier):
    assert warnings(desk, newsletter(row(identifier))) == []
    assert desk.message()["to"] == str(identifier)


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        ("order-1", "order-1"),
        (12, "12"),
        (True, "true"),
        ("", ""),
        (None, None),
        ("é" * 255, "é" * 255),
    ],
)
def test_a_reference_is_kept(desk, reference, shown):
    desk.accept("/v2/broadcasts", newsletter(row(client_reference=reference)))

    assert desk.message()["native"]["client_reference"] == shown


def test_a_repeated_identifier_gets_a_message_for_each_row(desk):
    answer = desk.accept("/v2/broadcasts", newsletter(row(name="A"), row(name="B"), row()))

    assert answer["broadcast"]["recipients"] == 3
    assert [message["text"] for message in desk.messages()] == [
        "Hello A",
        "Hello B",
        "Hello friend",
    ]


@pytest.mark.parametrize("path", ["/v2/broadcasts", "/broadcasts"])
def test_nobody_left_is_refused_and_leaves_nothing_behind(desk, path):
    body = newsletter(row("bad")) if path == "/v2/broadcasts" else first(recipient("bad"))
    before = desk.stored()

    answer = desk.post(path, body)

    assert (answer.status_code, answer.get_json()) == (
        400,
        {"message": "Broadcast could not be created", "details": "No valid recipients"},
    )
    assert desk.stored() == before


def test_a_recipient_of_a_broadcast_without_values_costs_nothing_to_share(desk):
    desk.accept("/v2/broadcasts", notice(row(), row(OTHER)))

    one, other = desk.sandbox.store.table(desk.sandbox.vendor("cuedesk").messages)
    assert one.values is other.values
    assert one.text is other.text
    assert one.shape is other.shape
    assert one.history is other.history


def test_texts_are_what_was_sent_whatever_becomes_of_the_template(desk):
    odd = {"header": {"type": "image"}, "body": {"text": "{{1}}, {{2}} {{9}}", "parameters": 2}}
    desk.load(templates=[{"name": "odd", "locale": "en", **odd}])
    body = {"payload_variables": ["first_name", "code"], "fallbacks": ["You", None]}
    wish = {"name": "odd", "body": body, "buttons": None}
    desk.accept("/v2/broadcasts", sale(row(code="{{1}}"), row(first_name="Jo", code="B"), **wish))
    exported = desk.control("GET", "/snapshot?as=fixture")["cuedesk"]["workspaces"][0]["messages"]

    desk.load(templates=[{"name": "odd", "locale": "en", "body": {"text": "New", "parameters": 0}}])

    assert desk.post("/v2/broadcasts", sale(row(), **wish)).status_code == 422
    texts = ["You, {{1}} {{9}}", "Jo, B {{9}}"]
    assert [message["text"] for message in desk.messages()] == texts
    assert [message["text"] for message in exported] == texts
    assert [message["to"] for message in desk.messages(text="jo, b")] == [TO]


def test_incomplete_rows_are_sent_and_fail_where_that_is_wanted(desk):
    desk.configure(missing_variable="send_and_fail")
    desk.rule("read")

    answer = desk.accept("/v2/broadcasts", sale(row(), row(OTHER, discount_code="A1"), row("bad")))
    desk.advance()

    assert answer["broadcast"]["recipients"] == 2
    assert answer["warnings"] == [
        {"identifier": TO, "errors": [missing("discount_code")]},
        {"identifier": "bad", "errors": [BAD_IDENTIFIER, missing("discount_code")]},
    ]
    assert desk.statuses() == [["queued", "failed"], ["queued", "sent", "delivered", "read"]]
    assert desk.messages()[0]["error"]["code"] == "131008"


PEOPLE = [
    {"phone": "447911123456", "first_name": "Ana", "email": "ana@x.test"},
    {"uuid": "c0000000-0000-4000-8000-000000000009", "first_name": "Nobody"},
    {
        "phone": "447911123457",
        "external_contact_id": "E7",
        "custom_fields": {"city": "Leeds", "first_name": "Hidden", "points": 7},
    },
]


def listed(column, fallback=None):
    template = newsletter()["template"]
    template["body"] = {"payload_variables": [column], "fallbacks": [fallback]}
    return newsletter(template=template, payload=None, contact_list_uuid=LIST)


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        ("first_name", ["Alex", "?", "Ana", "?"]),
        ("last_name", ["Reed", "?", "?", "?"]),
        ("email", ["?", "?", "ana@x.test", "?"]),
        ("phone", ["447592850122", "27827134468", "447911123456", "447911123457"]),
        ("external_contact_id", ["A1", "A2", "?", "E7"]),
        ("city", ["?", "?", "?", "Leeds"]),
        ("points", ["?", "?", "?", "7"]),
    ],
)
def test_a_contact_list_names_the_recipients(desk, column, texts):
    desk.load(contactLists=[{"uuid": LIST, "contacts": PEOPLE}])

    answer = desk.accept("/v2/broadcasts", listed(column, "?"))

    assert answer["broadcast"]["recipients"] == 4
    assert answer["warnings"] == [
        {"identifier": "c0000000-0000-4000-8000-000000000009", "errors": [BAD_IDENTIFIER]}
    ]
    messages = desk.messages()
    assert [message["text"] for message in messages] == [f"Hello {text}" for text in texts]
    assert {message["native"]["client_reference"] for message in messages} == {None}


def test_a_contact_list_is_written_in_any_case(desk):
    body = {**listed("first_name", "?"), "contact_list_uuid": LIST.upper()}

    assert desk.accept("/v2/broadcasts", body)["broadcast"]["recipients"] == 2


def test_contacts_that_lack_a_value_are_warned_of(desk):
    found = warnings(desk, listed("first_name"))

    assert found == [{"identifier": OTHER, "errors": [missing("first_name")]}]


def test_a_list_is_read_when_the_broadcast_is_made(desk):
    body = {**listed("first_name", "?"), "scheduled_at": "2024-06-02T12:00:00Z"}
    desk.accept("/v2/broadcasts", body)
    desk.load(contactLists=[{"uuid": LIST, "contacts": PEOPLE}])

    desk.advance()

    assert [message["text"] for message in desk.messages()] == ["Hello Alex", "Hello ?"]


def test_a_first_broadcast_fills_the_same_places(desk):
    answer = desk.accept(
        "/broadcasts",
        first(
            recipient(),
            recipient(OTHER, header={"value": "https://x.test/own"}),
            version=1,
        ),
    )

    assert answer["warnings"] == []
    assert answer["broadcast"]["recipients"] == 2
    one, other = desk.messages()
    assert one["text"] == "Hi Alex, use A1 until Friday"
    assert one["native"]["header"]["value"] == "https://www.example.com/a.jpg"
    assert one["native"]["buttons"] == [{"index": 0, "type": "URL", "value": "a1"}]
    assert one["native"]["client_reference"] == "d-1"
    assert other["native"]["header"]["value"] == "https://x.test/own"


def test_a_first_broadcast_names_the_slots_that_are_missed(desk):
    body = first(
        recipient(header={"value": "https://x.test"}),
        recipient(OTHER, body={"Name": "Ana", "Until": ""}, button=None),
        recipient("+1"),
    )
    del body["parameters"]["header"]

    found = warnings(desk, body, "/broadcasts")

    names = ["header", "Code", "Until", "link"]
    assert found == [
        {"identifier": OTHER, "errors": [*map(missing, names)]},
        {"identifier": "+1", "errors": [BAD_IDENTIFIER, missing("header")]},
    ]


def test_a_first_broadcast_is_in_english_unless_it_says_otherwise(desk):
    body = first()
    del body["locale"]

    assert desk.post("/broadcasts", body).status_code == 202


def test_a_first_broadcast_is_scheduled_by_its_own_field(desk):
    body = first(scheduled_for="2024-06-15T10:00:00+02:00", scheduled_at="ignored")

    answer = desk.accept("/broadcasts", body)["broadcast"]

    assert (answer["scheduled_at"], answer["status"]) == ("2024-06-15T08:00:00Z", "scheduled")
