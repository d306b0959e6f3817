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
    """Writes things and notes which of them it was asked to show."""

    def __init__(self) -> None:
        self.texts = Texts[Thing]()
        self.shown: list[str] = []

    def show(self, thing: Thing) -> dict[str, str]:
        self.shown.append(thing.id)
        return {"name": thing.name}

    def write(self, *things: Thing, beside: object = "x") -> list[str]:
        """Return the names that were written."""
        written = self.texts.write_all(things, [beside] * len(things), self.show)
        return [msgspec.json.decode(text)["name"] for text in written]


@pytest.fixture
def writer():
    return Writer()


def things(count):
    return [Thing(id=f"t{number}", serial=number, name=f"n{number}") for number in range(count)]


def test_an_unchanged_record_is_shown_once(writer):
    first, second = things(2)

    assert writer.write(first) == ["n0"]
    assert writer.write(first, second) == ["n0", "n1"]
    assert writer.shown == ["t0", "t1"]


def test_another_record_of_the_same_id_is_shown_anew(writer):
    [thing] = things(1)
    writer.write(thing)

    assert writer.write(msgspec.structs.replace(thing, name="b")) == ["b"]
    assert writer.write(thing) == ["n0"]


def test_what_else_a_text_follows_from_is_compared(writer):
    [thing] = things(1)

    for beside in ("x", "x", "y", "x"):
        writer.write(thing, beside=beside)

    assert writer.shown == ["t0"] * 3


def test_so_many_texts_are_kept_and_no_more(writer, monkeypatch):
    monkeypatch.setattr(texts, "MOST_KEPT", 4)

    for _ in range(2):
        assert writer.write(*things(6)) == [f"n{number}" for number in range(6)]
        assert len(writer.texts) <= 4
