"""What goes wrong on purpose: a queue that fails, and errors that testers name."""

import pytest

from emulator.providers.teekrr import errors, sending
from emulator.providers.teekrr.records import CLIENTS
from tests.providers.teekrr.desk import CHANNELS, GOOD, TEST_SEND, scheduled, sms

POSTS = {
    **{path: make() for path, make in GOOD.items()},
    "/whatsapp/test": TEST_SEND,
    "/whatsapp/upload-header-image": None,
    "/broadcasts/validate": {"channel": "sms", "recipients": ["60123456789"]},
}
NO_QUEUE = "Failed to enqueue broadcast \u2014 messages marked failed"
LETTERS = [sending.Letter("60123456789", "a"), sending.Letter("60198765432", "b")]


@pytest.mark.parametrize("path", GOOD)
def test_messages_fail_and_credit_is_given_back(desk, path):
    desk.listen()
    channel = CHANNELS[path]
    draft = sending.Draft(channel, "Raya", None, None, LETTERS)
    client = desk.sandbox.store.table(CLIENTS).get("acme")

    with pytest.raises(errors.EnqueueFailed) as caught, desk.sandbox.unit():
        sending.broadcast(desk.sandbox, client, draft, is_refused=True)

    desk.advance()
    assert desk.statuses() == [["pending", "failed"]] * 2
    assert desk.credit() == (10_000, 0, 0)
    assert desk.callbacks == []
    view = desk.broadcast(desk.records()[0].broadcast)
    assert (view.status, view.counts) == ("failed", {"failed": 2})
    answer = desk.answer_to(caught.value)
    assert answer.status_code == 500
    assert answer.json == {"message": NO_QUEUE}


SCOPE = "API key does not have the required permission: {}"
POOR = "Insufficient credit. Required: {}, available: {}"
UNAPPROVED = "Template is not approved (current status: rejected)"
BUSY = "Too many requests, please try again later"
NO_TEMPLATE, NO_WHATSAPP = "Template not found", "WhatsApp template not found"
NAMED = [
    *[(path, "unauthorized", 401, "Invalid API key") for path in POSTS],
    *[(path, "rate_limited", 429, BUSY) for path in POSTS],
    *[(path, "server_error", 500, "Unexpected error") for path in POSTS],
    ("/sms", "forbidden", 403, SCOPE.format("send_sms")),
    ("/whatsapp", "forbidden", 403, SCOPE.format("send_whatsapp")),
    ("/whatsapp/test", "forbidden", 403, SCOPE.format("send_whatsapp")),
    ("/whatsapp/upload-header-image", "forbidden", 403, SCOPE.format("send_whatsapp")),
    ("/email", "forbidden", 403, SCOPE.format("send_email")),
    ("/sms", "not_found", 404, NO_TEMPLATE),
    ("/email", "not_found", 404, NO_TEMPLATE),
    ("/whatsapp", "not_found", 404, NO_WHATSAPP),
    ("/whatsapp/test", "not_found", 404, NO_WHATSAPP),
    ("/whatsapp", "template_rejected", 422, UNAPPROVED),
    ("/whatsapp/test", "template_rejected", 422, UNAPPROVED),
    ("/sms", "insufficient_credit", 402, POOR.format("RM0.08", "RM0.07")),
    ("/whatsapp", "insufficient_credit", 402, POOR.format("RM0.35", "RM0.34")),
    ("/email", "insufficient_credit", 402, POOR.format("RM0.02", "RM0.01")),
]


@pytest.mark.parametrize(("path", "name", "status", "message"), NAMED)
def test_errors_that_testers_name_are_worded_for_the_endpoint(desk, path, name, status, message):
    desk.go_wrong(name)
    before = desk.stored()

    answer = desk.post(path, POSTS[path])

    assert (answer.status_code, answer.json) == (status, {"message": message})
    assert answer.headers.get("Retry-After") == ("1" if name == "rate_limited" else None)
    assert "X-Emulator-Evidence" not in answer.headers
    assert desk.stored() == before


def test_a_postpaid_client_is_told_of_its_cap(desk):
    desk.go_wrong("insufficient_credit")

    assert desk.post("/sms", sms(), "tk_post").json == {
        "message": "Spending cap exceeded. Accrued: RM9.50, this broadcast: RM0.10, cap: RM9.59"
    }


@pytest.mark.parametrize("path", GOOD)
def test_a_queue_that_is_made_to_fail_fails_what_is_stored(desk, path):
    desk.go_wrong("enqueue_failed", times=1)

    answer = desk.post(path, scheduled(GOOD[path]()))

    assert (answer.status_code, answer.json["message"]) == (500, NO_QUEUE)
    assert desk.statuses() == [["pending", "failed"]]
    assert desk.credit() == (10_000, 0, 0)
    assert desk.post(path, GOOD[path]()).status_code < 300


@pytest.mark.parametrize(
    ("path", "name"),
    [(path, name) for path in GOOD for name in sorted(errors.LATE_FAULTS)],
)
def test_errors_that_arise_late_leave_earlier_refusals_alone(desk, path, name):
    desk.go_wrong(name)

    assert desk.post(path, {}).status_code == 400
    assert desk.post(path, GOOD[path](), "tk_nothing").status_code == 401


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/sms", "template_rejected"),
        ("/email", "template_rejected"),
        ("/whatsapp/test", "insufficient_credit"),
        ("/whatsapp/test", "enqueue_failed"),
        ("/broadcasts/validate", "not_found"),
    ],
)
def test_errors_that_an_endpoint_cannot_run_into_never_arise(desk, path, name):
    desk.go_wrong(name)

    assert desk.post(path, POSTS[path]).status_code < 300


def test_anything_unexpected_is_said_in_the_vendors_shape(desk):
    answer = desk.answer_to(ZeroDivisionError())

    assert (answer.status_code, answer.json) == (500, {"message": "Unexpected error"})
