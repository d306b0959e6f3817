"""Compares answers with recorded ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from .placeholders import FORMS, MOMENT, PLACEHOLDER, UUID, UnknownValue, Values

#: Differences that leave the core of an answer as it is.
SOFT = frozenset({"text", "format", "keyorder", "header", "nonjson"})
HEADERS = (
    "Allow",
    "Content-Type",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
    "X-Temba-Workspace",
)
HARD_HEADERS = ("Retry-After", "X-Temba-Workspace")
MISSING = "<missing>"

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")


class Difference(NamedTuple):
    """One difference; ``where`` is a path in the body, the status or a header."""

    kind: str
    where: str
    expected: Any
    actual: Any

    @property
    def is_hard(self) -> bool:
        return self.kind not in SOFT


class Matcher:
    """Compares bodies. What a placeholder stands for is learnt where it is first seen."""

    def __init__(self, values: Values, *, is_error: bool = False) -> None:
        self._values = values
        self._is_error = is_error

    def differences(self, expected: Any, actual: Any, where: str = "$") -> Iterator[Difference]:
        """Yield what differs in a value."""
        if isinstance(expected, dict):
            yield from self._object(expected, actual, where)
        elif isinstance(expected, list):
            yield from self._list(expected, actual, where)
        elif isinstance(expected, str) and "{{" in expected:
            yield from self._placeholder(expected, actual, where)
        elif type(expected) is not type(actual):
            if not _same_number(expected, actual):
                yield Difference("structure", where, expected, actual)
        elif expected != actual:
            yield Difference(self._kind(expected, actual), where, expected, actual)

    def _kind(self, expected: Any, actual: Any) -> str:
        if not isinstance(expected, str):
            return "value"
        if _moment(expected) is not None and _moment(expected) == _moment(actual):
            return "format"
        return "text" if self._is_error else "value"

    def _object(self, expected: dict[str, Any], actual: Any, where: str) -> Iterator[Difference]:
        if set(expected) == {"$brief"}:
            yield from self._brief(expected["$brief"], actual, where)
            return
        if set(expected) == {"$unordered"}:
            yield from self._unordered(expected["$unordered"], actual, where)
            return
        if not isinstance(actual, dict):
            yield Difference("structure", where, "an object", actual)
            return
        keys = {self._filled(key): key for key in expected}
        for key, as_recorded in keys.items():
            if key in actual:
                yield from self.differences(expected[as_recorded], actual[key], f"{where}.{key}")
            else:
                yield Difference("structure", f"{where}.{key}", expected[as_recorded], MISSING)
        for key in actual.keys() - keys.keys():
            yield Difference("structure", f"{where}.{key}", MISSING, actual[key])
        has_order = not where.endswith(".fields") and list(keys) == list(expected)
        if has_order and keys.keys() == actual.keys() and list(keys) != list(actual):
            yield Difference("keyorder", where, list(keys), list(actual))

    def _filled(self, key: str) -> str:
        try:
            return str(self._values.fill(key))
        except UnknownValue:
            return key

    def _list(self, expected: list[Any], actual: Any, where: str) -> Iterator[Difference]:
        if not isinstance(actual, list):
            yield Difference("structure", where, "a list", actual)
            return
        if len(expected) != len(actual):
            yield Difference("structure", f"{where}.length", len(expected), len(actual))
        for at, (one, other) in enumerate(zip(expected, actual, strict=False)):
            yield from self.differences(one, other, f"{where}[{at}]")

    def _brief(self, expected: dict[str, Any], actual: Any, where: str) -> Iterator[Difference]:
        if not isinstance(actual, list):
            yield Difference("structure", where, "a list", actual)
            return
        if len(actual) != expected["len"]:
            yield Difference("structure", f"{where}.length", expected["len"], len(actual))
        if actual:
            yield from self.differences(expected["first"], actual[0], f"{where}[0]")
            yield from self.differences(expected["last"], actual[-1], f"{where}[-1]")

    def _unordered(self, expected: list[Any], actual: Any, where: str) -> Iterator[Difference]:
        if not isinstance(actual, list):
            yield Difference("structure", where, "a list", actual)
            return
        if len(actual) != len(expected):
            yield Difference("structure", f"{where}.length", len(expected), len(actual))
        left = list(actual)
        for item in expected:
            same = next((each for each in left if not any(self.differences(item, each))), MISSING)
            if same is MISSING:
                yield Difference("value", where, item, MISSING)
            else:
                left.remove(same)

    def _placeholder(self, expected: str, actual: Any, where: str) -> Iterator[Difference]:
        whole = PLACEHOLDER.fullmatch(expected)
        if whole is None:
            yield from self._text_around(expected, actual, where)
            return
        name = whole[1]
        form, _, key = name.partition(":")
        if form == "re":
            kind = "value" if not re.fullmatch(key, str(actual), re.DOTALL) else None
        elif not key and form in _HAS_FORM:
            kind = "structure" if not _HAS_FORM[form](actual) else None
        elif name in self._values:
            kind = "value" if self._values[name] != actual else None
        else:
            kind = "structure" if not self._values.learn(name, actual) else None
        if kind is not None:
            known = f" = {self._values[name]}" if name in self._values else ""
            yield Difference(kind, where, expected + known, actual)

    def _text_around(self, expected: str, actual: Any, where: str) -> Iterator[Difference]:
        if not isinstance(actual, str):
            yield Difference("structure", where, expected, actual)
            return
        pattern, end = "", 0
        for found in PLACEHOLDER.finditer(expected):
            pattern += re.escape(expected[end : found.start()]) + self._pattern(found[1])
            end = found.end()
        if not re.fullmatch(pattern + re.escape(expected[end:]), actual, re.DOTALL):
            yield Difference("text" if self._is_error else "value", where, expected, actual)

    def _pattern(self, name: str) -> str:
        if name in FORMS:
            return FORMS[name]
        try:
            return re.escape(str(self._values.get(name)))
        except UnknownValue:
            return UUID if name.startswith("uuid") else FORMS["any"]


_HAS_FORM: dict[str, Any] = {
    "any": lambda _: True,
    "dt": lambda value: isinstance(value, str) and re.fullmatch(MOMENT, value),
    "uuid": lambda value: isinstance(value, str) and re.fullmatch(UUID, value),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "url": lambda value: isinstance(value, str) and re.match("https?://", value),
    "str": lambda value: isinstance(value, str),
}


def _same_number(one: Any, other: Any) -> bool:
    are_numbers = all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other)
    )
    return are_numbers and one == other


def _moment(text: Any) -> tuple[str, str, str] | None:
    found = _MOMENT.fullmatch(text) if isinstance(text, str) else None
    return (found[1], (found[2] or "").rstrip("0"), found[3]) if found else None


def compare_headers(
    recorded: dict[str, str], actual: dict[str, str], values: Values
) -> Iterator[Difference]:
    """Yield what differs in the headers that count."""
    for name in HEADERS:
        expected, found = recorded.get(name), actual.get(name.lower())
        if expected == found or (expected == "{{int}}" and found and found.isdigit()):
            continue
        if expected and found and _is_same(name, expected, found, values):
            continue
        is_hard = name in HARD_HEADERS and expected is not None
        yield Difference("value" if is_hard else "header", name, expected, found)


def _is_same(name: str, expected: str, found: str, values: Values) -> bool:
    if "{{" in expected and not any(Matcher(values).differences(expected, found)):
        return True
    return name == "Location" and _local(expected, values) == _local(found, values)


def _local(location: str, values: Values) -> str:
    for front in (values["base"], "{{base}}", values["prefix"]):
        location = location.replace(front or "\0", "")
    return location
