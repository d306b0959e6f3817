"""Texts of records are kept while what they follow from is the same, and so many of them."""

from __future__ import annotations

import msgspec
import pytest

from emulator.core.store import Record
from emulator.web import texts
from emulator.web.texts import Texts


class Thing(Record, frozen=True, kw_only=True, gc=False):
    """A thing with a name."""

    name: str = "a"


class Writer:
    """Shows things and notes which of them it was asked to show."""

    def __init__(self) -> None:
        self.texts = Texts[Thing]()
        self.shown: list[str] = []

    def show(self, thing: Thing) -> dict[str, str]:
        self.shown.append(thing.id)
        return {"name": thing.name}

    def names(self, *things: Thing, beside: object = "x") -> list[str]:
        """Return the names that are shown."""
        shown = self.texts.show_all(things, self.show, beside)
        return [item["name"] for item in msgspec.json.decode(msgspec.json.encode(shown))]


@pytest.fixture
def writer():
    return Writer()


def things(count):
    return [Thing(id=f"t{number}", serial=number, name=f"n{number}") for number in range(count)]


def test_a_record_that_is_asked_for_again_is_kept(writer):
    first, second = things(2)

    assert [writer.names(first) for _ in range(4)] == [["n0"]] * 4
    assert writer.names(first, second) == ["n0", "n1"]
    assert writer.shown == ["t0", "t0", "t1"]


def test_another_record_of_the_same_id_is_shown_anew(writer):
    [thing] = things(1)
    for _ in range(2):
        writer.names(thing)

    assert writer.names(msgspec.structs.replace(thing, name="b")) == ["b"]
    assert writer.names(thing) == ["n0"]


def test_what_else_a_text_follows_from_is_compared(writer):
    [thing] = things(1)

    for beside in ("x", "x", "x", "y", "y", "x"):
        writer.names(thing, beside=beside)

    assert writer.shown == ["t0"] * 4


def test_so_many_texts_are_kept_and_no_more(writer, monkeypatch):
    monkeypatch.setattr(texts, "MOST_KEPT", 4)
    few, many = things(3), things(6)

    for _ in range(3):
        writer.names(*few)
    for _ in range(3):
        assert writer.names(*many) == [f"n{number}" for number in range(6)]
    assert 0 < len(writer.texts) <= 4


def test_in_a_new_edition_each_text_is_held_against_what_it_follows_from(writer):
    first, second = things(2)
    asked = []

    def names(edition, *besides):
        def others():
            asked.append(edition)
            return besides

        writer.texts.show_all([first, second], writer.show, edition, others)

    for _ in range(2):
        names(1, "x", "x")
    writer.shown.clear()
    asked.clear()

    names(1, "not", "asked")
    assert (writer.shown, asked) == ([], [])
    names(2, "x", "x")
    assert (writer.shown, asked) == ([], [2])
    names(2, "not", "asked")
    names(3, "x", "y")
    assert (writer.shown, asked) == (["t1"], [2, 3])
    names(3, "x", "y")
    names(2, "x", "x")
    assert writer.shown == ["t1", "t1"]
