"""Values in records that are kept as JSON, and stand as what they are in files and snapshots."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.packing import Packed, from_plain, opened, pack_each, packed, to_json, to_plain

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Bodies and fixtures are UTF-8, which has no surrogates.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["name", "códe"]), inner),
    max_leaves=5,
)


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    values: Packed | None = None


@given(VALUES)
def test_a_value_is_written_as_itself_and_read_back(value: Any) -> None:
    row = Row("a", packed(value))

    text = msgspec.json.encode(row, enc_hook=to_json)
    plain = msgspec.to_builtins(row, enc_hook=to_plain)

    assert msgspec.json.decode(text).get("values") == plain.get("values") == value
    assert msgspec.json.decode(text, type=Row, dec_hook=from_plain) == row
    assert msgspec.convert(plain, Row, dec_hook=from_plain) == row
    assert opened(row.values) == value


def test_one_value_of_many_is_packed_once() -> None:
    same, equal = {"name": "Ann"}, {"name": "Ann"}

    first, second, none, third, fourth = pack_each([same, same, None, equal, same])

    assert first is second
    assert none is None
    assert first == third == fourth


@pytest.mark.parametrize("odd", [{1, 2}.union, 1j])
def test_hooks_leave_alone_what_is_not_packed(odd: Any) -> None:
    for hook in (to_json, to_plain):
        with pytest.raises(NotImplementedError):
            hook(odd)
    with pytest.raises(NotImplementedError):
        from_plain(complex, odd)
