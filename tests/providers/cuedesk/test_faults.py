"""Errors that a tester asks for: said as Cuedesk says them, and nothing is stored."""

import pytest

from tests.providers.cuedesk.desk import POSTS, newsletter

NESTED = {
    "unauthorized": (401, "401 UNAUTHORIZED", "Unauthorized access."),
    "not_found": (404, "404 NOT FOUND", "Resource not found."),
    "rate_limited": (429, "429 TOO MANY REQUESTS", "Rate limit exceeded."),
    "server_error": (500, "500 INTERNAL SERVER ERROR", "An unexpected error occurred."),
}


def fault(desk, error):
    desk.control("POST", "/faults", {"provider": "cuedesk", "fault": {"error": error}}, 201)


@pytest.mark.parametrize("path", [*POSTS, "/v1/contacts"])
@pytest.mark.parametrize("error", NESTED)
def test_an_error_is_asked_for_by_name(desk, path, error):
    fault(desk, error)
    before = desk.stored()

    answer = desk.get(path) if path == "/v1/contacts" else desk.post(path, POSTS[path]())

    status, message, details = NESTED[error]
    assert answer.status_code == status
    assert answer.get_json() == {"error": {"message": message, "details": details}}
    assert answer.headers.get("Retry-After") == ("1" if status == 429 else None)
    assert desk.stored() == before


def test_forbidden_is_a_foreign_channel(desk):
    fault(desk, "forbidden")

    answer = desk.post("/v2/broadcasts", newsletter())

    assert (answer.status_code, answer.get_json()) == (
        403,
        {"message": "Forbidden", "details": "Channel does not belong to your workspace"},
    )


@pytest.mark.parametrize("path", [path for path in POSTS if path != "/v1/messages"])
def test_a_rejected_template_is_that_of_the_request(desk, path):
    fault(desk, "template_rejected")
    before = desk.stored()

    refused = desk.post(path, {})
    answer = desk.post(path, POSTS[path]())

    name = "monthly_newsletter" if path in ("/v2/broadcasts", "/v1/messages/whatsapp") else None
    noun = "Message" if "messages" in path else "Broadcast"
    assert refused.status_code == 422
    assert (answer.status_code, answer.get_json()) == (
        400,
        {
            "message": f"{noun} could not be created",
            "details": f"Template '{name or 'holiday_sale_template'}' not found or not approved",
        },
    )
    assert desk.stored() == before


def test_a_fault_that_cuedesk_does_not_have_is_refused(desk):
    wish = {"provider": "cuedesk", "fault": {"error": "insufficient_credit"}}

    desk.control("POST", "/faults", wish, 422)


def test_an_answer_in_place_of_the_vendors_does_not_use_a_key_up(desk):
    wish = {"provider": "cuedesk", "times": 1, "fault": {"status": 502}}
    desk.control("POST", "/faults", wish, 201)
    body = newsletter(client_unique_identifier="k")

    assert desk.post("/v2/broadcasts", body).status_code == 502
    assert desk.messages() == []
    desk.accept("/v2/broadcasts", body)
