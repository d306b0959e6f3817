"""A queue that fails once a broadcast is stored."""

import pytest

from emulator.providers.teekrr import errors, sending
from emulator.providers.teekrr.records import CLIENTS
from tests.providers.teekrr.desk import CHANNELS, GOOD

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
    assert answer.json == {"message": "Failed to enqueue broadcast \u2014 messages marked failed"}


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("unauthorized", 401, "Invalid API key"),
        ("forbidden", 403, "API key does not have the required permission: send_sms"),
        ("not_found", 404, "Template not found"),
        ("rate_limited", 429, "Too many requests, please try again later"),
        ("server_error", 500, "Unexpected error"),
        ("insufficient_credit", 402, "Insufficient credit. Required: RM0.24, available: RM0.10"),
        ("template_rejected", 422, "Template is not approved (current status: rejected)"),
    ],
)
def test_errors_that_testers_can_name(desk, name, status, message):
    answer = desk.answer_to(errors.FAULTS[name]())

    assert (answer.status_code, answer.json) == (status, {"message": message})
    assert answer.headers.get("Retry-After") == ("1" if name == "rate_limited" else None)


def test_anything_unexpected_is_said_in_the_vendors_shape(desk):
    answer = desk.answer_to(ZeroDivisionError())

    assert (answer.status_code, answer.json) == (500, {"message": "Unexpected error"})
