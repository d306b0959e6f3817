"""Bodies that are read in one pass come out as marshmallow would have read them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import EXCLUDE, INCLUDE, RAISE, Schema, ValidationError, fields, validate

from emulator.web.forms import QuickSchema


class Even(fields.Integer):
    """Has a check of its own."""

    def _validate(self, value: Any) -> None:
        super()._validate(value)
        if value % 2:
            raise ValidationError("Odd.")


class Loud(fields.String):
    """Makes its value in a way of its own."""

    def deserialize(self, value: Any, *args: Any, **more: Any) -> Any:
        return str(super().deserialize(value, *args, **more)).upper()


def declared(base: type[Schema]) -> dict[str, fields.Field[Any]]:
    inner = type("Inner", (base,), {"size": fields.Integer(required=True)})
    return {
        "plain": fields.String(),
        "needed": fields.Integer(required=True, data_key="isNeeded"),
        "usual": fields.Integer(load_default=7),
        "made": fields.List(fields.Integer(), load_default=list),
        "open": fields.Integer(allow_none=True, attribute="wide"),
        "checked": fields.String(validate=validate.Length(max=1)),
        "before": fields.Integer(pre_load=[lambda value: value]),
        "after": fields.Integer(post_load=[lambda value: value + 1]),
        "even": Even(),
        "loud": Loud(load_default="quiet"),
        "inner": fields.Nested(inner),
        "inners": fields.List(fields.Nested(inner)),
    }


QUICK, USUAL = (type("Body", (base,), declared(base)) for base in (QuickSchema, Schema))
VALUES = st.recursive(
    st.none() | st.integers(-2, 3) | st.text("a1", max_size=2),
    lambda some: st.lists(some, max_size=2) | st.dictionaries(st.just("size"), some),
    max_leaves=4,
)
NAMES = [*declared(Schema), "isNeeded", "unknown"]
BODIES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)


def read(schema: Schema, body: Any, **options: Any) -> tuple[Any, Any]:
    try:
        return schema.load(body, **options), None
    except ValidationError as error:
        return error.valid_data, error.messages


@given(
    body=BODIES | BODIES.map(lambda some: {"isNeeded": 1} | some) | VALUES,
    unknown=st.sampled_from([RAISE, EXCLUDE, INCLUDE]),
    partial=st.sampled_from([None, True, ("needed", "inner.size")]),
)
def test_bodies_are_read_as_marshmallow_reads_them(body: Any, unknown: Any, partial: Any) -> None:
    options = {"unknown": unknown, "partial": partial}

    assert read(QUICK(), body, **options) == read(USUAL(), body, **options)


@given(bodies=st.lists(BODIES, max_size=3))
def test_many_bodies_are_read_as_marshmallow_reads_them(bodies: list[Any]) -> None:
    assert read(QUICK(), bodies, many=True) == read(USUAL(), bodies, many=True)


class Counted(fields.String):
    """Counts how often it is read."""

    reads = 0

    def _deserialize(self, *args: Any, **more: Any) -> Any:
        self.reads += 1
        return super()._deserialize(*args, **more)


class Pair(QuickSchema):
    first = Counted()
    second = fields.Integer()


@pytest.mark.parametrize(("second", "reads"), [(1, 1), ("no number", 2)])
def test_only_mistakes_are_left_to_marshmallow(second: Any, reads: int) -> None:
    schema = Pair()

    read(schema, {"first": "text", "second": second})

    assert schema.fields["first"].reads == reads  # type: ignore[attr-defined]
