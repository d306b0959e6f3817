"""Rules that hold at every address: routing, methods, headers, lookups, filters, bodies."""

from __future__ import annotations

import json

import pytest

WORKSPACE = "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01"
MOTHERS = "7c3b6a10-52f7-4b6c-9a3e-1d2e3f4a5b01"
STAFF = "7c3b6a10-52f7-4b6c-9a3e-1d2e3f4a5b02"
NOT_A_UUID = "Param 'uuid': 1234 is not a valid UUID."


@pytest.mark.parametrize(
    "path",
    [
        "/rapidpro/api/v2/contacts/",
        "/rapidpro/api/v2/contacts.xml",
        "/rapidpro/api/v2/Contacts.json",
        "/rapidpro/api/v2/contacts.json.json",
        "/rapidpro/api/v2//contacts.json",
        "/rapidpro/api/v2/contacts/a1b2.json",
        "/rapidpro/api/v2/nothing.json",
        "/rapidpro/api/v1/contacts.json",
        "/rapidpro/api/v2.json",
        "/s/nowhere/rapidpro/api/v2/contacts.json",
    ],
)
def test_unknown_urls_are_not_found_and_belong_to_no_workspace(rapidpro, path):
    answer = rapidpro.get(path)

    assert (answer.status_code, answer.json) == (404, {"detail": "Not found."})
    assert "X-Temba-Workspace" not in answer.headers


def test_a_slash_after_the_suffix_is_tolerated(rapidpro):
    answer = rapidpro.get("/rapidpro/api/v2/topics.json/")

    assert answer.status_code == 200
    assert [topic["name"] for topic in answer.json["results"]] == ["Billing", "General"]


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("channels", "GET, HEAD, OPTIONS"),
        ("globals", "GET, POST, HEAD, OPTIONS"),
        ("groups", "GET, POST, DELETE, HEAD, OPTIONS"),
        ("contact_actions", "POST, OPTIONS"),
        ("media", "POST, OPTIONS"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "FOO"])
def test_methods_that_do_not_exist_are_refused_with_those_that_do(rapidpro, name, allowed, method):
    answer = rapidpro.call(method, name)

    assert answer.status_code == 405
    assert answer.json == {"detail": f'Method "{method}" not allowed.'}
    assert answer.headers["Allow"] == allowed
    assert answer.headers["X-Temba-Workspace"] == WORKSPACE


def test_a_wrong_method_comes_before_missing_credentials_where_a_model_is_behind(rapidpro):
    assert rapidpro.as_(None).call("PUT", "channels").status_code == 405


@pytest.mark.parametrize("name", ["contact_actions", "message_actions", "workspace", "org"])
def test_missing_credentials_come_before_a_wrong_method_elsewhere(rapidpro, name):
    answer = rapidpro.as_(None).call("PUT", name)

    assert answer.status_code == 403
    assert answer.json == {"detail": "Authentication credentials were not provided."}


@pytest.mark.parametrize(
    ("method", "name", "status"),
    [
        ("HEAD", "channels", 405),
        ("OPTIONS", "channels", 405),
        ("HEAD", "media", 405),
        ("OPTIONS", "media", 405),
        ("HEAD", "workspace", 200),
        ("OPTIONS", "workspace", 200),
        ("HEAD", "contact_actions", 405),
        ("OPTIONS", "contact_actions", 200),
    ],
)
def test_head_and_options_are_answered_by_few(rapidpro, method, name, status):
    answer = rapidpro.call(method, name)

    assert answer.status_code == status
    if method == "HEAD":
        assert answer.data == b""
    elif status == 200:
        assert {"name", "description", "renders", "parses"} <= answer.json.keys()


def test_every_answer_names_the_workspace_and_language(rapidpro):
    for answer in (rapidpro.get("topics"), rapidpro.get("topics", cursor="abc")):
        assert answer.headers["X-Temba-Workspace"] == WORKSPACE
        assert answer.headers["Content-Type"] == "application/json"
        assert "Accept" in answer.headers["Vary"]
        assert answer.headers["Content-Language"]
        assert "WWW-Authenticate" not in answer.headers


def test_two_lookups_at_once_are_refused(rapidpro):
    answer = rapidpro.post("contacts", {}, urn="tel:+254722000111", uuid=MOTHERS)

    assert answer.status_code == 400
    assert answer.json == {
        "detail": "URL can only contain one of the following parameters: urn, uuid"
    }


def test_a_deletion_needs_a_lookup(rapidpro):
    contacts, groups = rapidpro.delete("contacts"), rapidpro.delete("groups", name="Mothers")

    assert (contacts.status_code, groups.status_code) == (400, 400)
    assert contacts.json == {
        "detail": "URL must contain one of the following parameters: urn, uuid"
    }
    assert groups.json == {"detail": "URL must contain one of the following parameters: uuid"}


def test_a_parameter_that_is_no_lookup_is_ignored(rapidpro):
    answer = rapidpro.post("groups", {"name": "New"}, name="Mothers")

    assert (answer.status_code, answer.json["name"]) == (201, "New")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_lookup_that_is_no_uuid_is_refused(rapidpro, method):
    body = {"name": "x"} if method == "POST" else None
    answer = rapidpro.call(method, "groups", body, query={"uuid": "1234"})

    assert (answer.status_code, answer.json) == (400, {"detail": NOT_A_UUID})


@pytest.mark.parametrize("uuid", [MOTHERS.upper(), MOTHERS.replace("-", "")])
def test_uuids_may_be_written_in_any_form(rapidpro, uuid):
    assert rapidpro.one("groups", uuid=uuid)["name"] == "Mothers"
    assert rapidpro.post("groups", {"name": "Mums"}, uuid=uuid).json["uuid"] == MOTHERS


def test_an_empty_uuid_is_no_uuid(rapidpro):
    answer = rapidpro.get("channels", uuid="")

    assert answer.status_code == 400
    assert answer.json == {"detail": "Param 'uuid':  is not a valid UUID."}


def test_a_repeated_uuid_filter_takes_the_first_and_checks_all(rapidpro):
    channel = rapidpro.items("channels")[0]["uuid"]

    first = rapidpro.one("channels", uuid=[channel, MOTHERS])
    refused = rapidpro.get("channels", uuid=[channel, "zzz"])

    assert first["uuid"] == channel
    assert refused.json == {"detail": "Param 'uuid': zzz is not a valid UUID."}


def test_more_than_100_uuids_are_too_many(rapidpro):
    answer = rapidpro.get("users", uuid=[MOTHERS] * 101)

    assert rapidpro.get("users", uuid=[MOTHERS] * 100).status_code == 200
    assert answer.json == {"detail": "Param 'uuid' can have a maximum of 100 values."}


def test_filters_that_exclude_each_other_are_refused(rapidpro):
    answer = rapidpro.get("groups", uuid=MOTHERS, name="Mothers")

    assert answer.status_code == 400
    assert answer.json == {"detail": "You may only specify one of the uuid, name parameters"}


@pytest.mark.parametrize("number", ["x", "", "1.5"])
def test_an_id_that_is_no_integer_is_refused(rapidpro, number):
    answer = rapidpro.get("broadcasts", id=number)

    assert answer.status_code == 400
    assert answer.json == {"detail": "Value for id must be an integer"}


@pytest.mark.parametrize("number", ["9" * 19, "9" * 400, "-" + "9" * 30])
@pytest.mark.parametrize("path", ["broadcasts", "channel_events", "messages", "runs"])
def test_an_id_of_any_size_is_an_integer(rapidpro, path, number):
    answer = rapidpro.get(path, id=number)

    assert (answer.status_code, answer.json["results"]) == (200, [])


def test_objects_of_another_workspace_do_not_exist(rapidpro):
    theirs = rapidpro.as_("rp_token_other").one("contacts")["uuid"]

    assert rapidpro.items("contacts", uuid=theirs) == []
    answer = rapidpro.delete("contacts", uuid=theirs)
    assert answer.status_code == 404
    assert answer.json == {"detail": "No Contact matches the given query."}


@pytest.mark.parametrize("state", ["flagged", "suspended"])
def test_a_flagged_or_suspended_workspace_may_not_write(rapidpro, state):
    rapidpro.load({"uuid": WORKSPACE, "name": "Lakeside Health", state: True})

    refused = rapidpro.post("groups", {"name": 5})
    not_an_object = rapidpro.call(
        "POST", "groups", data="[]", headers={"Content-Type": "application/json"}
    )

    assert refused.status_code == 400
    reason = (
        f"Sorry, your workspace is currently {state}. To re-enable starting flows and "
        "sending messages, please contact support."
    )
    assert refused.json == {"non_field_errors": [reason]}
    assert not_an_object.json["non_field_errors"] == ["Request body should be a single JSON object"]
    assert rapidpro.delete("groups", uuid=STAFF).status_code == 204


def test_unknown_keys_of_a_body_are_ignored(rapidpro):
    answer = rapidpro.post("topics", {"name": "Food", "color": "red"})

    assert answer.status_code == 201
    assert "color" not in answer.json


def test_json_is_compact_utf_8(rapidpro):
    answer = rapidpro.post("topics", {"name": "Food ✓"})

    assert (
        answer.data == json.dumps(answer.json, ensure_ascii=False, separators=(",", ":")).encode()
    )


def test_bodies_beyond_the_limit_are_refused(rapidpro):
    answer = rapidpro.call(
        "POST", "topics", data=b"x" * (32 * 1024 * 1024 + 1), headers={"Content-Type": "text/plain"}
    )

    assert (answer.status_code, answer.json) == (413, {"detail": "Request body too large."})


def test_creating_and_changing_are_two_operations(rapidpro):
    topic = rapidpro.post("topics", {"name": "Food"}).json
    rapidpro.post("topics", {"name": "Feeding"}, uuid=topic["uuid"])

    journal = rapidpro.world.client.get("/_emulator/sandboxes/default/requests").json["items"]
    assert [entry["operation"] for entry in journal[:2]] == ["topics.update", "topics.create"]
    operations = rapidpro.world.client.get("/_emulator/providers").text
    assert "topics.create" in operations
    assert "topics.update" in operations


def test_a_wrong_method_is_unmatched_with_a_hint(rapidpro):
    answer = rapidpro.call("DELETE", "topics", query={"uuid": MOTHERS})

    assert answer.headers["X-Emulator-Hint"] == "topics has no DELETE, only GET, POST"
    journal = rapidpro.world.client.get("/_emulator/sandboxes/default/requests").json["items"]
    assert journal[0]["operation"] is None


def test_answers_say_how_they_are_known(rapidpro):
    assert rapidpro.get("topics").headers["X-Emulator-Evidence"] == "documented"
