"""The journal keeps requests in little room, and lets go of whoever waits when its sandbox ends."""

import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from emulator.core.journal import LARGE, Exchange, Journal
from emulator.core.retention import KEEP
from tests.acme import NOON

PEOPLE = json.dumps([{"to": f"60123{at:06d}", "name": f"N{at}"} for at in range(5_000)]).encode()
PHOTO = random.Random(1).randbytes(2 * LARGE)


def test_wait_ends_with_the_journal():
    journal, is_waiting = Journal(lambda: KEEP["requests"]), threading.Event()

    def look():
        is_waiting.set()
        return []

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(journal.wait, look, 1, 60)
        assert is_waiting.wait(20)
        journal.close()

        assert waiting.result(timeout=20) == []


def answered(body):
    journal = Journal(lambda: KEEP["requests"])
    exchange = Exchange(
        id=1, at=NOON, provider="acme", method="POST", path="/", query=(), headers=(), sent=body
    )
    journal.add(exchange)
    size = exchange.size
    journal.finish(exchange, 202, b"")
    assert exchange.size == size
    return exchange


def test_a_long_list_takes_little_room_once_it_is_answered():
    exchange = answered(PEOPLE)

    assert exchange.body == PEOPLE
    assert len(exchange.sent.pressed) < len(PEOPLE) / 4


@pytest.mark.parametrize("body", [b"", b"[1]", PEOPLE[: LARGE - 1], PHOTO])
def test_what_is_short_or_gains_nothing_is_kept_as_it_came(body):
    assert answered(body).sent is body
