"""What values must be, whoever gives them: a client's request or a fixture."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,12})?)?"
    r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DROPPED = str.maketrans("", "", " .-()")
_PHONE = re.compile(r"\+?([0-9]{7,15})")
DEEPEST = 32


class Flaw(ValueError):
    """What is wrong with a value, as a predicate of its field.

    :param within: where in the field, such as ``.id``.
    :param is_sentence: the text says it all, without the name of the field.
    """

    def __init__(self, text: str, within: str = "", *, is_sentence: bool = False) -> None:
        sentence = text if is_sentence else f"{within.lstrip('.')} {text}".strip()
        super().__init__(sentence[:1].upper() + sentence[1:])
        self.text, self.within, self.is_sentence = text, within, is_sentence

    def of(self, name: str) -> tuple[str, str]:
        """Return what is said of a field, and where exactly the mistake is."""
        where = name + self.within
        return (self.text if self.is_sentence else f"{where} {self.text}"), where


Check = Callable[[Any], Any]
T = TypeVar("T")


def string(value: Any) -> str:
    """Check that a value is a string."""
    if not isinstance(value, str):
        raise Flaw("must be a string")
    return value


def filled(value: Any) -> str:
    """Check that a value is a string with something in it."""
    if not string(value).strip():
        raise Flaw("is required")
    return str(value)


def number(value: Any) -> int | float:
    """Check that a value is a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Flaw("must be a number")
    return value


def whole(value: Any) -> int:
    """Check that a value is a whole number from 0."""
    if number(value) < 0 or value != int(value):
        raise Flaw("is invalid")
    return int(value)


def flag(value: Any) -> bool:
    """Check that a value is true or false."""
    if not isinstance(value, bool):
        raise Flaw("must be a boolean")
    return value


def strings(value: Any) -> tuple[str, ...]:
    """Check that a value is an array of strings."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Flaw("must be an array of strings")
    return tuple(value)


def names(value: Any) -> tuple[str, ...]:
    """Check that a value is an array of strings none of which is blank."""
    if not all(item.strip() for item in strings(value)):
        raise Flaw("must be an array of strings")
    return tuple(value)


def thing(value: Any) -> dict[str, Any]:
    """Check that a value is an object that can be kept and given back as it is."""
    if not isinstance(value, dict):
        raise Flaw("must be an object")
    return keepable(value)


def things(value: Any) -> list[dict[str, Any]]:
    """Check that a value is an array of objects that can be given back as they are."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Flaw("must be an array of objects")
    return keepable(value)


def some_things(value: Any) -> list[dict[str, Any]]:
    """Check that a value is such an array with something in it."""
    if value == []:
        raise Flaw("is required")
    return things(value)


def keepable(value: T) -> T:
    """Check that any value can be given back inside others: not nested beyond reason."""
    if _is_deeper(value, DEEPEST):
        raise Flaw("is invalid")
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    inner = list(value.values()) if isinstance(value, dict) else value
    return isinstance(inner, list) and (
        levels == 0 or any(_is_deeper(item, levels - 1) for item in inner)
    )


class Word:
    """A check that a value is one of some words."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def __call__(self, value: Any) -> str:
        """Return the word."""
        if value not in self.words:
            raise Flaw(f"must be one of {', '.join(self.words)}")
        return str(value)


def moment(value: Any) -> datetime:
    """Check that a value is a date and time in ISO 8601; without a zone it is UTC."""
    try:
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            return _utc(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        pass
    raise Flaw("must be an ISO 8601 date")


def day(value: Any) -> date:
    """Check that a value is a date, with or without a time."""
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError as error:
        raise Flaw("must be an ISO 8601 date") from error
    return moment(value).date()


def bound(value: Any, *, is_end: bool) -> datetime:
    """Check one end of a span: a moment, or a day, which counts as a whole."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        value = f"{value}T{'23:59:59.999' if is_end else '00:00:00'}Z"
    # Answers show milliseconds: the one that is named counts as a whole.
    return moment(value) + timedelta(microseconds=999 if is_end else 0)


def _utc(given: datetime) -> datetime:
    found = given.astimezone(UTC) if given.tzinfo else given.replace(tzinfo=UTC)
    # Answers show milliseconds; a client that sends back what it got must not change anything.
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


def url(value: Any) -> str:
    """Check that a value is an absolute http or https URL."""
    try:
        if isinstance(value, str) and value.isprintable() and " " not in value:
            parts = urlsplit(value)
            _ = parts.port  # raises ValueError for one that is none
            if parts.scheme in ("http", "https") and parts.hostname:
                return value
    except ValueError:
        pass
    raise Flaw("must be a valid URL")


def phone(value: Any) -> str:
    """Check a phone number; it comes back with a leading ``+``."""
    found = _PHONE.fullmatch(filled(value).translate(_DROPPED))
    if found is None:
        raise Flaw("is invalid")
    return f"+{found[1]}"


def reference(value: Any) -> str:
    """Check that a value is an object with an id, and return the id."""
    id = value.get("id") if isinstance(value, dict) else None
    if not isinstance(id, str) or not id:
        raise Flaw("is required", ".id")
    return id


def references(value: Any) -> tuple[str, ...]:
    """Check that a value is an array of objects with ids, and return the ids, each once."""
    try:
        if isinstance(value, list):
            return tuple(dict.fromkeys(reference(item) for item in value))
    except Flaw:
        pass
    raise Flaw("must be an array of objects with id")


class Members:
    """A check of an object's members: all of them must be there."""

    def __init__(self, **checks: Check) -> None:
        self.checks = checks

    def __call__(self, value: Any) -> dict[str, Any]:
        """Return the members."""
        if not isinstance(value, dict):
            raise Flaw("must be an object")
        return {name: within(name, read, value.get(name)) for name, read in self.checks.items()}


def within(name: str, check: Check, value: Any) -> Any:
    """Check a member of an object; its name joins what is said of it."""
    try:
        return check(value)
    except Flaw as flaw:
        where = f".{name}{flaw.within}"
        raise Flaw(flaw.text, where, is_sentence=flaw.is_sentence) from flaw


class Degrees:
    """A check that a value is a number from ``-most`` to ``most``."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self, value: Any) -> int | float:
        """Return the number."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not -self.most <= value <= self.most:
            raise Flaw("is invalid")
        return float(value) if isinstance(value, float) else int(value)
