"""Read fixture documents from JSON and YAML, and find the lines of what stands in them.

YAML means here what JSON can say: a plain word is true, false, null or a number only where JSON
would have it so. ``NO`` is Norway, and ``0722000111`` a phone number.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

import msgspec

from .errors import Invalid, Problem, escape
from .nesting import DEEPEST, TOO_DEEP, is_too_deep, levels

Document = Mapping[str, Any]
YAML_ENDINGS = (".yaml", ".yml")
ENDINGS = (".json", *YAML_ENDINGS)
# Aliases can make a short file endless.
MOST_NODES = 5_000_000

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCALAR = re.compile(r"[^\s,\]}]+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_PREFIX = "tag:yaml.org,2002:"
_PLAIN_TAGS = {_PREFIX + kind for kind in ("str", "seq", "map")}


class _NotYAML(ValueError):
    """The text is none; says where."""


class _Twice(ValueError):
    """An object has two values for one name.

    :param pointer: to both of them.
    """

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message)
        self.pointer = pointer


def named_twice(raw: bytes, value: Any) -> str | None:
    """Return the JSON pointer of a name that an object of a JSON text has twice, if any.

    :param value: what the text says; mostly it has as many names as the text at most can have.
    """
    # A name ends in a quote, and the colon stands right after it or after a blank.
    if sum(raw.count(end) for end in (b'":', b" :", b"\t:", b"\n:", b"\r:")) == _names(value):
        return None
    try:
        _read_json(raw, "body.json")
    except _Twice as error:
        return error.pointer
    return None


def _names(value: Any) -> int:
    """Return how many names the objects in a value have."""
    return sum(len(each) for level in levels(value) for each in level if isinstance(each, dict))


def parse_document(raw: bytes, name: str) -> Document:
    """Return a fixture document from the text of a file.

    :param name: of the file; its ending decides between JSON and YAML.
    :raises Invalid: the text is no JSON or YAML object; says line and column.
    """
    is_yaml = PurePath(name).suffix.lower() in YAML_ENDINGS
    try:
        document = _read_yaml(raw) if is_yaml else _read_json(raw, name)
        # Halves of characters are JSON, but nothing could ever give them back.
        msgspec.json.encode(document)
        is_deep = is_too_deep(document)
    except RecursionError:
        is_deep = True
    except ValueError as error:
        kind = "YAML" if is_yaml else "JSON"
        raise Invalid([Problem(pointer="", message=f"{name}: not {kind}: {error}")]) from error
    if is_deep:
        raise Invalid([Problem(pointer="", message=f"{name}: {TOO_DEEP}")])
    if not isinstance(document, dict):
        raise Invalid([Problem(pointer="", message=f"{name}: must be an object")])
    return document


def _read_json(raw: bytes, name: str) -> Any:
    try:
        return json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number)
    except _Twice:
        Places(raw, name)  # Which says where.
        raise


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Twice("", "a name stands in an object twice")
    return made


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")


class Places:
    """Where the parts of a document stand in its text.

    :param raw: the text of a document that can be read.
    :raises ValueError: a name stands in an object of JSON twice.
    """

    def __init__(self, raw: bytes, name: str) -> None:
        self._lines: dict[str, int] = {}
        if PurePath(name).suffix.lower() in YAML_ENDINGS:
            self._enter_node(_compose(raw), "")
            return
        self._text = raw.decode(json.detect_encoding(raw)).removeprefix("\ufeff")
        self._starts = [0, *(found.end() for found in re.finditer("\n", self._text))]
        self._enter_value(_after_space(self._text, 0), "")

    def line(self, pointer: str) -> int:
        """Return the line of what a JSON pointer leads to, else of what it would stand in."""
        while pointer and pointer not in self._lines:
            pointer = pointer.rpartition("/")[0]
        return self._lines.get(pointer, 1)

    def _enter_node(self, node: Any, pointer: str) -> None:
        self._lines.setdefault(pointer, node.start_mark.line + 1)
        if node.id == "mapping":
            own = [(key, value) for key, value in node.value if not _is_merge(key)]
            merged = [value for key, value in node.value if _is_merge(key)]
            for value in merged:
                for each in value.value if value.id == "sequence" else [value]:
                    self._enter_node(each, pointer)
            for key, value in own:
                inner = f"{pointer}/{escape(key.value)}"
                self._lines[inner] = key.start_mark.line + 1
                self._enter_node(value, inner)
        elif node.id == "sequence":
            for at, item in enumerate(node.value):
                self._enter_node(item, f"{pointer}/{at}")

    def _enter_value(self, at: int, pointer: str) -> int:
        """Note the places in the JSON value that begins somewhere, and return where it ends."""
        text = self._text
        self._lines.setdefault(pointer, bisect_right(self._starts, at))
        if text[at] not in "[{":
            found = (_STRING if text[at] == '"' else _SCALAR).match(text, at)
            assert found is not None
            return found.end()
        is_object, place = text[at] == "{", 0
        at = _after_space(text, at + 1)
        while text[at] not in "]}":
            inner = f"{pointer}/{place}"
            if is_object:
                key = _STRING.match(text, at)
                assert key is not None
                name, line = json.loads(key[0]), bisect_right(self._starts, at)
                inner = f"{pointer}/{escape(name)}"
                if inner in self._lines:
                    raise _Twice(inner, f"{name!r} stands here twice: line {line}")
                self._lines[inner] = line
                at = _after_space(text, _after_space(text, key.end()) + 1)
            at = _after_space(text, self._enter_value(at, inner))
            if text[at] == ",":
                at = _after_space(text, at + 1)
            place += 1
        return at + 1


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _compose(raw: bytes) -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader = type("Loader", (base,), {"yaml_implicit_resolvers": {}})
    try:
        _check_depth(yaml.parse(raw, loader))
        return yaml.compose(raw, loader)
    except yaml.MarkedYAMLError as error:
        raise _at(error.problem_mark, error.problem or "cannot be read") from error
    except yaml.YAMLError as error:
        raise _NotYAML(" ".join(str(error).split())) from error


def _check_depth(events: Iterable[Any]) -> None:
    # Putting nodes together ends the process if there are too many levels for its stack.
    depth = 0
    for event in events:
        name = type(event).__name__
        depth += name in ("SequenceStartEvent", "MappingStartEvent")
        depth -= name in ("SequenceEndEvent", "MappingEndEvent")
        if depth > DEEPEST:
            raise _at(event.start_mark, TOO_DEEP)


def _at(mark: Any, message: str) -> _NotYAML:
    where = f": line {mark.line + 1} column {mark.column + 1}" if mark is not None else ""
    return _NotYAML(message + where)


def _read_yaml(raw: bytes) -> Any:
    node = _compose(raw)
    return _Builder().value(node) if node is not None else None


class _Builder:
    """Makes plain values of YAML's nodes."""

    def __init__(self) -> None:
        self._left = MOST_NODES
        self._open: set[int] = set()

    def value(self, node: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise _at(node.start_mark, "too large")
        if node.tag not in _PLAIN_TAGS:
            shown = node.tag.replace(_PREFIX, "!!")
            raise _at(node.start_mark, f"tags such as {shown} mean nothing here")
        if node.id == "scalar":
            return _scalar(node)
        if id(node) in self._open:
            raise _at(node.start_mark, "what stands here holds itself")
        self._open.add(id(node))
        is_list = node.id == "sequence"
        made = [self.value(item) for item in node.value] if is_list else self._mapping(node)
        self._open.discard(id(node))
        return made

    def _mapping(self, node: Any) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in node.value:
            if _is_merge(key):
                continue
            if key.id != "scalar":
                raise _at(key.start_mark, "a key must be a word")
            if key.value in made:
                raise _at(key.start_mark, f"{key.value!r} stands here twice")
            made[key.value] = self.value(value)
        for key, value in node.value:
            for each in self._merged(value) if _is_merge(key) else ():
                made = {**each, **made}
        return made

    def _merged(self, node: Any) -> list[dict[str, Any]]:
        """Return the mappings that another takes its fields from, the weakest last."""
        nodes = node.value if node.id == "sequence" else [node]
        for each in nodes:
            if each.id != "mapping":
                raise _at(each.start_mark, "only mappings can be merged")
        return [self.value(each) for each in nodes]


def _is_merge(key: Any) -> bool:
    return key.id == "scalar" and key.value == "<<" and not key.style


def _scalar(node: Any) -> Any:
    text = node.value
    if node.style:
        return text  # Somebody put quotation marks around it.
    if text in _WORDS:
        return _WORDS[text]
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    return float(text) if number[1] or number[2] else int(text)


def write_document(document: Any, name: str) -> str:
    """Return the text of a file that holds a document.

    :param name: of the file; its ending decides between JSON and YAML.
    """
    if PurePath(name).suffix.lower() in YAML_ENDINGS:
        return _write_yaml(document)
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _write_yaml(document: Any) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):  # type: ignore[misc]
        """Puts quotation marks around what would be read as something else."""

        def ignore_aliases(self, data: Any) -> bool:
            """Write equal things in full."""
            return True

    def text(dumper: Any, value: str) -> Any:
        is_word = value in _WORDS or _NUMBER.fullmatch(value) is not None
        style = '"' if is_word else None
        return dumper.represent_scalar(f"{_PREFIX}str", value, style=style)

    Dumper.add_representer(str, text)
    written: str = yaml.dump(
        document, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100
    )
    return written
