"""Schemas: which fields fail together, what runs after them, and how forms are read."""

from typing import Any, ClassVar

import msgspec
import pytest
from marshmallow import ValidationError

from emulator.providers.rapidpro.compounds import DictOf, ListOf, ReferenceList
from emulator.providers.rapidpro.scalars import Boolean, Integer, JSONObject, Text
from emulator.providers.rapidpro.validation import Body, Invalid, Schema


def refuse_x(value: str) -> None:
    if "x" in value:
        raise ValidationError("No x, please.")


def shout(value: str) -> str:
    if value == "quiet":
        raise ValidationError("Too quiet.")
    return value.upper()


class Order(Schema):
    """Fields of most kinds, and two checks across them."""

    title = Text(required=True, max_length=5, validators=[refuse_x], then=[shout])
    nick = Text(allow_null=True)
    remark = Text(allow_blank=True)
    count = Integer(default=1)
    wanted = Boolean(default=True)
    sizes = ListOf(Integer(), max_items=3)
    extras = DictOf(Text(), max_items=3)
    friends = ReferenceList(lambda value: value)
    params = JSONObject()
    meta_fields = Text(key="fields")

    def _few(self, values: dict[str, Any]) -> str | None:
        return "Too many." if values["count"] > 5 else None

    def _known(self, values: dict[str, Any]) -> str | None:
        if values["count"] == 4:
            raise Invalid({"count": ["Four is taken."]})
        return "No nick." if "nick" not in values else None

    checks: ClassVar = (_few, _known)


ORDER = Order()


def errors_of(body: Body) -> dict[str, Any]:
    with pytest.raises(Invalid) as caught:
        ORDER.read(body)
    return caught.value.errors


def test_values_are_changed_and_defaults_filled_in():
    values = ORDER.read(Body(values={"title": " abc ", "nick": "n", "fields": "f", "unknown": 1}))

    assert values == {
        "title": "ABC",
        "nick": "n",
        "meta_fields": "f",
        "count": 1,
        "wanted": True,
    }


def test_all_wrong_fields_are_named_in_the_order_of_declaration():
    sent = {"sizes": [1, "a"], "wanted": "perhaps", "count": None, "fields": True}

    errors = errors_of(Body(values=sent))

    assert list(errors.items()) == [
        ("title", ["This field is required."]),
        ("count", ["This field may not be null."]),
        ("wanted", ["Must be a valid boolean."]),
        ("sizes", {"1": ["A valid integer is required."]}),
        ("fields", ["Not a valid string."]),
    ]


@pytest.mark.parametrize(
    ("title", "messages"),
    [
        ("x", ["No x, please."]),
        ("xxxxxx", ["No x, please.", "Ensure this field has no more than 5 characters."]),
        ("quiet", ["Too quiet."]),
        ("quietx", ["No x, please.", "Ensure this field has no more than 5 characters."]),
    ],
)
def test_validators_speak_together_and_what_follows_needs_a_right_value(title, messages):
    assert errors_of(Body(values={"title": title})) == {"title": messages}


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"count": 6}, {"non_field_errors": ["Too many."]}),
        ({"count": 1}, {"non_field_errors": ["No nick."]}),
        ({"count": 4}, {"count": ["Four is taken."]}),
        ({"count": 6, "remark": []}, {"remark": ["Not a valid string."]}),
    ],
)
def test_checks_run_after_the_fields_and_stop_at_the_first_that_fails(sent, errors):
    assert errors_of(Body(values={"title": "abc", **sent})) == errors


def test_messages_can_always_be_sent():
    error = Invalid({"a\ud800": {"0": ["No such object: \udfff", "Ünï 😀"]}})

    assert error.errors == {"a\\ud800": {"0": ["No such object: \\udfff", "Ünï 😀"]}}
    assert msgspec.json.decode(msgspec.json.encode(error.errors)) == error.errors


def test_validator_may_nest_its_messages():
    def refuse(value: str) -> None:
        raise ValidationError({"inner": [f"not {value}"]})

    class Nested(Schema):
        name = Text(max_length=1, validators=[refuse])

    with pytest.raises(Invalid) as caught:
        Nested().read(Body(values={"name": "abc"}))

    assert caught.value.errors == {"name": {"inner": ["not abc"]}}


def test_form_is_read_as_what_it_stands_for():
    form = {
        "title": ["first", "last"],
        "nick": [""],
        "remark": [""],
        "count": [""],
        "sizes[1]": ["2"],
        "sizes[0]": ["1"],
        "extras.a": ["b"],
        "friends": ["f", "g"],
        "params": ['{"a": [1]}'],
    }

    values = ORDER.read(Body(form=form))

    assert values == {
        "title": "LAST",
        "nick": None,
        "remark": "",
        "count": 1,
        "wanted": False,
        "sizes": [1, 2],
        "extras": {"a": "b"},
        "friends": ["f", "g"],
        "params": {"a": [1]},
    }


def test_form_without_a_field_says_no_to_booleans_and_names_nobody():
    values = ORDER.read(Body(form={"title": ["abc"], "nick": ["n"]}))

    assert values == {
        "title": "ABC",
        "nick": "n",
        "count": 1,
        "wanted": False,
        "friends": [],
    }


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        ({}, {"title": ["This field is required."]}),
        ({"title": [""]}, {"title": ["This field may not be blank."]}),
        (
            {"title": ["abc"], "params": ["no json"]},
            {"params": ["Must be a valid JSON object"]},
        ),
        (
            {"title": ["abc"], "sizes": ["1", "a"]},
            {"sizes": {"1": ["A valid integer is required."]}},
        ),
    ],
)
def test_wrong_forms_are_refused_like_json(form, errors):
    assert errors_of(Body(form=form)) == errors
