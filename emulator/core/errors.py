"""What can go wrong, in the emulator's own words.

Core and web raise these; each provider says them in its vendor's shape, the control API
as problem documents.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One mistake in a document: where it is (JSON pointer), what it is, what may be meant."""

    pointer: str
    message: str
    suggestion: str | None = None


class EmulatorError(Exception):
    """Anything that is answered with an error instead of a result."""

    name: ClassVar[str] = "server_error"


class NotFound(EmulatorError):
    """The thing asked for does not exist, or belongs to somebody else."""

    name = "not_found"


class Conflict(EmulatorError):
    """The request is fine, but the state of the thing does not allow it."""

    name = "conflict"


class Closed(Conflict):
    """The sandbox has been reset or deleted while something was going on in it."""


class CannotRecord(Exception):
    """A change could not be written to the state folder, and has been taken back.

    No :class:`EmulatorError`: nobody asked for anything wrong, so a vendor says its 500.
    """


class BadBody(EmulatorError):
    """The body cannot be read as what it claims to be."""

    name = "bad_body"


class TooLarge(EmulatorError):
    """The body is larger than the emulator takes."""

    name = "too_large"


class Unauthorized(EmulatorError):
    """The request carries no credentials that are known."""

    name = "unauthorized"


class Forbidden(EmulatorError):
    """The credentials are known and do not suffice."""

    name = "forbidden"


class RateLimited(EmulatorError):
    """A rate limit is used up.

    :param retry_after: whole seconds until the next request can pass, at least 1.
    """

    name = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"rate limit used up for another {retry_after} s")
        self.retry_after = retry_after


class Invalid(EmulatorError):
    """A document has mistakes; all of them are listed."""

    name = "invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(said(problem) for problem in problems[:5]))
        self.problems = tuple(problems)


def said(problem: Problem) -> str:
    """Return a mistake as one line: where, what, and what may be meant."""
    words = f"{problem.pointer}: {problem.message}" if problem.pointer else problem.message
    meant = repr(problem.suggestion) if problem.suggestion else ""
    return words if meant in words else f"{words} (did you mean {meant}?)"


class Problems:
    """Collects the mistakes of a document while it is read."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, pointer: str, message: str, suggestion: str | None = None) -> None:
        """Note a mistake at a JSON pointer."""
        self.found.append(Problem(pointer=pointer, message=message, suggestion=suggestion))

    def add_error(self, pointer: str, error: Exception) -> None:
        """Note what was raised while the value at a JSON pointer was read."""
        place = f"/{error.place}" if isinstance(error, Misplaced) else ""
        suggestion = error.suggestion if isinstance(error, Misplaced | NoChoice) else None
        self.add(pointer + place, str(error), suggestion)

    def add_choice(
        self,
        pointer: str,
        value: object,
        known: Iterable[str],
        others: Mapping[str, str] | None = None,
    ) -> None:
        """Note that the value at a JSON pointer is none of the words that are known.

        :param others: words that people use for a known one, and that do not look like it.
        """
        error = NoChoice(value, known)
        if error.suggestion is None and isinstance(value, str):
            error.suggestion = (others or {}).get(value.lower())
        self.add_error(pointer, error)

    def unknown_keys(self, pointer: str, given: Iterable[str], known: Iterable[str]) -> None:
        """Report each key that is not known, with the nearest known one."""
        names = sorted(known)
        for key in given:
            if key not in names:
                self.add(f"{pointer}/{escape(key)}", *unknown_field(key, names))

    def check(self) -> None:
        """Raise what was found, if anything was.

        :raises Invalid: there are mistakes.
        """
        if self.found:
            raise Invalid(self.found)


class Misplaced(ValueError):
    """A mistake that is not in a value itself but in a part of it, or in what goes with it.

    :param place: the rest of the JSON pointer, as segments.
    """

    def __init__(self, place: str, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.place = place
        self.suggestion = suggestion


class NoChoice(ValueError):
    """A value that is none of the words known; the nearest one, if any is near, is suggested."""

    def __init__(self, value: object, known: Iterable[str]) -> None:
        words = list(known)
        super().__init__(f"Must be one of: {', '.join(words)}")
        self.suggestion = nearest(value, words) if isinstance(value, str) else None


def escape(key: object) -> str:
    """Return a key as a segment of a JSON pointer (RFC 6901)."""
    return str(key).replace("~", "~0").replace("/", "~1")


def unknown_field(key: str, known: Iterable[str]) -> tuple[str, str | None]:
    """Return what to say of a field that is not known: what is near, or what there is."""
    names = list(known)
    near = nearest(key, names)
    if near is not None or not names:
        return "Unknown field", near
    return f"Unknown field; there are {', '.join(names)}", None


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that looks most like the given one in either case, or None."""
    folded = {one.casefold(): one for one in reversed(list(known))}
    matches = difflib.get_close_matches(str(word).casefold(), list(folded), n=1, cutoff=0.6)
    return folded[matches[0]] if matches else None
