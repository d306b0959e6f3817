"""Fixture documents in JSON and YAML, and the lines of what stands in them."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.documents import Places, named_twice, parse_document, write_document
from emulator.core.errors import Invalid

YAML = b"""# A comment
emulator: 1
acme:
  customers:
    - id: one
      "na/me": NO
      numbers: [0722000111, "5", -1.5, true, null, ~, yes]
    -
      id: 2026-05-06
"""
JSON = b"""{
  "emulator": 1, "a\\u0062c": "{[\\"",
  "acme": {"customers": [
    {"id": "one", "na/me": "NO", "numbers": [1, -2e5, true, null]},
    {"id":
      "two"}
  ], "empty": {}, "none": []}
}"""

words = st.text(max_size=8)
documents = st.dictionaries(
    words,
    st.recursive(
        st.none() | st.booleans() | st.integers() | words,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


def test_yaml_says_what_json_could():
    document = parse_document(YAML, "here.yaml")

    one, two = document["acme"]["customers"]
    assert one["na/me"] == "NO"
    assert one["numbers"] == ["0722000111", "5", -1.5, True, None, None, "yes"]
    assert two == {"id": "2026-05-06"}


@pytest.mark.parametrize(
    ("name", "raw", "lines"),
    [
        (
            "here.yml",
            YAML,
            {
                "/emulator": 2,
                "/acme/customers/0/na~1me": 6,
                "/acme/customers/0/numbers/3": 7,
                "/acme/customers/1/id": 9,
                "/acme/customers/1/nothing/such": 9,
                "/nowhere": 2,
            },
        ),
        (
            "here.json",
            JSON,
            {
                "/emulator": 2,
                "/abc": 2,
                "/acme/customers/0/na~1me": 4,
                "/acme/customers/0/numbers/3": 4,
                "/acme/customers/1/id": 5,
                "/acme/none": 7,
                "/nowhere": 1,
            },
        ),
    ],
)
def test_places_are_found(name, raw, lines):
    places = Places(raw, name)

    assert {pointer: places.line(pointer) for pointer in lines} == lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"a: [1", r"not YAML: .*line 2 column 1"),
        (b"a: 1\na: 2", r"'a' stands here twice: line 2 column 1"),
        (b"a: !!python/object:os.system x", r"tags such as !!python/object:os.system"),
        (b"a: !!binary aGk=", r"tags such as !!binary"),
        (b"a: &a [*a]", r"what stands here holds itself: line 1 column 4"),
        (b"b: 1\na: &a {<<: *a}", r"what stands here holds itself: line 2 column 4"),
        # As many levels as would end the process.
        (b"a: " + b"[" * 100_000, r"nested deeper than 500 levels: line 1 column 503"),
        (b"? [a]\n: 1", r"a key must be a word: line 1"),
        (b"a: 1\n---\nb: 2", r"line 2 column 1"),
        (b"a: \x00", r"not YAML"),
        (b"- 1", r"must be an object"),
        (b"", r"must be an object"),
    ],
)
def test_what_is_no_yaml_says_where(text, message):
    with pytest.raises(Invalid, match=message):
        parse_document(text, "here.yaml")


def test_endless_yaml_ends(monkeypatch):
    monkeypatch.setattr("emulator.core.documents.MOST_NODES", 1000)
    lines = [b"a0: &a0 [x, x]"]
    lines += [b"a%d: &a%d [*a%d, *a%d]" % (n, n, n - 1, n - 1) for n in range(1, 40)]

    with pytest.raises(Invalid, match="too large"):
        parse_document(b"\n".join(lines), "here.yaml")


@given(documents)
def test_what_is_written_is_read_back(document):
    document = json.loads(json.dumps(document))

    for name in ("here.yaml", "here.json"):
        assert parse_document(write_document(document, name).encode(), name) == document


@given(documents)
def test_every_part_of_a_document_has_a_place(document):
    raw = json.dumps(document, indent=1).encode()
    places = Places(raw, "here.json")

    def visit(value: object, pointer: str) -> None:
        assert pointer in places._lines
        if isinstance(value, dict):
            for key, inner in value.items():
                visit(inner, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
        elif isinstance(value, list):
            for at, inner in enumerate(value):
                visit(inner, f"{pointer}/{at}")

    visit(document, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a": 1,\n "b": {"c": 1, "d": 2,\n "\\u0063": 3}}', r"'c' stands here twice: line 3"),
        (b'{"a": [NaN]}', r"not JSON: NaN is no number"),
        (b'{"a": -Infinity}', r"not JSON: -Infinity is no number"),
        (b'{"a": "\\ud800"}', r"not JSON"),
        (b"[" * 100_000, r"nested deeper than 500 levels"),
    ],
)
def test_what_is_no_json_says_why(text, message):
    with pytest.raises(Invalid, match=message):
        parse_document(text, "here.json")


def test_mappings_of_yaml_take_fields_from_others():
    text = b"""
base: &base {name: Base, size: 1, inner: {deep: 1}}
more: &more {size: 2, colour: red}
made:
  size: 3
  <<: [*more, *base]
plain: {"<<": 5}
"""
    document = parse_document(text, "here.yaml")

    made = {"size": 3, "colour": "red", "name": "Base", "inner": {"deep": 1}}
    assert document["made"] == made
    assert document["plain"] == {"<<": 5}
    places = Places(text, "here.yaml")
    lines = [places.line(f"/made/{name}") for name in ("name", "colour", "size", "inner/deep")]
    assert lines == [2, 3, 5, 2]


def test_only_mappings_are_merged():
    with pytest.raises(Invalid, match="only mappings can be merged: line 2"):
        parse_document(b"a: 1\nb: {<<: [x]}", "here.yaml")


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ('{"a": {"b": 1, "b": 2}}', "/a/b"),
        ('[1, {"b" :1, "c": [], "b"\r\n\t :2}]', "/1/b"),
        ('{"a\\": 1": 0, "a\\": 1" : 0}', '/a": 1'),
        ('{"a": 1, "\\u0061": 2}', "/a"),
        ('{"": 1, "": 2}', "/"),
        ('{"a": "x\\": y : z", "b": {"a": " :"}}', None),
        ('[{"a": 1}, {"a": [{"a": {}}]}]', None),
        ('"a"', None),
    ],
)
def test_name_that_stands_twice_is_found(text: str, pointer: str | None) -> None:
    raw = text.encode()

    assert named_twice(raw, json.loads(raw)) == pointer


@pytest.mark.parametrize("colon", [":", ": ", " : "])
def test_body_without_such_a_name_is_not_read_a_second_time(colon: str) -> None:
    value = [{"name": f"{number}", "more": {"at": number}} for number in range(1000)]
    raw = json.dumps(value, separators=(",", colon)).encode()

    tracemalloc.start()
    try:
        assert named_twice(raw, value) is None
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < len(raw)
