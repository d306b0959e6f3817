"""Twenty thousand rows in one request."""

import sys

from tests.providers.cuedesk.desk import newsletter, row, sale

MANY = 20_000


def rows():
    return [
        row(
            str(447_500_000_000 + number),
            client_reference=f"order-{number}",
            first_name=f"Name {number}",
            discount_code=f"CODE{number}",
            expiry_date="25 Dec",
        )
        for number in range(MANY)
    ]


def test_twenty_thousand_rows_are_accepted(desk):
    body = sale(*rows())

    answer = desk.accept("/v2/broadcasts", body)

    assert answer["broadcast"]["recipients"] == MANY
    assert answer["warnings"] == []


def test_twenty_thousand_rows_are_delivered_and_counted(desk):
    id = desk.broadcast(sale(*rows()))

    ledger = desk.advance()

    assert ledger["transitions"] == {"sent": MANY, "delivered": MANY}
    assert desk.seen(id)["counts"] == {"delivered": MANY}


def test_twenty_thousand_bad_rows_are_warned_of(desk):
    answer = desk.accept("/v2/broadcasts", newsletter(*(row("bad") for _ in range(MANY)), row()))

    assert answer["broadcast"]["recipients"] == 1
    assert len(answer["warnings"]) == MANY


def test_twenty_thousand_messages_expire_together(desk):
    desk.rule("stuck")
    id = desk.broadcast({**sale(*rows()), "valid_until": "2024-06-01T13:00:00Z"})

    desk.advance()

    assert desk.seen(id)["counts"] == {"expired": MANY}


def test_a_message_is_small(desk):
    desk.broadcast(sale(*rows()[:2]))

    one, other = desk.sandbox.store.table(desk.sandbox.vendor("cuedesk").messages)

    own = [
        value
        for name in one.__struct_fields__
        if (value := getattr(one, name)) is not getattr(other, name)
    ]
    inner = [value for item in own if isinstance(item, tuple) for value in item]
    assert sys.getsizeof(one) + sum(map(sys.getsizeof, own + inner)) < 1024
