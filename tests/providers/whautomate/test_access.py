"""Keys, paths, bodies, rate limits, and the shape of everything that is refused."""

import json
import re
from itertools import pairwise
from typing import Any

import pytest

from emulator.providers.whautomate import PROVIDER
from emulator.web.provider_app import ProviderApp
from tests.providers.whautomate.desk import KEY_B, hello

NO_KEY = {"success": False, "error": "API key is required"}
BAD_KEY = {"success": False, "error": "Invalid API key"}
NOT_FOUND = {"success": False, "error": "Not found"}


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, NO_KEY),
        ({"x-api-key": ""}, NO_KEY),
        ({"x-api-key": " "}, NO_KEY),
        ({"Authorization": "Bearer wh_test_key_a"}, NO_KEY),
        ({"APPOINTO-TOKEN": "wh_test_key_a"}, NO_KEY),
        ({"x-api-key": "nobody"}, BAD_KEY),
        ({"x-api-key": "wh_test_key_A"}, BAD_KEY),
    ],
)
def test_requests_without_a_known_key_are_refused(desk, headers, said):
    answer = desk.call("GET", "/contacts", key=None, headers=headers)

    assert (answer.status_code, answer.get_json()) == (401, said)
    assert answer.mimetype == "application/json"


def test_a_key_in_the_query_has_no_effect(desk):
    answer = desk.call("GET", "/contacts?x-api-key=wh_test_key_a&apiKey=wh_test_key_a", key=None)

    assert (answer.status_code, answer.get_json()) == (401, NO_KEY)


def test_the_name_of_the_header_has_no_case_and_others_are_ignored(desk):
    headers = {"X-API-KEY": "wh_test_key_a", "APPOINTO-TOKEN": "x", "Authorization": "Bearer x"}

    assert desk.call("GET", "/contacts", key=None, headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["api.whautomate.com", "api.in.whautomate.com"])
def test_the_vendors_hosts_are_served(desk, host):
    answer = desk.world.client.get(
        "/v1/account-info", headers={"x-api-key": "wh_test_key_a", "Host": host}
    )

    assert answer.get_json() == {"name": "Harbour Studio", "ownerEmail": "owner@harbour.example"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("PATCH", "/broadcasts/x"),
        ("PATCH", "/contacts/conAda0001"),
        ("PUT", "/segments/segVipCon2"),
        ("PUT", "/contactTags/tagVip0002"),
        ("PUT", "/clientTags/ctgGold001"),
        ("DELETE", "/locations/locMain001"),
        ("POST", "/locations"),
        ("OPTIONS", "/contacts"),
        ("GET", "/Contacts"),
        ("GET", "/contacts//"),
        ("GET", "/users"),
        ("POST", "/users"),
        ("GET", "/account"),
        ("GET", "/staff"),
        ("GET", "/service-categories"),
        ("GET", "/contacts/conAda0001/messages"),
        ("GET", "/whatsapp-templates"),
        ("GET", "/whatsapp-templates/x"),
        ("POST", "/whatsapp-template"),
        ("POST", "/messages/website/sendtext"),
        ("POST", "/messages/whatsapp/sendflow"),
    ],
)
def test_what_is_no_operation_is_not_found_once_the_key_is_known(desk, method, path):
    known = desk.call(method, path)
    unknown = desk.call(method, path, key=None)

    assert (known.status_code, known.get_json()) == (404, NOT_FOUND)
    assert (unknown.status_code, unknown.get_json()) == (401, NO_KEY)
    assert "X-Emulator-Hint" in known.headers


def test_outside_the_api_no_key_is_asked_for(desk):
    answer = desk.world.client.get("/whautomate/other")

    assert (answer.status_code, answer.get_json()) == (404, NOT_FOUND)


def test_one_trailing_slash_is_tolerated(desk):
    assert desk.get("/contacts/") == desk.get("/contacts")
    assert desk.get("/contacts/conAda0001/") == desk.get("/contacts/conAda0001")


BODIES = [
    ("POST", "/broadcasts"),
    ("PUT", "/broadcasts/none"),
    ("POST", "/contacts"),
    ("PUT", "/contacts/conAda0001"),
    ("POST", "/contacts/conAda0001/tags/add"),
    ("POST", "/clients"),
    ("POST", "/contactTags"),
    ("POST", "/clientTags"),
    ("POST", "/segments"),
    ("POST", "/messages/whatsapp/sendtext"),
    ("POST", "/webhooks"),
    ("POST", "/services"),
    ("POST", "/appointments"),
    ("POST", "/classes/clsYoga001/participants/add"),
]


@pytest.mark.parametrize("raw", [b"{", b"[]", b'"text"', b"5", b"null", b"\xff", b'{"a": NaN}'])
@pytest.mark.parametrize(("method", "path"), BODIES)
def test_bodies_that_are_no_json_objects(desk, method, path, raw):
    answer = desk.call(method, path, data=raw, content_type="application/json")

    assert (answer.status_code, answer.get_json()) == (
        400,
        {"success": False, "error": "Invalid JSON"},
    )


@pytest.mark.parametrize(
    "options",
    [
        {"data": b'{"name": "X"}', "content_type": "text/plain"},
        {"data": b"name=X", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"", "content_type": "application/json"},
        {},
    ],
)
def test_bodies_that_are_not_said_to_be_json_are_empty(desk, options):
    answer = desk.call("POST", "/contactTags", **options)

    said = {"success": False, "error": "name is required", "field": "name"}
    assert (answer.status_code, answer.get_json()) == (400, said)


def test_json_may_have_parameters_and_unknown_fields(desk):
    answer = desk.call(
        "POST",
        "/contactTags?search=1&pageSize=5",
        data=b'{"name": "Fresh", "colour": "red", "id": "mine", "canonical": "x"}',
        content_type="application/json; charset=utf-8",
    )

    assert answer.status_code == 200
    assert answer.get_json()["canonical"] == "fresh"
    assert answer.get_json()["id"] != "mine"


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/broadcasts/x", "Broadcast not found"),
        ("/broadcasts/x/logs", "Broadcast not found"),
        ("/contacts/x", "Contact not found"),
        ("/contactTags/x", "Contact tag not found"),
        ("/clients/x", "Client not found"),
        ("/clientTags/x", "Client tag not found"),
        ("/segments/x", "Segment not found"),
        ("/locations/x", "Location not found"),
        ("/messages/x", "Contact not found"),
        ("/webhooks/x", "Webhook not found"),
        ("/staffs/x", "Staff not found"),
        ("/staffs/x/availabilityBlocks", "Staff not found"),
        ("/staffs/stfSam0001/availabilityBlocks/x", "Availability block not found"),
        ("/services/x", "Service not found"),
        ("/serviceCategories/x", "Service category not found"),
        ("/appointments/x", "Appointment not found"),
        ("/classes/x", "Class not found"),
        ("/classes/x/participants", "Class not found"),
        ("/classes/clients/x/bookings", "Client not found"),
    ],
)
def test_unknown_ids_are_named_by_kind(desk, path, error):
    assert desk.refusal("GET", path) == (404, error, None)


@pytest.mark.parametrize(
    "path",
    [
        "/contacts/conAda0001",
        "/clients/cliMia0001",
        "/contactTags/tagVip0002",
        "/clientTags/ctgGold001",
        "/segments/segVipCon2",
        "/locations/locMain001",
        "/messages/conAda0001",
        "/staffs/stfSam0001",
        "/services/srvYoga001",
        "/classes/clsYoga001",
        "/classes/clients/cliMia0001/bookings",
    ],
)
def test_what_belongs_to_somebody_else_does_not_exist(desk, path):
    assert desk.call("GET", path).status_code == 200
    assert desk.refusal("GET", path, key=KEY_B)[0] == 404


def test_broadcasts_and_webhooks_of_somebody_else_do_not_exist(desk):
    broadcast = desk.broadcast()
    webhook = desk.subscribe("contact_created")["id"]

    for path in (f"/broadcasts/{broadcast}", f"/webhooks/{webhook}"):
        for method in ("GET", "PUT", "DELETE"):
            body = hello() if method == "PUT" else None
            assert desk.refusal(method, path, body, KEY_B)[0] == 404
    assert desk.get("/broadcasts", KEY_B) == desk.get("/webhooks", KEY_B) == []


def paths() -> list[tuple[str, str]]:
    """Return the methods and paths in which ids stand, the first as ``{}``."""
    return [
        (method, re.sub(r"<[^>]*>", "{}", served.path.removeprefix("/v1")))
        for served in ProviderApp(PROVIDER).served()
        for method in served.methods
        if "<" in served.path.replace("<any", "")
    ]


def test_an_id_of_somebody_else_is_as_good_as_any(desk):
    desk.run()
    ids = {
        table: next(record.id for record in records if record.account == "harbour")
        for table, records in desk.sandbox.store.tables().items()
        if table.startswith("whautomate.") and any(hasattr(one, "account") for one in records)
    }
    before = desk.stored()

    def said(method: str, path: str, id: str) -> tuple[int, str]:
        options: dict[str, Any] = {} if method == "GET" else {"body": {}}
        answer = desk.call(method, path.replace("{}", id), key=KEY_B, **options)
        return answer.status_code, answer.text.replace(id, "ID")

    assert len(ids) > 10
    for method, path in paths():
        unknown = said(method, path, "noSuchThing1")
        assert unknown[0] >= 400
        assert {said(method, path, id) for id in ids.values()} == {unknown}
    assert desk.stored() == before


TO = {"recepient": {"phoneNumber": "+12025550199"}}
HERE = {"location": {"id": "locBempty1"}}
AT = {**HERE, "date": "2026-05-09", "time": "10:00"}


@pytest.mark.parametrize(
    ("path", "body", "id"),
    [
        ("/messages/whatsapp/sendtext", {"contact": {"id": "{}"}, **HERE}, "conAda0001"),
        ("/messages/whatsapp/sendtext", {"client": {"id": "{}"}, **HERE}, "cliMia0001"),
        ("/messages/whatsapp/sendtext", {"location": {"id": "{}"}, **TO}, "locMain001"),
        ("/broadcasts", {**hello(segments=[{"id": "{}"}]), **HERE}, "segAllCon1"),
        ("/broadcasts", {**hello(), "location": {"id": "{}"}}, "locMain001"),
        (
            "/contacts",
            {"name": "N", "phoneNumber": "+12025550199", "location": {"id": "{}"}},
            "locMain001",
        ),
        ("/clients", {"fullName": "N", "primaryLocation": {"id": "{}"}}, "locMain001"),
        ("/appointments", {**AT, "client": {"id": "{}"}}, "cliMia0001"),
        ("/appointments", {**AT, "staff": {"id": "{}"}}, "stfSam0001"),
        ("/appointments", {**AT, "service": {"id": "{}"}}, "srvYoga001"),
    ],
)
def test_nothing_of_somebody_else_can_be_referred_to(desk, path, body, id):
    body = {"textMessage": "Hi", **body} if path.startswith("/messages") else body
    before = desk.stored()

    found = []
    for named in (id, "noSuchThing1"):
        wanted = json.loads(json.dumps(body).replace("{}", named))
        answer = desk.call("POST", path, wanted, KEY_B)
        found.append((answer.status_code, answer.text))

    assert found[0] == found[1]
    assert "not found" in found[0][1]
    assert desk.stored() == before


def test_the_object_of_the_path_comes_after_the_body_and_before_its_fields(desk):
    assert desk.refusal("PUT", "/broadcasts/none", {})[1] == "Broadcast not found"
    assert desk.refusal("POST", "/contacts/none/tags/add", {})[1] == "Contact not found"


def test_bodies_over_the_limit(desk):
    answer = desk.call(
        "POST", "/contacts", data=b" " * (32 * 1024 * 1024 + 1), content_type="application/json"
    )

    assert (answer.status_code, answer.get_json()["error"]) == (413, "Payload too large")


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("unauthorized", 401, "Invalid API key"),
        ("forbidden", 403, "Forbidden"),
        ("not_found", 404, "Not found"),
        ("rate_limited", 429, "Too many requests"),
        ("server_error", 500, "Internal server error"),
    ],
)
def test_errors_that_a_tester_asks_for(desk, name, status, error):
    desk.control("POST", "/faults", {"provider": "whautomate", "fault": {"error": name}})

    answer = desk.call("GET", "/contacts")

    assert (answer.status_code, answer.get_json()["error"]) == (status, error)
    assert answer.headers.get("Retry-After") == ("1" if status == 429 else None)


def test_limits_are_off_unless_asked_for(desk):
    answers = [desk.call("GET", "/account-info") for _ in range(101)]

    assert {answer.status_code for answer in answers} == {200}
    assert not [name for name, _ in answers[0].headers if name.startswith("X-RateLimit")]


def test_the_documented_limit_is_a_hundred_a_minute_for_each_account(desk):
    desk.control("PATCH", "/settings", {"rate_limits": {"whautomate": True}})
    desk.call("GET", "/account-info", key="nobody")
    answers = [desk.call("GET", "/account-info") for _ in range(100)]
    desk.advance(12.5)
    refused, unmatched = desk.call("GET", "/account-info"), desk.call("GET", "/nowhere")

    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert left == list(range(99, -1, -1))
    assert all(before - after == 1 for before, after in pairwise(left))
    assert answers[0].headers["X-RateLimit-Limit"] == "100"
    assert answers[0].headers["X-RateLimit-Reset"] == "1778061660"
    assert (refused.status_code, refused.get_json()["error"]) == (429, "Too many requests")
    assert (refused.headers["Retry-After"], refused.headers["X-RateLimit-Remaining"]) == ("48", "0")
    assert unmatched.status_code == 429
    assert desk.call("GET", "/account-info", key=KEY_B).status_code == 200

    desk.advance(47.5)

    assert desk.call("GET", "/account-info").headers["X-RateLimit-Remaining"] == "99"


def test_other_limits_can_be_chosen(desk):
    limit = {"window": "10s", "limits": {"*": 2}}
    desk.control("PATCH", "/settings", {"rate_limits": {"whautomate": limit}})

    statuses = [desk.call("GET", "/contacts").status_code for _ in range(3)]

    assert statuses == [200, 200, 429]


def test_unknown_keys_may_be_taken_for_the_first_account(desk):
    desk.control("PATCH", "/settings", {"unknown_keys": "accept"})

    assert desk.get("/account-info", "whatever")["name"] == "Harbour Studio"
    assert desk.get("/account-info", KEY_B)["name"] == "Empty Co"


def test_evidence_is_told(desk):
    booked = desk.post("/appointments", {"date": "2026-05-07", "time": "10:00"})
    calls = {
        "GET /contacts": "documented",
        "GET /clients": "observed",
        "GET /contacts/none": "assumed",
        # The vendor's pages leave empty what these answer.
        "GET /segments/segAllCon1": "assumed",
        "POST /appointments/cancel": "assumed",
    }
    body = {"appointmentId": booked["id"]}

    told = {call: desk.call(*call.split(), body).headers["X-Emulator-Evidence"] for call in calls}
    assert told == calls
