"""What is written down of a list and of counts leads from what they were to what they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.differing import counted, recount, redo, splice
from emulator.core.faults import Tally

ITEMS = [object() for _ in range(6)]
LISTS = st.lists(st.sampled_from(ITEMS), max_size=12)
COUNTS = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 3))


@given(LISTS, LISTS)
def test_a_change_made_once_more_leads_to_the_same(before, after):
    change = splice(before, after)

    again = before.copy()
    if change is not None:
        redo(again, change)
    assert again == after
    assert (change is None) == (before == after)


@pytest.mark.parametrize(
    ("after", "change"),
    [
        ([ITEMS[5], *ITEMS[:3]], (0, 0, [ITEMS[5]])),
        ([*ITEMS[:3], ITEMS[5]], (3, 0, [ITEMS[5]])),
        ([ITEMS[0], ITEMS[2]], (1, 1, [])),
        ([ITEMS[0], ITEMS[5], ITEMS[2]], (1, 1, [ITEMS[5]])),
        ([], (0, 3, [])),
        (ITEMS[:3], None),
    ],
)
def test_no_more_than_the_difference_is_said(after, change):
    assert splice(ITEMS[:3], after) == change


@given(COUNTS, COUNTS)
def test_counts_become_what_they_are(before, after):
    again = before.copy()
    recount(again, counted(before, after, 0))
    assert again == after

    tallies = {id: Tally(1, count) for id, count in before.items()}
    wanted = {id: Tally(2, count) for id, count in after.items()}
    recount(tallies, counted(tallies, wanted, Tally()))
    assert tallies == wanted
