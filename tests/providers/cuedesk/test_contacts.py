"""The list of contacts: pages, orders, and what is wrong with a query."""

import pytest

from tests.providers.cuedesk.desk import LIST

OTHER_LIST = "f47ac10b-58cc-4372-a567-0e02b2c3d400"
INT = "Input should be a valid integer, unable to parse string as an integer"
ORDERS = "'created_at', 'first_name', 'last_name', 'updated_at' or 'external_contact_id'"


def person(number, **more):
    uuid = f"c0000000-0000-4000-8000-0000000001{number:02}"
    return {"uuid": uuid, "phone": f"4479111234{number:02}", "first_name": f"P{number}", **more}


def names(desk, query=""):
    answer = desk.get(f"/v1/contacts{query}")
    assert answer.status_code == 200, answer.text
    return [contact["first_name"] for contact in answer.get_json()["contacts"]]


def test_contacts_are_listed_newest_first(desk):
    answer = desk.get("/v1/contacts")

    assert answer.status_code == 200
    assert answer.get_json() == {
        "contacts": [
            {
                "uuid": "c0000000-0000-4000-8000-000000000002",
                "first_name": None,
                "last_name": None,
                "phone": "27827134468",
                "email": None,
                "external_contact_id": "A2",
                "custom_fields": {},
                "created_at": "2024-06-01T12:00:00Z",
                "updated_at": "2024-06-01T12:00:00Z",
            },
            {
                "uuid": "c0000000-0000-4000-8000-000000000001",
                "first_name": "Alex",
                "last_name": "Reed",
                "phone": "447592850122",
                "email": None,
                "external_contact_id": "A1",
                "custom_fields": {},
                "created_at": "2024-06-01T12:00:00Z",
                "updated_at": "2024-06-01T12:00:00Z",
            },
        ],
        "pagination": {"limit": 50, "offset": 0, "total": 2},
    }


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("?limit=3", [9, 8, 7]),
        ("?limit=3&offset=3", [6, 5, 4]),
        ("?limit=3&offset=9", [0]),
        ("?limit=3&offset=10", []),
        ("?offset=999999999999999999", []),
        ("?limit=100", list(range(9, -1, -1))),
        ("?limit=2&order=asc", [0, 1]),
        ("?limit=2&offset=1&order=asc", [1, 2]),
        ("?limit=+2&offset=%201", [8, 7]),
    ],
)
def test_pages_are_cut_by_limit_and_offset(desk, query, numbers):
    desk.load(
        contactLists=[{"uuid": OTHER_LIST, "contacts": [person(number) for number in range(10)]}]
    )
    mark = f"&contact_list_uuid={OTHER_LIST}"

    assert names(desk, query.replace("+", "%2B") + mark) == [f"P{number}" for number in numbers]


def test_the_page_says_where_it_is(desk):
    pagination = desk.get("/v1/contacts?limit=1&offset=5").get_json()["pagination"]

    assert pagination == {"limit": 1, "offset": 5, "total": 2}


PEOPLE = [
    person(1, first_name="B", last_name=None, external_contact_id="3"),
    person(2, first_name="A", last_name="Z", external_contact_id="1"),
    person(3, first_name="C", last_name="Y", external_contact_id="2"),
]


@pytest.mark.parametrize(
    ("field", "ascending"),
    [
        ("created_at", "BAC"),
        ("first_name", "ABC"),
        ("last_name", "CAB"),
        ("external_contact_id", "ACB"),
        ("updated_at", "ACB"),
    ],
)
def test_contacts_are_ordered_by_a_field(desk, field, ascending):
    desk.load(contactLists=[{"uuid": OTHER_LIST, "contacts": PEOPLE}])
    desk.advance("1h")
    changed = {"uuid": PEOPLE[0]["uuid"], "email": "b@x.test"}
    desk.load(contactLists=[{"uuid": OTHER_LIST, "contacts": [changed]}])

    query = f"?contact_list_uuid={OTHER_LIST}&order_field={field}"

    assert names(desk, f"{query}&order=asc") == [*ascending]
    assert names(desk, query) == [*reversed(ascending)]


def test_contacts_without_a_value_come_after_all_others(desk):
    last_names = [None, "\U0010ffff\U0010ffff", "", None, "Z"]
    people = [person(at, last_name=name) for at, name in enumerate(last_names)]
    desk.load(contactLists=[{"uuid": OTHER_LIST, "contacts": people}])

    query = f"?contact_list_uuid={OTHER_LIST}&order_field=last_name"

    assert names(desk, f"{query}&order=asc") == ["P2", "P4", "P1", "P0", "P3"]


def test_parameters_may_be_in_camel_case(desk):
    desk.load(contactLists=[{"uuid": OTHER_LIST, "contacts": PEOPLE}])

    assert names(desk, f"?contactListUuid={OTHER_LIST}&orderField=first_name") == ["C", "B", "A"]


def test_a_contact_of_two_lists_is_one(desk):
    known = {"uuid": "c0000000-0000-4000-8000-000000000001"}
    desk.load(contactLists=[{"uuid": OTHER_LIST, "contacts": [known, person(1)]}])

    assert names(desk) == ["P1", None, "Alex"]
    assert names(desk, f"?contact_list_uuid={OTHER_LIST}") == ["P1", "Alex"]
    assert names(desk, f"?contact_list_uuid={LIST.upper()}") == [None, "Alex"]


def test_a_contact_that_a_list_names_twice_is_one(desk):
    by_uuid = {"uuid": person(1)["uuid"], "last_name": "Reed", "custom_fields": {"b": 2}}
    by_phone = {"phone": person(1)["phone"], "email": "p@x.test"}
    moved = {"uuid": person(2)["uuid"], "phone": "447911129999"}
    again = {"phone": person(2)["phone"], "first_name": "New owner"}
    listed = [person(1, custom_fields={"a": 1}), by_uuid, by_phone, person(2), moved, again]

    desk.load(contactLists=[{"uuid": OTHER_LIST, "contacts": listed}])

    query = f"?contact_list_uuid={OTHER_LIST}&order=asc"
    assert names(desk, query) == ["P1", "P2", "New owner"]
    first = desk.get(f"/v1/contacts{query}").get_json()["contacts"][0]
    assert (first["last_name"], first["email"]) == ("Reed", "p@x.test")
    assert first["custom_fields"] == {"a": 1, "b": 2}


@pytest.mark.parametrize("uuid", ["00000000-0000-4000-8000-000000000000", "nonsense", ""])
def test_an_unknown_list_is_empty(desk, uuid):
    answer = desk.get(f"/v1/contacts?contact_list_uuid={uuid}").get_json()

    assert answer == {"contacts": [], "pagination": {"limit": 50, "offset": 0, "total": 0}}


def test_contacts_are_those_of_the_workspace(desk):
    answer = desk.get("/v1/contacts", "cue_other_token").get_json()
    listed = desk.get(f"/v1/contacts?contact_list_uuid={LIST}", "cue_other_token").get_json()

    assert answer["pagination"]["total"] == listed["pagination"]["total"] == 0


@pytest.mark.parametrize(
    ("query", "field", "kind", "message"),
    [
        ("limit=101", "limit", "less_than_equal", "Input should be less than or equal to 100"),
        (
            f"limit={10**30}",
            "limit",
            "less_than_equal",
            "Input should be less than or equal to 100",
        ),
        ("limit=0", "limit", "greater_than_equal", "Input should be greater than or equal to 1"),
        ("limit=-5", "limit", "greater_than_equal", "Input should be greater than or equal to 1"),
        ("limit=ten", "limit", "int_parsing", INT),
        ("limit=", "limit", "int_parsing", INT),
        ("limit=1.5", "limit", "int_parsing", INT),
        ("limit=%D9%A3", "limit", "int_parsing", INT),
        (f"offset={'9' * 5000}", "offset", "int_parsing", INT),
        ("offset=x", "offset", "int_parsing", INT),
        ("offset=-1", "offset", "greater_than_equal", "Input should be greater than or equal to 0"),
        ("order=up", "order", "enum", "Input should be 'desc' or 'asc'"),
        ("order=ASC", "order", "enum", "Input should be 'desc' or 'asc'"),
        ("order_field=phone", "order_field", "enum", f"Input should be {ORDERS}"),
        ("orderField=phone", "order_field", "enum", f"Input should be {ORDERS}"),
    ],
)
def test_a_bad_parameter_is_refused(desk, query, field, kind, message):
    answer = desk.get(f"/v1/contacts?{query}")

    assert (answer.status_code, answer.get_json()) == (
        422,
        {
            "error": {
                "message": "422 UNPROCESSABLE ENTITY",
                "details": {
                    "errors": [{"type": kind, "in": "query", "field": field, "msg": message}]
                },
            }
        },
    )


def test_all_bad_parameters_are_listed(desk):
    answer = desk.get("/v1/contacts?limit=x&offset=-1&order_field=x&order=x").get_json()

    errors = answer["error"]["details"]["errors"]
    assert [error["field"] for error in errors] == ["limit", "offset", "order_field", "order"]


def test_a_contact_that_has_changed_is_shown_as_it_is(desk):
    desk.load(contactLists=[{"uuid": OTHER_LIST, "contacts": [person(1), person(2)]}])
    query = f"?contact_list_uuid={OTHER_LIST}&order=asc"
    for _ in range(3):
        assert names(desk, query) == ["P1", "P2"]

    desk.load(contactLists=[{"uuid": OTHER_LIST, "contacts": [person(1, first_name="Zoe")]}])

    assert sorted(names(desk, query)) == ["P2", "Zoe"]
