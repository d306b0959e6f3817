"""What a real server answered to 1508 requests in a row, asked of this one."""

from __future__ import annotations

import pytest

from tests.providers.rapidpro.golden.__main__ import in_process
from tests.providers.rapidpro.golden.recording import load
from tests.providers.rapidpro.golden.replay import Result, scores

#: How many steps of each endpoint agree in their core, at least. All shall; none may get lost.
FLOOR = {
    "root": 11,
    "routing": 4,
    "docs": 19,
    "auth": 15,
    "methods": 33,
    "negotiation": 25,
    "workspace": 5,
    "users": 8,
    "channels": 8,
    "contacts": 117,
    "messages": 52,
    "broadcasts": 53,
    "fields": 21,
    "globals": 18,
    "groups": 46,
    "labels": 17,
    "topics": 7,
    "contact_actions": 19,
    "throttle": 10,
    "media": 18,
    "message_actions": 22,
}


@pytest.fixture(scope="module")
def results() -> list[Result]:
    return list(in_process(load()).run())


@pytest.mark.parametrize("endpoint", FLOOR)
def test_answers_agree_with_the_recorded_ones(results: list[Result], endpoint: str) -> None:
    score = scores(results)[endpoint]

    differing = [
        (result.step["id"], [each for each in result.differences if each.is_hard])
        for result in results
        if result.step["endpoint"] == endpoint and not result.is_core
    ]
    assert score.core >= FLOOR[endpoint], differing[:5]


def test_every_recorded_answer_was_compared(results: list[Result]) -> None:
    unsent = {
        result.step["endpoint"]
        for result in results
        if any(difference.where == "request" for difference in result.differences)
    }

    assert len(results) == 771
    assert unsent.isdisjoint(FLOOR)
