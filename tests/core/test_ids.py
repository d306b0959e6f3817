"""Draws are functions of seed and subject; the vectors are those of docs/draws.md."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from emulator.core.ids import Draws, Ids

DOCS = Path(__file__).parents[2] / "docs" / "draws.md"
DELAY = ("delay", "60123456789", 1, 0)
SHARE = ("outcome", "rule-1", "60123456789", 1)
FRACTIONS = [
    (0, DELAY, 0.6639710717494737),
    (42, DELAY, 0.8077010910663747),
    (-7, DELAY, 0.6551152411165658),
    (0, SHARE, 0.09215471357807747),
    (0, ("grüße", "😀"), 0.3114298797818831),
]


@pytest.mark.parametrize(("seed", "parts", "fraction"), FRACTIONS)
def test_fractions_are_those_of_the_docs(seed, parts, fraction):
    assert Draws(seed).fraction(*parts) == fraction
    assert f"`{fraction!r}`" in DOCS.read_text()


def test_digests_and_numbers_are_those_of_the_docs():
    draws = Draws(0)
    drawn = [
        draws.digest("id", "acme.messages", 1).hex(),
        draws.digest(*DELAY, size=8).hex(),
        str(draws.below(1000, *SHARE)),
    ]
    assert drawn == ["72234269adcc98a6c3da2e50eeda01fc", "a9fa0216a77068a2", "314"]
    assert all(f"`{text}`" in DOCS.read_text() for text in drawn)


def test_ids_are_those_of_the_docs():
    ids = Ids(Draws(0), {})
    at = datetime(2026, 5, 6, 10, tzinfo=UTC)
    drawn = [
        ids.uuid4("acme.messages"),
        ids.uuid4("acme.messages"),
        ids.uuid7("acme.broadcasts", at),
        ids.text("acme.keys", 12),
    ]
    assert drawn == [
        "72234269-adcc-48a6-83da-2e50eeda01fc",
        "d7f2d63c-3f21-4b75-9259-e9e5b549dd9b",
        "019dfcba-e500-7475-83fd-7e21677ff7fc",
        "f12efc347189",
    ]
    assert all(f"`{text}`" in DOCS.read_text() for text in drawn)


def test_uuids_are_well_formed():
    ids = Ids(Draws(5), {})
    at = datetime(2026, 5, 6, 10, 0, 0, 123_999, tzinfo=UTC)
    fours = [UUID(ids.uuid4("a")) for _ in range(100)]
    sevens = [UUID(ids.uuid7("a", at)) for _ in range(100)]

    assert {id.version for id in fours} == {4}
    assert {id.version for id in sevens} == {7}
    assert {id.variant for id in fours + sevens} == {"specified in RFC 4122"}
    assert {id.int >> 80 for id in sevens} == {int(at.timestamp() * 1000)}
    assert len(set(fours + sevens)) == 200


def test_kinds_do_not_disturb_each_other():
    alone, mixed = Ids(Draws(1), {}), Ids(Draws(1), {})
    mixed.uuid4("b")
    mixed.text("c", 8)
    mixed.serial("a")

    assert [alone.uuid4("a"), alone.uuid4("a")] == [mixed.uuid4("a"), mixed.uuid4("a")]


def test_many_at_once_are_the_same_as_one_by_one():
    one_by_one, at_once = Ids(Draws(1), {}), Ids(Draws(1), {})

    assert [one_by_one.uuid4("a") for _ in range(9)] == [
        at_once.uuid4("a"),
        *at_once.uuid4s("a", 7),
        at_once.uuid4("a"),
    ]


def test_serials_count_and_leave_room():
    ids = Ids(Draws(0), {})

    assert [ids.serial("a"), ids.serial("a", 10), ids.serial("a")] == [1, 2, 12]
    ids.at_least("a", 40)
    ids.at_least("a", 30)
    assert ids.serial("a") == 41


def test_parts_that_look_alike_are_drawn_apart():
    draws = Draws(0)

    assert draws.digest("a", "bc") != draws.digest("ab", "c")
    assert draws.digest("a\ud800") != draws.digest("a")
