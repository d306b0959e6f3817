"""The settings of a sandbox: nested, merged, and strict about names and values."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from .durations import parse_duration
from .errors import Misplaced, NoChoice, Problems, escape, nearest
from .lifecycle import OUTCOMES
from .retention import KEEP, kept
from .vendor import Setting, Vendor

EVERYTHING = "*"
LATENCIES = ("instant", "fast", "realistic")


class OneOf:
    """A check that a value is one of some words."""

    def __init__(self, choices: Sequence[str]) -> None:
        self.choices = tuple(choices)

    def __call__(self, value: Any) -> Any:
        """Return the value.

        :raises NoChoice: it is none of the words.
        """
        if value not in self.choices:
            raise NoChoice(value, self.choices)
        return value


def one_of(*choices: str) -> OneOf:
    """Return a check that a value is one of some words."""
    return OneOf(choices)


def boolean(value: Any) -> bool:
    """Check that a value is true or false."""
    if not isinstance(value, bool):
        raise ValueError("Must be true or false")
    return value


def duration(value: Any) -> Any:
    """Check that a value is a duration; it stays as it was written."""
    parse_duration(value)
    return value


def short_duration(value: Any) -> Any:
    """Check that a value is a duration of at most a day: thousands may follow each other."""
    if parse_duration(value) > timedelta(days=1):
        raise ValueError("Must be at most a day")
    return value


def rate_limit(scopes: frozenset[str]) -> Callable[[Any], Any]:
    """Return a check of a rate limit: false, true, or ``{"window", "limits"}``.

    :param scopes: what a vendor counts by; ``*`` is all that is not named.
    """

    def check(value: Any) -> Any:
        if not isinstance(value, bool):
            _check_limits(value, scopes | {EVERYTHING})
        return value

    return check


def _check_limits(value: Any, scopes: frozenset[str]) -> None:
    if not isinstance(value, dict) or set(value) != {"window", "limits"}:
        raise ValueError('Must be true, false or {"window": duration, "limits": {scope: n}}')
    _check_window(value["window"])
    limits = value["limits"]
    if not isinstance(limits, dict):
        raise Misplaced("limits", "Must be an object of whole numbers from 0")
    for scope, limit in limits.items():
        place = f"limits/{escape(scope)}"
        if scope not in scopes:
            known = ", ".join(sorted(scopes))
            raise Misplaced(place, f"Limits are for: {known}", nearest(scope, scopes))
        if not _is_limit(limit):
            raise Misplaced(place, "Must be a whole number from 0")


def _check_window(value: Any) -> None:
    try:
        window = parse_duration(value)
    except ValueError as error:
        raise Misplaced("window", str(error)) from error
    if not window:
        raise Misplaced("window", "Must be longer than 0")


def _is_limit(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


class Settings:
    """The settings of a sandbox.

    Nested values are read with ``settings["teekrr"]["success_codes"]``.
    """

    def __init__(self, vendors: Sequence[Vendor]) -> None:
        self._spec = _spec(vendors)
        self._values: dict[str, Any] = _defaults(self._spec)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    @property
    def latency(self) -> str:
        """How long steps take: ``instant``, ``fast`` or ``realistic``."""
        return str(self._values["latency"])

    @property
    def values(self) -> Mapping[str, Any]:
        """All values; never changed in place, so another object means other values."""
        return self._values

    def put_back(self, values: Mapping[str, Any]) -> None:
        """Go back to what :attr:`values` was before."""
        self._values = dict(values)

    def as_document(self) -> dict[str, Any]:
        """Return all settings as users see them."""
        return copy.deepcopy(self._values)

    def merge(self, given: Any, pointer: str, problems: Problems) -> None:
        """Take over the settings given; with mistakes, none is taken over."""
        before = len(problems.found)
        merged = _merge(self._spec, self._values, given, pointer, problems)
        if len(problems.found) == before:
            self._values = merged

    def fork(self) -> Settings:
        """Return a copy that goes its own way."""
        other = object.__new__(Settings)
        other._spec, other._values = self._spec, self._values
        return other


def _spec(vendors: Sequence[Vendor]) -> dict[str, Any]:
    slugs = [vendor.slug for vendor in vendors]
    spec: dict[str, Any] = {
        "latency": Setting("fast", one_of(*LATENCIES)),
        "magic_numbers": Setting(True, boolean),
        "unknown_keys": Setting("refuse", one_of("refuse", "accept")),
        "evidence_header": Setting(True, boolean),
        "default_outcome": {
            vendor.slug: Setting(vendor.default_outcome, one_of(*OUTCOMES)) for vendor in vendors
        },
        "rate_limits": {
            vendor.slug: Setting(vendor.has_rate_limits, rate_limit(vendor.rate_scopes))
            for vendor in vendors
        },
        "keep": {
            name: {unit: Setting(most, kept) for unit, most in limits.items()}
            for name, limits in KEEP.items()
        },
    }
    spec.update({slug: dict(v.settings) for slug, v in zip(slugs, vendors, strict=True)})
    return {name: part for name, part in spec.items() if part != {}}


def _defaults(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: part.default if isinstance(part, Setting) else _defaults(part)
        for name, part in spec.items()
    }


def _merge(
    spec: Mapping[str, Any], values: Mapping[str, Any], given: Any, pointer: str, problems: Problems
) -> dict[str, Any]:
    merged = dict(values)
    if not isinstance(given, dict):
        problems.add(pointer, "Must be an object")
        return merged
    problems.unknown_keys(pointer, given, spec)
    for name, value in given.items():
        part = spec.get(name)
        if isinstance(part, Setting):
            merged[name] = _checked(part, value, f"{pointer}/{name}", problems)
        elif part is not None:
            merged[name] = _merge(part, values[name], value, f"{pointer}/{name}", problems)
    return merged


def _checked(setting: Setting, value: Any, pointer: str, problems: Problems) -> Any:
    try:
        return setting.check(value)
    except (ValueError, TypeError) as error:
        problems.add_error(pointer, error)
        return value
