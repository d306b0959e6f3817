"""Keys, rate limits, bodies that cannot be read, and what is not served."""

import json

import pytest

from tests.providers.cuedesk.desk import (
    BROADCASTS,
    MESSAGES,
    POSTS,
    first,
    newsletter,
    notice,
    row,
    sale,
    template_message,
)

UNAUTHORIZED = {"error": {"message": "401 UNAUTHORIZED", "details": "Unauthorized access."}}
NOT_FOUND = {"error": {"message": "404 NOT FOUND", "details": "Resource not found."}}
NOT_ALLOWED = {"error": {"message": "405 METHOD NOT ALLOWED", "details": "Method not allowed."}}
TOO_MANY = {"error": {"message": "429 TOO MANY REQUESTS", "details": "Rate limit exceeded."}}


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic Y3VlX2NpX3Rva2Vu",
        "cue_ci_token",
        "Bearer cue_unknown",
        "Bearer cue_old_token",
        "Token cue_ci_token",
    ],
)
@pytest.mark.parametrize("path", [*POSTS, "/v1/contacts"])
def test_a_request_without_a_live_key_is_refused(desk, path, header):
    headers = {} if header is None else {"Authorization": header}
    method = "GET" if path == "/v1/contacts" else "POST"

    answer = desk.world.call(method, f"/cuedesk{path}", headers=headers)

    assert (answer.status_code, answer.get_json()) == (401, UNAUTHORIZED)
    assert answer.content_type == "application/json"


@pytest.mark.parametrize("header", ["Bearer cue_ci_token", "bearer   cue_ci_token "])
def test_the_scheme_may_be_written_in_any_case(desk, header):
    answer = desk.post("/v2/broadcasts", newsletter(), None, headers={"Authorization": header})

    assert answer.status_code == 202


def test_unknown_keys_can_act_as_the_first_workspace_but_deleted_ones_cannot(desk):
    desk.set(unknown_keys="accept")

    assert desk.post("/v2/broadcasts", newsletter(), "anything").status_code == 202
    assert desk.post("/v2/broadcasts", newsletter(), "two words").status_code == 401
    assert desk.post("/v2/broadcasts", newsletter(), "cue_old_token").status_code == 401


@pytest.mark.parametrize(
    ("path", "noun"),
    [*((path, "Broadcast") for path in BROADCASTS), *((path, "Message") for path in MESSAGES)],
)
@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'"text"', "application/json"),
        (b"null", "application/json"),
        (b'{"a": NaN}', "application/json"),
        (b'{"a": "\\ud800"}', "application/json"),
        (b'{"a": "\xff"}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (json.dumps(newsletter()).encode(), "text/plain"),
        (json.dumps(newsletter()).encode(), "application/x-www-form-urlencoded"),
        (json.dumps(newsletter()).encode(), ""),
    ],
)
def test_an_unreadable_body_is_refused(desk, path, noun, raw, content_type):
    answer = desk.post(path, data=raw, content_type=content_type)

    assert (answer.status_code, answer.get_json()) == (
        400,
        {"message": f"{noun} could not be created", "details": "Malformed JSON body"},
    )


def test_a_charset_does_no_harm(desk):
    raw = json.dumps(newsletter()).encode()

    answer = desk.post("/v2/broadcasts", data=raw, content_type="application/json; charset=UTF-8")

    assert answer.status_code == 202


def test_the_key_is_looked_at_before_the_body(desk):
    assert desk.post("/v2/broadcasts", data=b"{", key="cue_unknown").status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v2/broadcasts/0a7d1c52-3d0f-4c0b-8f7e-2f6b9a5c1d40"),
        ("POST", "/v2/broadcasts/"),
        ("POST", "/v1/broadcasts"),
        ("GET", "/v2/messages"),
        ("GET", "/v1/channels"),
        ("POST", "/v1/webhooks"),
        ("GET", "/v1/templates"),
    ],
)
def test_an_unknown_path_is_refused_without_a_key(desk, method, path):
    answer = desk.world.call(method, f"/cuedesk{path}")

    assert (answer.status_code, answer.get_json()) == (404, NOT_FOUND)
    assert "nearest" in answer.headers["X-Emulator-Hint"]
    assert "X-Emulator-Evidence" not in answer.headers


@pytest.mark.parametrize("path", [*POSTS, "/v1/contacts"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_another_method_is_refused(desk, method, path):
    answer = desk.world.call(method, f"/cuedesk{path}")

    assert (answer.status_code, answer.get_json()) == (405, NOT_ALLOWED)


@pytest.mark.parametrize("path", POSTS)
def test_what_is_created_cannot_be_listed(desk, path):
    assert desk.get(path).status_code == 405


def test_an_unknown_sandbox_is_not_found(desk):
    answer = desk.world.call("POST", "/s/nowhere/cuedesk/v2/broadcasts", newsletter())

    assert (answer.status_code, answer.get_json()) == (404, NOT_FOUND)


def test_the_vendors_host_name_needs_no_prefix(desk):
    headers = {"Authorization": "Bearer cue_ci_token", "Host": "api.cuedesk.com"}

    answer = desk.world.call("POST", "/v2/broadcasts", newsletter(), headers=headers)

    assert answer.status_code == 202


def test_a_body_beyond_reason_is_refused(desk):
    answer = desk.post("/v2/broadcasts", data=b" " * (32 * 1024 * 1024 + 1))

    assert answer.status_code == 413
    assert answer.get_json()["error"]["message"] == "413 PAYLOAD TOO LARGE"
    assert answer.headers.get("X-Emulator-Evidence") != "documented"


def test_there_is_no_rate_limit_unless_asked_for(desk):
    assert {desk.get("/v1/contacts").status_code for _ in range(150)} == {200}


def test_a_rate_limit_counts_a_workspaces_requests_of_all_kinds(desk):
    desk.set(rate_limits={"cuedesk": {"window": "10s", "limits": {"*": 2}}})

    desk.post("/v2/broadcasts", {})
    desk.get("/v1/contacts")
    refused = desk.post("/v2/broadcasts", data=b"{")

    assert (refused.status_code, refused.get_json()) == (429, TOO_MANY)
    assert refused.headers["Retry-After"] == "10"
    assert desk.get("/v1/contacts", "cue_other_token").status_code == 200
    desk.advance(10)
    assert desk.get("/v1/contacts").status_code == 200


def test_a_rate_limit_may_be_that_of_one_path(desk):
    desk.set(rate_limits={"cuedesk": {"window": 60, "limits": {"/v1/contacts": 1}}})

    assert [desk.get("/v1/contacts").status_code for _ in range(2)] == [200, 429]
    assert desk.post("/v2/broadcasts", newsletter()).status_code == 202


def test_a_plain_rate_limit_is_the_assumed_one(desk):
    desk.set(rate_limits={"cuedesk": True})

    answers = [desk.get("/v1/contacts").status_code for _ in range(101)]

    assert (set(answers[:100]), answers[100]) == ({200}, 429)


def test_a_repeat_of_a_key_counts_for_the_rate_limit(desk):
    desk.set(rate_limits={"cuedesk": {"window": 60, "limits": {"*": 2}}})
    body = newsletter(client_unique_identifier="once")

    assert [desk.post("/v2/broadcasts", body).status_code for _ in range(3)] == [202, 202, 429]


@pytest.mark.breaks
def test_a_failure_of_our_own_is_the_vendors_server_error(desk, caplog):
    store = desk.sandbox.store
    broken = store._tables.pop("cuedesk.templates")
    try:
        answer = desk.post("/v2/broadcasts", newsletter())
    finally:
        store._tables["cuedesk.templates"] = broken

    assert (answer.status_code, answer.get_json()) == (
        500,
        {
            "error": {
                "message": "500 INTERNAL SERVER ERROR",
                "details": "An unexpected error occurred.",
            }
        },
    )


TOO_FEW = sale(body={"payload_variables": ["a"]})


@pytest.mark.parametrize(
    ("path", "body", "level"),
    [
        ("/v2/broadcasts", newsletter(), "assumed"),
        ("/v2/broadcasts", newsletter(row(), row("bad")), "assumed"),
        ("/v2/broadcasts", newsletter(**{"from": "nobody"}), "documented"),
        ("/v2/broadcasts", notice(template={"name": "x", "locale": "en"}), "documented"),
        ("/v2/broadcasts", notice(template={"name": "plain_notice", "locale": "fr"}), "assumed"),
        ("/v2/broadcasts", TOO_FEW, "documented"),
        ("/v2/broadcasts", sale(header=None), "assumed"),
        ("/v2/broadcasts", newsletter(row("bad")), "assumed"),
        ("/v2/broadcasts", {}, "assumed"),
        ("/v2/broadcasts", [], "assumed"),
        ("/broadcasts", first(), "assumed"),
        ("/broadcasts", first(**{"from": "nobody"}), "assumed"),
        ("/v2/messages/whatsapp", template_message(), "assumed"),
        ("/v2/messages/whatsapp", template_message(**{"from": "nobody"}), "assumed"),
    ],
)
def test_answers_say_how_well_they_are_known(desk, path, body, level):
    assert desk.post(path, body).headers["X-Emulator-Evidence"] == level
