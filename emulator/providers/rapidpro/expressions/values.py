"""The values that expressions work on, and how each kind becomes another."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import (
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from typing import Protocol, TypeAlias

Value: TypeAlias = (
    "bool | int | Decimal | str | date | datetime | tuple[Value, ...] | Mapping[str, Value] | None"
)

DEFAULT_PROPERTY = "__default__"

MAX_TEXT = 10_000
MAX_ITEMS = 10_000
MAX_DIGITS = 36
_SMALLEST = Decimal(1).scaleb(-MAX_DIGITS)
_INTEGERS = range(-(2**31), 2**31)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")

# Wide enough that every sum and product of two bounded numbers is exact.
ARITHMETIC = Context(
    prec=100,
    rounding=ROUND_HALF_UP,
    Emin=-999,
    Emax=999,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)


class EvaluationError(Exception):
    """An expression has no value; in a template it leaves an empty text."""


# What may go wrong below an expression; everything else is a defect of ours.
FAILURES = (EvaluationError, LookupError, ArithmeticError, ValueError)


class Scope(Protocol):
    """What a template may ask of the contact and workspace it is evaluated for."""

    def resolve(self, path: tuple[str, ...]) -> Value:
        """Return what a path of lower-case names stands for, None if it is not set.

        ``contact.fields`` always arrives as ``fields``. Lists are tuples, numbers Decimal or
        int, moments aware datetimes in the zone they are to be shown in.

        :raises LookupError: there is no such property.
        """

    def format_urn(self, urn: str) -> str:
        """Return a URN as people read it, masked if the workspace is anonymous.

        :raises ValueError: this is no URN.
        """

    @property
    def now(self) -> datetime:
        """The present in the workspace's time zone."""

    @property
    def date_style(self) -> str:
        """How the workspace writes dates: day_first, month_first or year_first."""


def to_text(value: Value) -> str:
    """Return a value as a message shows it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Decimal, int)):
        return number_to_text(value)
    if isinstance(value, date):
        return datetime_to_text(value) if isinstance(value, datetime) else value.isoformat()
    return _collection_to_text(value)


def _collection_to_text(value: tuple[Value, ...] | Mapping[str, Value]) -> str:
    if not isinstance(value, Mapping):
        return "[" + ", ".join(to_text(item) for item in value) + "]"
    if DEFAULT_PROPERTY in value:
        return to_text(value[DEFAULT_PROPERTY])
    return "{" + ", ".join(f"{key}: {to_text(value[key])}" for key in sorted(value)) + "}"


def number_to_text(number: Decimal | int) -> str:
    """Return a number in plain digits, without zeros at the end of its fraction."""
    text = format(number, "f") if isinstance(number, Decimal) else str(number)
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def datetime_to_text(moment: datetime) -> str:
    """Return a moment in ISO form with microseconds, ``Z`` for UTC."""
    text = moment.isoformat(timespec="microseconds")
    return text[:-6] + "Z" if moment.utcoffset() == timedelta() else text


def to_boolean(value: Value) -> bool:
    """Return whether a value counts as true."""
    if isinstance(value, str):
        return value != "" and value.lower() != "false"
    if isinstance(value, Mapping) and DEFAULT_PROPERTY in value:
        return to_boolean(value[DEFAULT_PROPERTY])
    return isinstance(value, date) or bool(value)


def is_empty(value: Value) -> bool:
    """Return whether ``default`` passes over a value."""
    if isinstance(value, Mapping) and DEFAULT_PROPERTY in value:
        return is_empty(value[DEFAULT_PROPERTY])
    return value is None or value == "" or (isinstance(value, (tuple, Mapping)) and not value)


def to_number(value: Value) -> Decimal:
    """Return a value as a number; only numbers and texts of digits are."""
    if isinstance(value, Mapping) and DEFAULT_PROPERTY in value:
        value = value[DEFAULT_PROPERTY]
    if isinstance(value, str):
        text = value.strip()
        if len(text) <= MAX_TEXT and _NUMBER.fullmatch(text):
            return bounded(Decimal(text))
    elif isinstance(value, (Decimal, int)) and not isinstance(value, bool):
        return bounded(Decimal(value))
    raise EvaluationError(f"{describe(value)} is not a number")


def bounded(number: Decimal) -> Decimal:
    """Return the number, cut to what we are willing to write out."""
    if not number.is_finite():
        raise EvaluationError("not a finite number")
    if not number:
        return Decimal(0)
    if number.adjusted() >= MAX_DIGITS:
        raise EvaluationError(f"a number has more than {MAX_DIGITS} digits")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -MAX_DIGITS:
        return number.quantize(_SMALLEST, context=ARITHMETIC)
    return number


def to_integer(value: Value) -> int:
    """Return the whole part of a number that fits into 32 bits."""
    number = int(to_number(value))
    if number not in _INTEGERS:
        raise EvaluationError(f"{number} is out of range")
    return number


def to_items(value: Value) -> tuple[Value, ...]:
    """Return the items of a list."""
    if isinstance(value, tuple):
        return value
    raise EvaluationError(f"{describe(value)} is not a list")


def bounded_text(text: str) -> str:
    """Return the text unless it is longer than any function may make it."""
    if len(text) > MAX_TEXT:
        raise EvaluationError(f"a text is longer than {MAX_TEXT} characters")
    return text


def describe(value: Value) -> str:
    """Name a value in an error, without spilling a long one into the log."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return f'"{value[:40]}"'
    return to_text(value)[:40]
