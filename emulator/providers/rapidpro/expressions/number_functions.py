"""The functions that work on numbers and on lists."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import reduce

from .calls import Arguments, Function, of_number, of_value
from .values import (
    ARITHMETIC,
    MAX_DIGITS,
    MAX_ITEMS,
    MAX_TEXT,
    EvaluationError,
    Scope,
    Value,
    bounded,
    bounded_text,
    describe,
    to_boolean,
    to_integer,
    to_items,
    to_number,
    to_text,
)


def _rounded(number: Decimal, places: int, rounding: str) -> Decimal:
    places = max(-MAX_DIGITS, min(places, MAX_DIGITS))
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places:
        return number
    return number.quantize(Decimal(1).scaleb(-places), rounding=rounding, context=ARITHMETIC)


def _rounder(rounding: str) -> Function:
    def call(_scope: Scope, args: Arguments) -> Value:
        places = to_integer(args[1]) if args[1:] else 0
        return bounded(_rounded(to_number(args[0]), places, rounding))

    return Function(1, 2, call)


def _over_numbers(calculate: Callable[[list[Decimal]], Decimal]) -> Function:
    return Function(1, None, lambda _scope, args: calculate([to_number(arg) for arg in args]))


def _total(numbers: list[Decimal]) -> Decimal:
    return bounded(reduce(ARITHMETIC.add, numbers, Decimal(0)))


def _mean(numbers: list[Decimal]) -> Decimal:
    mean = ARITHMETIC.divide(_total(numbers), Decimal(len(numbers)))
    return _rounded(mean, 16, ROUND_HALF_UP)


def _mod(_scope: Scope, args: Arguments) -> Value:
    return bounded(ARITHMETIC.remainder(to_number(args[0]), to_number(args[1])))


def _percent(number: Decimal) -> Value:
    hundredths = ARITHMETIC.multiply(number, Decimal(100))
    return f"{_rounded(hundredths, 0, ROUND_HALF_UP):f}%"


def format_number(number: Decimal, places: int | None = None, *, humanize: bool = True) -> str:
    """Return a number with so many places, all it has by default, and marks at the thousands."""
    if places is not None:
        number = number.quantize(
            Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=ARITHMETIC
        )
    text = format(number, ",f" if humanize else "f")
    return text.rstrip("0").rstrip(".") if places is None and "." in text else text


def _format_number(_scope: Scope, args: Arguments) -> Value:
    places = to_integer(args[1]) if args[1:] else None
    if places is not None and not 0 <= places <= 9:
        raise EvaluationError("0 to 9 places can be shown")
    humanize = to_boolean(args[2]) if args[2:] else True
    return format_number(to_number(args[0]), places, humanize=humanize)


def _count(value: Value) -> Value:
    if value is None:
        return 0
    if isinstance(value, (tuple, Mapping)):
        return len(value)
    raise EvaluationError(f"{describe(value)} cannot be counted")


def _join(_scope: Scope, args: Arguments) -> Value:
    items, separator = to_items(args[0]), to_text(args[1])
    if len(items) * len(separator) > MAX_TEXT:
        raise EvaluationError("the joined list is too long")
    return bounded_text(separator.join(map(to_text, items)))


def _concat(_scope: Scope, args: Arguments) -> Value:
    items = to_items(args[0]) + to_items(args[1])
    if len(items) > MAX_ITEMS:
        raise EvaluationError(f"a list of more than {MAX_ITEMS} items")
    return items


def _sort(value: Value) -> Value:
    items = to_items(value)
    if all(isinstance(item, str) for item in items):
        return tuple(sorted(items, key=to_text))
    if all(isinstance(item, datetime) for item in items):
        return tuple(sorted(items, key=lambda item: item.timestamp()))  # type: ignore[union-attr]
    if all(isinstance(item, date) and not isinstance(item, datetime) for item in items):
        return tuple(sorted(items, key=to_text))
    if any(isinstance(item, str) for item in items):
        raise EvaluationError("items of different kinds have no order")
    return tuple(sorted(items, key=to_number))


def _unique(value: Value) -> Value:
    first: dict[tuple[type, str], Value] = {}
    for item in to_items(value):
        first.setdefault((type(item), to_text(item)), item)
    return tuple(first.values())


NUMBER_FUNCTIONS: dict[str, Function] = {
    "number": of_value(to_number),
    "abs": of_number(Decimal.copy_abs),
    "round": _rounder(ROUND_HALF_UP),
    "round_up": _rounder(ROUND_CEILING),
    "round_down": _rounder(ROUND_FLOOR),
    "max": _over_numbers(max),
    "min": _over_numbers(min),
    "mean": _over_numbers(_mean),
    "mod": Function(2, 2, _mod),
    "percent": of_number(_percent),
    "format_number": Function(1, 3, _format_number),
    "array": Function(0, None, lambda _scope, args: tuple(args)),
    "count": of_value(_count),
    "join": Function(2, 2, _join),
    "concat": Function(2, 2, _concat),
    "reverse": of_value(lambda value: to_items(value)[::-1]),
    "sort": of_value(_sort),
    "sum": of_value(lambda value: _total([to_number(item) for item in to_items(value)])),
    "unique": of_value(_unique),
}
