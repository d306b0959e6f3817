"""Broadcasts of 10,000."""

from collections import Counter

import pytest

from tests.providers.teekrr.desk import email, scheduled, sms, whatsapp, without

NUMBERS = [f"6012{at:07d}" for at in range(10_000)]
RICH = {"creditBalance": 1_000_000}


def dynamic(body, rows, **more):
    return {**without(body, "recipients", "variables"), "recipientVariables": rows, **more}


def test_ten_thousand_texts_of_their_own(desk):
    desk.load_client(billing=RICH)
    desk.rule("rejected", share=0.02)
    rows = [{"to": number, "name": f"N{at}", "code": "x"} for at, number in enumerate(NUMBERS)]
    body = dynamic(sms(), rows, templateContent=None, templateName="otp_sms")

    id = desk.send("/sms", body)

    records = desk.records()
    assert [record.address for record in records] == NUMBERS
    assert desk.messages()[9_999].text == "Hi N9999, your code is x. x expires soon."
    assert len({record.id for record in records}) == 10_000
    desk.advance()
    assert Counter(record.state for record in desk.records()) == {"delivered": 9_800, "failed": 200}
    assert desk.broadcast(id).counts == {"delivered": 9_800, "failed": 200}
    assert desk.credit() == (1_000_000 - 78_400, 0, 78_400)


@pytest.mark.parametrize(
    ("path", "body", "spent"),
    [
        ("/sms", scheduled(sms(*NUMBERS)), 80_000),
        ("/whatsapp", whatsapp(*NUMBERS), 350_000),
        ("/email", email(*(f"{number}@example.com" for number in NUMBERS)), 20_000),
    ],
)
def test_ten_thousand_on_every_channel(desk, path, body, spent):
    desk.load_client(billing=RICH)
    desk.send(path, body)
    desk.advance()

    assert desk.credit() == (1_000_000 - spent, 0, spent)
    assert {record.state for record in desk.records()} == {"delivered"}


def test_a_bad_row_among_ten_thousand_refuses_all(desk):
    before = desk.stored()
    numbers = [*NUMBERS[:-2], "0", "x"]

    answer = desk.post("/sms", sms(*numbers))

    assert [error["field"] for error in answer.json["errors"]] == [
        "recipients.9998",
        "recipients.9999",
    ]
    assert desk.stored() == before


def test_ten_thousand_bad_rows_are_all_listed(desk):
    answer = desk.post("/sms", sms(*["0"] * 10_000))

    assert answer.status_code == 400
    assert len(answer.json["errors"]) == 10_000


def test_one_more_is_refused(desk):
    answer = desk.post("/sms", sms(*NUMBERS, "60123456789"))

    assert answer.json["errors"] == [
        {"field": "recipients", "message": "Maximum 10,000 recipients per request"}
    ]


def test_callbacks_of_a_large_broadcast_come_in_order_for_each_message(desk):
    desk.load_client(billing=RICH)
    desk.listen()
    desk.send("/sms", sms(*NUMBERS[:1_000]))
    desk.advance()

    events: dict[str, list[str]] = {}
    for callback in desk.callbacks:
        events.setdefault(callback["data"]["messageUuid"], []).append(callback["event"])
    assert len(events) == 1_000
    assert set(map(tuple, events.values())) == {("billed", "delivered")}
