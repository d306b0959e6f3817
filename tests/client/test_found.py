"""What lists say when they are not what a test expects."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from emulator.client import Found, Unexpected


class Thing(NamedTuple):
    to: str
    status: str = "sent"


def found(*things: Thing, **asked: str) -> Found[Thing]:
    others = Found([Thing("1"), Thing("2", "failed")], "thing", str)
    return Found(
        things,
        "thing",
        lambda thing: f"{thing.to}: {thing.status}",
        asked=asked,
        others=lambda: others,
        hint=lambda: "Try this.",
    )


def test_list_is_a_sequence() -> None:
    things = found(Thing("1"), Thing("2"))

    assert [thing.to for thing in things] == ["1", "2"]
    assert (things[0], things[1:], len(things)) == (Thing("1"), [Thing("2")], 2)
    assert things.all == things.exactly(2)
    assert things == things.all == found(Thing("1"), Thing("2"))
    assert found(Thing("1")) == found(Thing("1")) != found(Thing("2"))
    assert things != [Thing("1")]
    assert things.first() == Thing("1")
    assert found(Thing("3")).one() == Thing("3")
    found().none()


@pytest.mark.parametrize("expect", [Found.one, Found.first, lambda things: things.exactly(2)])
def test_missing_thing_is_told_with_what_there_is(expect) -> None:
    with pytest.raises(Unexpected) as missing:
        expect(found(to="3", status="sent"))

    assert str(missing.value).splitlines() == [
        "no thing to 3 with status sent; 2 things to: 1, 2",
        "  Thing(to='1', status='sent')",
        "  Thing(to='2', status='failed')",
        "Try this.",
    ]


def test_too_many_are_listed() -> None:
    with pytest.raises(Unexpected) as surplus:
        found(*(Thing(str(at)) for at in range(12)), status="sent").one()

    head, *lines, last = str(surplus.value).splitlines()
    assert head == "12 things with status sent instead of 1"
    assert len(lines) == 10
    assert last == "  and 2 more"


def test_unwanted_things_are_listed() -> None:
    with pytest.raises(Unexpected, match="1 thing instead of none\n  1: sent"):
        found(Thing("1")).none()


def test_failed_comparison_of_lengths_shows_what_there_is() -> None:
    assert repr(found(to="3")).startswith("<no thing to 3; 2 things to: 1, 2")
    assert repr(found(Thing("1"))) == "<1 thing\n  1: sent>"


def test_narrowed_list_tells_of_the_wider_one() -> None:
    things = found(Thing("1"), Thing("2", "failed"))

    assert things.where(status="failed").one() == Thing("2", "failed")
    assert things.where(lambda thing: thing.to > "1").one() == Thing("2", "failed")
    with pytest.raises(Unexpected, match="no thing with status read; 2 things\n  1: sent"):
        things.where(status="read").one()


def test_index_beyond_the_end_is_told() -> None:
    with pytest.raises(IndexError, match="no item 3: 1 thing"):
        found(Thing("1"))[3]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("failed", "no thing that failed"),
        ("pending", "no thing that is pending"),
    ],
)
def test_state_is_said_as_a_sentence_would(state: str, words: str) -> None:
    with pytest.raises(Unexpected) as missing:
        found(state=state).one()

    assert str(missing.value).startswith(f"{words}; 2 things\n")
