"""Whatever a client sends: never a 5xx, and nothing changes when a request is refused."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.providers.teekrr.desk import GOOD, TEST_SEND, Desk, scheduled, without

PATHS = ["/sms", "/whatsapp", "/whatsapp/test", "/email", "/broadcasts/validate"]
BODIES = {
    **{path: make() for path, make in GOOD.items()},
    "/whatsapp/test": TEST_SEND,
    "/broadcasts/validate": {"channel": "sms", "recipients": ["60123456789"]},
}
NAMES = sorted(
    {name for body in BODIES.values() for name in body}
    | {"recipientVariables", "scheduledAt", "keyword", "templateContent"}
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["quick broadcast", "schedule broadcast", "60123456789", "a@example.com", "otp_sms",
         "bill_due", "promo_image", "2026-06-01T00:00:00Z", "9999-12-31T23:59:59Z", "{name}"]
    )
)  # fmt: skip
ROWS = st.dictionaries(
    st.sampled_from(["recipient", "to", "email", "variables", "name", "body", "templateParams"]),
    SCALARS
    | st.lists(SCALARS, max_size=3)
    | st.dictionaries(
        st.sampled_from(["name", "code", "body", "header", "templateParams"]), SCALARS
    ),
    max_size=4,
)
VALUES = SCALARS | st.lists(SCALARS | ROWS, max_size=4) | ROWS
CHANGES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4)


def check(desk, before, answer):
    assert answer.status_code < 500, answer.text
    assert answer.content_type == "application/json; charset=utf-8"
    if answer.status_code >= 400:
        assert set(answer.json) in ({"message"}, {"message", "errors"})
        assert ("errors" in answer.json) == (answer.json["message"] == "Validation failed")
        # A refused test send was an attempt and counts as one.
        if answer.status_code != 422:
            assert desk.stored() == before
    else:
        assert list(answer.json) == ["data"]


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=120)
@given(changes=CHANGES, dropped=st.sets(st.sampled_from(NAMES), max_size=3))
@example(changes={"recipientVariables": [{"to": "60123456789"}], "recipients": None}, dropped=set())
def test_a_good_body_with_anything_changed(path, changes, dropped):
    desk = Desk()
    before = desk.stored()

    answer = desk.post(path, {**without(BODIES[path], *dropped), **changes})

    check(desk, before, answer)


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=60)
@given(
    raw=st.binary(max_size=200) | st.recursive(SCALARS, st.lists).map(json.dumps).map(str.encode)
)
def test_any_bytes(path, raw):
    desk = Desk()
    before = desk.stored()

    answer = desk.post(path, data=raw, content_type="application/json")

    check(desk, before, answer)
    assert answer.status_code == 400


@settings(max_examples=60)
@given(header=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60))
def test_any_credentials(header):
    desk = Desk()

    answer = desk.post("/sms", BODIES["/sms"], None, headers={"Authorization": header})

    assert answer.status_code == 401


@settings(max_examples=40)
@given(
    text=st.text(max_size=60),
    values=st.dictionaries(st.from_regex(r"\A[A-Za-z_]\w{0,3}\Z"), st.text(max_size=8), max_size=4),
)
def test_texts_come_out_as_a_single_replacement_would_leave_them(text, values):
    desk = Desk()
    placed = "".join(f"<{{{name}}}>" for name in values if name.isascii())
    rows = [{"recipient": "60123456789", "variables": values}]
    body = without(BODIES["/sms"], "recipients")

    # Braces would make placeholders of their own.
    plain = text.replace("{", "(").replace("}", ")")
    answer = desk.post(
        "/sms", {**body, "templateContent": plain + placed + ".", "recipientVariables": rows}
    )

    assert answer.status_code == 202
    expected = "".join(f"<{value}>" for name, value in values.items() if name.isascii())
    assert desk.messages()[0].text == plain + expected + "."


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(GOOD)), st.booleans(), st.integers(0, 400)), max_size=8
    )
)
def test_credit_is_never_made_or_lost(steps):
    desk = Desk()
    outcomes = ["rejected", "undelivered", "stuck", "pending", "bounced_permanent"]
    for outcome in outcomes:
        desk.rule(outcome, share=0.2)
    for path, is_scheduled, pause in steps:
        body = GOOD[path]()
        desk.send(path, scheduled(body) if is_scheduled else body)
        desk.advance(pause / 1000)
        balance, reserved, spent = desk.credit()
        assert balance + reserved + spent == 10_000

    rates = {"sms": 8, "whatsapp": 35, "email": 2}
    accepted = {"send", "sent", "delivered", "read", "bounced"}
    waiting = {"pending", "enqueued"}
    records = desk.records()
    _, reserved, spent = desk.credit()
    assert reserved == sum(rates[r.channel] for r in records if r.state in waiting)
    assert spent == sum(rates[r.channel] for r in records if r.state in accepted)
