"""What happens to requests instead of their answers: errors, delays, dropped connections."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import msgspec

from .durations import parse_duration
from .errors import Misplaced, NoChoice, Problems, escape, nearest

Kind = Literal["error", "answer", "delay", "drop", "malformed"]
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


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Something that goes wrong with the requests that match all of its conditions.

    :param path: glob below the provider's base: ``*`` stands for anything, ``?`` for one character.
    :param skip: let that many matching requests pass first.
    :param times: act on that many, then no more.
    :param share: act on exactly that part of the matching requests, evenly spread.
    :param error: one of the provider's names.
    :param status: of a raw answer, with ``body`` and ``headers``.
    :param drop: ``before`` the request takes effect, or ``after``.
    """

    id: str
    kind: Kind
    provider: str | None = None
    account: str | None = None
    method: str | None = None
    path: str | None = None
    times: int | None = None
    skip: int = 0
    share: float | None = None
    error: str | None = None
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = {}
    delay: timedelta = timedelta()
    drop: Literal["before", "after"] | None = None


class Asked(NamedTuple):
    """A request as faults see it."""

    provider: str
    account: str | None
    method: str
    path: str


class Tally(NamedTuple):
    """How often a fault has been met and has acted."""

    seen: int = 0
    hits: int = 0


class FaultBook:
    """The faults of a sandbox, oldest first. Call it under the sandbox's lock."""

    def __init__(
        self, faults: Sequence[Fault] = (), tallies: Mapping[str, Tally] | None = None
    ) -> None:
        self.faults: list[Fault] = list(faults)
        self._tallies: dict[str, Tally] = dict(tallies or {})

    def tallies(self) -> dict[str, Tally]:
        """Return how often each fault has been met and has acted."""
        return self._tallies.copy()

    def hits(self, id: str) -> int:
        """Return how often a fault has acted."""
        return self._tallies.get(id, Tally()).hits

    def add(self, fault: Fault) -> None:
        """Add a fault behind all others."""
        self.faults.append(fault)

    def drop(self, id: str) -> bool:
        """Remove a fault; return whether there was one."""
        kept = [fault for fault in self.faults if fault.id != id]
        is_known = len(kept) < len(self.faults)
        self.faults = kept
        self._tallies.pop(id, None)
        return is_known

    def clear(self) -> None:
        """Remove all faults."""
        self.faults = []
        self._tallies.clear()

    def pick(
        self,
        asked: Asked,
        *,
        error: str | None = None,
        late: frozenset[str] = frozenset(),
        before: Fault | None = None,
    ) -> Fault | None:
        """Return the oldest fault that acts on a request, and count it.

        :param error: look only for this error, at the step where it arises.
        :param late: errors that arise later and are not looked for now.
        :param before: look only for faults that are older than this one.
        """
        for fault in self.faults:
            if before is not None and fault.id == before.id:
                return None
            is_wanted = fault.error == error if error is not None else fault.error not in late
            if is_wanted and _matches(fault, asked) and self._acts(fault):
                return fault
        return None

    def take_back(self, fault: Fault) -> None:
        """Count a fault as not having acted after all: an older one did in its stead."""
        if fault.id in self._tallies:  # It may have been removed meanwhile.
            seen, hits = self._tallies[fault.id]
            self._tallies[fault.id] = Tally(seen, hits - 1)

    def fork(self) -> FaultBook:
        """Return a copy that goes its own way."""
        return FaultBook(self.faults, self._tallies)

    def _acts(self, fault: Fault) -> bool:
        seen, hits = self._tallies.get(fault.id, Tally())
        if fault.times is not None and hits >= fault.times:
            return False
        seen += 1
        met = seen - fault.skip
        acts = met > 0 and (fault.share is None or _is_due(fault.share, met))
        self._tallies[fault.id] = Tally(seen, hits + acts)
        return acts


def _is_due(share: float, met: int) -> bool:
    # Of n requests floor(share * n + 0.5) are hit, whatever n is.
    return math.floor(share * met + 0.5) > math.floor(share * (met - 1) + 0.5)


def _matches(fault: Fault, asked: Asked) -> bool:
    return (
        fault.provider in (None, asked.provider)
        and fault.account in (None, asked.account)
        and fault.method in (None, asked.method)
        and (fault.path is None or glob_matches(fault.path, asked.path))
    )


def glob_matches(pattern: str, path: str) -> bool:
    """Return whether a path is like a glob; takes time in proportion to both."""
    return bool(_glob(pattern).fullmatch(path))


@lru_cache(maxsize=256)
def _glob(pattern: str) -> Any:
    import re2

    words = {"*": "(?s:.*)", "?": "(?s:.)"}
    return re2.compile("".join(words.get(char) or re2.escape(char) for char in pattern))


# --- reading faults ------------------------------------------------------------------------


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
