"""Faults as users write them: read with every mistake, and written back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from .durations import parse_duration
from .errors import Misplaced, NoChoice, Problems, escape, nearest
from .faults import Fault

KINDS = ("error", "status", "delay", "drop", "malformed")
LONGEST_DELAY = timedelta(minutes=10)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
BODILESS = frozenset({204, 205, 304})
"""Statuses after which HTTP knows no body."""
_FRAMING = frozenset(
    {
        *("connection", "content-length", "keep-alive", "proxy-authenticate"),
        *("proxy-authorization", "te", "trailer", "trailers", "transfer-encoding", "upgrade"),
    }
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

ErrorNames = Mapping[str, frozenset[str]]
"""The errors that faults may name, by provider."""


def read_fault(
    given: object,
    problems: Problems,
    names: ErrorNames,
    new_id: Callable[[], str],
) -> Fault | None:
    """Return a fault as users write it, None if it has mistakes.

    :param names: the error names of each provider.
    """
    if not isinstance(given, dict):
        problems.add("", "Must be an object")
        return None
    known = ("id", "provider", "account", "method", "path", "times", "skip", "share", "fault")
    before = len(problems.found)
    problems.unknown_keys("", given, known)
    values: dict[str, Any] = {}
    for key, read in _READERS.items():
        if given.get(key) is not None:
            try:
                values[key] = read(given[key])
            except ValueError as error:
                problems.add_error(f"/{key}", error)
    provider = values.get("provider")
    if provider is not None and provider not in names:
        problems.add_choice("/provider", provider, names)
    values.update(_read_kind(given.get("fault"), problems, names, provider))
    if len(problems.found) > before:
        return None
    return Fault(**{**values, "id": values.get("id") or new_id()})


def fault_document(fault: Fault) -> dict[str, Any]:
    """Return a fault as users write it."""
    what: dict[str, Any]
    if fault.kind == "error":
        what = {"error": fault.error}
    elif fault.kind == "answer":
        what = {"status": fault.status, "body": fault.body, "headers": dict(fault.headers)}
    elif fault.kind == "delay":
        what = {"delay": fault.delay.total_seconds()}
    else:
        what = {"drop": fault.drop} if fault.kind == "drop" else {"malformed": True}
    given = {
        name: getattr(fault, name)
        for name in ("id", "provider", "account", "method", "path", "times", "share")
        if getattr(fault, name) is not None
    }
    return {**given, **({"skip": fault.skip} if fault.skip else {}), "fault": what}


def _read_kind(given: Any, problems: Problems, names: ErrorNames, provider: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or len(set(given) & set(KINDS)) != 1:
        problems.add("/fault", f"Must be an object with one of: {', '.join(KINDS)}")
        return {}
    [what] = set(given) & set(KINDS)
    allowed = {"status", "body", "headers"} if what == "status" else {what}
    problems.unknown_keys("/fault", given, allowed)
    value = given[what]
    try:
        if what == "error":
            return {"kind": "error", "error": _error_name(value, problems, names, provider)}
        return _SIMPLE[what](value, given)
    except ValueError as error:
        problems.add_error("/fault" if isinstance(error, Misplaced) else f"/fault/{what}", error)
        return {}


def _error_name(value: Any, problems: Problems, names: ErrorNames, provider: Any) -> Any:
    had = [names[provider]] if provider in names else list(names.values())
    known = sorted(frozenset.intersection(*had)) if had else []
    if value not in known:
        whose = provider if provider in names else "Every provider"
        problems.add("/fault/error", f"{whose} has: {', '.join(known)}", nearest(str(value), known))
    return value


def _answer(value: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(value, int) or isinstance(value, bool) or not 200 <= value <= 599:
        raise ValueError("Must be a status from 200 to 599")
    body = given.get("body")
    if value in BODILESS and body is not None:
        raise Misplaced("body", f"Must be absent: nothing follows a {value}")
    return {"kind": "answer", "status": value, "body": body, "headers": _headers(given)}


def _headers(given: Mapping[str, Any]) -> dict[str, str]:
    headers = given.get("headers")
    if headers is None:
        return {}
    if not isinstance(headers, dict):
        raise Misplaced("headers", "Must be an object of header names and texts")
    for name, value in headers.items():
        if not _is_header(name, value):
            message = "Must be a header's name and a text of one line, in ASCII"
            raise Misplaced(f"headers/{escape(name)}", message)
        # Servers write these themselves; given one, some send no answer at all.
        if name.lower() in _FRAMING:
            raise Misplaced(f"headers/{escape(name)}", "Belongs to the connection, not the answer")
    return headers


def _is_header(name: str, value: Any) -> bool:
    # Servers leave a header out in silence that could not be written down.
    is_named = _HEADER_NAME.fullmatch(name) is not None
    return is_named and isinstance(value, str) and value.isprintable() and value.isascii()


def _delay(value: Any, _given: Mapping[str, Any]) -> dict[str, Any]:
    delay = parse_duration(value)
    if delay > LONGEST_DELAY:
        raise ValueError("Must be at most 10 minutes: it passes in real time")
    return {"kind": "delay", "delay": delay}


def _drop(value: Any, _given: Mapping[str, Any]) -> dict[str, Any]:
    if value not in ("before", "after"):
        raise NoChoice(value, ("before", "after"))
    return {"kind": "drop", "drop": value}


def _malformed(value: Any, _given: Mapping[str, Any]) -> dict[str, Any]:
    if value is not True:
        raise ValueError("Must be true")
    return {"kind": "malformed"}


_SIMPLE: Mapping[str, Callable[[Any, Mapping[str, Any]], dict[str, Any]]] = {
    "status": _answer,
    "delay": _delay,
    "drop": _drop,
    "malformed": _malformed,
}


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("Must be a string that is not empty")
    return value


def _method(value: Any) -> str:
    method = _text(value).upper()
    if method not in METHODS:
        raise NoChoice(method, METHODS)
    return method


def _path(value: Any) -> str:
    path = _text(value)
    if path[0] not in "/*?":
        raise ValueError("Must begin with /, or with a * that stands for it: no path is like this")
    return path


def _count_from(least: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError(f"Must be a whole number from {least}")
        return value

    return read


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("Must be a number from 0 to 1")
    return float(value)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "id": _text,
    "provider": _text,
    "account": _text,
    "method": _method,
    "path": _path,
    "times": _count_from(1),
    "skip": _count_from(0),
    "share": _share,
}
