"""Conditions of smart group queries: a property compared with a literal, as a closure."""

import operator
import re
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple, Protocol, TypeAlias

_SHORTEST_URN_PART = 3

Matches: TypeAlias = "Callable[[ContactView], bool]"
Getter: TypeAlias = "Callable[[ContactView], Any]"
FieldValue: TypeAlias = str | int | Decimal | datetime | None


class ContactView(Protocol):
    """What a query may look at: one contact as it is now."""

    @property
    def name(self) -> str | None: ...
    @property
    def language(self) -> str | None: ...
    @property
    def created_on(self) -> datetime: ...
    @property
    def last_seen_on(self) -> datetime | None: ...
    @property
    def open_tickets(self) -> int: ...

    def field(self, key: str) -> FieldValue:
        """Return a field's value as its type has it: text or path of places, number, moment."""

    def urn_paths(self, scheme: str) -> Sequence[str]:
        """Return the paths, without scheme, of the contact's URNs of one scheme."""


class QueryError(ValueError):
    """A query that this server does not evaluate.

    ``position`` counts characters from 0 and is where the trouble starts.
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (at character {position + 1})")
        self.position = position


class Workspace(NamedTuple):
    """What a workspace has and how it writes its dates."""

    fields: Mapping[str, str]
    schemes: Container[str]
    date_style: str
    timezone: tzinfo


class Property(NamedTuple):
    """What a condition looks at: its name, its type and how to get it of a contact."""

    attribute: str
    type: str
    get: Getter


class Literal(NamedTuple):
    """What a condition compares with, and where it stands in the query."""

    text: str
    position: int


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ORDER = frozenset({"<", "<=", ">", ">="})


def compile_condition(
    subject: Property, sign: str, literal: Literal, workspace: Workspace
) -> Matches:
    """Return the test of one comparison.

    :raises QueryError: the property cannot be compared so, or not with this literal.
    """
    if sign in _ORDER and subject.type not in ("number", "datetime"):
        raise QueryError(f"{sign} compares only numbers and dates", literal.position)
    if sign == "~":
        return _containment(subject, literal)
    if literal.text == "" and sign in ("=", "!=") and subject.attribute != "tickets":
        return _presence(subject.get, wanted=sign == "!=")
    if subject.type == "number":
        return _comparison(subject.get, sign, _number(literal))
    if subject.type == "datetime":
        return _day_comparison(subject.get, sign, _day(literal, workspace))
    if subject.type == "urn":
        return _urn_equality(subject.get, literal.text.lower(), positive=sign == "=")
    if subject.type == "language" and len(literal.text) != 3:
        raise QueryError(f"{literal.text[:40]!r} is no language code", literal.position)
    is_place = subject.type in ("state", "district", "ward")
    positive = sign == "="
    return _text_equality(subject.get, literal.text.lower(), positive=positive, is_place=is_place)


def _presence(get: Getter, *, wanted: bool) -> Matches:
    # No value, an empty text and an empty list of URNs are unset; the number 0 is a value.
    return lambda view: (get(view) not in (None, "", (), [])) is wanted


def _comparison(get: Getter, sign: str, wanted: Any) -> Matches:
    compare = _OPERATORS[sign]
    if sign == "!=":
        return lambda view: (value := get(view)) is None or bool(value != wanted)
    return lambda view: (value := get(view)) is not None and compare(value, wanted)


def _day_comparison(get: Getter, sign: str, day: tuple[datetime, datetime]) -> Matches:
    start, end = day
    if sign == "=":
        return lambda view: (value := get(view)) is not None and start <= value < end
    if sign == "!=":
        return lambda view: (value := get(view)) is None or not start <= value < end
    # Later than a day starts with the next one, and up to a day ends there.
    if sign == ">":
        return _comparison(get, ">=", end)
    if sign == "<=":
        return _comparison(get, "<", end)
    return _comparison(get, sign, start)


def _text_equality(get: Getter, wanted: str, *, positive: bool, is_place: bool) -> Matches:
    def matches(view: ContactView) -> bool:
        value = get(view)
        if value is None:
            return not positive
        text = value.strip().lower()
        equal = text == wanted or (is_place and text.rpartition(">")[2].strip() == wanted)
        return equal is positive

    return matches


def _urn_equality(get: Getter, wanted: str, *, positive: bool) -> Matches:
    return lambda view: any(path.lower() == wanted for path in get(view)) is positive


def _containment(subject: Property, literal: Literal) -> Matches:
    get, wanted = subject.get, literal.text.lower()
    if subject.type == "urn":
        if len(wanted) < _SHORTEST_URN_PART:
            raise QueryError(
                f"~ on URNs needs at least {_SHORTEST_URN_PART} characters", literal.position
            )
        return lambda view: any(wanted in path.lower() for path in get(view))
    if subject.type != "name":
        raise QueryError("~ is only for the name and URNs", literal.position)
    prefixes = _words(wanted)
    if not prefixes:
        raise QueryError("~ on the name needs a word", literal.position)
    return lambda view: _has_words(get(view), prefixes)


_WORDS = re.compile(r"[\w']+")


def _words(text: str) -> list[str]:
    return _WORDS.findall(text)


def _has_words(name: str | None, prefixes: list[str]) -> bool:
    if not name:
        return False
    words = _words(name.lower())
    return all(any(word.startswith(prefix) for word in words) for prefix in prefixes)


_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-./_ ])([0-9]{1,2})\2([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})([-./_ ])([0-9]{1,2})\2([0-9]{1,2})")
# Where year, month and day stand in the groups of a style's pattern; the second is the separator.
_DAY_STYLES = {
    "day_first": (_YEAR_LAST, (4, 3, 1)),
    "month_first": (_YEAR_LAST, (4, 1, 3)),
    "year_first": (_YEAR_FIRST, (1, 3, 4)),
}


def _number(literal: Literal) -> Decimal:
    if not _NUMBER.fullmatch(literal.text):
        raise QueryError(f"{literal.text[:40]!r} is no number", literal.position)
    return Decimal(literal.text)


def _day(literal: Literal, workspace: Workspace) -> tuple[datetime, datetime]:
    """Return the first moment of a day and of the next one, in UTC as contacts have theirs."""
    try:
        day = _read_day(literal.text, workspace.date_style)
        start, end = (
            datetime.combine(at, time(), workspace.timezone).astimezone(UTC)
            for at in (day, day + timedelta(days=1))
        )
    except (ValueError, OverflowError) as error:
        raise QueryError(f"{literal.text[:40]!r} is no date", literal.position) from error
    return start, end


def _read_day(text: str, style: str) -> date:
    if iso := _ISO_DAY.fullmatch(text):
        return date(*map(int, iso.groups()))
    pattern, (year_at, month_at, day_at) = _DAY_STYLES[style]
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return date(int(match[year_at]), int(match[month_at]), int(match[day_at]))
