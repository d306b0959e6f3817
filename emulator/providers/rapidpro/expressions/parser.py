"""Expressions: from their text to a function of the scope.

Operators bind, from loose to tight: ``&``; ``= !=``; ``< <= > >=``; ``+ -``; ``* /``; ``^``; unary
minus. All of them associate to the left, the power too.
"""

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from . import functions
from .values import (
    ARITHMETIC,
    DEFAULT_PROPERTY,
    EvaluationError,
    Scope,
    Value,
    bounded,
    bounded_text,
    describe,
    to_integer,
    to_number,
    to_text,
)

ROOTS = frozenset({"contact", "fields", "globals", "urns"})

# Each level costs some nine frames of Python's stack, of which callers need a good part.
MAX_NESTING = 20
MAX_TOKENS = 2_000
_DIVISION_PLACES = Decimal("1e-16")

Evaluate = functions.Evaluate
Combine = Callable[[Value, Value], Value]

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<text>"(?:[^"\\]|\\.|"")*")
  | (?P<number>[0-9]+(?:\.[0-9]+)?)
  | (?P<name>[^\W\d]\w*)
  | (?P<sign><=|>=|!=|[-+*/^=<>&(),.\[\]])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(
    r'\\(?:u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|x(?P<x>[0-9a-fA-F]{2})|(?P<c>.))|""',
    re.DOTALL,
)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"'}
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None}


class Token(NamedTuple):
    """A piece of an expression; the last of them has the kind ``end``."""

    kind: str
    text: str


def compile_expression(source: str) -> Evaluate:
    """Return the function that evaluates what stands in ``@( )``.

    :raises EvaluationError: this is no expression, or too deep or long a one.
    """
    return _Parser(_tokens(source)).parse()


def compile_path(names: list[str]) -> Evaluate:
    """Return the function that looks up lower-case names, the first of them a root."""
    if names[:2] == ["contact", "fields"]:
        names = names[1:]
    depth = next((at for at, name in enumerate(names) if name.isdecimal()), len(names))
    path = tuple(names[:depth])

    def look_up(scope: Scope) -> Value:
        return scope.resolve(path)

    return _with_lookups(look_up, [_constant(name) for name in names[depth:]])


def _tokens(source: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise EvaluationError(f"syntax error at {source[position : position + 20]!r}")
        position = match.end()
        if match.lastgroup != "space":
            tokens.append(Token(match.lastgroup or "", match[0]))
        if len(tokens) > MAX_TOKENS:
            raise EvaluationError(f"longer than {MAX_TOKENS} words and signs")
    return [*tokens, Token("end", "")]


def _constant(value: Value) -> Evaluate:
    return lambda _scope: value


def _unquote(literal: str) -> str:
    inner = literal[1:-1]
    try:
        return _ESCAPE.sub(_unescape, inner) if "\\" in inner or '"' in inner else inner
    except (KeyError, ValueError):
        # An escape that the engine doesn't know makes it take every backslash as it stands.
        return inner.replace('""', '"')


def _unescape(match: re.Match[str]) -> str:
    if match[0] == '""':
        return '"'
    if match["c"]:
        return _ESCAPED[match["c"]]
    code = int(match["u"] or match["U"] or match["x"], 16)
    if 0xD800 <= code < 0xE000:
        raise ValueError(code)
    return chr(code)


def _divided(left: Value, right: Value) -> Value:
    quotient = ARITHMETIC.divide(to_number(left), to_number(right))
    return bounded(quotient).quantize(_DIVISION_PLACES, context=ARITHMETIC)


def _powered(left: Value, right: Value) -> Value:
    base, exponent = to_number(left), to_number(right)
    if exponent == exponent.to_integral_value():
        return bounded(ARITHMETIC.power(base, exponent))
    if base < 0:
        raise EvaluationError("a fractional power of a negative number")
    return bounded(Decimal(repr(float(base) ** float(exponent))))


def _number_operator(calculate: Callable[[Decimal, Decimal], Decimal]) -> Combine:
    return lambda left, right: bounded(calculate(to_number(left), to_number(right)))


def _comparison(compare: Callable[[Decimal, Decimal], bool]) -> Combine:
    return lambda left, right: compare(to_number(left), to_number(right))


# Loosest first; the texts of two values decide whether they are equal, as in the engine.
_LEVELS: tuple[Mapping[str, Combine], ...] = (
    {"&": lambda left, right: bounded_text(to_text(left) + to_text(right))},
    {
        "=": lambda left, right: to_text(left) == to_text(right),
        "!=": lambda left, right: to_text(left) != to_text(right),
    },
    {
        "<": _comparison(operator.lt),
        "<=": _comparison(operator.le),
        ">": _comparison(operator.gt),
        ">=": _comparison(operator.ge),
    },
    {"+": _number_operator(ARITHMETIC.add), "-": _number_operator(ARITHMETIC.subtract)},
    {"*": _number_operator(ARITHMETIC.multiply), "/": _divided},
    {"^": _powered},
)


def _chained(first: Evaluate, rest: list[tuple[Combine, Evaluate]]) -> Evaluate:
    """Join operands of one level; a loop, so that long chains need no deep stack."""
    if not rest:
        return first
    steps = tuple(rest)

    def evaluate(scope: Scope) -> Value:
        value = first(scope)
        for combine, operand in steps:
            value = combine(value, operand(scope))
        return value

    return evaluate


def _negated(operand: Evaluate, times: int) -> Evaluate:
    sign = -1 if times % 2 else 1
    return lambda scope: bounded(ARITHMETIC.multiply(to_number(operand(scope)), Decimal(sign)))


def _with_lookups(container: Evaluate, keys: list[Evaluate]) -> Evaluate:
    if not keys:
        return container

    def evaluate(scope: Scope) -> Value:
        value = container(scope)
        for key in keys:
            value = _property(value, key(scope))
        return value

    return evaluate


def _property(value: Value, key: Value) -> Value:
    if isinstance(value, tuple):
        return value[to_integer(key)]
    if isinstance(value, Mapping):
        name = to_text(key).lower()
        if name in value and name != DEFAULT_PROPERTY:
            return value[name]
        raise EvaluationError(f'no property "{name[:40]}"')
    raise EvaluationError(f"{describe(value)} has no properties")


class _Parser:
    """Recursive descent, except along chains of operators and lookups."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._nesting = 0

    def parse(self) -> Evaluate:
        evaluate = self._expression()
        if self._peek().kind != "end":
            raise self._unexpected()
        return evaluate

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _take(self, sign: str) -> bool:
        token = self._peek()
        if token.kind == "sign" and token.text == sign:
            self._at += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._unexpected()

    def _unexpected(self) -> EvaluationError:
        return EvaluationError(f"syntax error at {self._peek().text[:20]!r}")

    def _expression(self) -> Evaluate:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise EvaluationError(f"nested deeper than {MAX_NESTING} levels")
        evaluate = self._level(0)
        self._nesting -= 1
        return evaluate

    def _level(self, level: int) -> Evaluate:
        if level == len(_LEVELS):
            return self._unary()
        first = self._level(level + 1)
        rest: list[tuple[Combine, Evaluate]] = []
        while combine := self._operator(level):
            rest.append((combine, self._level(level + 1)))
        return _chained(first, rest)

    def _operator(self, level: int) -> Combine | None:
        token = self._peek()
        combine = _LEVELS[level].get(token.text) if token.kind == "sign" else None
        if combine is not None:
            self._at += 1
        return combine

    def _unary(self) -> Evaluate:
        minuses = 0
        while self._take("-"):
            minuses += 1
        operand = self._operand()
        return _negated(operand, minuses) if minuses else operand

    def _operand(self) -> Evaluate:
        token = self._peek()
        if token.kind == "name" and token.text.lower() not in _CONSTANTS:
            return self._lookups(self._named())
        if self._take("("):
            inner = self._expression()
            self._expect(")")
            return self._lookups(inner)
        return self._literal()

    def _literal(self) -> Evaluate:
        token = self._peek()
        if token.kind not in ("text", "number", "name"):
            raise self._unexpected()
        self._at += 1
        if token.kind == "text":
            return _constant(_unquote(token.text))
        if token.kind == "number":
            return _constant(bounded(Decimal(token.text)))
        return _constant(_CONSTANTS[token.text.lower()])

    def _named(self) -> Evaluate:
        name = self._name()
        if self._take("("):
            return functions.compile_call(name, self._arguments())
        names = [name]
        while self._peek().text == "." and self._tokens[self._at + 1].kind == "name":
            self._at += 1
            names.append(self._name())
        if names[0] not in ROOTS:
            return functions.failing(f'there is no "{names[0]}"')
        return compile_path(names)

    def _name(self) -> str:
        token = self._peek()
        self._at += 1
        return token.text.lower()

    def _arguments(self) -> list[Evaluate]:
        if self._take(")"):
            return []
        arguments = [self._expression()]
        while self._take(","):
            arguments.append(self._expression())
        self._expect(")")
        return arguments

    def _lookups(self, container: Evaluate) -> Evaluate:
        keys: list[Evaluate] = []
        while True:
            if self._take("["):
                keys.append(self._expression())
                self._expect("]")
            elif self._take("."):
                token = self._peek()
                if token.kind != "name" and not token.text.isdecimal():
                    raise self._unexpected()
                self._at += 1
                keys.append(_constant(token.text))
            else:
                return _with_lookups(container, keys)
