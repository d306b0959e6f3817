"""Fields that hold one value, as tables of what is sent and what becomes of it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from emulator.core.nesting import DEEPEST
from emulator.providers.rapidpro.scalars import (
    URL,
    Boolean,
    Choice,
    Integer,
    JSONObject,
    LanguageCode,
    Name,
    Text,
    UniqueName,
)
from emulator.providers.rapidpro.urn_field import UrnField
from emulator.providers.rapidpro.validation import Field

NULL = ["This field may not be null."]
BLANK = ["This field may not be blank."]
NO_TEXT = ["Not a valid string."]
NO_INTEGER = ["A valid integer is required."]
NO_URL = ["Enter a valid URL."]
NO_OBJECT = ["Must be a valid JSON object"]

KINDS = {"text", "voice"}


def outcome(field: Field, value: Any) -> Any:
    """Return the value a field makes of another, or its messages wrapped in an exception."""
    try:
        return field.deserialize(value)
    except ValidationError as error:
        return Refused(error.messages)


class Refused:
    """Messages that compare with messages alone."""

    def __init__(self, messages: Any) -> None:
        self.messages = messages

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Refused) and self.messages == other.messages

    def __hash__(self) -> int:
        return hash(str(self.messages))

    def __repr__(self) -> str:
        return f"Refused({self.messages!r})"


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (Text(), "abc", "abc"),
        (Text(), "  a b\t\n", "a b"),
        (Text(trim=False), " a ", " a "),
        (Text(trim=False), "  ", "  "),
        (Text(trim=False), "", Refused(BLANK)),
        (Text(), 12345, "12345"),
        (Text(), 1.5, "1.5"),
        (Text(), True, Refused(NO_TEXT)),
        (Text(), ["x"], Refused(NO_TEXT)),
        (Text(), {"eng": "x"}, Refused(NO_TEXT)),
        (Text(), None, Refused(NULL)),
        (Text(allow_null=True), None, None),
        (Text(), "", Refused(BLANK)),
        (Text(), " \t\x1c", Refused(BLANK)),
        (Text(allow_null=True), "", Refused(BLANK)),
        (Text(allow_blank=True, min_length=3), "  ", ""),
        (Text(allow_blank=True, then=[lambda text: text or "none"]), "", "none"),
        (Text(max_length=3), " abc ", "abc"),
        (Text(max_length=3), "abcd", Refused(["Ensure this field has no more than 3 characters."])),
        (Text(max_length=3), 1234, Refused(["Ensure this field has no more than 3 characters."])),
        (Text(min_length=3), "en", Refused(["Ensure this field has at least 3 characters."])),
        (Text(), "a\0b", Refused(["Null characters are not allowed."])),
        (Text(), "é\ud800\udfff", Refused(["Surrogate characters are not allowed: U+D800."])),
        (Text(), "😀", "😀"),
        (
            Text(max_length=3),
            "a\0b\udfff",
            Refused(
                [
                    "Ensure this field has no more than 3 characters.",
                    "Null characters are not allowed.",
                    "Surrogate characters are not allowed: U+DFFF.",
                ]
            ),
        ),
    ],
)
def test_text(field, value, expected):
    assert outcome(field, value) == expected


TOO_LONG = [
    "Cannot be longer than 64 characters.",
    "Ensure this field has no more than 64 characters.",
]
TAKEN = "This field must be unique."


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Staff", "Staff"),
        (" 5 ", "5"),
        (5, "5"),
        ("x" * 64, "x" * 64),
        ("x" * 65, Refused(TOO_LONG)),
        ("x" * 65 + '"', Refused(TOO_LONG)),
        ('a"b', Refused(['Cannot contain the character: "'])),
        ("a\\b", Refused(["Cannot contain the character: \\"])),
        ('a\\"b', Refused(['Cannot contain the character: "'])),
        (
            "a\0b",
            Refused(["Cannot contain null characters.", "Null characters are not allowed."]),
        ),
        ('"\0', Refused(['Cannot contain the character: "', "Null characters are not allowed."])),
        ("\ud800", Refused(["Surrogate characters are not allowed: U+D800."])),
        ("   ", Refused(BLANK)),
        (None, Refused(NULL)),
        (["x"], Refused(NO_TEXT)),
    ],
)
def test_name(value, expected):
    assert outcome(Name(), value) == expected
    assert outcome(UniqueName(lambda _: False), value) == expected


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ("  Expecting ", [TAKEN]),
        ("\\Active", ["Cannot contain the character: \\", TAKEN]),
        ("x" * 65, [TOO_LONG[0], TAKEN, TOO_LONG[1]]),
    ],
)
def test_name_that_is_taken(value, messages):
    taken = {"expecting", "\\active", "x" * 65}
    field = UniqueName(lambda name: name.casefold() in taken)

    assert outcome(field, value) == Refused(messages)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("eng", "eng"),
        ("xx", Refused(["Not an allowed ISO 639-3 language code."])),
        (
            "english",
            Refused(
                [
                    "Ensure this field has no more than 3 characters.",
                    "Not an allowed ISO 639-3 language code.",
                ]
            ),
        ),
        ("", Refused(BLANK)),
    ],
)
def test_language_code(value, expected):
    assert outcome(LanguageCode({"eng", "swa"}.__contains__), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("http://localhost:3000/x", "http://localhost:3000/x"),
        (" ftp://files.example.org ", "ftp://files.example.org"),
        ("http://host/", Refused(NO_URL)),
        (5, Refused(NO_URL)),
        (["http://localhost"], Refused(NO_URL)),
        ("", Refused(BLANK)),
        (
            "http://example.org/" + "x" * 200,
            Refused(["Ensure this field has no more than 200 characters."]),
        ),
        (
            "x" * 201,
            Refused(["Ensure this field has no more than 200 characters.", *NO_URL]),
        ),
    ],
)
def test_url(value, expected):
    assert outcome(URL(max_length=200), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5),
        (-1, -1),
        ("5", 5),
        (" 5 ", 5),
        ("1.0", 1),
        ("1.", 1),
        (2.0, 2),
        (1.5, Refused(NO_INTEGER)),
        ("1.5", Refused(NO_INTEGER)),
        (1e16, Refused(NO_INTEGER)),
        (float("inf"), Refused(NO_INTEGER)),
        (True, Refused(NO_INTEGER)),
        ("", Refused(NO_INTEGER)),
        ([5], Refused(NO_INTEGER)),
        ({}, Refused(NO_INTEGER)),
        (None, Refused(NULL)),
        (24, Refused(["Ensure this value is less than or equal to 23."])),
        (10**30, Refused(["Ensure this value is less than or equal to 23."])),
        ("-2", Refused(["Ensure this value is greater than or equal to -1."])),
        ("1" * 1001, Refused(["String value too large."])),
    ],
)
def test_integer(value, expected):
    assert outcome(Integer(min_value=-1, max_value=23), value) == expected


@pytest.mark.parametrize("value", [True, 1, 1.0, "true", "TRUE", "t", "Yes", "y", "on", "1"])
def test_boolean_yes(value):
    assert outcome(Boolean(), value) is True


@pytest.mark.parametrize("value", [False, 0, 0.0, "false", "F", "No", "n", "off", "0"])
def test_boolean_no(value):
    assert outcome(Boolean(), value) is False


@pytest.mark.parametrize("value", [5, "", " true", "2", [], {}, [True], 0.5])
def test_boolean_neither(value):
    assert outcome(Boolean(), value) == Refused(["Must be a valid boolean."])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        ("Text", Refused(['"Text" is not a valid choice.'])),
        ("", Refused(['"" is not a valid choice.'])),
        (5, Refused(['"5" is not a valid choice.'])),
        (True, Refused(['"True" is not a valid choice.'])),
        (["text"], Refused(["\"['text']\" is not a valid choice."])),
        (None, Refused(NULL)),
    ],
)
@pytest.mark.parametrize("choices", [KINDS, lambda: KINDS])
def test_choice(choices, value, expected):
    assert outcome(Choice(choices), value) == expected


def test_values_as_deep_as_a_body_may_be_are_read_and_quoted():
    text = "[" * DEEPEST + "]" * DEEPEST
    value = json.loads(text)

    refusal = f"Invalid URN: {text}. Ensure phone numbers contain country codes."
    assert outcome(Choice(KINDS), value) == Refused([f'"{text}" is not a valid choice.'])
    assert outcome(UrnField(lambda: "KE"), value) == Refused([refusal])
    assert outcome(JSONObject(), {"a": value}) == {"a": value}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [1, None, "é"]}, {"a": [1, None, "é"]}),
        ({}, {}),
        ("{}", Refused(NO_OBJECT)),
        ([], Refused(NO_OBJECT)),
        (5, Refused(NO_OBJECT)),
        (None, Refused(NULL)),
        ({"a": float("inf")}, Refused(NO_OBJECT)),
        ({"a": "\ud800"}, Refused(NO_OBJECT)),
        ({"a": "x" * 91}, {"a": "x" * 91}),
        ({"a": "x" * 992}, Refused(["Cannot exceed 1,000 characters encoded."])),
    ],
)
def test_json_object(value, expected):
    assert outcome(JSONObject(max_encoded=1000), value) == expected


SCALARS = [
    Text(max_length=3, min_length=2),
    Text(allow_blank=True, allow_null=True, trim=False),
    UniqueName(lambda name: name == "0"),
    LanguageCode({"eng"}.__contains__),
    URL(),
    Integer(min_value=0),
    Boolean(),
    Choice(KINDS),
    JSONObject(max_encoded=10),
]

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.sampled_from(["http://", "http://[", "1.0", "0", "eng", "\ud800", "\0"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.sampled_from(SCALARS), json_values)
def test_any_json_gives_a_value_or_messages(field, value):
    result = outcome(field, value)

    if isinstance(result, Refused):
        assert result.messages
        assert all(isinstance(message, str) for message in result.messages)


def test_json_in_a_form_that_is_too_deep_is_a_mere_text():
    text = '{"a":' * 501 + "1" + "}" * 501

    assert JSONObject().from_form({"extra": [text]}, "extra") == text
