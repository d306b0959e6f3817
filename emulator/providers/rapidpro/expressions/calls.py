"""What a function of the expression language is, and the usual shapes of them."""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from .values import Scope, Value, to_number, to_text

Arguments: TypeAlias = list[Value]


class Function(NamedTuple):
    """A function and how many arguments it takes; without ``most`` any number."""

    least: int
    most: int | None
    call: Callable[[Scope, Arguments], Value]


def of_text(call: Callable[[str], Value]) -> Function:
    """Return a function of one text."""
    return Function(1, 1, lambda _scope, args: call(to_text(args[0])))


def of_texts(call: Callable[[str, str], Value], *, least: int = 2) -> Function:
    """Return a function of two texts; the second is empty if it may be left out and is."""
    return Function(
        least, 2, lambda _scope, args: call(to_text(args[0]), to_text(args[1] if args[1:] else ""))
    )


def of_number(call: Callable[[Decimal], Value]) -> Function:
    """Return a function of one number."""
    return Function(1, 1, lambda _scope, args: call(to_number(args[0])))


def of_value(call: Callable[[Value], Value]) -> Function:
    """Return a function of one value of any kind."""
    return Function(1, 1, lambda _scope, args: call(args[0]))
