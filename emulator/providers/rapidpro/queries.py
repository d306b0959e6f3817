"""Smart group queries: a small part of RapidPro's contact query language, compiled to closures.

A query compares properties with literals, ``children > 0 AND (village = Eastpoint OR name ~ ami)``:
``AND`` may be left out and binds tighter than ``OR``; case never counts; ``has`` and ``is`` are
other spellings of ``~`` and ``=``. ``fields.`` and ``urns.`` before a name say which is meant where
a built-in, a scheme and a field share it; without, they are looked for in that order.
"""

import re
from collections.abc import Container, Mapping
from datetime import tzinfo
from typing import NamedTuple, NoReturn

from .query_conditions import (
    ContactView,
    FieldValue,
    Literal,
    Matches,
    Property,
    QueryError,
    Workspace,
    compile_condition,
)

__all__ = ["ContactView", "FieldValue", "Query", "QueryError", "parse_query"]

MAX_LENGTH = 10_000
MAX_NESTING = 50


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
    parser = _Parser(_tokens(text), Workspace(fields, schemes, date_style, timezone))
    matches = parser.parse()
    return Query(text, matches, frozenset(parser.attributes))


class _Token(NamedTuple):
    kind: str
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
_REFUSED = frozenset({"group", "id", "uuid", "ref", "status", "flow", "history", "urn"})
_BUILT_IN = {
    "name": Property("name", "name", lambda view: view.name),
    "language": Property("language", "language", lambda view: view.language),
    "created_on": Property("created_on", "datetime", lambda view: view.created_on),
    "last_seen_on": Property("last_seen_on", "datetime", lambda view: view.last_seen_on),
    "tickets": Property("tickets", "number", lambda view: view.open_tickets),
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

    def __init__(self, tokens: list[_Token], workspace: Workspace) -> None:
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
        sign = _SPELLINGS.get(spelled, spelled)
        return compile_condition(subject, sign, literal, self._workspace)

    def _group(self, opened: _Token) -> Matches:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise QueryError(f"nested deeper than {MAX_NESTING} levels", opened.position)
        inner = self._alternatives()
        if not self._take("close"):
            self._refuse(self._peek())
        self._nesting -= 1
        return inner

    def _literal(self) -> Literal:
        token = self._peek()
        if token.kind not in ("word", "string"):
            self._refuse(token)
        self._at += 1
        text = token.text if token.kind == "word" else _unquoted(token.text)
        return Literal(text.strip(), token.position)

    def _property(self, name: _Token) -> Property:
        kind, dot, key = name.text.lower().rpartition(".")
        fields, schemes = self._workspace.fields, self._workspace.schemes
        if not dot and key in _BUILT_IN:
            return _BUILT_IN[key]
        if not dot and key in _REFUSED:
            raise QueryError(f"smart groups cannot ask for {key!r} here", name.position)
        if key in schemes and (kind == "urns" or not dot):
            return Property(f"urns.{key}", "urn", lambda view: view.urn_paths(key))
        if key in fields and (kind == "fields" or not dot):
            return Property(f"fields.{key}", fields[key], lambda view: view.field(key))
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
