"""Calls in expressions: every function by its name, and those that look before they evaluate."""

import logging
from collections.abc import Callable
from typing import TypeAlias

from .calls import Function
from .date_functions import DATE_FUNCTIONS
from .number_functions import NUMBER_FUNCTIONS
from .text_functions import TEXT_FUNCTIONS
from .values import FAILURES, EvaluationError, Scope, Value, is_empty, to_boolean

log = logging.getLogger(__name__)

Evaluate: TypeAlias = Callable[[Scope], Value]

FUNCTIONS: dict[str, Function] = {**TEXT_FUNCTIONS, **NUMBER_FUNCTIONS, **DATE_FUNCTIONS}


def compile_call(name: str, arguments: list[Evaluate]) -> Evaluate:
    """Return the call of a function; one that cannot work fails whenever it is evaluated."""
    if name in _LAZY:
        least, most, build = _LAZY[name]
        return build(arguments) if least <= len(arguments) <= most else _miscounted(name)
    function = FUNCTIONS.get(name)
    if function is None:
        return failing(f'there is no function "{name}"')
    most_arguments = len(arguments) if function.most is None else function.most
    if not function.least <= len(arguments) <= most_arguments:
        return _miscounted(name)
    call = function.call
    if len(arguments) == 1:
        argument = arguments[0]
        return lambda scope: call(scope, [argument(scope)])
    return lambda scope: call(scope, [argument(scope) for argument in arguments])


def failing(reason: str) -> Evaluate:
    """Return an evaluation that always fails, as ``default`` may still stand in for it."""
    log.warning("unsupported expression: %s", reason)

    def fail(_scope: Scope) -> Value:
        raise EvaluationError(reason)

    return fail


def _miscounted(name: str) -> Evaluate:
    return failing(f'wrong number of arguments for "{name}"')


def _if(arguments: list[Evaluate]) -> Evaluate:
    test, then, otherwise = arguments
    return lambda scope: then(scope) if to_boolean(test(scope)) else otherwise(scope)


def _and(arguments: list[Evaluate]) -> Evaluate:
    return lambda scope: all(to_boolean(argument(scope)) for argument in arguments)


def _or(arguments: list[Evaluate]) -> Evaluate:
    return lambda scope: any(to_boolean(argument(scope)) for argument in arguments)


def _default(arguments: list[Evaluate]) -> Evaluate:
    wanted, fallback = arguments

    def evaluate(scope: Scope) -> Value:
        try:
            value = wanted(scope)
        except FAILURES:
            value = None
        return fallback(scope) if is_empty(value) else value

    return evaluate


def _is_error(arguments: list[Evaluate]) -> Evaluate:
    (argument,) = arguments

    def evaluate(scope: Scope) -> Value:
        try:
            argument(scope)
        except FAILURES:
            return True
        return False

    return evaluate


_MANY = 1_000
_LAZY: dict[str, tuple[int, int, Callable[[list[Evaluate]], Evaluate]]] = {
    "if": (3, 3, _if),
    "and": (1, _MANY, _and),
    "or": (1, _MANY, _or),
    "default": (2, 2, _default),
    "is_error": (1, 1, _is_error),
}
