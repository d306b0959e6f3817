"""What records have in common: written once, and one object again when read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.records import Message, Moment, Plan
from emulator.core.sharing import NoSuchRow, pack, unpack
from tests.acme import NOON

HISTORIES: list[tuple[Moment, ...]] = [
    tuple(Moment(f"state{at}", NOON + timedelta(seconds=at)) for at in range(length))
    for length in range(1, 5)
]
PLANS = [Plan(outcome="delivered", path=("sent",)), Plan(outcome="read", path=("sent", "read"))]
READS = msgspec.json.Decoder(dict[int, Message])


def message(serial: int, history: int = 2, plan: int = 0) -> Message:
    return Message(
        id=f"m{serial}",
        serial=serial,
        account="one",
        channel="sms",
        address=f"+{serial}",
        state="sent",
        created_at=NOON,
        history=HISTORIES[history],
        plan=PLANS[plan],
    )


def written(messages: list[Message], first: int = 1) -> bytes:
    return msgspec.json.encode(dict(enumerate(pack(messages, first), first)))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), min_size=1), st.integers(1, 999))
def test_what_is_written_is_read_back(parts: list[tuple[int, int]], first: int) -> None:
    messages = [message(serial, *chosen) for serial, chosen in enumerate(parts)]

    found = unpack(READS.decode(written(messages, first)))

    assert found == messages
    assert len({id(found[at].plan) for at in range(len(found))}) == len({p for _, p in parts})


def test_what_an_earlier_row_has_is_written_as_its_number() -> None:
    messages = [message(5), message(6, plan=1), message(7, history=3, plan=1)]

    rows = msgspec.json.decode(written(messages, 11))

    assert [row["history"] for row in rows.values()] == [PLAIN[2], 11, PLAIN[3]]
    assert rows["12"]["plan"] == {"outcome": "read", "path": ["sent", "read"]}
    assert rows["13"]["plan"] == 12


PLAIN: list[Any] = msgspec.json.decode(msgspec.json.encode(HISTORIES))


def test_words_that_are_alike_are_one_object() -> None:
    first, second, third = unpack(READS.decode(written([message(n) for n in range(3)])))

    assert first.account is second.account is third.account
    assert first.state is third.state
    assert first.history is third.history


def test_records_as_they_are_kept_stay_as_they_are() -> None:
    messages = [message(1), message(2)]

    pack(messages)

    assert messages == [message(1), message(2)]


@pytest.mark.parametrize("number", [2, 7])
def test_row_that_is_not_there_is_named(number: int) -> None:
    rows = msgspec.json.decode(written([message(1), message(2)]))
    rows["2"]["plan"] = number

    with pytest.raises(NoSuchRow, match=r"plan is that of .*row"):
        unpack(READS.decode(msgspec.json.encode(rows)))
