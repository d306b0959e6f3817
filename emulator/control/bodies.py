"""Read bodies and query parameters strictly: mistakes in a test's set-up must be loud."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, TypeVar

from flask import request

from emulator.core.documents import named_twice
from emulator.core.durations import parse_duration
from emulator.core.errors import Invalid, NoChoice, Problem, Problems
from emulator.core.fixtures import read_clock_moment
from emulator.core.moments import read_moment
from emulator.web.bodies import parse_json, read_body

T = TypeVar("T")


def json_body(sample: str = "") -> dict[str, Any]:
    """Return the body as an object; no body is an empty one.

    :param sample: such an object, for those who send what should stand in it.
    :raises BadBody: it is no JSON.
    :raises Invalid: it is no object.
    """
    value = any_json() if read_body() else {}
    problems = Problems()
    if not isinstance(value, dict):
        problems.add("", f"Must be an object such as {sample}" if sample else "Must be an object")
    problems.check()
    return dict(value)


def any_json() -> Any:
    """Return the body, whatever it holds.

    :raises BadBody: it is no JSON.
    :raises Invalid: an object has a name twice, and nobody knows which value is meant.
    """
    raw = read_body()
    value = parse_json(raw)
    pointer = named_twice(raw, value)
    if pointer is not None:
        raise Invalid([Problem(pointer=pointer, message="Stands here twice")])
    return value


class Fields:
    """The fields of one object, each asked for once; what nobody asks for is a mistake.

    ``problems`` may be shared, to gather the mistakes of several objects.
    """

    def __init__(
        self, given: object, pointer: str = "", *, problems: Problems | None = None
    ) -> None:
        self.pointer = pointer
        self.problems = problems if problems is not None else Problems()
        self._asked: set[str] = set()
        self._given: Mapping[str, Any] = {}
        if isinstance(given, Mapping):
            self._given = given
        else:
            self.problems.add(pointer, "Must be an object")

    def raw(self, name: str) -> Any:
        """Return a field unread; None if it is absent."""
        self._asked.add(name)
        return self._given.get(name)

    def get(self, name: str, check: Callable[[Any], T]) -> T | None:
        """Return a field as ``check`` reads it; None if it is absent, null or wrong.

        :param check: raises ValueError with what the field must be.
        """
        value = self.raw(name)
        if value is None:
            return None
        try:
            return check(value)
        except (ValueError, TypeError, OverflowError) as error:
            self.problems.add_error(f"{self.pointer}/{name}", error)
        return None

    def need(self, name: str, check: Callable[[Any], T]) -> T | None:
        """Return a field that must be there."""
        if self.raw(name) is None:
            self.problems.add(f"{self.pointer}/{name}", "Required")
        return self.get(name, check)

    def check(self) -> None:
        """Report fields that nobody asked for, and raise if there are mistakes.

        :raises Invalid: lists them all.
        """
        self.note_unknown()
        self.problems.check()

    def note_unknown(self) -> None:
        """Report fields that nobody asked for."""
        self.problems.unknown_keys(self.pointer, self._given, self._asked)


def one_of(*known: str) -> Callable[[Any], str]:
    """Return a check that a value is one of some words."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise NoChoice(value, known)
        return value

    return check


def one_known(words: Iterable[Sequence[str]]) -> Callable[[Any], str]:
    """Return a check that a value is one of the words of several lists.

    An empty list says that nobody can tell: any word may be meant.
    """
    lists = list(words)
    return one_of(*dict.fromkeys(chain(*lists))) if all(lists) else filled_text


def text(value: Any) -> str:
    """Check that a value is a string."""
    if not isinstance(value, str):
        raise ValueError("Must be a string")
    return value


def filled_text(value: Any) -> str:
    """Check that a value is a string that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError("Must be a string that is not empty")
    return value


def flag(value: str) -> bool:
    """Check that a parameter of a query is true or false."""
    if value not in ("true", "false"):
        raise ValueError("Must be true or false")
    return value == "true"


def whole(least: int | None = None, most: int | None = None) -> Callable[[Any], int]:
    """Return a check that a value is a whole number within limits."""

    def check(value: Any) -> int:
        number = value.as_number() if isinstance(value, Parameter) else value
        if isinstance(number, bool) or not isinstance(number, int):
            raise ValueError("Must be a whole number")
        if (least is not None and number < least) or (most is not None and number > most):
            raise ValueError(_range(least, most))
        return number

    return check


def _range(least: int | None, most: int | None) -> str:
    if least is not None and most is not None:
        return f"Must be a whole number from {least} to {most}"
    return f"Must be at least {least}" if least is not None else f"Must be at most {most}"


def number(least: float, most: float) -> Callable[[Any], float]:
    """Return a check that a value is a number above ``least`` and not above ``most``."""

    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("Must be a number")
        if not least < value <= most:
            raise ValueError(f"Must be a number above {least:g}, at most {most:g}")
        return float(value)

    return check


def span(value: Any) -> timedelta:
    """Check that a value is a duration: seconds, short form or ISO 8601."""
    return parse_duration(value)


def moment(value: Any) -> datetime:
    """Check that a value is a time with ``Z`` or an offset."""
    return read_moment(value)


def clock_moment(value: Any) -> datetime:
    """Check that a value is a time at which a clock can stand."""
    return read_clock_moment(value)


class Parameter(str):
    """A value from a query, where numbers and truths are text as well."""

    __slots__ = ()

    def as_number(self) -> int | str:
        """Return the whole number that the text is, else the text."""
        is_number = self.isascii() and self.removeprefix("-").isdigit() and len(self) < 20
        return int(self) if is_number else self


class Query(Fields):
    """The parameters of the query, read in the same way; one given twice is a mistake."""

    def __init__(self) -> None:
        super().__init__({name: Parameter(value) for name, value in request.args.items()})
        for name, values in request.args.lists():
            if len(values) > 1:
                self.problems.add(f"/{name}", "Must be given once")
