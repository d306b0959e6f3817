"""Bodies: which types are read, what malformed JSON is answered, and forms."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.providers.rapidpro.bodies import (
    FORMS,
    MULTIPART,
    URLENCODED,
    Malformed,
    UnsupportedMedia,
    parse_body,
)
from emulator.providers.rapidpro.validation import Body, Invalid

JSON = "application/json"
NOT_ASCII = "'ascii' codec can't decode byte 0xc3 in position 7: ordinal not in range(128)"
NO_OBJECT = {"non_field_errors": ["Request body should be a single JSON object"]}


def parsed(content_type: str, raw: bytes, **options: Any) -> Body:
    return parse_body(content_type, raw, form=list, files=list, **options)


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        (b'{"name": "x"}', {"name": "x"}),
        (b' \n{"a": 1, "a": [2.5, null, true]}\t', {"a": [2.5, None, True]}),
        (b'{"name": "\\ud800"}', {"name": "\ud800"}),
        (b'{"name": "\\ud83d\\ude00"}', {"name": "😀"}),
        (b'{"a": 123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
        (b'{"a": 1e400}', {"a": float("inf")}),
        ('{"name": "é"}'.encode(), {"name": "é"}),
        (b'{"a": 1}\xc3', {"a": 1}),
    ],
)
def test_json(raw, values):
    assert parsed(JSON, raw) == Body(values=values)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (
            b"{x",
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
        (b"  ", "Expecting value: line 1 column 3 (char 2)"),
        (b'{"a": 1} x', "Extra data: line 1 column 10 (char 9)"),
        (b'{"a": "\x01"}', "Invalid control character at: line 1 column 8 (char 7)"),
        (b'{"name": NaN}', "Out of range float values are not JSON compliant: 'NaN'"),
        (b"[-Infinity]", "Out of range float values are not JSON compliant: '-Infinity'"),
        (
            b'\xef\xbb\xbf{"name": "BOM"}',
            "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)",
        ),
        (
            b'{"name": "\xff"}',
            "'utf-8' codec can't decode byte 0xff in position 10: invalid start byte",
        ),
    ],
)
def test_malformed_json_is_answered_with_the_words_of_python(raw, reason):
    with pytest.raises(Malformed) as caught:
        parsed(JSON, raw)

    assert str(caught.value) == f"JSON parse error - {reason}"


@pytest.mark.parametrize(
    ("raw", "beginning"),
    [
        (b'{"a": ' + b"9" * 5000 + b"}", "Exceeds the limit (4300 digits) for integer"),
        (b"[" * 100_000, "maximum recursion depth exceeded while decoding a JSON array from a"),
        (b'{"a":' * 600 + b"1" + b"}" * 600, "maximum recursion depth exceeded while decoding a"),
        (b'{"a":' * 100_000, "maximum recursion depth exceeded while decoding a JSON object from"),
    ],
)
def test_absurd_json_is_malformed(raw, beginning):
    with pytest.raises(Malformed) as caught:
        parsed(JSON, raw)

    assert str(caught.value).startswith(f"JSON parse error - {beginning}")


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"str"', b"5", b"true", b"[{}]"])
def test_json_that_is_no_object_is_refused(raw):
    with pytest.raises(Invalid) as caught:
        parsed(JSON, raw)

    assert caught.value.errors == NO_OBJECT


@pytest.mark.parametrize(
    ("content_type", "raw"),
    [
        ("application/json; charset=utf-8", '{"a": "é"}'.encode()),
        ('application/JSON;charset="latin-1"', '{"a": "é"}'.encode("latin-1")),
        ("application/json; charset=utf-16", '{"a": "é"}'.encode("utf-16")),
        ("application/json; charset=unheard-of", '{"a": "é"}'.encode()),
        ("application/json; charset=", '{"a": "é"}'.encode()),
        (" Application/Json ", '{"a": "é"}'.encode()),
        ("*/*", '{"a": "é"}'.encode()),
        ("application/*", '{"a": "é"}'.encode()),
    ],
)
def test_character_set_and_spelling_of_the_type(content_type, raw):
    assert parsed(content_type, raw) == Body(values={"a": "é"})


@pytest.mark.parametrize(
    ("content_type", "reason"),
    [
        (
            "application/json; charset=ascii",
            f"JSON parse error - {NOT_ASCII}",
        ),
        (
            "application/json; charset=hex",
            'Unsupported charset "hex" in request Content-Type header.',
        ),
        (
            MULTIPART,
            "Multipart form parse error - Invalid boundary in multipart: None",
        ),
    ],
)
def test_bytes_that_are_not_what_the_type_says(content_type, reason):
    with pytest.raises(Malformed) as caught:
        parsed(content_type, '{"a": "é"}'.encode())

    assert str(caught.value) == reason


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/xml",
        "text/json; charset=utf-8",
        "application",
        "application/json/x",
        "*",
        "application/jsonp",
    ],
)
def test_other_types_are_refused_unless_the_body_is_empty(content_type):
    with pytest.raises(UnsupportedMedia) as caught:
        parsed(content_type, b'{"name": "x"}')

    assert str(caught.value) == f'Unsupported media type "{content_type}" in request.'
    assert parsed(content_type, b"") == Body()


def test_json_is_refused_where_only_forms_are_read():
    with pytest.raises(UnsupportedMedia):
        parsed(JSON, b"{}", kinds=FORMS)


def test_form_keeps_every_value_of_a_name_in_order():
    picture = object()

    body = parse_body(
        "multipart/form-data; boundary=x",
        b"--x",
        form=lambda: [("urns", "a"), ("name", "n"), ("urns", "b")],
        files=lambda: [("file", picture), ("urns", "c")],
    )

    assert body == Body(form={"urns": ["a", "b", "c"], "name": ["n"], "file": [picture]})


@pytest.mark.parametrize(
    ("charset", "raw", "form"),
    [
        ("utf-8", b"name=%C3%A9+x&urns=a&name=b&note=", {"name": ["é x", "b"], "urns": ["a"]}),
        ("utf-8", b"name=%E9&urns=a", {"name": ["\ufffd"], "urns": ["a"]}),
        ("utf-8", b"name=\xe9&urns=a", {"name": ["é"], "urns": ["a"]}),
        ("utf-8", "name=é&urns=a".encode(), {"name": ["é"], "urns": ["a"]}),
        ("latin-1", b"name=%E9&urns=\xe9", {"name": ["é"], "urns": ["é"]}),
        ("unheard-of", b"name=%C3%A9", {"name": ["é"]}),
    ],
)
def test_fields_of_a_form_are_read_in_its_character_set(charset, raw, form):
    read = parsed(f"{URLENCODED}; charset={charset}", raw)

    assert read == Body(form=form | ({"note": [""]} if b"note" in raw else {}))


@pytest.mark.parametrize("content_type", [URLENCODED, MULTIPART])
def test_empty_form_is_still_a_form(content_type):
    assert parsed(content_type, b"") == Body(form={})
    assert parsed(JSON, b"") == Body()


def test_form_is_not_read_for_a_body_of_json():
    def unwanted() -> list[tuple[str, str]]:
        raise AssertionError

    assert parse_body(JSON, b"{}", form=unwanted, files=unwanted) == Body()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters()), json_values))
def test_whatever_json_can_say_arrives(values):
    assert parsed(JSON, json.dumps(values).encode()).values == values


tokens = [b"{", b"}", b"[", b"]", b'"a"', b":", b",", b"1", b"-", b"0.5", b"e4", b"NaN", b"null"]
tokens += [b"\xff", b"\xef\xbb\xbf", b'"', b"\\", b'"\\ud800"', b" ", b"\0"]


def refusal(content_type: str, raw: bytes) -> str | None:
    """Return in which words a body is refused, or None."""
    try:
        body = parsed(content_type, raw)
    except (Malformed, Invalid) as error:
        return str(error)
    return None if isinstance(body.values, dict) else "no object"


@given(st.lists(st.sampled_from(tokens), min_size=1).map(b"".join) | st.binary(min_size=1))
def test_any_bytes_are_an_object_or_refused_in_words(raw):
    words = refusal(JSON, raw)

    assert words is None or words.startswith(("JSON parse error - ", "refused: non_field_errors"))


charsets = ["utf-7", "utf-16", "utf-32", "cp037", "big5", "hz", "idna", "punycode", "undefined"]
charsets += ["unicode_escape", "utf-8-sig", "rot13", "base64", "x\0y", "é"]


# Python warns of escapes that are none, as it does of those in source code.
@pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")
@given(st.sampled_from(charsets), st.binary(min_size=1))
def test_any_character_set_is_survived(charset, raw):
    assert refusal(f"application/json; charset={charset}", raw) != "no object"


@pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")
@given(st.sampled_from(charsets), st.binary(min_size=1) | st.just(b"a=%E9&b=\xe9"))
def test_any_character_set_of_a_form_is_survived(charset, raw):
    words = refusal(f"{URLENCODED}; charset={charset}", raw)

    assert words in (None, f'Unsupported charset "{charset}" in request Content-Type header.')
