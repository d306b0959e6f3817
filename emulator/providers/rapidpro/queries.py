"""Smart group queries: a small part of RapidPro's contact query language, compiled to closures.

A query compares properties with literals, ``children > 0 AND (village = Eastpoint OR name ~ ami)``:
``AND`` may be left out and binds tighter than ``OR``; case never counts; ``has`` and ``is`` are
other spellings of ``~`` and ``=``. ``fields.`` and ``urns.`` before a name say which is meant where
a built-in, a scheme and a field share it; without, they are looked for in that order.
"""

import operator
import re
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple, NoReturn, Protocol, TypeAlias

MAX_LENGTH = 10_000
MAX_NESTING = 50
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


class Query(NamedTuple):
    """A parsed query.

    ``attributes`` says what the answer depends on: ``fields.<key>``, ``urns.<scheme>``, ``name``,
    ``language``, ``created_on``, ``last_seen_on``, ``tickets``.
    """

    text: str
    matches: Matches
    attributes: frozenset[str]

    @property
    def fields(self) -> frozenset[str]:
        """The keys of the fields that the query uses."""
        prefix = "fields."
        return frozenset(
            name.removeprefix(prefix) for name in self.attributes if name.startswith(prefix)
        )


def parse_query(
    text: str,
    fields: Mapping[str, str],
    *,
    schemes: Container[str],
    date_style: str,
    timezone: tzinfo,
) -> Query:
    """Parse a query for one workspace.

    :param fields: the type of each field by its key.
    :param date_style: day_first, month_first or year_first.
    :raises QueryError: the query is malformed or goes beyond what smart groups here may ask.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"a query has at most {MAX_LENGTH} characters", MAX_LENGTH)
    parser = _Parser(_tokens(text), _Workspace(fields, schemes, date_style, timezone))
    matches = parser.parse()
    return Query(text, matches, frozenset(parser.attributes))


class _Workspace(NamedTuple):
    fields: Mapping[str, str]
    schemes: Container[str]
    date_style: str
    timezone: tzinfo


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


class _Property(NamedTuple):
    attribute: str
    type: str
    get: Getter


class _Literal(NamedTuple):
    text: str
    position: int


_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<operator>!=|>=|<=|[=~<>])
  | (?P<open>\() | (?P<close>\))
  | (?P<word>[\w.\-+/'@:]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_KEYWORDS = {"and": "and", "or": "or", "has": "operator", "is": "operator"}
_SPELLINGS = {"has": "~", "is": "="}
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ORDER = frozenset({"<", "<=", ">", ">="})
_REFUSED = frozenset({"group", "id", "uuid", "ref", "status", "flow", "history", "urn"})
_BUILT_IN = {
    "name": _Property("name", "name", lambda view: view.name),
    "language": _Property("language", "language", lambda view: view.language),
    "created_on": _Property("created_on", "datetime", lambda view: view.created_on),
    "last_seen_on": _Property("last_seen_on", "datetime", lambda view: view.last_seen_on),
    "tickets": _Property("tickets", "number", lambda view: view.open_tickets),
}


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            message = (
                "unclosed quote" if text[position] == '"' else f"unexpected {text[position]!r}"
            )
            raise QueryError(message, position)
        kind = match.lastgroup or ""
        if kind == "word":
            kind = _KEYWORDS.get(match[0].lower(), kind)
        if kind != "space":
            tokens.append(_Token(kind, match[0], position))
        position = match.end()
    return [*tokens, _Token("end", "", len(text))]


class _Parser:
    """Recursive descent; only parentheses nest."""

    def __init__(self, tokens: list[_Token], workspace: _Workspace) -> None:
        self.attributes: set[str] = set()
        self._tokens = tokens
        self._at = 0
        self._nesting = 0
        self._workspace = workspace

    def parse(self) -> Matches:
        matches = self._alternatives()
        if self._peek().kind != "end":
            self._refuse(self._peek())
        return matches

    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, kind: str) -> _Token | None:
        token = self._peek()
        if token.kind != kind:
            return None
        self._at += 1
        return token

    def _refuse(self, token: _Token) -> NoReturn:
        what = f"unexpected {token.text[:40]!r}" if token.text else "the query ends too early"
        raise QueryError(what, token.position)

    def _alternatives(self) -> Matches:
        alternatives = [self._conjunction()]
        while self._take("or"):
            alternatives.append(self._conjunction())
        return _combined(alternatives, wanted=True)

    def _conjunction(self) -> Matches:
        conditions = [self._condition()]
        while self._take("and") or self._peek().kind in ("word", "string", "open"):
            conditions.append(self._condition())
        return _combined(conditions, wanted=False)

    def _condition(self) -> Matches:
        if opened := self._take("open"):
            return self._group(opened)
        name = self._take("word")
        if name is None:
            self._refuse(self._peek())
        found = self._take("operator")
        if found is None:
            raise QueryError(f"{name.text[:40]!r} is not compared with anything", name.position)
        literal = self._literal()
        spelled = found.text.lower()
        subject = self._property(name)
        self.attributes.add(subject.attribute)
        return _condition(subject, _SPELLINGS.get(spelled, spelled), literal, self._workspace)

    def _group(self, opened: _Token) -> Matches:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise QueryError(f"nested deeper than {MAX_NESTING} levels", opened.position)
        inner = self._alternatives()
        if not self._take("close"):
            self._refuse(self._peek())
        self._nesting -= 1
        return inner

    def _literal(self) -> _Literal:
        token = self._peek()
        if token.kind not in ("word", "string"):
            self._refuse(token)
        self._at += 1
        text = token.text if token.kind == "word" else _unquoted(token.text)
        return _Literal(text.strip(), token.position)

    def _property(self, name: _Token) -> _Property:
        kind, dot, key = name.text.lower().rpartition(".")
        fields, schemes = self._workspace.fields, self._workspace.schemes
        if not dot and key in _BUILT_IN:
            return _BUILT_IN[key]
        if not dot and key in _REFUSED:
            raise QueryError(f"smart groups cannot ask for {key!r} here", name.position)
        if key in schemes and (kind == "urns" or not dot):
            return _Property(f"urns.{key}", "urn", lambda view: view.urn_paths(key))
        if key in fields and (kind == "fields" or not dot):
            return _Property(f"fields.{key}", fields[key], lambda view: view.field(key))
        raise QueryError(f"{name.text[:40]!r} is no attribute, scheme or field", name.position)


def _unquoted(literal: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", literal[1:-1])


def _combined(parts: list[Matches], *, wanted: bool) -> Matches:
    """Join conditions: the first answer that is ``wanted`` decides, else it is the other one."""
    if len(parts) == 1:
        return parts[0]
    conditions = tuple(parts)

    def matches(view: ContactView) -> bool:
        for condition in conditions:
            if condition(view) is wanted:
                return wanted
        return not wanted

    return matches


def _condition(subject: _Property, sign: str, literal: _Literal, workspace: _Workspace) -> Matches:
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


def _containment(subject: _Property, literal: _Literal) -> Matches:
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


def _number(literal: _Literal) -> Decimal:
    if not _NUMBER.fullmatch(literal.text):
        raise QueryError(f"{literal.text[:40]!r} is no number", literal.position)
    return Decimal(literal.text)


def _day(literal: _Literal, workspace: _Workspace) -> tuple[datetime, datetime]:
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
