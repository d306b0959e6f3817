"""Fields that hold several values, or something that exists, as tables."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from emulator.providers.rapidpro.compounds import (
    DictOf,
    ListOf,
    QuickReply,
    Reference,
    ReferenceList,
    Translated,
)
from emulator.providers.rapidpro.scalars import Integer, Text
from emulator.providers.rapidpro.validation import Body, Field, Invalid, Schema

NULL = ["This field may not be null."]
NO_REFERENCE = ["Must be a string or integer"]
MISSING_TEXT = ["Quick replies of type 'text' require a 'text' value."]
LOCATION_EXTRA = ["Quick replies of type 'location' cannot have an 'extra' value."]

OBJECTS: dict[str | int, str] = {"amina": "AMINA", "bakari": "BAKARI", 7: "SEVEN"}


def find(value: str | int) -> str | None:
    if value == "smart":
        raise ValidationError(f"Contact group must not be query based: {value}")
    return OBJECTS.get(value)


def no_list(kind: str) -> list[str]:
    return [f'Expected a list of items but got type "{kind}".']


def no_dict(kind: str) -> list[str]:
    return [f'Expected a dictionary of items but got type "{kind}".']


def too_many(most: int) -> list[str]:
    return [f"Ensure this field has no more than {most} elements."]


def no_reply(kind: str) -> list[str]:
    return [f"Invalid data. Expected a dictionary, but got {kind}."]


def needs_both(kind: str) -> list[str]:
    return [f"Quick replies of type '{kind}' require 'text' and 'extra' values."]


def errors_of(field: Field, value: Any) -> Any:
    with pytest.raises(ValidationError) as caught:
        field.deserialize(value)
    return caught.value.messages


LIST = ListOf(Integer(), max_items=3)


@pytest.mark.parametrize(
    ("value", "errors"),
    [
        ([1, "x", 2], {"1": ["A valid integer is required."]}),
        (
            [None, 1, "x"],
            {"0": NULL, "2": ["A valid integer is required."]},
        ),
        (["x"] * 4, too_many(3)),
        ("abc", no_list("str")),
        ("abcd", too_many(3)),
        (5, no_list("int")),
        (True, no_list("bool")),
        ({"0": 1}, no_list("dict")),
        (None, NULL),
    ],
)
def test_wrong_list(value, errors):
    assert errors_of(LIST, value) == errors


def test_right_lists():
    assert LIST.deserialize(["1", 2]) == [1, 2]
    assert LIST.deserialize([]) == []


DICT = DictOf(Text(allow_null=True, allow_blank=True), max_items=3)


@pytest.mark.parametrize(
    ("value", "errors"),
    [
        (
            {"a": True, "b": "x", "c": []},
            {"a": ["Not a valid string."], "c": ["Not a valid string."]},
        ),
        (dict.fromkeys("abcd"), too_many(3)),
        ([], no_dict("list")),
        ("x", no_dict("str")),
        (1.5, no_dict("float")),
        (None, NULL),
    ],
)
def test_wrong_dict(value, errors):
    assert errors_of(DICT, value) == errors


def test_right_dicts():
    assert DICT.deserialize({"a": 1, "b": None, "c": " "}) == {"a": "1", "b": None, "c": ""}
    assert DICT.deserialize({}) == {}


@pytest.mark.parametrize(
    ("value", "errors"),
    [
        ("Nope", ["No such object: Nope"]),
        (5, ["No such object: 5"]),
        (True, ["No such object: True"]),
        ("", NULL),
        (None, NULL),
        (" ", ["No such object:  "]),
        (["amina"], NO_REFERENCE),
        ({"uuid": "amina"}, NO_REFERENCE),
        (1.5, NO_REFERENCE),
        ("smart", ["Contact group must not be query based: smart"]),
    ],
)
def test_wrong_reference(value, errors):
    assert errors_of(Reference(find), value) == errors


def test_right_references():
    assert Reference(find).deserialize("amina") == "AMINA"
    assert Reference(find).deserialize(7) == "SEVEN"
    assert Reference(find, allow_null=True).deserialize("") is None


@pytest.mark.parametrize(
    ("value", "errors"),
    [
        (["amina", "nope", "neither"], ["No such object: nope"]),
        (["amina", "smart"], ["Contact group must not be query based: smart"]),
        ([None], NO_REFERENCE),
        ([1.5, "nope"], NO_REFERENCE),
        ([[]], NO_REFERENCE),
        ([""], ["No such object: "]),
        ([True], ["No such object: True"]),
        (["amina"] * 101, too_many(100)),
        ("amina", no_list("str")),
        ("x" * 101, too_many(100)),
        (5, no_list("int")),
        ({"nope": 1}, ["No such object: nope"]),
        (None, NULL),
    ],
)
def test_wrong_references(value, errors):
    assert errors_of(ReferenceList(find), value) == errors


def test_right_reference_lists():
    field = ReferenceList(find)

    assert field.deserialize(["amina", 7, "amina"]) == ["AMINA", "SEVEN", "AMINA"]
    assert field.deserialize([]) == []


def translated(inner: Field) -> Translated:
    allowed = {"eng", "swa", *(f"l{number:02}" for number in range(60))}
    return Translated(inner, first_language=lambda: "eng", allowed=allowed.__contains__)


TEXTS = translated(Text(max_length=5))
MEDIA = translated(ReferenceList(find, max_items=10))
REPLIES = translated(ListOf(QuickReply(lambda: False), max_items=10))
NO_LANGUAGE = ["Not an allowed ISO 639-3 language code."]


@pytest.mark.parametrize(
    ("field", "value", "errors"),
    [
        (TEXTS, "", {"eng": ["This field may not be blank."]}),
        (TEXTS, "abcdef", {"eng": ["Ensure this field has no more than 5 characters."]}),
        (TEXTS, ["Hi"], {"eng": ["Not a valid string."]}),
        (TEXTS, {"eng": "", "swa": "x"}, {"eng": ["This field may not be blank."]}),
        (TEXTS, {"base": "Hi"}, {"base": NO_LANGUAGE}),
        (TEXTS, {"base": "Hi", "swa": None}, {"base": NO_LANGUAGE, "swa": NULL}),
        (TEXTS, {}, ["This dictionary may not be empty."]),
        (TEXTS, 5, no_dict("int")),
        (TEXTS, False, no_dict("bool")),
        (TEXTS, None, NULL),
        (TEXTS, {f"l{number:02}": "x" for number in range(51)}, too_many(50)),
        (MEDIA, "xxxx", {"eng": no_list("str")}),
        (MEDIA, ["xxxx"], {"eng": ["No such object: xxxx"]}),
        (MEDIA, {"swa": ["amina", "xxxx"]}, {"swa": ["No such object: xxxx"]}),
        (MEDIA, ["amina"] * 11, {"eng": too_many(10)}),
        (REPLIES, "x", {"eng": no_list("str")}),
        (REPLIES, {"eng": ["Yes"]}, {"eng": {"0": no_reply("str")}}),
        (
            REPLIES,
            [{"text": "ok"}, {"text": "x" * 65}],
            {"eng": {"1": {"text": ["Ensure this field has no more than 64 characters."]}}},
        ),
    ],
)
def test_wrong_translations(field, value, errors):
    assert errors_of(field, value) == errors


def test_right_translations():
    fifty = {f"l{number:02}": "x" for number in range(50)}

    assert TEXTS.deserialize(" Hi ") == {"eng": "Hi"}
    assert TEXTS.deserialize({"swa": "Hujambo"[:5], "eng": 5}) == {"swa": "Hujam", "eng": "5"}
    assert TEXTS.deserialize(fifty) == fifty
    assert MEDIA.deserialize([]) == {"eng": []}
    assert MEDIA.deserialize({"swa": ["amina"]}) == {"swa": ["AMINA"]}


def test_first_language_of_a_workspace_is_taken_as_it_is():
    field = Translated(Text(), first_language=lambda: "kea", allowed=lambda _: False)

    assert field.deserialize("Oi") == {"kea": "Oi"}


@pytest.mark.parametrize(
    ("value", "errors"),
    [
        ({}, MISSING_TEXT),
        ({"text": " "}, MISSING_TEXT),
        ({"type": "text", "extra": "x"}, MISSING_TEXT),
        ({"type": "form"}, needs_both("form")),
        ({"type": "form", "text": "x"}, needs_both("form")),
        ({"type": "url", "extra": "x"}, needs_both("url")),
        ({"type": "location", "extra": "x"}, LOCATION_EXTRA),
        ({"type": "zz", "text": "x"}, {"type": ['"zz" is not a valid choice.']}),
        ({"text": "x", "extra": ""}, {"extra": ["This field may not be blank."]}),
        (
            {"type": None, "text": "x" * 65, "extra": "x" * 1001},
            {
                "type": NULL,
                "text": ["Ensure this field has no more than 64 characters."],
                "extra": ["Ensure this field has no more than 1000 characters."],
            },
        ),
        ("Yes", no_reply("str")),
        (None, no_reply("NoneType")),
        (["Yes"], no_reply("list")),
        (5, no_reply("int")),
    ],
)
def test_wrong_quick_reply(value, errors):
    assert errors_of(QuickReply(lambda: False), value) == errors


@pytest.mark.parametrize(
    ("value", "reply"),
    [
        ({"text": " OK "}, {"type": "text", "text": "OK"}),
        ({"text": 5, "more": 1}, {"type": "text", "text": "5"}),
        (
            {"type": "url", "text": "a", "extra": "b"},
            {"type": "url", "text": "a", "extra": "b"},
        ),
        ({"type": "location"}, {"type": "location"}),
        ({"type": "location", "text": "Where?"}, {"type": "location", "text": "Where?"}),
    ],
)
def test_right_quick_reply(value, reply):
    assert QuickReply(lambda: False).deserialize(value) == reply


def test_text_may_stand_for_a_quick_reply_where_that_is_allowed():
    field = QuickReply(lambda: True)

    assert field.deserialize("Yes") == {"type": "text", "text": "Yes"}
    assert errors_of(field, "") == MISSING_TEXT
    assert errors_of(field, "x" * 65) == {
        "text": ["Ensure this field has no more than 64 characters."]
    }
    assert errors_of(field, None) == no_reply("NoneType")


class Everything(Schema):
    """One field of each kind."""

    numbers = LIST
    values = DICT
    one = Reference(find)
    many = ReferenceList(find)
    texts = TEXTS
    media = MEDIA
    replies = REPLIES
    loose = ListOf(QuickReply(lambda: True), max_items=2)


EVERYTHING = Everything()


@pytest.mark.parametrize(
    ("form", "values"),
    [
        ({"numbers": ["1", "2"], "numbers[0]": ["3"]}, {"numbers": [1, 2]}),
        ({"numbers[10]": ["3"], "numbers[9]": ["1", "2"]}, {"numbers": [2, 3]}),
        ({"numbers[]": ["x"], "numbers[a]": ["x"], "xnumbers[0]": ["x"]}, {}),
        (
            {"loose[0]text": ["Yes"], "loose[0]type": ["text"], "loose[1]": ["No"]},
            {"loose": [{"type": "text", "text": "Yes"}, {"type": "text", "text": "No"}]},
        ),
        ({"values.a": ["1", "2"], "values": ["x"], "values[b]": ["x"]}, {"values": {"a": "2"}}),
        ({"values": ["x"]}, {"values": {}}),
        ({"texts.swa": ["Hi"]}, {"texts": {"swa": "Hi"}}),
    ],
)
def test_forms(form, values):
    assert EVERYTHING.read(Body(form=form)) == {"many": [], **values}


def test_form_cannot_say_a_text_in_the_first_language():
    with pytest.raises(Invalid) as caught:
        EVERYTHING.read(Body(form={"texts": ["Hi"]}))

    assert caught.value.errors == {"texts": ["This dictionary may not be empty."]}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=5)
    | st.sampled_from(["amina", "smart", 7, "text", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=3) | st.sampled_from(["eng", "text", "type", "extra", "\ud800"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
bodies = st.dictionaries(st.sampled_from(list(EVERYTHING.fields)), json_values)


def all_texts(errors: Any) -> bool:
    if isinstance(errors, dict):
        return bool(errors) and all(
            isinstance(key, str) and all_texts(inner) for key, inner in errors.items()
        )
    return bool(errors) and all(isinstance(message, str) for message in errors)


def read(sent: dict[str, Any]) -> dict[str, Any] | Invalid:
    try:
        return EVERYTHING.read(Body(values=sent))
    except Invalid as error:
        return error


@given(bodies)
def test_any_json_gives_values_or_errors(sent):
    result = read(sent)

    if isinstance(result, Invalid):
        assert set(result.errors) <= set(sent)
        assert all_texts(result.errors)
        assert msgspec.json.decode(msgspec.json.encode(result.errors)) == result.errors
    else:
        assert set(result) == set(sent)
